"""Names of packages that nearly everyone uses, and of real ones that merely look like them.

Facts, taken in November 2026: PyPI and npm by downloads, crates.io by how many of 487 different
lockfiles name a crate, RubyGems and Go by hand. REAL are packages with users of their own
(PyPI: among the 15,000 most downloaded; npm: 5,000 downloads a month) at one edit or affix from
a popular name. Of Go the first three parts of the module's path.
"""

POPULAR: dict[str, str] = {
    "cargo": """
        actix-web addr2line adler2 aho-corasick allocator-api2 anstream anstyle anstyle-parse
        anstyle-query anstyle-wincon anyhow arbitrary async-std async-trait atomic-waker autocfg
        automod aws-lc-rs aws-lc-sys backtrace base64 bincode bindgen bit-set bit-vec bitflags
        block-buffer bumpalo byteorder bytes cexpr cfg-if cfg_aliases chacha20 chrono ciborium
        ciborium-io ciborium-ll clang-sys clap_builder clap_derive clap_lex cmake colorchoice
        console core-foundation core-foundation-sys cpufeatures crc32fast criterion
        criterion-plot crossbeam crossbeam-deque crossbeam-epoch crossbeam-utils crunchy
        crypto-common csv-core curve25519-dalek dashmap data-encoding databake deranged diesel
        digest displaydoc dunce ed25519-dalek either encode_unicode encoding_rs env_logger
        equivalent erased-serde errno ethers fast_log fastrand filetime find-msvc-tools flate2
        foldhash form_urlencoded fs_extra futures futures-channel futures-core futures-executor
        futures-io futures-macro futures-sink futures-task futures-util generic-array getrandom
        gimli hashbrown hermit-abi httparse hyper icu_collections icu_locale_core icu_normalizer
        icu_normalizer_data icu_properties icu_properties_data icu_provider id-arena
        idna_adapter image indexmap insta is-terminal is_terminal_polyfill itertools jobserver
        js-sys lazy_static leb128fmt libloading libredox linux-raw-sys litemap lock_api matchers
        memchr memoffset minicov minimal-lexical miniz_oxide native-tls normalize-line-endings
        nu-ansi-term num-bigint num-conv num-integer num-traits num_cpus object once_cell
        once_cell_polyfill oorandom openssl openssl-probe parking_lot parking_lot_core paste
        percent-encoding pin-project-lite pin-utils pkg-config plain plotters plotters-backend
        plotters-svg portable-atomic postcard potential_utf powerfmt ppv-lite86 prettyplease
        proc-macro2 proptest prost quick-error quickcheck quote r-efi rand_chacha rand_core
        rand_xorshift rayon rayon-core redox_syscall ref-cast ref-cast-impl regex regex-automata
        regex-syntax reqwest rocket rodio rusqlite rust_decimal rustc-demangle rustc-hash
        rustc-std-workspace-alloc rustc-std-workspace-core rustc_version rustix rustls
        rustls-pki-types rustls-webpki rustversion rusty-fork same-file schannel scopeguard
        secp256k1 security-framework security-framework-sys semver serde serde_core serde_derive
        serde_json serde_spanned serde_test sharded-slab shlex signal-hook-registry simd-adler32
        similar smallvec snapbox snapbox-macros socket2 solana-program solana-sdk
        stable_deref_trait static_assertions strsim subtle synstructure target-triple tempfile
        termcolor terminal_size textwrap thiserror thiserror-impl thread_local time-core
        time-macros tinystr tinytemplate tinyvec tokio tokio-macros tokio-util toml_datetime
        toml_edit toml_parser toml_writer tonic tracing tracing-attributes tracing-core
        tracing-log tracing-subscriber trybuild typeid typenum unarray unicase unicode-ident
        unicode-width unicode-xid untrusted utf8_iter utf8parse valuable vcpkg version_check
        wait-timeout walkdir wasip2 wasip3 wasm-bindgen wasm-bindgen-backend
        wasm-bindgen-futures wasm-bindgen-macro wasm-bindgen-macro-support wasm-bindgen-shared
        wasm-bindgen-test wasm-bindgen-test-macro wasm-encoder wasm-metadata wasmparser web-sys
        web-time winapi winapi-i686-pc-windows-gnu winapi-util winapi-x86_64-pc-windows-gnu
        windows-core windows-implement windows-interface windows-link windows-result
        windows-strings windows-sys windows-targets windows_aarch64_gnullvm windows_aarch64_msvc
        windows_i686_gnu windows_i686_gnullvm windows_i686_msvc windows_x86_64_gnu
        windows_x86_64_gnullvm windows_x86_64_msvc winnow wit-bindgen wit-bindgen-core
        wit-bindgen-rt wit-bindgen-rust wit-bindgen-rust-macro wit-component wit-parser
        writeable yansi yoke-derive zerocopy zerocopy-derive zerofrom zerofrom-derive zeroize
        zerotrie zerovec zerovec-derive
    """,
    "gem": """
        actioncable actionmailer actionpack actionview activejob activemodel activerecord
        activestorage activesupport addressable aws-eventstream aws-partitions aws-sdk-core
        aws-sdk-kms aws-sdk-s3 aws-sigv4 bcrypt bootsnap bootstrap bootstrap-sass braintree
        brakeman builder bundler bundler-audit byebug cancancan capistrano capybara carrierwave
        celluloid chef cocoapods cocoapods-core coderay coffee-rails concurrent-ruby crack crass
        delayed_job devise diff-lcs dotenv dotenv-rails dry-configurable dry-schema dry-types
        dry-validation elasticsearch erubi eventmachine excon factory_bot factory_bot_rails
        factory_girl faker faraday faraday-net_http fastlane ffi fog-core foreman friendly_id
        globalid google-protobuf googleauth graphql grpc guard haml hashdiff httparty i18n
        image_processing importmap-rails jbuilder jekyll jmespath jquery-rails json json-jwt jwt
        kaminari kramdown letter_opener liquid listen loofah method_source mime-types
        mime-types-data mina mini_magick mini_portile2 minitest mongoid msgpack multi_json
        mysql2 net-http-persistent net-scp net-ssh newrelic_rpm nio4r nokogiri oauth oauth2
        omniauth omniauth-oauth2 pagy paper_trail paperclip parallel parser prawn pry pry-byebug
        public_suffix puma pundit puppet rack rack-attack rack-cors rack-protection rack-session
        rack-test rackup rails rails-dom-testing rails-html-sanitizer railties rainbow rake
        ransack redis redis-client regexp_parser resque rest-client rexml roo rouge rspec
        rspec-core rspec-expectations rspec-mocks rspec-rails rubocop rubocop-ast
        rubocop-performance rubocop-rails ruby-openid rubyzip sassc searchkick
        selenium-webdriver sentry-ruby sequel shrine sidekiq simplecov simplecov-html sinatra
        slim spring sprockets sprockets-rails sqlite3 stimulus-rails stripe strong_password thor
        turbo-rails twilio-ruby tzinfo uglifier unicode-display_width vagrant web-console
        webmock webpacker websocket-driver websocket-extensions whenever will_paginate xcodeproj
        zeitwerk
    """,
    "golang": """
        github.com/BurntSushi/toml github.com/Masterminds/semver github.com/Masterminds/sprig
        github.com/PuerkitoBio/goquery github.com/aws/aws-sdk-go github.com/boltdb/bolt
        github.com/bwmarrin/discordgo github.com/cenkalti/backoff github.com/cespare/xxhash
        github.com/charmbracelet/bubbletea github.com/charmbracelet/lipgloss
        github.com/chromedp/chromedp github.com/confluentinc/confluent-kafka-go
        github.com/containerd/containerd github.com/davecgh/go-spew github.com/dgraph-io/badger
        github.com/dgrijalva/jwt-go github.com/docker/docker github.com/elastic/go-elasticsearch
        github.com/emicklei/go-restful github.com/ethereum/go-ethereum
        github.com/evanphx/json-patch github.com/fatih/color github.com/fsnotify/fsnotify
        github.com/gin-gonic/gin github.com/go-chi/chi github.com/go-redis/redis
        github.com/go-sql-driver/mysql github.com/gocolly/colly github.com/gofiber/fiber
        github.com/gofrs/uuid github.com/golang-jwt/jwt github.com/golang/mock
        github.com/golang/protobuf github.com/golang/snappy github.com/google/go-cmp
        github.com/google/uuid github.com/gorilla/mux github.com/gorilla/websocket
        github.com/grpc-ecosystem/grpc-gateway github.com/hashicorp/consul
        github.com/hashicorp/go-multierror github.com/hashicorp/golang-lru
        github.com/hashicorp/hcl github.com/hashicorp/vault github.com/imdario/mergo
        github.com/jackc/pgx github.com/jedib0t/go-pretty github.com/jinzhu/gorm
        github.com/jmoiron/sqlx github.com/json-iterator/go github.com/julienschmidt/httprouter
        github.com/klauspost/compress github.com/kubernetes/kubernetes github.com/labstack/echo
        github.com/lib/pq github.com/magiconair/properties github.com/mattn/go-colorable
        github.com/mattn/go-isatty github.com/mattn/go-runewidth github.com/mattn/go-sqlite3
        github.com/miekg/dns github.com/mitchellh/go-homedir github.com/mitchellh/mapstructure
        github.com/modern-go/reflect2 github.com/nats-io/nats.go
        github.com/olekukonko/tablewriter github.com/olivere/elastic github.com/onsi/ginkgo
        github.com/onsi/gomega github.com/opencontainers/image-spec
        github.com/opentracing/opentracing-go github.com/patrickmn/go-cache
        github.com/pelletier/go-toml github.com/pkg/errors github.com/pmezard/go-difflib
        github.com/prometheus/client_golang github.com/prometheus/common
        github.com/redis/go-redis github.com/robfig/cron github.com/rs/zerolog
        github.com/satori/go.uuid github.com/schollz/progressbar github.com/segmentio/kafka-go
        github.com/shopspring/decimal github.com/sirupsen/logrus github.com/spf13/afero
        github.com/spf13/cast github.com/spf13/cobra github.com/spf13/pflag
        github.com/spf13/viper github.com/stretchr/testify github.com/syndtr/goleveldb
        github.com/tidwall/gjson github.com/urfave/cli github.com/valyala/fasthttp
        github.com/zeebo/xxh3
    """,
    "npm": """
        accepts acorn acorn-jsx acorn-walk adm-zip agent-base ajv ajv-formats ajv-keywords
        angular ansi-escapes ansi-regex ansi-styles anymatch apollo-server archiver argparse
        aria-query array-buffer-byte-length array-union arraybuffer.prototype.slice async
        asynckit autoprefixer available-typed-arrays aws-sdk axios axios-retry babel-cli
        babel-core babel-loader balanced-match base64-js baseline-browser-mapping bcrypt
        bcryptjs binary-extensions bip39 bitcoinjs-lib bluebird body-parser bootstrap
        brace-expansion braces browserify browserslist bs58 buffer buffer-from busboy bytes
        call-bind call-bind-apply-helpers call-bound callsites camelcase caniuse-lite canvas
        chai chalk chart.js cheerio chokidar chownr ci-info cjs-module-lexer cli-cursor
        cli-width cliui clone coa color-convert color-name colorette colors combined-stream
        commander compression concat-map concurrently content-disposition content-type
        convert-source-map cookie cookie-parser cookie-signature core-js core-util-is cors
        cosmiconfig cross-env cross-spawn crypto-js css-loader css-select css-tree csstype
        csv-parse cypress d3 data-uri-to-buffer date-fns dayjs debug deep-extend deep-is
        deepmerge define-data-property define-lazy-prop define-properties define-property
        delayed-stream detect-libc discord.js doctrine dom-accessibility-api dom-serializer
        domelementtype domhandler domutils dotenv dotenv-expand dunder-proto eastasianwidth
        ee-first ejs electron electron-to-chromium elliptic emoji-regex encodeurl end-of-stream
        enhanced-resolve enquirer entities error-ex es-abstract es-define-property es-errors
        es-module-lexer es-object-atoms es-set-tostringtag es-to-primitive esbuild escalade
        escape-html escape-string-regexp escodegen eslint eslint-plugin-react-hooks eslint-scope
        eslint-visitor-keys espree esprima esquery esrecurse estraverse estree-walker esutils
        ethers event-stream eventemitter3 events exceljs execa expect express express-session
        extend extend-shallow faker fast-deep-equal fast-glob fast-json-stable-stringify
        fast-levenshtein fast-uri fast-xml-parser fastq figures file-entry-cache fill-range
        finalhandler find-up firebase firebase-admin flat-cache flatted follow-redirects
        for-each foreground-child forever form-data formidable formik forwarded fresh fs-extra
        fs.realpath function-bind function.prototype.name functions-have-names gensync
        get-caller-file get-intrinsic get-proto get-stream get-symbol-description get-tsconfig
        glob-parent globals globalthis globby got graceful-fs graphql grunt gulp handlebars
        hardhat has-bigints has-flag has-property-descriptors has-proto has-symbols
        has-tostringtag hasown helmet highlight.js hosted-git-info htmlparser2 http-errors
        http-proxy-agent https-proxy-agent human-signals husky iconv-lite ieee754 ignore
        import-fresh imurmurhash indent-string inflight inherits inquirer internal-slot ioredis
        ipaddr.js is-array-buffer is-arrayish is-bigint is-binary-path is-boolean-object
        is-callable is-core-module is-date-object is-docker is-extendable is-extglob
        is-fullwidth-code-point is-generator-function is-glob is-number is-number-object
        is-path-inside is-plain-obj is-plain-object is-regex is-shared-array-buffer is-stream
        is-string is-symbol is-typed-array is-unicode-supported is-weakref is-wsl isarray isexe
        isobject istanbul-lib-coverage istanbul-lib-instrument istanbul-lib-source-maps
        istanbul-reports jackspeak jasmine jest jest-diff jest-get-type jest-haste-map
        jest-matcher-utils jest-message-util jest-mock jest-regex-util jest-util jest-worker
        jimp joi jquery js-tokens js-yaml jsdom jsesc json-buffer json-parse-even-better-errors
        json-schema-traverse json-stable-stringify-without-jsonify json5 jsonfile jsonwebtoken
        karma kind-of kleur knex lerna less lightningcss-linux-x64-musl lilconfig
        lines-and-columns lint-staged loader-utils locate-path lodash lodash.merge log-symbols
        log4js loose-envify lru-cache magic-string make-dir markdown-it marked math-intrinsics
        mdn-data media-typer merge-descriptors merge-stream merge2 micromatch mime-db mime-types
        mimic-fn mimic-response minimatch minimist minipass minizlib mkdirp mocha moment mongodb
        mongoose morgan multer mustache mute-stream mysql mysql2 nanoid natural-compare
        negotiator next node-addon-api node-fetch node-forge node-ipc node-releases node-sass
        nodemailer nodemon normalize-package-data normalize-path npm-run-path nunjucks nuxt nyc
        object-assign object-inspect object-keys object.assign on-finished on-headers onetime
        optionator ora p-limit p-locate p-map p-try package-json-from-dist papaparse parcel
        parent-module parse-json parse5 parseurl passport path-exists path-is-absolute path-key
        path-parse path-scurry path-to-regexp path-type pathe pdfkit picocolors picomatch pino
        pirates pkg-dir playwright pm2 popper.js possible-typed-array-names postcss
        postcss-selector-parser postcss-value-parser prelude-ls prettier pretty-format prisma
        process-nextick-args prompts prop-types proxy-addr proxy-from-env pug punycode puppeteer
        queue-microtask range-parser raw-body rc react react-dom react-is react-redux
        react-router react-router-dom readable-stream readdirp redis redux regenerator-runtime
        regexp.prototype.flags request request-promise require-directory require-from-string
        resolve resolve-from restore-cursor retry reusify rimraf robotjs rollup run-parallel
        safe-array-concat safe-buffer safe-regex-test safer-buffer sass sass-loader scheduler
        schema-utils semver sequelize serialize-javascript serialport serve-static
        set-function-length set-function-name setprototypeof sharp shebang-command shebang-regex
        shelljs showdown side-channel side-channel-list side-channel-map side-channel-weakmap
        signal-exit sinon slash slice-ansi socket.io socket.io-client source-map source-map-js
        source-map-support sprintf-js statuses string-width string.prototype.trim
        string.prototype.trimend string.prototype.trimstart string_decoder strip-ansi strip-bom
        strip-final-newline strip-indent strip-json-comments strnum style-loader
        styled-components stylus superagent supertest supports-color
        supports-preserve-symlinks-flag svelte tailwindcss tapable tar-stream telegraf terser
        tesseract.js three tinyglobby to-regex-range toidentifier tough-cookie truffle
        ts-api-utils ts-jest ts-loader ts-node tsconfig-paths tslib tweetnacl type-check
        type-detect type-fest type-is typed-array-buffer typed-array-byte-length
        typed-array-byte-offset typed-array-length typeorm typescript ua-parser-js uglify-js
        unbox-primitive underscore undici undici-types universalify unpipe unzipper
        update-browserslist-db uri-js usb util-deprecate validator vitest vue web3
        webidl-conversions webpack webpack-cli whatwg-mimetype whatwg-url which
        which-boxed-primitive which-typed-array winston word-wrap wrap-ansi wrappy
        write-file-atomic xlsx xtend yallist yargs yargs-parser yocto-queue yup
    """,
    "pypi": """
        accelerate aiobotocore aiofiles aiohappyeyeballs aiohttp aioitertools aiomysql aiosignal
        alembic annotated-doc annotated-types ansible anthropic anyio argcomplete argon2-cffi
        argon2-cffi-bindings arrow asgiref asn1crypto asttokens async-timeout asyncpg attrs
        authlib autogen autopep8 awscli awswrangler azure-common azure-core azure-identity
        azure-storage-blob babel backoff backports-tarfile backports-zstd bandit base58 bcrypt
        beartype beautifulsoup4 bitcoinlib black bleach blinker bokeh boto boto3 botocore bottle
        brotli build cachecontrol cachetools cattrs cbor2 ccxt celery certifi cfn-lint chardet
        charset-normalizer chromadb click cloudpickle codecov colorama confluent-kafka contourpy
        coverage coveralls crashtest crewai croniter cryptography cx-oracle cycler cyclopts
        cython dash dask databricks-sdk databricks-sql-connector dataclasses-json datadog
        datasets dbt-adapters dbt-common dbt-core debugpy decorator deepdiff defusedxml
        deprecated deprecation diffusers discord-py distlib distro django django-cors-headers
        django-filter djangorestframework dnspython docker docstring-parser docutils dulwich
        durationpy ecdsa editables elasticsearch email-validator et-xmlfile eth-account
        eth-utils eventlet exceptiongroup execnet executing fabric fabric2 factory-boy faiss-cpu
        faker falcon fastapi fastjsonschema fastmcp fastuuid feedparser filelock flake8 flask
        flask-cors flask-login flask-sqlalchemy flatbuffers fonttools freezegun frozenlist
        fsspec future gcsfs gensim gevent gitdb gitpython google-ads google-analytics-admin
        google-api-core google-api-python-client google-auth google-auth-httplib2
        google-auth-oauthlib google-cloud-aiplatform google-cloud-batch google-cloud-bigquery
        google-cloud-bigquery-datatransfer google-cloud-bigtable google-cloud-compute
        google-cloud-core google-cloud-dataform google-cloud-dataproc-metastore google-cloud-dlp
        google-cloud-kms google-cloud-language google-cloud-logging google-cloud-memcache
        google-cloud-monitoring google-cloud-orchestration-airflow google-cloud-os-login
        google-cloud-pubsub google-cloud-redis google-cloud-run google-cloud-secret-manager
        google-cloud-speech google-cloud-storage google-cloud-tasks google-cloud-texttospeech
        google-cloud-videointelligence google-cloud-vision google-cloud-workflows google-crc32c
        google-genai google-resumable-media googleapis-common-protos gradio graphql-core
        greenlet griffelib grpc-google-iam-v1 grpcio grpcio-health-checking grpcio-status
        grpcio-tools gtts gunicorn hatchling hf-xet hpack html5lib httpcore httplib2 httpretty
        httptools httpx httpx-sse huggingface-hub hypercorn hyperframe hypothesis identify
        imageio impacket importlib-metadata importlib-resources iniconfig installer instaloader
        invoke ipaddress ipykernel ipython ipython-pygments-lexers ipywidgets isodate isort
        itsdangerous jaraco-classes jaraco-context jaraco-functools jeepney jellyfish jinja2
        jiter jmespath joblib joserfc jsonpatch jsonpath-ng jsonpointer jsonref jsonschema
        jsonschema-path jsonschema-specifications jupyter jupyter-client jupyter-core jupyterlab
        kafka-python keras keyring kiwisolver kubernetes langchain langchain-core
        langchain-openai langgraph langsmith ldap3 librosa librt lightgbm linkify-it-py litellm
        llama-cloud-services llama-index llama-parse llvmlite locust loguru markdown
        markdown-it-py markupsafe marshmallow matplotlib matplotlib-inline mccabe
        mdit-py-plugins mdurl mechanize mistune mongoengine more-itertools moto motor moviepy
        mpmath msal-extensions msgpack msrest multidict multiprocess mypy-extensions
        mysql-connector-python mysqlclient narwhals nbformat neo4j nest-asyncio netaddr networkx
        nltk nodeenv nose notebook nox numba numpy oauthlib ollama onnxruntime openai
        openai-whisper opencv-python openpyxl opentelemetry-api opentelemetry-exporter-otlp
        opentelemetry-exporter-otlp-proto-common opentelemetry-exporter-otlp-proto-grpc
        opentelemetry-exporter-otlp-proto-http opentelemetry-exporter-prometheus
        opentelemetry-instrumentation opentelemetry-instrumentation-asgi
        opentelemetry-instrumentation-fastapi opentelemetry-instrumentation-requests
        opentelemetry-instrumentation-threading opentelemetry-proto opentelemetry-sdk
        opentelemetry-semantic-conventions opentelemetry-util-http orjson packaging pandas
        pandas-stubs paramiko parso pathable pathspec pdfminer-six peewee pendulum pexpect pika
        pillow pipenv pkginfo platformdirs playwright plotly pluggy poetry poetry-core
        poetry-plugin-export pre-commit prometheus-client prompt-toolkit propcache proto-plus
        protobuf psutil psycopg psycopg-binary psycopg2 psycopg2-binary ptyprocess pure-eval
        pyarrow pyasn1 pyasn1-modules pyautogui pycodestyle pycparser pycryptodome pycryptodomex
        pydantic pydantic-ai-slim pydantic-core pydantic-graph pydantic-settings pydub pygithub
        pygments pyinstaller pyjwt pylint pymongo pymssql pymupdf pymysql pynacl pynput
        pyopenssl pyotp pyparsing pypdf pypdf2 pyperclip pyproject-hooks pyramid pyserial pysftp
        pyspark pytesseract pytest pytest-asyncio pytest-cov pytest-json-ctrf pytest-mock
        pytest-xdist python-dateutil python-discovery python-dotenv python-json-logger
        python-magic python-multipart python-nmap python-slugify python-telegram-bot pytokens
        pytorch-lightning pyttsx3 pywin32 pyyaml pyzmq qrcode quart rapidfuzz ray redis
        referencing regex reportlab requests requests-file requests-mock requests-oauthlib
        requests-toolbelt responses rfc3339-validator rich-rst rich-toolkit rpds-py ruamel-yaml
        ruamel-yaml-clib s3transfer safetensors sanic scapy scikit-image scikit-learn scipy
        scrapy seaborn secretstorage selenium semver sentence-transformers sentry-sdk
        setproctitle setuptools setuptools-scm sglang shapely shellingham shodan simplejson
        slack-sdk smart-open smmap sniffio snowflake-connector-python snowflake-snowpark-python
        snowflake-sqlalchemy solana sortedcontainers soupsieve spacy speechrecognition sphinx
        sqlalchemy sqlalchemy-bigquery sqlglot sqlmodel sqlparse sse-starlette stack-data
        starlette statsmodels streamlit stripe structlog sympy tabulate telebot telethon
        tenacity tensorboard tensorflow termcolor text-unidecode textual threadpoolctl tiktoken
        tinycss2 tokenizers tomli tomli-w tomlkit torch torchaudio torchvision tornado tox
        traitlets transformers tree-sitter triton trove-classifiers tweepy twilio twine
        typedload typeguard typer types-protobuf types-pyyaml types-requests typing-extensions
        typing-inspect typing-inspection tzdata tzlocal uc-micro-py ujson uritemplate urllib3
        uuid-utils uvicorn uvloop vcrpy vcs-versioning virtualenv virtualenvwrapper vllm
        watchdog watchfiles wcwidth weaviate-client web3 webencodings websocket-client
        websockets werkzeug wheel whitenoise wrapt wsproto xgboost xlsxwriter xmltodict xxhash
        yapf youtube-dl yt-dlp zstandard
    """,
}

