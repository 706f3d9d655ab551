"""Each classifier: a snippet that it knows, in a file of its name, and one that it must not."""

# ruff: noqa: E501 a snippet is a line: broken up it would not be read

from fnmatch import fnmatchcase

import pytest

from keten import plugs
from keten.model.delivery import Package
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.system import classified
from keten.testing.examples import Memory

ELF = b"\x7fELF\x02\x01\x01" + b"\0" * 200
BUILD = b"buildkitsandbox-1704890000" + b"0" * 9 + b"\0"

# classifier -> path, what is in the file, version, what looks alike and is none
CASES: dict[str, tuple[str, bytes, str, bytes]] = {
    "python": (
        "usr/local/bin/python3.12",
        b"pymalloc\0003.2.0\0003.12.4\0strict", "3.12.4", b"\0003.11.2\0 \0003.12\0",
    ),
    "pypy": ("opt/pypy/bin/libpypy3.10-c.so", b"\n[PyPy 7.3.11 with GCC", "7.3.11", b"PyPy 7.3.11"),
    "node": ("usr/local/bin/node", b"\0node.js/v20.20.2\0", "20.20.2", b"node.js/vX"),
    "deno": (
        "usr/bin/deno", b"OTel-OTLP-Exporter-Deno/0.82.0 fe7ed01Deno/2.9.8Deno/2.9.8+fe7ed01",
        "2.9.8", b"OTel-OTLP-Exporter-Deno/0.82.0",
    ),
    "bun": ("usr/local/bin/bun", b"\0Bun/1.0.25\0", "1.0.25", b"Bun/x"),
    "go": ("usr/local/go/VERSION", b"go1.22.3\ntime 2024-05-01T19:49:47Z\n", "1.22.3", b"1.22.3\n"),
    "openjdk": (
        "opt/java/openjdk/release",
        b'IMPLEMENTOR="x"\nJAVA_VERSION="17.0.11"\n', "17.0.11", b'VERSION="17.0.11"\n',
    ),
    "ruby": (
        "usr/local/lib/libruby.so.3.3.1",
        b"\0ruby 3.3.1 (2024-04-23 revision c56cd86388) [x", "3.3.1", b"ruby 3.3 (revision 1",
    ),
    "perl": ("usr/local/bin/perl", b"SEED\0v5.36.0\0panic", "5.36.0", b"\0v5.36.0\0 \0v5.10.1\0"),
    "php": ("usr/local/bin/php", b"\0X-Powered-By: PHP/8.2.36\0", "8.2.36", b"PHP/8.2.36"),
    "php-fpm": ("usr/local/sbin/php-fpm", b"\0X-Powered-By: PHP/8.3.1\0", "8.3.1", b"PHP/8.3.1"),
    "libphp": (
        "usr/lib/apache2/modules/libphp.so", b"\0X-Powered-By: PHP/8.3.1\0", "8.3.1", b"PHP/8.3.1",
    ),
    "erlang": ("usr/local/lib/erlang/releases/26/OTP_VERSION", b"26.2.1\n", "26.2.1", b"x 26.2.1\n"),
    "elixir": (
        "usr/local/lib/elixir/lib/elixir/ebin/elixir.app",
        b'[{description,"elixir"},\n{vsn,"1.16.2"},', "1.16.2", b'{version,"1.16.2"}',
    ),
    "julia": (
        "usr/local/julia/lib/julia/libjulia-internal.so.1.10.2",
        b"__init__\0001.10.2\0verify", "1.10.2", b"\0001.10.2\0other",
    ),
    "rust": (
        "usr/local/rustup/toolchains/1.77.2-x86_64-unknown-linux-gnu/bin/rustc",
        b"\0rustc version 1.77.2 (25ef9e3d8 2024-04-09)\0", "1.77.2", b"rustc version 1.97.0-nightly (",
    ),
    "dart": (
        "usr/lib/dart/bin/dart",
        b"\x003.3.4 (stable) (Tue Apr 16 19:56:12 2024 +0000)", "3.3.4", b"\x003.3.4 (beta) (",
    ),
    "ghc": (
        "opt/ghc/9.4.7/lib/bin/ghc", b"\0libHSghc-9.4.7-ghc9.4.7.so\0", "9.4.7", b"libHSbase-4.17.2",
    ),
    "cabal": (
        "usr/local/bin/cabal", b"/cabal-install-3.10.3.0-inplace", "3.10.3.0", b"cabal-install-3.x",
    ),
    "stack": (
        "usr/local/bin/stack",
        b"\0stack-2.15.5-4MwjQGzRWvOY6u029GEVc:Data", "2.15.5", b"\0stack-overflow-1.2.3",
    ),
    "gcc": ("usr/local/bin/gcc", b"\0GCC: (GNU) 13.2.0\0", "13.2.0", b"GCC: (Debian 12.2.0) 12.2.0"),
    "lua": ("usr/bin/lua5.4", b"$LuaVersion: Lua 5.4.6  Copyright", "5.4.6", b"Lua 5.4.6"),
    "bash": ("usr/local/bin/bash", b"@(#)Bash version 5.2.15(1) release GNU", "5.2.15", b"Bash 5.2.15"),
    "busybox": ("bin/busybox", b"\0BusyBox v1.36.1 (2024-01-01)", "1.36.1", b"BusyBox version"),
    "nginx": ("usr/sbin/nginx", b"nginx version: nginx/1.25.4\n", "1.25.4", b"nginx version: %s"),
    "openresty": (
        "usr/local/openresty/nginx/sbin/nginx",
        b"nginx version: openresty/1.25.3.1\n", "1.25.3.1", b"openresty/1.25.3.1",
    ),
    "httpd": ("usr/local/apache2/bin/httpd", b"\0Apache/2.4.59\0", "2.4.59", b"Apache/2.4"),
    "haproxy": (
        "usr/local/sbin/haproxy",
        b"\0 version 2.9.7-5742051, released 2024/04/05\0", "2.9.7", b" version 2.9.7 of haproxy",
    ),
    "lighttpd": ("usr/sbin/lighttpd", b"\0lighttpd/1.4.76\0", "1.4.76", b"lighttpd 1.4.76"),
    "proftpd": ("usr/sbin/proftpd", b"\0ProFTPD Version 1.3.8b\0", "1.3.8b", b"ProFTPD Version: %s"),
    "memcached": ("usr/local/bin/memcached", b"\0memcached 1.6.26\0", "1.6.26", b"memcached -v 1.6.26"),
    "redis": ("usr/local/bin/redis-server", b"\0007.2.4" + BUILD, "7.2.4", b"\0007.2.4\0" + BUILD),
    "valkey": ("usr/local/bin/valkey-server", b"\0007.2.11" + BUILD, "7.2.11", b"7.2" + BUILD),
    "postgresql": (
        "usr/local/bin/postgres",
        b"\0PostgreSQL 16.2 on x86_64-pc-linux-musl", "16.2", b"upgrading to PostgreSQL 9.1 on",
    ),
    "mariadb": (
        "usr/sbin/mariadbd", b"\0" + b"11.3.2-MariaDB\0", "11.3.2", b"example 10.1.1-MariaDB-x",
    ),
    "mysql": ("usr/sbin/mysqld", b"/src/mysql-8.0.36/sql/x.cc", "8.0.36", b"Use MySQL-5.6 here"),
    "percona-server": (
        "usr/sbin/mysqld", b"/src/percona-server-8.0.36-28/sql", "8.0.36-28", b"percona-server-8/",
    ),
    "percona-xtrabackup": (
        "usr/bin/xtrabackup", b"/src/percona-xtrabackup-8.0.35-30/x", "8.0.35-30", b"xtrabackup-8.0.35-30/",
    ),
    "mongodb": ("usr/bin/mongod", b"\x007.0.28\0heap_size", "7.0.28", b"\x007.0.28\0heapsize"),
    "envoy": (
        "usr/local/bin/envoy",
        b"\x001.2.13\0\x001.36.4\0" + b"http." * 150 + b"envoy_reloadable_features", "1.36.4",
        b"\x001.36.4\0" + b"http." * 250 + b"envoy_reloadable_features",
    ),
    "arangodb": ("usr/sbin/arangod", b"\x003.11.8 [linux] 64bit", "3.11.8", b"3.11 [linux]"),
    "consul": ("bin/consul", b"CONSUL_VERSION: 1.18.1", "1.18.1", b"CONSUL_VERSION: dev"),
    "fluent-bit": ("fluent-bit/bin/fluent-bit", b"\x003.0.2\0%sFluent Bit v", "3.0.2", b"Fluent Bit v%s"),
    "varnish": ("usr/sbin/varnishd", b"\0varnish-7.5.0 revision eef25264e5", "7.5.0", b"varnish-7.5.0 x"),
    "squid": ("usr/sbin/squid", b"\0squid/6.6\0", "6.6", b"squid/x"),
    "unbound": ("usr/sbin/unbound", b"\0unbound 1.19.3\0", "1.19.3", b"unbound-1.19.3"),
    "dnsmasq": ("usr/sbin/dnsmasq", b"\0dnsmasq-2.90\0", "2.90", b"dnsmasq-x"),
    "stunnel": ("usr/bin/stunnel", b"\0stunnel 5.72 on x86_64", "5.72", b"stunnel 5.72\0"),
    "openssh": ("usr/sbin/sshd", b"\0OpenSSH_9.2\0 \0OpenSSH_9.2p1 Debian", "9.2p1", b"OpenSSH_9.2\0"),
    "wordpress": (
        "var/www/html/wp-includes/version.php",
        b"<?php\n/**\n */\n$wp_version = '6.4.2';\n", "6.4.2", b"<?php\n// $wp_version = '6.4.2';\n",
    ),
    "chromium": (
        "ms-playwright/chromium-1155/chrome-linux/headless_shell",
        b"2.50.0\x00153.0.8010.0\x002025\0dawn/2079\x00156.0.8078.79\0a69", "156.0.8078.79",
        b"\x00156.0.8078.79\0 \x00131.0.6778.33\0",
    ),
    "chrome": (
        "opt/google/chrome/chrome", b"\x00127.0.6533.119\0Default", "127.0.6533.119",
        b"Chrome/127.0.6533.119 Safari",
    ),
    "curl": ("usr/local/bin/curl", b"\0curl/8.7.1\0", "8.7.1", b"<curl/curl.h>"),
    "libcurl": ("usr/local/lib/libcurl.so.4.8.0", b"\0libcurl/8.7.1\0", "8.7.1", b"libcurl 8.7.1"),
    "openssl": (
        "usr/local/bin/openssl", b"\0OpenSSL 1.1.1w  11 Sep 2023\0", "1.1.1w", b"OpenSSL 1.1.1 or later",
    ),
    "libcrypto": (
        "usr/local/lib64/libcrypto.so.3", b"\0OpenSSL 3.0.22 25 Aug 2026\0", "3.0.22", b"OPENSSL_3.0.0",
    ),
    "libressl": ("usr/bin/openssl", b"\0LibreSSL 3.8.2\0", "3.8.2", b"LibreSSL x"),
    "sqlite": (
        "usr/local/lib/libsqlite3.so.0.8.6", b"\x08\0\0\0003.45.1\0\0", "3.45.1", b"\0003.45.1\0 \0003.2.1\0",
    ),
    "zlib": (
        "usr/local/lib/libz.so.1.3.1",
        b" deflate 1.3.1 Copyright 1995-2024 Jean-loup", "1.3.1", b"deflate 1.3.1",
    ),
    "jemalloc": (
        "usr/local/lib/libjemalloc.so.2", b"\x005.3.0-0-g" + b"54eaed1d" * 5, "5.3.0", b"\x005.3.0-0-g12",
    ),
    "expat": ("usr/local/lib/libexpat.so.1.9.2", b"\0expat_2.6.2\0", "2.6.2", b"expat 2.6.2"),
    "libpng": ("usr/lib/libpng16.so.16.43.0", b"\0libpng version 1.6.43", "1.6.43", b"libpng 1.6.43"),
    "ffmpeg": ("usr/local/bin/ffmpeg", b"\0FFmpeg version n6.1.1-3\0", "6.1.1", b"FFmpeg version N-1"),
    "imagemagick": ("usr/local/bin/magick", b"\0ImageMagick 7.1.1-29 Q16-HDRI", "7.1.1-29", b"ImageMagick 7"),
    "git": ("usr/bin/git", b"git/2.44.0\0GIT_USER_AGENT\0", "2.44.0", b"git/2.44.0\0"),
    "xz": ("usr/local/bin/xz", b"xz (XZ Utils) 5.4.6\n", "5.4.6", b"xz 5.4.6"),
    "liblzma": ("usr/lib/liblzma.so.5.6.1", b"\0\0005.6.1\0\0", "5.6.1", b"\0005.6.1\0 \0005.2.0\0"),
    "gzip": ("usr/bin/gzip", b"zipping\n\x001.13\0", "1.13", b"\x001.13\0 \x001.2\0"),
    "jq": ("usr/bin/jq", b"failed: %s\n\x001.6\0DEBUG:\0", "1.6", b"\x001.6\0x"),
    "swipl": ("usr/bin/swipl", b"/tmp/swipl-9.1.2/src/x", "9.1.2", b"swipl-abi-%d"),
}  # fmt: skip


