"""Small installed packages of every kind that a reader of ``readers/system`` reads, for tests."""

import io
import struct
import zipfile
import zlib

PYTHON = b"""\
Metadata-Version: 2.1
Name: Flask_Login
Version: 0.6.3
Author-email: Max Countryman <max@example.org>
License: MIT
Classifier: License :: OSI Approved :: BSD License
Requires-Dist: Flask (>=1.0.4)
Requires-Dist: colorama; sys_platform == "win32"
Requires-Dist: pytest ; extra == 'dev'

Name: not-a-header
"""
NODE = b"""{"name": "@scope/thing", "version": "1.2.3", "license": {"type": "Apache 2"},
 "author": "A Person <a@example.org> (https://example.org)", "dependencies": {"debug": "^4.0.0"}}"""
GEM = b"""\
# -*- encoding: utf-8 -*-
# stub: nokogiri 1.16.0 x86_64-linux lib

Gem::Specification.new do |s|
  s.name = "nokogiri".freeze
  s.version = "1.16.0".freeze
  s.platform = "x86_64-linux".freeze
  s.authors = ["Mike Dalessio".freeze, "Aaron Patterson".freeze]
  s.licenses = ["MIT".freeze]
  s.specification_version = 4
  s.add_runtime_dependency(%q<racc>.freeze, ["~> 1.4".freeze])
  s.add_development_dependency(%q<rake>.freeze, [">= 0".freeze])
end
"""
COMPOSER = b"""{"packages": [
  {"name": "monolog/monolog", "version": "2.9.1", "license": ["MIT"],
   "dist": {"type": "zip", "url": "https://example.org/m.zip", "shasum": ""},
   "require": {"php": ">=7.2", "psr/log": "^1.0"}, "authors": [{"name": "Jordi"}]},
  {"name": "psr/log", "version": "1.1.4", "license": ["MIT"]},
  {"name": "phpunit/phpunit", "version": "9.6.0", "license": ["BSD-3-Clause"]}
 ], "dev": true, "dev-package-names": ["phpunit/phpunit"]}"""
R = b"""\
Package: jsonlite
Version: 1.8.8
License: MIT + file LICENSE
Depends: methods, R (>= 3.5)
Imports: curl (>= 4.0), rlang
Maintainer: Jeroen Ooms <j@example.org>
Built: R 4.3.1; x86_64-pc-linux-gnu; 2024-01-01; unix
"""
CONDA = b"""{"name": "numpy", "version": "1.26.4", "build": "py312h_0", "subdir": "linux-64",
 "channel": "https://conda.anaconda.org/conda-forge/linux-64", "license": "BSD-3-Clause",
 "fn": "numpy-1.26.4-py312h_0.conda", "depends": ["python >=3.12,<3.13.0a0", "libblas"],
 "files": ["lib/python3.12/site-packages/numpy/__init__.py"], "md5": "0123"}"""
ERLANG = b"""\
%% a comment
{application, cowboy, [
  {description, "Small, fast, modern HTTP server."}, {vsn, "2.9.0"},
  {modules, ['cowboy','cowboy_app']}, {registered, [cowboy_sup]},
  {applications, [kernel,stdlib,ranch]}, {licenses, ["ISC"]}
]}.
"""
LUA = b"""\
package = "LuaSocket"
version = "3.1.0-1"
source = { url = "git+https://example.org/luasocket" }
description = { license = "MIT",
   license = "MIT" }
dependencies = {
   "lua >= 5.1", "luafilesystem"
}
"""
MANIFEST = b"""\
Manifest-Version: 1.0\r
Implementation-Title: spring-core\r
Implementation-Version: 5.3.20\r
Bundle-License: https://www.apache.org/licenses/LICENSE-2.0.t\r
 xt\r
\r
Name: org/example/\r
Implementation-Version: 9\r
"""
POM = b"""<project><groupId>org.x</groupId><artifactId>a</artifactId><version>1.0</version>
<licenses><!-- <license><name>GPLv2</name></license> --><license><name>The Apache License,
 Version 2.0</name></license></licenses></project>"""