REAL: dict[str, str] = {
    "cargo": """
        adler adler2 async-stream bitvec bytes-utils cbindgen manyhow matches nom8 pastey
        rustfix toml_write unicode-id
    """,
    "gem": """
        bundler-stats chef-ruby crack-xml grpc-tools haml-rails listen-compat multi_xml
        oauth-tty parser-ast rack-mini-profiler rack-proxy rake-compiler redis-rails redis-store
        resque-scheduler rspec-its rubocop-rake rubocop-rspec ruby-dbus ruby-graphviz ruby-oci8
        sentry-raven slim-rails slop
    """,
    "npm": """
        accept acorn-node amocha angular2 ansi-escape ansistyles args args-parser as-number
        asarray astq async-kit asyncc auto-prefixer aws-cdk axiom bcrypto binaryextensions bip32
        bip38 bmocha bootstrap3 brace brakes bufferjs buffers byte bytes.js callsite camel-case
        canvasjs chartjs cjs-loader cline clones clui color color-namer colord colors.js colorts
        combined-stream2 comutils content-types cookie.js cookie_js cookiejs cookieparser
        cookies corejs cose-js crypt crypto-es crypto-ts cryptojs csp-parse css-parse
        csso-loader csstree csv-loader csv-parser d3-node dapjs dargs days dbug deep-merge
        dom-serialize dom-utils dts-jest dts-loader eclint edn-data errorex es-jest es-symbol
        escape-string-regexp-node esplint esprimaq eventemitter eventemitter2 eventy exec
        expect.js extend.js extend2 extendr extent fake faker-js fclone findup flash flatten
        foreach form-data2 formdata formdata-node formic formio freshy fs-extra2 fs.extra gaxios
        getstream gextend global grant graphiql handlebar has-own highlightjs htmlparser husk
        inherit inquire inquirer2 ip-bigint ip-regex is-array is-blob is-node is-object
        is-regexp is-typedarray isnumber isostring isstream it-glob jasmine-node jdom
        jquery-node js-cookie js-extend js-xlsx js.cookie jsdoc jslint jsom json json-web-token
        json2 json3 json8 jsona jsonc jsonh jsonp jsonq just-diff kindof lodash-node lrucache
        masked media-type merge mergee mime-type mimetypes mkdir mkdir-p mkdirp2 mquery msbuild
        mssql multer2 murmurhash mysql8 nano-id next-node next.js nextjs node-archiver
        node-canvas node-cookie node-fs-extra node-mime-types node-redis node-resolve node-which
        node-xlsx node.extend ntypescript one-time p-tap pargs parse parse-url parsejson parser
        parseuri path path-parser path-to-regex path2 postcss-js postcss-values-parser preact
        preact-redux preact-router prelude-ts prequest prettierx pretty-format2 prism prisma1
        prompt proptypes ps-node punycode.js punycode2 reach react-if react-router5 react-vis
        reactn readdir redis-js reds requests reqwest resolver rifraf rs-module-lexer rsolve
        rsync sass.js schedule scrypt scss-loader semiver server set-proto set-prototype-of
        slash2 socket-io socketio source-map-cjs sourcemap sprintfjs stash stdnum
        styled-component styles-loader stylis sync synckit tedis telegrafjs telegram three.js
        ts-lib ts-stream tslab tslint tsutils ttypescript typecheck typescript-node uglify-es
        uglifyjs underscore-node urijs validator-js validator.js validatorjs vargs vasync vrtest
        wargs wordwrap wordwrapjs xbytes
    """,
    "pypi": """
        acachecontrol aiofile aresponses attr based58 beautifulsoup bpython brotlipy cbor
        cchardet crick cronitor ctransformers cwcwidth datadogpy dataset datazets dbt-score
        deepdiff6 django-filer django-rest-framework djongo docker-py dydantic elasticsearch5
        elasticsearch6 elasticsearch7 elasticsearch8 elasticsearch9 fabric3 faiss-gpu fastai
        futures git-python gitdb2 google-adk google-oauth googleads grequests gsutil hjson httpr
        hyper identity ijson ipytest isolate jiwer jsonpath markdown2 mocker msgpack-python
        myjwt nest-asyncio2 ngboost openapi opentelemetry-instrumentation-wsgi parse parsl parsy
        pbspark pkginfo2 py-bcrypt py-redis pyaml pyasn pyautogen pydash pyinvoke pyjsonpatch
        pylink pymantic pymupdfb pynose pyop pypd pypdf3 pypdf4 pypika pyqrcode pyshark
        pytest-csv python-backoff python-bitcoinlib python-coveralls python3-nmap pytorch
        pytzdata quarto retworkx ruamel-yaml-clibz scanpy scipp scrypt semver4 simpy slack
        smmap2 solara spython sqlglotc tensorboardx tombi toml torchx tree-sitter-python unicorn
        uri-template usort vbuild vyper websocket willow wsgiref xoto3
    """,
}