def facts(path: str, data: bytes, *beside: str) -> Facts:
    plug = plugs.load(Reader, "system/classified")
    assert any(fnmatchcase(path.rpartition("/")[2], name) for name in plug.names)
    assert plug.sift is not None
    return plug.read(Source(path, plug.sift(data, path), Memory(dict.fromkeys(beside, b""))))


def test_every_classifier_has_a_case() -> None:
    assert sorted(CASES) == sorted(item.id for item in classified.CLASSIFIERS)


@pytest.mark.parametrize("name", sorted(CASES))
def test_known(name: str) -> None:
    path, snippet, version, _ = CASES[name]
    (item,) = [item for item in classified.CLASSIFIERS if item.id == name]
    head = b"" if item.text else ELF
    (package,) = facts(path, head + snippet + (b"" if item.text else b"\0" * 300)).nodes
    assert isinstance(package, Package)
    assert (package.name, package.version) == (item.product, version)
    assert package.purl == f"pkg:generic/{item.product}@{version}"
    assert package.installed


@pytest.mark.parametrize("name", sorted(CASES))
def test_not_mistaken(name: str) -> None:
    path, _, _, other = CASES[name]
    (item,) = [item for item in classified.CLASSIFIERS if item.id == name]
    assert not facts(path, (b"" if item.text else ELF) + other).nodes