PNP = b"""\
#!/usr/bin/env node
const RAW_RUNTIME_STATE =
'{\\
  "packageRegistryData": [\\
    [null, [[null, {"packageLocation": "./", "packageDependencies": [["a", "npm:1.0.0"]]}]]],\\
    ["a", [["npm:1.0.0", {"packageDependencies": [["a", "npm:1.0.0"],\\
      ["b", "virtual:0f#npm:2.0.0"], ["c", ["@s/c", "npm:3.0.0"]]]}]]],\\
    ["b", [["virtual:0f#npm:2.0.0", {"packageDependencies": []}]]],\\
    ["@s/c", [["npm:3.0.0", {"packageDependencies": []}]]],\\
    ["app", [["workspace:.", {"packageDependencies": []}]]]\\
  ]\\
}';
"""
PEAR = (
    b'a:5:{s:4:"name";s:5:"redis";s:7:"channel";s:12:"pecl.php.net";'
    b's:7:"version";a:2:{s:7:"release";s:5:"6.0.2";s:3:"api";s:5:"6.0.0";}'
    b's:7:"license";a:2:{s:7:"attribs";a:0:{}s:8:"_content";s:3:"MIT";}'
    b's:8:"filelist";a:1:{s:8:"redis.so";a:2:{s:4:"role";s:3:"ext";'
    b's:12:"installed_as";s:27:"/usr/lib/php/ext/redis.so.1";}}}'
)


def properties(group: str, artifact: str, version: str) -> bytes:
    """Return a pom.properties."""
    return f"#Generated\nversion={version}\ngroupId={group}\nartifactId={artifact}\n".encode()


def pom(group: str, artifact: str, version: str) -> dict[str, bytes]:
    """Return the entry that Maven puts into a jar."""
    folder = f"META-INF/maven/{group}/{artifact}"
    return {f"{folder}/pom.properties": properties(group, artifact, version)}


def jar(entries: dict[str, bytes], *, packed: bool = True) -> bytes:
    """Return a zip file, always the same for the same entries."""
    out = io.BytesIO()
    kind = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(out, "w", kind) as file:
        for name, data in entries.items():
            file.writestr(zipfile.ZipInfo(name), data, kind)
    return out.getvalue()


def lying(name: str, data: bytes, *, size: int) -> bytes:
    """Return a zip file whose one entry says that it unpacks to *size* bytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(data) + packer.flush()
    raw, crc = name.encode(), zlib.crc32(data)
    head = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 0, crc, len(packed), size, len(raw), 0)
    central = struct.pack(
        "<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 8, 0, 0, crc, len(packed), size, len(raw),
        0, 0, 0, 0, 0, 0,
    )  # fmt: skip
    body = head + raw + packed
    directory = central + raw
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(directory), len(body), 0)
    return body + directory + end


_ROCK = "luasocket/3.1.0-1/luasocket-3.1.0-1.rockspec"
FILES = {
    "system/python-package": ("usr/lib/python3/Flask_Login-0.6.3.dist-info/METADATA", PYTHON),
    "system/node-package": ("app/node_modules/@scope/thing/package.json", NODE),
    "system/ruby-gem": ("usr/lib/ruby/gems/3.1.0/specifications/nokogiri-1.16.0.gemspec", GEM),
    "system/php-composer": ("app/vendor/composer/installed.json", COMPOSER),
    "system/r-package": ("usr/lib/R/site-library/jsonlite/DESCRIPTION", R),
    "system/conda-package": ("opt/conda/conda-meta/numpy-1.26.4-py312h_0.json", CONDA),
    "system/erlang-application": ("opt/app/lib/cowboy-2.9.0/ebin/cowboy.app", ERLANG),
    "system/lua-rock": (f"usr/lib/luarocks/rocks-5.4/{_ROCK}", LUA),
    "system/php-pear": ("usr/lib/php/.registry/.channel.pecl.php.net/redis.reg", PEAR),
    "system/yarn-pnp": ("app/.pnp.cjs", PNP),
    "system/java-archive": (
        "app/a-1.0.jar",
        jar({
            "META-INF/MANIFEST.MF": MANIFEST,
            "META-INF/maven/org.x/a/pom.xml": POM,
            **pom("org.x", "a", "1.0"),
            **pom("org.y", "b", "2.0"),
            "lib/c-3.jar": jar(pom("org.z", "c", "3")),
        }),
    ),
}  # fmt: skip
"""A path and its bytes for each reader."""
