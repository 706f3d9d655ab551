"""Installed packages: what each reader says of a real form, and the odd corners of each."""

import pytest
from installed_files import COMPOSER, ERLANG, FILES, GEM, LUA, NODE, PYTHON, R

from keten import plugs
from keten.derive import requirements
from keten.errors import InputError
from keten.graph.store import merge
from keten.model.delivery import Package
from keten.model.facts import Facts
from keten.model.image import Contents
from keten.model.plug import Reader, Scope, Source
from keten.pipeline.read import Readers
from keten.testing.examples import Memory

SITE = "usr/lib/python3/site-packages"


def read(contents: dict[str, bytes]) -> Facts:
    """Return what all readers of root filesystems say of files."""
    readers, files = Readers(Scope.SYSTEM), Memory(contents)
    parts: list[Facts] = []
    for path, data in contents.items():
        parts += readers.read(path, data, files, size=len(data))
    return merge(parts)


def packages(facts: Facts) -> dict[str, Package]:
    return {node.purl: node for node in facts.nodes if isinstance(node, Package)}


def edges(facts: Facts) -> set[tuple[str, str]]:
    found = (*facts.edges, *requirements.derive(facts).edges)
    return {(edge.src.partition("pkg:")[2], edge.dst.partition("pkg:")[2]) for edge in found}


URLS = {
    "system/python-package": ["pkg:pypi/flask-login@0.6.3"],
    "system/node-package": ["pkg:npm/%40scope/thing@1.2.3"],
    "system/ruby-gem": ["pkg:gem/nokogiri@1.16.0?platform=x86_64-linux"],
    "system/php-composer": [
        "pkg:composer/monolog/monolog@2.9.1",
        "pkg:composer/phpunit/phpunit@9.6.0",
        "pkg:composer/psr/log@1.1.4",
    ],
    "system/r-package": ["pkg:cran/jsonlite@1.8.8"],
    "system/conda-package": [
        "pkg:conda/numpy@1.26.4?build=py312h_0&channel=conda-forge&subdir=linux-64&type=conda"
    ],
    "system/erlang-application": ["pkg:otp/cowboy@2.9.0"],
    "system/lua-rock": ["pkg:luarocks/luasocket@3.1.0-1"],
    "system/php-pear": ["pkg:pear/pecl.php.net/redis@6.0.2"],
    "system/yarn-pnp": ["pkg:npm/%40s/c@3.0.0", "pkg:npm/a@1.0.0", "pkg:npm/b@2.0.0"],
    "system/java-archive": [
        "pkg:maven/org.x/a@1.0",
        "pkg:maven/org.y/b@2.0",
        "pkg:maven/org.z/c@3",
    ],
}
LICENSES = {
    "system/python-package": "MIT",
    "system/node-package": "Apache-2.0",
    "system/ruby-gem": "MIT",
    "system/php-composer": "MIT",
    "system/r-package": "MIT",
    "system/conda-package": "BSD-3-Clause",
    "system/erlang-application": "ISC",
    "system/lua-rock": "MIT",
    "system/php-pear": "MIT",
    "system/yarn-pnp": "",
    "system/java-archive": "Apache-2.0",
}
WANTS = {
    "system/python-package": ("colorama", "flask"),
    "system/node-package": ("debug",),
    "system/ruby-gem": ("racc",),
    "system/r-package": ("curl", "methods", "rlang"),
    "system/conda-package": ("libblas", "python"),
    "system/erlang-application": ("kernel", "ranch", "stdlib"),
    "system/lua-rock": ("lua", "luafilesystem"),
}


@pytest.mark.parametrize("plug", FILES)
def test_a_package_of_each_kind(plug: str) -> None:
    path, data = FILES[plug]

    facts = read({path: data})

    found = packages(facts)
    assert not facts.problems
    assert sorted(found) == URLS[plug]
    first = found[URLS[plug][0]]
    assert first.installed
    assert first.licenses == tuple(filter(None, (LICENSES[plug],)))
    assert first.wants == WANTS.get(plug, ())
    assert {(item.ref, item.need) for item in facts.looked} == {
        (one.ref, "lockfile") for one in found.values()
    }


def test_every_reader_of_installed_packages_is_tried() -> None:
    assert set(FILES) == set(URLS) == set(LICENSES)


