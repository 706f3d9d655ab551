"""apk's database: packages, origins, files, what requires what; the images that others made."""

import io
import json
import tarfile

import pytest
from shared_data import SHARED, needs_shared
from system_roots import Root, owned, packages, requires

from keten.formats import purl

INSTALLED = """\
C:Q1abc=
P:musl
V:1.2.4-r2
A:x86_64
S:1
I:2
T:the musl c library
U:https://musl.libc.org/
L:MIT
o:musl
m:Somebody <a@example.org>
t:1
c:0123456789abcdef0123456789abcdef01234567
p:so:libc.musl-x86_64.so.1=1
F:lib
R:ld-musl-x86_64.so.1
a:0:0:755
Z:Q1abc=
R:libc.musl-x86_64.so.1
F:usr
F:usr/lib

P:busybox
V:1.36.1-r15
A:x86_64
L:GPL-2.0-only
o:busybox
D:so:libc.musl-x86_64.so.1
F:bin
R:busybox

P:busybox-binsh
V:1.36.1-r15
A:x86_64
L:GPL-2.0-only
o:busybox
D:busybox=1.36.1-r15
p:/bin/sh cmd:sh=1.36.1-r15
r:busybox-initscripts
F:bin
R:sh

P:scripts
V:3
A:noarch
L:custom words
o:scripts
D:/bin/sh !conflict cmd:sh>=1 missing musl>=1.2
F:
R:top

P:.build-deps
V:20240101.000000
A:noarch
D:musl
"""
RELEASE = b'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.19.1\nPRETTY_NAME="Alpine Linux v3.19"\n'


def root(path: str = "lib/apk/db/installed", release: bytes = RELEASE) -> Root:
    return Root({path: INSTALLED.encode(), "etc/os-release": release})


@pytest.mark.parametrize("path", ["lib/apk/db/installed", "usr/lib/apk/db/installed"])
def test_packages_are_read_from_either_place(path: str) -> None:
    found = packages(root(path).facts("system/apk"))
    assert set(found) == {"musl", "busybox", "busybox-binsh", "scripts"}
    assert found["musl"].path == path


def test_package_urls_name_the_origin_where_it_differs() -> None:
    found = packages(root().facts("system/apk"))
    assert found["musl"].purl == ("pkg:apk/alpine/musl@1.2.4-r2?arch=x86_64&distro=alpine-3.19.1")
    assert found["busybox-binsh"].purl == (
        "pkg:apk/alpine/busybox-binsh@1.36.1-r15?arch=x86_64&distro=alpine-3.19.1&upstream=busybox"
    )


def test_wolfi_is_its_own_namespace() -> None:
    found = packages(root(release=b"ID=wolfi\nVERSION_ID=20230201\n").facts("system/apk"))
    assert found["musl"].purl == ("pkg:apk/wolfi/musl@1.2.4-r2?arch=x86_64&distro=wolfi-20230201")


def test_fields_lines_and_licences() -> None:
    found = packages(root().facts("system/apk"))
    assert found["musl"].supplier == "Somebody <a@example.org>"
    assert found["musl"].licenses == ("MIT",)
    assert found["scripts"].licenses == ("custom words",)
    assert INSTALLED.split("\n")[found["busybox"].line - 1] == "P:busybox"
    assert found["musl"].line == 1


def test_dependencies_resolve_by_name_provision_and_path() -> None:
    assert requires(root().facts("system/apk")) == {
        ("busybox", "musl"), ("busybox-binsh", "busybox"), ("scripts", "busybox-binsh"),
        ("scripts", "musl"),
    }  # fmt: skip


def test_files_of_packages() -> None:
    assert owned(root().facts("system/apk-files")) == {
        "musl": ("lib/ld-musl-x86_64.so.1", "lib/libc.musl-x86_64.so.1"),
        "busybox": ("bin/busybox",),
        "busybox-binsh": ("bin/sh",),
        "scripts": ("top",),
    }


@needs_shared
@pytest.mark.parametrize(("image", "release"), [("310", "3.10.4"), ("311", "3.11.5")])
def test_images_that_others_made(image: str, release: str) -> None:
    assert SHARED is not None
    files: dict[str, bytes] = {}
    with tarfile.open(SHARED / f"data/images/alpine-{image}.tar.gz") as archive:
        (manifest,) = json.load(_member(archive, "manifest.json"))
        for name in manifest["Layers"]:
            with tarfile.open(fileobj=_member(archive, name)) as layer:
                for path in ("lib/apk/db/installed", "etc/os-release"):
                    files[path] = _member(layer, path).read()
    found = packages(Root(files).facts("system/apk"))
    assert len(found) == 14
    for node in found.values():
        assert f"distro=alpine-{release}" in node.purl
        assert purl.canonical(node.purl) == node.purl
        assert node.licenses
    assert "upstream=openssl" in found["libssl1.1"].purl
    assert ("apk-tools", "musl") in requires(Root(files).facts("system/apk"))
    paths = owned(Root(files).facts("system/apk-files"))
    assert "bin/busybox" in paths["busybox"]


def _member(archive: tarfile.TarFile, name: str) -> io.BufferedReader:
    found = archive.extractfile(name)
    assert isinstance(found, io.BufferedReader)
    return found
