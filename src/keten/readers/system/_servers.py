"""Classifiers of servers, tools and libraries that are built from source or copied as files.

Where a version stands in each is a fact about the program, found by looking at it.
"""

from keten.readers.system._classifier import Classifier, Sign

_V3 = rb"(\d{1,3}\.\d{1,3}\.\d{1,3})"
_V23 = rb"(\d{1,3}\.\d{1,3}(?:\.\d{1,3})?)"
# REDIS_VERSION, host and time of the build, "dirty", commit: one text (redis's release.c).
_REDIS = (
    Sign(b"00000000\0", rb"(\d{1,2}\.\d{1,2}\.\d{1,2}?)(?:[A-Za-z][\w.-]{0,63}-)?1\d{9}\d0{8}\0"),
    Sign(b"\0c11-builtin\0", rb"\0" + _V3 + rb"\0c11-builtin\0"),
)
_OPENSSL = (
    Sign(b"OpenSSL ", rb"OpenSSL (\d\.\d\.\d{1,2}(?:[a-z]{1,2})?(?:-(?:alpha|beta|dev|rc)\d{0,2})?)"
                      rb"(?:-fips)? {1,2}\d{1,2} [A-Z][a-z]{2} \d{4}"),
)  # fmt: skip


def _mysql(name: bytes) -> Sign:
    """Return the sign of a server whose build's folder is called by its version."""
    return Sign(
        b"/" + name + b"-", rb"/" + name + rb"-(\d{1,2}\.\d{1,2}\.\d{1,3}(?:-\d{1,3})?)[/-]"
    )


SERVERS = (
    Classifier("nginx", "nginx", ("nginx", "nginx-debug"),
               (Sign(b"nginx version: nginx/", rb"nginx version: nginx/" + _V3),)),
    Classifier("openresty", "openresty", ("nginx", "openresty"),
               (Sign(b"nginx version: openresty/",
                     rb"nginx version: openresty/(\d{1,3}(?:\.\d{1,3}){3})"),)),
    Classifier("httpd", "httpd", ("httpd", "apache*"),
               (Sign(b"Apache/2.", rb"\0Apache/(2\.\d\.\d{1,3})"),)),
    Classifier("haproxy", "haproxy", ("haproxy",),
               (Sign(b", released ", rb" version (\d\.\d{1,2}(?:\.\d{1,3})?)[^\0 ]{0,40}, rel"),
                Sign(b"HA-Proxy version ", rb"HA-?Proxy version (\d\.\d{1,2}(?:\.\d{1,3})?)"))),
    Classifier("lighttpd", "lighttpd", ("lighttpd",), (Sign(b"lighttpd/", rb"\0lighttpd/" + _V3),)),
    Classifier("proftpd", "proftpd", ("proftpd",),
               (Sign(b"ProFTPD Version ",
                     rb"ProFTPD Version (\d\.\d\.\d{1,2}(?:rc\d{1,2}|[a-z])?)[\0 ]"),)),
    Classifier("memcached", "memcached", ("memcached",),
               (Sign(b"\0memcached ", rb"\0memcached " + _V3 + rb"\0"),)),
    Classifier("redis", "redis", ("redis-server", "redis-check-rdb"), _REDIS),
    Classifier("valkey", "valkey", ("valkey-server", "valkey-check-rdb"), _REDIS),
    Classifier("postgresql", "postgresql", ("postgres",),
               (Sign(b"PostgreSQL ", rb"\0PostgreSQL "
                     rb"(\d{1,2}(?:\.\d{1,2}){1,2}|\d{1,2}(?:beta|rc)\d) (?:\(|on )"),)),
    Classifier("mariadb", "mariadb", ("mariadbd", "mariadb", "mysqld", "mysql"),
               (Sign(b"-MariaDB", rb"\0" + _V3 + rb"-MariaDB"),)),
    Classifier("mysql", "mysql", ("mysqld", "mysql"), (_mysql(b"mysql"),)),
    Classifier("percona-server", "percona-server", ("mysqld", "mysql"),
               (_mysql(b"percona-server"),)),
    Classifier("percona-xtrabackup", "percona-xtrabackup", ("xtrabackup",),
               (_mysql(b"percona-xtrabackup"),)),
    # The version stands before the first key of its build's settings (util/version_impl).
    Classifier("mongodb", "mongodb", ("mongod", "mongos"),
               tuple(Sign(b"\0" + key, rb"(?:\A|[^0-9.])" + _V3 + rb"\x00{1,8}" + key)
                     for key in (b"cppdefines", b"heap_size", b"tcmalloc"))),
    # version_info.h's text is merged with others of the file: near to those of its features.
    Classifier("envoy", "envoy", ("envoy",),
               tuple(Sign(key, rb"\0(1\.[1-9]\d\.\d{1,2}(?:-dev)?)\0", alone=True, back=1000)
                     for key in (b"envoy_reloadable_features", b"envoy.reloadable_features"))),
    Classifier("arangodb", "arangodb", ("arangod", "arangosh"),
               (Sign(b" [linux]", _V3 + rb"(?:-\d)? \[linux\]"),)),
    Classifier("consul", "consul", ("consul",),
               (Sign(b"CONSUL_VERSION: ", rb"CONSUL_VERSION: " + _V3),)),
    Classifier("fluent-bit", "fluent-bit", ("fluent-bit",),
               (Sign(b"Fluent", rb"\0" + _V3 + rb"\0[^\d]{0,60}Fluent"),)),
    Classifier("varnish", "varnish", ("varnishd",),
               (Sign(b"varnish-", rb"varnish-" + _V3 + rb" revision "),)),
    Classifier("squid", "squid", ("squid",), (Sign(b"squid/", rb"\0squid/" + _V23 + rb"\0"),)),
    Classifier("unbound", "unbound", ("unbound",),
               (Sign(b"unbound ", rb"\0unbound " + _V3 + rb"\0"),)),
    Classifier("dnsmasq", "dnsmasq", ("dnsmasq",),
               (Sign(b"dnsmasq-2.", rb"\0dnsmasq-(2\.\d{1,3})\0"),)),
    Classifier("stunnel", "stunnel", ("stunnel", "stunnel*"),
               (Sign(b"stunnel ", rb"\0stunnel " + _V23 + rb" on "),)),
    Classifier("openssh", "openssh", ("sshd", "ssh"),
               (Sign(b"OpenSSH_", rb"\0OpenSSH_(\d{1,2}\.\d{1,2}p\d)"),)),
    Classifier("wordpress", "wordpress", ("version.php",),
               (Sign(b"$wp_version = ", rb"\n\$wp_version = '([0-9][0-9A-Za-z.-]{0,30})';"),),
               path=r"(?:^|/)wp-includes/version\.php$", text=True),
)  # fmt: skip

