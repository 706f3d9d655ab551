"""Snaps, Flatpak's applications, WordPress's plugins: real forms, odd corners, hostile bytes."""

from contextlib import suppress
from functools import partial

import pytest
from growing import Work, linear, repeated
from hypothesis import given, settings
from hypothesis import strategies as st

from keten import plugs
from keten.errors import CeilingError, InputError
from keten.model.delivery import Package
from keten.model.facts import Facts
from keten.model.plug import Reader, Scope, Source
from keten.pipeline.read import Readers
from keten.testing.examples import Memory

SNAP = b"""name: htop
version: 3.10
summary: Interactive processes viewer
license: GPL-2.0
architectures:
- amd64
base: core22
"""
MANIFEST = b"""snapcraft-version: 7.3.0
snapcraft-os-release-id: ubuntu
snapcraft-os-release-version-id: '22.04'
name: htop
version: 3.10
architectures: [amd64]
parts:
  htop:
    stage-packages:
    - libnever=1
primed-stage-packages:
- libgpm2=1.20.7-10build1
- libssl3:amd64=3.0.2-0ubuntu1.10
- unpinned
"""
COMMIT = "ab" * 32
FLATPAK = f"var/lib/flatpak/app/org.gimp.GIMP/x86_64/stable/{COMMIT}/"
METADATA = b"[Application]\nname=org.gimp.GIMP\nruntime=org.gnome.Platform/x86_64/45\nsdk=x\n"
DEPLOY = b"flathub\0" + COMMIT.encode() + b"\0\0\0appdata-version\0\0\x002.10.36\0\0s\0\0timestamp"
PLUGIN = b"""<?php
/**
 * @package Akismet
 */
/*
Plugin Name: Akismet Anti-Spam
Version: 5.3.1
Author: Automattic
License: GPLv2 or later
*/
"""
SITE = "var/www/html/wp-content/"


def read(path: str, data: bytes, **beside: bytes) -> Facts:
    files = {path: data, **{f"{path.rpartition('/')[0]}/{n}": b for n, b in beside.items()}}
    found = Readers(Scope.SYSTEM).read(path, data, Memory(files), size=len(data))
    nodes = tuple(node for part in found for node in part.nodes)
    return Facts(nodes, problems=tuple(problem for part in found for problem in part.problems))


def urls(found: Facts) -> list[str]:
    return [node.purl for node in found.nodes if isinstance(node, Package)]


def test_snap() -> None:
    found = read("snap/htop/4407/meta/snap.yaml", SNAP)
    assert urls(found) == ["pkg:generic/snap/htop@3.10?arch=amd64"]
    quoted = SNAP.replace(b"3.10", b"'3.2.2 # not a comment'").replace(b" # not a comment", b"")
    assert urls(read("meta/snap.yaml", quoted)) == ["pkg:generic/snap/htop@3.2.2?arch=amd64"]


def test_what_is_staged_in_a_snap() -> None:
    found = read("snap/htop/4407/snap/manifest.yaml", MANIFEST)
    assert urls(found) == [
        "pkg:deb/ubuntu/libgpm2@1.20.7-10build1?arch=amd64&distro=ubuntu-22.04",
        "pkg:deb/ubuntu/libssl3@3.0.2-0ubuntu1.10?arch=amd64&distro=ubuntu-22.04",
    ]
    assert [(p.line, p.what) for p in found.problems] == [
        (14, "a staged package 'unpinned' without a version")
    ]
    older = MANIFEST.partition(b"primed")[0]
    assert urls(read("snap/manifest.yaml", older)) == [
        "pkg:deb/ubuntu/libnever@1?arch=amd64&distro=ubuntu-22.04"
    ]