def test_python_names_its_files_its_origin_and_whether_it_was_asked_for() -> None:
    info = f"{SITE}/Flask_Login-0.6.3.dist-info"
    facts = read({
        f"{info}/METADATA": PYTHON,
        f"{info}/REQUESTED": b"",
        f"{info}/RECORD": b'../../../bin/x,,\nflask_login/a.py,sha256=x,1\n'
        b'"a,b.py",,\n../../../../../y,,\n',
        f"{info}/direct_url.json": b'{"url": "https://u:p@example.org/r.git",'
        b' "vcs_info": {"vcs": "git", "commit_id": "abc"}}',
    })  # fmt: skip

    (one,) = packages(facts).values()
    (contents,) = [node for node in facts.nodes if isinstance(node, Contents)]
    assert one.direct is True
    assert one.source == "git+https://example.org/r.git#abc"
    assert one.purl.endswith("?vcs_url=git%2Bhttps:%2F%2Fexample.org%2Fr.git%40abc")
    assert contents.id == one.id
    assert contents.files == ("usr/bin/x", f"{SITE}/a,b.py", f"{SITE}/flask_login/a.py")


@pytest.mark.parametrize(
    ("url", "source", "hashes"),
    [
        (b'"url": "file:///src/app", "dir_info": {"editable": true}', "path:/src/app", ()),
        (b'"url": "file:///w/a.whl", "archive_info": {"hash": "sha256=ab"}', "", ("sha256:ab",)),
        (
            b'"url": "https://x/a.whl", "archive_info": {"hashes": {"sha256": "cd"}}',
            "https://x/a.whl",
            ("sha256:cd",),
        ),
    ],
)
def test_python_from_elsewhere(url: bytes, source: str, hashes: tuple[str, ...]) -> None:
    info = f"{SITE}/Flask_Login-0.6.3.dist-info"

    facts = read({f"{info}/METADATA": PYTHON, f"{info}/direct_url.json": b"{" + url + b"}"})

    (one,) = packages(facts).values()
    assert (one.source, one.hashes) == (source, hashes)


@pytest.mark.parametrize(
    ("header", "licenses"),
    [
        (b"License-Expression: mit OR Apache-2.0\nLicense: GPL", ("MIT OR Apache-2.0",)),
        (b"License: BSD\nClassifier: License :: OSI Approved :: BSD License", ("BSD License",)),
        (b"License: UNKNOWN", ()),
        (b"License: MIT License\n  Copyright\n  Permission is", ()),
        (b"Classifier: License :: OSI Approved", ()),
        (
            b"Classifier: License :: GNU General Public License v2 or later (GPLv2+)",
            ("GPL-2.0-or-later",),
        ),
    ],
)
def test_python_licences(header: bytes, licenses: tuple[str, ...]) -> None:
    facts = read({f"{SITE}/a-1.dist-info/METADATA": b"Name: a\nVersion: 1\n" + header + b"\n\nx"})

    assert packages(facts)["pkg:pypi/a@1"].licenses == licenses


def test_python_eggs() -> None:
    data = b"Metadata-Version: 1.0\r\nName: a\r\nVersion: 1\r\n"
    facts = read({
        f"{SITE}/a-1.egg-info": data,
        f"{SITE}/b.egg-info/PKG-INFO": data.replace(b": a", b": b"),
        f"{SITE}/b.egg-info/requires.txt": b"a>=1\n\n[dev]\npytest\n\n[:python_version<'4']\nc\n",
        f"{SITE}/b.egg-info/installed-files.txt": b"../b.py\nPKG-INFO\n",
        f"{SITE}/c-1-py3.egg/EGG-INFO/PKG-INFO": data.replace(b": a", b": c"),
    })  # fmt: skip

    assert sorted(packages(facts)) == [f"pkg:pypi/{name}@1" for name in "abc"]
    assert edges(facts) == {("pypi/b@1", "pypi/a@1"), ("pypi/b@1", "pypi/c@1")}
    (contents,) = [node for node in facts.nodes if isinstance(node, Contents)]
    # PKG-INFO is left out: whoever lists what tells of a package would pass for its owner.
    assert contents.files == (f"{SITE}/b.py",)


