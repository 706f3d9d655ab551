"""dpkg's database: states, sources, files, licences, what requires what."""

import json
import subprocess
from pathlib import Path

import pytest
from system_roots import Root, owned, packages, requires

from keten.formats import deb822, purl
from keten.formats.licences import debian_copyright
from keten.model.facts import Looked

RELEASE = b'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'
STATUS = """\
Package: libc6
Status: install ok installed
Priority: optional
Maintainer: GNU Libc Maintainers <libc@example.org>
Architecture: amd64
Multi-Arch: same
Source: glibc
Version: 2.36-9+deb12u4
Depends: libgcc-s1, libcrypt1 (>= 1:4.4.10-10~)
Description: GNU C Library
 Package: not-a-package
 .
 Status: not a field

Package: libc6
Status: install ok installed
Architecture: i386
Multi-Arch: same
Source: glibc
Version: 2.36-9+deb12u4

Package: bash
Essential: yes
Status: install ok installed
Architecture: amd64
Source: bash (5.2.15-2)
Version: 5.2.15-2+b2
Pre-Depends: libc6 (>= 2.36), libtinfo6
Depends: missing | base-files (>= 2.1.12), awk, x:any [amd64] <!nocheck>

Package: mawk
Status: install ok installed
Architecture: amd64
Version: 1:1.3.4
Provides: awk, other-awk (= 2)
Depends: libc6

Package: base-files
Status: hold ok installed
Architecture: all
Version: 12.4

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1.0

Package: never
Status: unknown ok not-installed
Architecture: amd64

Package: broken
Status: install reinstreq half-installed
Architecture: amd64
Version: 3

Package: leaving
Status: deinstall ok installed
Architecture: amd64
Version: 4
"""
INFO = "var/lib/dpkg/info"


def root(**more: bytes) -> Root:
    return Root({"var/lib/dpkg/status": STATUS.encode(), "etc/os-release": RELEASE} | more)


def test_only_what_is_installed_is_a_package() -> None:
    facts = root().facts("system/dpkg")
    assert {node.name for node in packages(facts).values()} == {
        "libc6", "bash", "mawk", "base-files", "broken", "leaving",
    }  # fmt: skip
    (problem,) = facts.problems
    assert "broken is half-installed" in problem.what
    assert problem.line == STATUS.split("Package: broken", maxsplit=1)[0].count("\n") + 1


def test_package_urls_have_what_a_match_needs() -> None:
    urls = sorted(node.purl for node in packages(root().facts("system/dpkg")).values())
    assert (
        "pkg:deb/debian/libc6@2.36-9%2Bdeb12u4?arch=amd64&distro=debian-12&upstream=glibc" in urls
    )
    assert (
        "pkg:deb/debian/bash@5.2.15-2%2Bb2?arch=amd64&distro=debian-12&upstream=bash%405.2.15-2"
        in urls
    )
    assert "pkg:deb/debian/mawk@1:1.3.4?arch=amd64&distro=debian-12" in urls
    assert all(purl.canonical(url) == url for url in urls)


def test_both_architectures_of_a_package_are_there() -> None:
    facts = root().facts("system/dpkg")
    found = [node for node in packages(facts).values() if node.name == "libc6"]
    assert {node.purl.partition("arch=")[2][:5] for node in found} == {"amd64", "i386&"}


def test_every_package_says_where_it_stands_and_was_looked_at() -> None:
    facts = root().facts("system/dpkg")
    bash = packages(facts)["bash"]
    assert STATUS.split("\n")[bash.line - 1] == "Package: bash"
    assert bash.installed
    assert Looked(bash.ref, "lockfile") in facts.looked
    assert packages(facts)["libc6"].supplier == "GNU Libc Maintainers <libc@example.org>"


def test_dependencies_resolve_to_what_is_there() -> None:
    assert requires(root().facts("system/dpkg")) == {
        ("bash", "libc6"), ("bash", "base-files"), ("bash", "mawk"), ("mawk", "libc6"),
    }  # fmt: skip


def test_a_dependency_is_on_the_package_of_its_own_architecture() -> None:
    facts = root().facts("system/dpkg")
    (edge,) = [e for e in facts.edges if "/bash@" in e.src and "/libc6@" in e.dst]
    assert "arch=amd64" in edge.dst


def test_files_come_from_lists_and_folders_are_left_out() -> None:
    facts = root(
        **{
            f"{INFO}/libc6:amd64.list": b"/.\n/lib\n/lib/x\n/lib/x/libc.so.6\n/usr\n/usr/a b\n",
            f"{INFO}/mawk.list": b"/.\n/usr\n/usr/bin\n/usr/bin/mawk\n/usr/bin-x\n",
            f"{INFO}/base-files.md5sums": b"d41d8cd98f00b204e9800998ecf8427e  usr/share/x y\n",
        },
    ).facts("system/dpkg-files")
    assert owned(facts) == {
        "libc6": ("lib/x/libc.so.6", "usr/a b"),
        "mawk": ("usr/bin-x", "usr/bin/mawk"),
        "base-files": ("usr/share/x y",),
    }
    known = {f"contents {node.id}" for node in packages(root().facts("system/dpkg")).values()}
    assert {node.ref for node in facts.nodes} <= known