def test_flatpak() -> None:
    found = read(FLATPAK + "metadata", METADATA, deploy=DEPLOY)
    (one,) = (node for node in found.nodes if isinstance(node, Package))
    assert one.purl == (
        f"pkg:generic/flatpak/org.gimp.GIMP@2.10.36?arch=x86_64&branch=stable&commit={COMMIT}"
    )
    assert one.wants == ("org.gnome.Platform",)
    bare = read(FLATPAK + "metadata", METADATA)
    assert urls(bare) == [
        f"pkg:generic/flatpak/org.gimp.GIMP?arch=x86_64&branch=stable&commit={COMMIT}"
    ]
    assert not read(FLATPAK + "deploy", DEPLOY).nodes
    assert not read(FLATPAK + "files/share/metadata", METADATA).nodes
    assert read(FLATPAK + "metadata", b"\0\0").problems


@pytest.mark.parametrize(
    ("path", "data", "url"),
    [
        ("plugins/akismet/akismet.php", PLUGIN, "wordpress-plugin/akismet@5.3.1"),
        ("plugins/Hello.php", PLUGIN, "wordpress-plugin/hello@5.3.1"),
        ("mu-plugins/loader.php", PLUGIN.replace(b"5.3.1", b"5.3.1 beta"),
         "wordpress-plugin/loader"),
        ("themes/twentytwenty/style.css",
         b"/*\r\nTheme Name: Twenty\r\nVersion: 2.6\r\nLicense: MIT */",
         "wordpress-theme/twentytwenty@2.6"),
        ("plugins/akismet/views/akismet.php", PLUGIN, ""),
        ("plugins/akismet/class.php", b"<?php\n" + b"//\n" * 4000 + PLUGIN, ""),
        ("plugins/index.php", b"<?php\n// Silence is golden.\n", ""),
        ("themes/a/style.css", b"body { }", ""),
    ],
)  # fmt: skip
def test_wordpress(path: str, data: bytes, url: str) -> None:
    found = read(SITE + path, data)
    assert urls(found) == ([f"pkg:generic/{url}"] if url else [])
    assert not found.problems


FILES = {
    "system/snap": ("a/meta/snap.yaml", SNAP),
    "system/snap ": ("a/snap/manifest.yaml", MANIFEST),
    "system/flatpak": (FLATPAK + "metadata", METADATA),
    "system/wordpress-extension": (SITE + "plugins/a/a.php", PLUGIN),
}


@pytest.mark.parametrize("name", FILES)
@given(
    edits=st.lists(st.tuples(st.integers(0, 600), st.binary(max_size=6)), max_size=5),
    deploy=st.binary(max_size=80),
)
@settings(max_examples=60, deadline=None)
def test_mutated(name: str, edits: list[tuple[int, bytes]], deploy: bytes) -> None:
    path, whole = FILES[name]
    data = bytearray(whole)
    for at, new in edits:
        data[at % len(data) : at % len(data) + len(new)] = new
    _survives(name.strip(), path, bytes(data), deploy=b"appdata-version\0" + deploy)


def _survives(name: str, path: str, data: bytes, *, deploy: bytes = b"") -> None:
    plug = plugs.load(Reader, name)
    with suppress(InputError, CeilingError):
        if plug.sift is not None:
            data = plug.sift(data, path)
        files = Memory({path.replace("metadata", "deploy"): deploy})
        plug.read(Source(path, data, files))


HUGE = {
    "version": (repeated(b" ", before=b"version: a", after=b"b"), 3_000_000),
    "name": (repeated(b"a", before=b"name="), 3_000_000),
    "plugin": (repeated(b" ", before=b"Plugin Name:"), 3_000_000),
    "depth": (repeated(b"["), 100_000),
    "list": (repeated(b"- a=1\n"), 300_000),
    "blanks": (repeated(b" ", before=b"[Application]\nname=a", after=b"b"), 2_000_000),
    "staged": (repeated(b"- a=1\n", before=b"primed-stage-packages:\n"), 100_000),
}
HOSTILE = {
    f"{name}: {case}": Work(make, partial(_survives, name.strip(), path), size, 10)
    for name, (path, _) in FILES.items()
    for case, (make, size) in HUGE.items()
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile(name: str) -> None:
    work = HOSTILE[name]
    work.do(work.make(work.size // 10))
    linear(work)