def module(name: str, version: str, *needs: str) -> bytes:
    listed = ", ".join(f'"{need}": "*"' for need in needs)
    return f'{{"name": "{name}", "version": "{version}", "dependencies": {{{listed}}}}}'.encode()


def test_node_finds_what_node_finds() -> None:
    facts = read({
        "app/package.json": b'{"private": true,' + module("app", "0.1.0", "a")[1:],
        "app/node_modules/a/package.json": module("a", "1.0.0", "b", "c"),
        "app/node_modules/a/node_modules/b/package.json": module("b", "2.0.0", "c"),
        "app/node_modules/b/package.json": module("b", "1.0.0"),
        "app/node_modules/c/package.json": module("c", "1.0.0", "gone"),
        "app/node_modules/a/test/fixtures/package.json": module("x", "1.0.0"),
        "app/node_modules/a/dist/package.json": b'{"type": "module"}',
        "app/node_modules/a/vendor/rpc/package.json": module("rpc", "9.0.0"),
        "app/node_modules/.package-lock.json": b'{"packages": {"node_modules/a/node_modules/b":'
        b' {"integrity": "sha512-AAAA", "resolved": "https://r/b.tgz"}}}',
    })  # fmt: skip

    found = packages(facts)
    assert edges(facts) == {
        ("npm/app@0.1.0", "npm/a@1.0.0"),
        ("npm/a@1.0.0", "npm/b@2.0.0"),
        ("npm/a@1.0.0", "npm/c@1.0.0"),
        ("npm/b@2.0.0", "npm/c@1.0.0"),
    }
    assert "pkg:npm/x@1.0.0" not in found
    assert "pkg:npm/rpc@9.0.0" in found
    assert found["pkg:npm/app@0.1.0"].source == "path:app"
    assert found["pkg:npm/b@2.0.0"].hashes == ("sha512:AAAA",)
    assert found["pkg:npm/b@2.0.0"].source == "https://r/b.tgz"


def test_node_in_the_store_of_pnpm() -> None:
    store = "app/node_modules/.pnpm"
    facts = read({
        f"{store}/a@1.0.0/node_modules/a/package.json": module("a", "1.0.0", "b"),
        f"{store}/a@1.0.0/node_modules/b/package.json": module("b", "2.0.0"),  # a link, in truth
        f"{store}/b@1.0.0/node_modules/b/package.json": module("b", "1.0.0"),
        f"{store}/b@2.0.0/node_modules/b/package.json": module("b", "2.0.0"),
    })  # fmt: skip

    assert edges(facts) == {("npm/a@1.0.0", "npm/b@2.0.0")}


@pytest.mark.parametrize(
    ("written", "licenses"),
    [
        ('"license": "(MIT OR CC0-1.0)"', ("MIT OR CC0-1.0",)),
        ('"licenses": [{"type": "MIT"}, {"type": "GPLv2"}]', ("MIT", "GPL-2.0-only")),
        ('"license": ["MIT", 5]', ("MIT",)),
        ('"license": 5', ()),
    ],
)
def test_node_licences(written: str, licenses: tuple[str, ...]) -> None:
    data = f'{{"name": "a", "version": "1.0.0", {written}}}'.encode()

    assert (
        packages(read({"node_modules/a/package.json": data}))["pkg:npm/a@1.0.0"].licenses
        == licenses
    )


def test_ruby_from_git_and_with_its_own_default_gems() -> None:
    facts = read({
        "usr/lib/ruby/gems/3.1.0/specifications/nokogiri-1.16.0.gemspec": GEM,
        "usr/lib/ruby/gems/3.1.0/specifications/default/racc-1.7.3.gemspec":
            b"# stub: racc 1.7.3 ruby lib\n",
        "app/bundler/gems/thing-0123456789ab/thing.gemspec":
            b"Gem::Specification.new do |s|\n s.name = 'thing'\n s.version = Thing::VERSION\nend\n",
        "app/gems/other-1/other.gemspec": GEM,
    })  # fmt: skip

    found = packages(facts)
    assert sorted(found) == [
        "pkg:gem/nokogiri@1.16.0?platform=x86_64-linux",
        "pkg:gem/racc@1.7.3",
        "pkg:gem/thing",
    ]
    assert found["pkg:gem/thing"].source == "git#0123456789ab"
    assert edges(facts) == {("gem/nokogiri@1.16.0?platform=x86_64-linux", "gem/racc@1.7.3")}