def test_distroless_images_have_a_file_for_each_package() -> None:
    facts = Root({
        "etc/os-release": RELEASE,
        "var/lib/dpkg/status.d/base": b"Package: base-files\nVersion: 12.4\nArchitecture: amd64\n",
        "var/lib/dpkg/status.d/tzdata": b"Package: tzdata\nVersion: 2024a-0+deb12u1\n"
        b"Architecture: all\n",
        "var/lib/dpkg/status.d/tzdata.md5sums": b"d41d8cd98f00b204e9800998ecf8427e  usr/tz\n",
    })  # fmt: skip
    assert set(packages(facts.facts("system/dpkg"))) == {"base-files", "tzdata"}
    assert not facts.facts("system/dpkg").problems
    assert owned(facts.facts("system/dpkg-files")) == {"tzdata": ("usr/tz",)}


DEP5 = b"""\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: x

Files: *
Copyright: me
License: GPL-2+
 See /usr/share/common-licenses/GPL-2.

Files: doc/*
License: Expat

License: Expat
 text
"""


def test_licences_come_from_copyright_files() -> None:
    facts = root(
        **{
            "usr/share/doc/bash/copyright": DEP5,
            "usr/share/doc/mawk/copyright": b"GPL: see `/usr/share/common-licenses/GPL-2'.\n",
        }
    ).facts("system/dpkg")
    assert packages(facts)["bash"].licenses == ("GPL-2.0-or-later", "MIT")
    assert packages(facts)["mawk"].licenses == ("GPL-2.0-only",)
    assert packages(facts)["libc6"].licenses == ()


@pytest.mark.parametrize("data", [DEP5, b"See /usr/share/common-licenses/Apache-2.0.", b"", b"x"])
def test_what_is_kept_of_a_copyright_file_says_the_same(data: bytes) -> None:
    kept = debian_copyright.digest(data)
    assert debian_copyright.licenses(kept) == debian_copyright.licenses(data)
    assert debian_copyright.digest(kept) == kept


def test_ubuntu_is_the_namespace_of_its_packages() -> None:
    here = root()
    here.files["etc/os-release"] = b'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="22.04"\n'
    urls = [node.purl for node in packages(here.facts("system/dpkg")).values()]
    assert all(url.startswith("pkg:deb/ubuntu/") and "distro=ubuntu-22.04" in url for url in urls)


def test_without_a_release_file_nothing_is_made_up() -> None:
    here = root()
    del here.files["etc/os-release"]
    assert packages(here.facts("system/dpkg"))["mawk"].purl == (
        "pkg:deb/debian/mawk@1:1.3.4?arch=amd64"
    )


def test_fields_in_another_case_and_dos_lines_are_read() -> None:
    text = (
        "PACKAGE: a\r\nstatus: install ok installed\r\nversion: 1\r\n\r\nPackage: b\r\nVersion: 2"
    )
    found = dict(deb822.stanzas(text.encode(), ("Package", "Version", "Status")))
    assert found == {
        1: {"package": "a", "status": "install ok installed", "version": "1"},
        5: {"package": "b", "version": "2"},
    }


def test_values_go_on_in_lines_that_begin_with_a_blank() -> None:
    (found,) = deb822.stanzas(b"Package: a\nDepends: b,\n c,\n\td\nX: y\n", ("Package", "Depends"))
    assert found == (1, {"package": "a", "depends": "b,\nc,\nd"})


def test_the_database_of_this_machine_equals_what_dpkg_says() -> None:
    status = Path("/var/lib/dpkg/status")
    if not status.is_file():
        pytest.skip("no dpkg on this machine")
    form = (
        '["${Package}","${Version}","${Architecture}","${source:Package}",'
        '"${source:Version}","${db:Status-Status}"]\n'
    )
    told = subprocess.run(
        ["dpkg-query", "-W", "-f", form],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    rows = [json.loads(line) for line in told.stdout.splitlines()]
    expected = {
        (name, version, arch, origin, at)
        for name, version, arch, origin, at, state in rows
        if state == "installed"
    }
    files = {"var/lib/dpkg/status": status.read_bytes(), "etc/os-release": RELEASE}
    found = set()
    for node in packages(Root(files).facts("system/dpkg")).values():
        parts = purl.parse(node.purl)
        qualifiers = dict(parts.qualifiers)
        origin, _, at = qualifiers.get("upstream", node.name).partition("@")
        found.add((node.name, node.version, qualifiers["arch"], origin, at or node.version))
    assert found == expected