# The version alone between two texts; that of a part may be too, but is of no patched release.
_CHROME = (
    Sign(b".0.", rb"\0(\d{2,3}\.0\.\d{4,5}\.[1-9]\d{0,2})(?=\0)", alone=True),
    Sign(b"Chrome/", rb"\0Chrome/(\d{2,3}\.0\.\d{4,5}\.\d{1,3})\0", alone=True),
)

TOOLS = (
    Classifier("chromium", "chromium",
               ("chromium", "chromium-browser", "headless_shell", "chrome-headless-shell"),
               _CHROME),
    Classifier("chrome", "chrome", ("chrome", "google-chrome"), _CHROME),
    Classifier("curl", "curl", ("curl",), (Sign(b"curl/", rb"\0curl/" + _V3 + rb"[\0-]"),)),
    Classifier("libcurl", "curl", ("libcurl.so", "libcurl.so.*"),
               (Sign(b"libcurl/", rb"libcurl/" + _V3),)),
    Classifier("openssl", "openssl", ("openssl",), _OPENSSL),
    Classifier("libcrypto", "openssl", ("libcrypto.so.*",), _OPENSSL),
    Classifier("libressl", "libressl", ("openssl",),
               (Sign(b"LibreSSL ", rb"\0LibreSSL " + _V3),)),
    Classifier("sqlite", "sqlite", ("libsqlite*.so.*",),
               (Sign(b"\x003.", rb"\0(3\.\d{1,2}\.\d{1,2})(?=\0)", alone=True),)),
    Classifier("zlib", "zlib", ("libz.so.*",),
               (Sign(b" deflate 1.", rb" deflate (1\.\d{1,2}(?:\.\d{1,3}){0,2}) Copyright "),)),
    Classifier("jemalloc", "jemalloc", ("libjemalloc.so.*",),
               (Sign(b"-g", rb"\0" + _V3 + rb"-\d{1,4}-g[0-9a-f]{40}"),)),
    Classifier("expat", "expat", ("libexpat.so.*",),
               (Sign(b"expat_", rb"\0expat_" + _V3 + rb"\0"),)),
    Classifier("libpng", "libpng", ("libpng*.so.*",),
               (Sign(b"libpng version ", rb"libpng version " + _V3),)),
    Classifier("ffmpeg", "ffmpeg", ("ffmpeg", "ffprobe", "libavcodec.so.*"),
               (Sign(b"FFmpeg version ", rb"FFmpeg version n?" + _V23),)),
    Classifier("imagemagick", "imagemagick",
               ("magick", "libMagickCore-*.Q*.so.*", "libMagickCore-*.Q*HDRI.so.*"),
               (Sign(b"ImageMagick ", rb"ImageMagick (\d{1,2}\.\d{1,2}\.\d{1,2}-\d{1,3}) "),)),
    Classifier("git", "git", ("git",),
               (Sign(b"\0GIT_USER_AGENT", rb"git/" + _V3 + rb"\0GIT_USER"),)),
    Classifier("xz", "xz", ("xz",), (Sign(b"xz (XZ Utils) ", rb"xz \(XZ Utils\) " + _V3),)),
    Classifier("liblzma", "xz", ("liblzma.so.*",),
               (Sign(b"\x005.", rb"\0(5\.\d{1,2}\.\d{1,2}(?:alpha|beta)?)(?=\0)", alone=True),)),
    Classifier("gzip", "gzip", ("gzip",), (Sign(b"\x001.", rb"\0(1\.\d{1,2})(?=\0)", alone=True),)),
    Classifier("jq", "jq", ("jq",),
               (Sign(b"jq-1.", rb"\0jq-(1\.\d(?:\.\d{1,2})?)\0"),
                Sign(b"\x001.", rb"\0(1\.\d(?:\.\d{1,2})?)\0(?:jq|DEBUG:)", alone=True))),
    Classifier("swipl", "swipl", ("swipl", "libswipl.so.*"),
               (Sign(b"swipl-", rb"swipl-" + _V3 + rb"/"),)),
)  # fmt: skip