def test_composer_of_both_versions() -> None:
    first = COMPOSER[COMPOSER.index(b"[") : COMPOSER.rindex(b"]", 0, COMPOSER.index(b'"dev"')) + 1]
    new = read({"vendor/composer/installed.json": COMPOSER})
    old = read({"vendor/composer/installed.json": first})

    assert edges(new) == edges(old) == {
        ("composer/monolog/monolog@2.9.1", "composer/psr/log@1.1.4")
    }  # fmt: skip
    assert [one.name for one in packages(new).values() if one.development] == ["phpunit/phpunit"]


def test_pear_names_its_files() -> None:
    path, data = FILES["system/php-pear"]

    (contents,) = [n for n in read({path: data}).nodes if isinstance(n, Contents)]
    assert contents.files == ("usr/lib/php/ext/redis.so.1",)


@pytest.mark.parametrize("form", ["string", "literal", "data"])
def test_yarn_in_every_form(form: str) -> None:
    path, data = FILES["system/yarn-pnp"]
    plain = data[data.index(b"{") : data.rindex(b"}") + 1].replace(b"\\\n", b"\n")
    contents = {
        "string": {path: data},
        "literal": {"app/.pnp.js": b"return hydrateRuntimeState(" + plain + b", {basePath: x});"},
        "data": {"app/.pnp.data.json": plain},
    }[form]

    assert edges(read(contents)) == {
        ("npm/a@1.0.0", "npm/b@2.0.0"),
        ("npm/a@1.0.0", "npm/%40s/c@3.0.0"),
    }


@pytest.mark.parametrize(
    ("written", "license_"),
    [
        (b"GPL (>= 2)", "GPL-2.0-or-later"),
        (b"GPL-2 | GPL-3", "GPL-2.0-only OR GPL-3.0-only"),
        (b"BSD_3_clause + file LICENSE", "BSD-3-Clause"),
        (b"Apache License (>= 2)", "Apache-2.0+"),
        (b"GPL", "GPL"),
    ],
)
def test_licences_of_r(written: bytes, license_: str) -> None:
    data = R.replace(b"MIT + file LICENSE", written)

    (one,) = packages(read({"usr/lib/R/library/jsonlite/DESCRIPTION": data})).values()
    assert one.licenses == (license_,)


def test_what_is_only_the_source_of_a_package_is_none() -> None:
    assert not packages(read({"src/DESCRIPTION": R.replace(b"Built", b"Builder")}))
    assert packages(read({"R/library/jsonlite/DESCRIPTION": R.replace(b"Built", b"Builder")}))
    assert not packages(read({"x/ebin/cowboy.app": ERLANG.replace(b"2.9.0", b"%VSN%")}))


@pytest.mark.parametrize(
    ("path", "data"),
    [
        (f"{SITE}/a-1.dist-info/METADATA", b"Name: a\n\n"),
        (f"{SITE}/a-1.dist-info/METADATA", b"Name: a b\nVersion: 1\n\n"),
        ("node_modules/a/package.json", b"{"),
        ("node_modules/a/package.json", b'{"a":' * 100_000),
        ("x/specifications/a-1.gemspec", b"Gem::Specification.new"),
        ("vendor/composer/installed.json", b'{"packages": {}}'),
        ("x/library/a/DESCRIPTION", b"Package: \nVersion: \n"),
        ("x/conda-meta/a.json", b"[]"),
        ("x/ebin/a.app", b"{applicatio"),
        ("x/rocks-5.4/a/1/a.rockspec", LUA[20:]),
        ("a.jar", b"no zip"),
    ],
)
def test_what_can_not_be_read_is_a_problem(path: str, data: bytes) -> None:
    facts = read({path: data})

    assert not packages(facts)
    assert facts.problems
    assert all(problem.path == path and problem.advice for problem in facts.problems)


def test_readers_refuse_by_input_error_alone() -> None:
    reader = plugs.load(Reader, "system/node-package")

    with pytest.raises(InputError):
        reader.read(Source("node_modules/a/package.json", NODE[:40], Memory({})))