def test_other_names_and_kinds_are_left_alone() -> None:
    snippet = CASES["nginx"][1]
    assert not facts("usr/sbin/nginx", b"#!/bin/sh\n# " + snippet).nodes  # a script
    plug = plugs.load(Reader, "system/classified")
    assert not any(fnmatchcase("shop", name) for name in plug.names)
    assert not facts("srv/app/VERSION", b"go1.22.3\n").nodes  # no Go folder


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("opt/lib/libruby.so.9.12.31", "ruby"),
        ("opt/lib/libruby-9.12.so.9.12.31", "ruby"),
        ("opt/bin/perl7.1.0", "perl"),
        ("opt/lib/libcrypto.so.10.2", "libcrypto"),
        ("opt/lib/libexpat.so.2.44.17", "expat"),
        ("opt/bin/php-fpm12.0", "php-fpm"),
        ("opt/sbin/stunnel6", "stunnel"),
    ],
)
def test_a_release_yet_to_come_is_known_by_its_name(path: str, name: str) -> None:
    assert facts(path, ELF + CASES[name][1]).nodes


def test_a_name_that_only_begins_alike_is_another_program() -> None:
    snippet = ELF + CASES["perl"][1]
    assert not facts("usr/bin/perl5.36-x86_64-linux-gnu", snippet).nodes
    assert not facts("usr/bin/python3", ELF + CASES["python"][1]).nodes  # which 3 nobody says
    assert facts("usr/bin/python3.12", ELF + CASES["python"][1]).nodes


def test_no_name_holds_a_number() -> None:
    names = [name for item in classified.CLASSIFIERS for name in item.names]
    assert all(names)
    assert [name for name in names if any(char.isdigit() for char in name)] == []


def test_the_headless_build_of_an_unpatched_chromium_says_it_as_its_user_agent() -> None:
    (package,) = facts("bin/headless_shell", ELF + b"vp8.0\0Chrome/147.0.7727.0\0Real").nodes
    assert isinstance(package, Package)
    assert package.purl == "pkg:generic/chromium@147.0.7727.0"


def test_far_into_a_large_file() -> None:
    path, snippet, version, _ = CASES["node"]
    (package,) = facts(path, ELF + b"\0" * (50 << 20) + snippet).nodes
    assert isinstance(package, Package)
    assert package.version == version


def test_a_hard_link_of_busybox_is_told_once() -> None:
    data = ELF + CASES["busybox"][1]
    assert len(facts("bin/[", data).nodes) == 1
    assert not facts("bin/[", data, "bin/busybox").nodes
    assert len(facts("bin/busybox", data, "bin/busybox").nodes) == 1
