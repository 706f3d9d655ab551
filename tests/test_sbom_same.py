"""A target and its bill of materials give the same findings, whoever wrote it out once more.

Of each target: what was found of its packages is compared as (check, package, vulnerability)
with what is found in its SBOM in each of the four formats, and in what another tool made of
that. The other tool is Syft; where it is (KETEN_SYFT, or in the cache folder) it converts.
"""

import gzip
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from advisory_data import database, record, span
from image_builder import build
from shared_data import SHARED, needs_shared

from keten.advisories.database import Database
from keten.cli.sbom import written
from keten.config import load
from keten.formats import purl
from keten.formats.sbom import detect
from keten.model.result import Result
from keten.pipeline import targets
from keten.pipeline.sbom import inventory

NOW = date(2026, 11, 22)
CREATED = "2026-11-22T00:00:00Z"
FORMATS = {
    "cyclonedx-1.6": "a.cdx.json", "cyclonedx-1.7": "b.cdx.json", "spdx-2.3": "c.spdx.json",
    "spdx-3.0.1": "d.spdx3.json",
}  # fmt: skip
SYFT = Path(os.environ.get("KETEN_SYFT", "") or Path.home() / ".cache/keten-peers/syft/bin/syft")
needs_syft = pytest.mark.skipif(not SYFT.is_file(), reason="syft is not here (KETEN_SYFT)")
ROOT = Path(__file__).parents[1]
Found = set[tuple[str, str, str]]

DPKG = """Package: libssl3
Status: install ok installed
Architecture: amd64
Source: openssl (3.0.11-1)
Version: 3.0.11-1~deb12u2
Maintainer: Debian OpenSSL Team <team@example.org>
Depends: libc6

Package: libc6
Status: install ok installed
Architecture: amd64
Source: glibc
Version: 2.36-9+deb12u4

Package: python3-idna
Status: install ok installed
Architecture: all
Source: python-idna
Version: 3.3-1
"""
DEBIAN = 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'
IDNA = "usr/lib/python3/dist-packages/idna-3.3.egg-info/PKG-INFO"
JINJA = "usr/local/lib/python3.11/site-packages/jinja2-2.11.2.dist-info/METADATA"
APK = """P:musl
V:1.2.4-r1
A:x86_64
o:musl
L:MIT

P:libcrypto3
V:3.1.0-r0
A:x86_64
o:openssl
L:Apache-2.0
D:so:libc.musl-x86_64.so.1

"""
LOCK = {
    "name": "shop", "version": "1.0.0", "lockfileVersion": 3,
    "packages": {
        "": {"name": "shop", "version": "1.0.0", "dependencies": {"@babel/Core": "1", "own": "1"}},
        "node_modules/@babel/core": {
            "version": "7.0.0", "integrity": "sha512-" + "A" * 86 + "==",
            "resolved": "https://registry.npmjs.org/@babel/core/-/core-7.0.0.tgz",
            "dependencies": {"left-pad": "1"},
        },
        "node_modules/left-pad": {"version": "1.0.0", "dev": True},
        "node_modules/own": {"version": "1.0.0", "resolved": "file:../own"},
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def advisories(tmp_path_factory: pytest.TempPathFactory) -> Database:
    deb, apk = {"ecosystem": "Debian:12"}, {"ecosystem": "Alpine:v3.18"}
    return database(
        tmp_path_factory.mktemp("advisories"),
        record("DEBIAN-CVE-2024-1", "openssl", *span("3.0.13-1"), upstream=["CVE-2024-1"], **deb),
        record("DEBIAN-CVE-2024-2", "glibc", *span("2.36-9+deb12u7"), upstream=["CVE-2024-2"],
               **deb),
        record("ALPINE-CVE-2024-3", "openssl", *span("3.1.4-r0"), upstream=["CVE-2024-3"], **apk),
        record("GHSA-1111-2222-3333", "jinja2", *span("2.11.3"), aliases=["CVE-2020-28493"]),
        record("GHSA-2222-2222-3333", "idna", *span("3.7"), aliases=["CVE-2024-3651"]),
        record("GHSA-4444-2222-3333", "@babel/core", *span("7.1.0"), ecosystem="npm"),
        record("GHSA-5555-2222-3333", "left-pad", *span("1.3.0"), ecosystem="npm"),
        record("GHSA-6666-2222-3333", "own", *span("2.0.0"), ecosystem="npm"),
        record("GO-2024-1", "github.com/BurntSushi/toml", *span("1.4.0"), ecosystem="Go"),
        complete=("PyPI", "npm", "Go", "Debian:12", "Alpine:v3.18"),
    )  # fmt: skip


def debian(at: Path) -> Path:
    built = build(
        at / "debian",
        [
            [
                ("etc/os-release", "file", DEBIAN),
                ("var/lib/dpkg/status", "file", DPKG),
                ("var/lib/dpkg/info/python3-idna.list", "file", f"/{IDNA}\n"),
                (IDNA, "file", "Metadata-Version: 2.1\nName: idna\nVersion: 3.3\n"),
            ],
            [(JINJA, "file", "Metadata-Version: 2.1\nName: Jinja2\nVersion: 2.11.2\n")],
        ],
    )
    return built.path


def alpine(at: Path) -> Path:
    release = "ID=alpine\nVERSION_ID=3.18.4\n"
    files = [("etc/os-release", "file", release), ("lib/apk/db/installed", "file", APK)]
    return build(at / "alpine", [files]).path


def locks(at: Path) -> Path:
    folder = at / "locks"
    (folder / "js").mkdir(parents=True)
    (folder / "js/package-lock.json").write_text(json.dumps(LOCK))
    (folder / "go").mkdir()
    (folder / "go/go.mod").write_text(
        "module example.com/a\n\ngo 1.22\n\nrequire github.com/BurntSushi/toml v1.3.0\n"
    )
    (folder / "requirements.txt").write_text("Jinja2==2.11.2\nflask>=2\n")
    return folder


def example(at: Path) -> Path:
    shutil.copytree(ROOT / "examples/webshop", at / "webshop")
    return at / "webshop"


TARGETS: dict[str, tuple[Callable[[Path], Path], int]] = {
    "debian": (debian, 3), "alpine": (alpine, 1), "locks": (locks, 4), "example": (example, 1),
}  # fmt: skip


def scan(target: str, advisories: Database) -> Result:
    return targets.scan(
        targets.named(target), load(None, Path("/nonexistent")), access=targets.Access(cache=""),
        database=advisories.path, now=NOW, progress=lambda *_: None,
    )  # fmt: skip


def found(result: Result) -> Found:
    made = set()
    for finding in result.findings:
        if finding.subject.startswith("package "):
            _, _, url = finding.subject.partition("#pkg:")
            parts = purl.parse(f"pkg:{url}", lenient=True)
            package = f"{parts.type}/{parts.namespace}/{parts.name}@{parts.version}".lower()
            made.add((finding.check, package, finding.about[0].partition("#")[0]))
    return made


def bills(target: Path, to: Path) -> dict[str, Path]:
    """Write the bills of materials of a target; return them by format."""
    collected = targets.collect(
        targets.named(str(target)), load(None, Path("/nonexistent")),
        access=targets.Access(cache=""), now=NOW,
        progress=lambda *_: None, every=True,
    )  # fmt: skip
    document = inventory.document(collected.facts, collected.target, created=CREATED)
    made = {}
    for name, file in FORMATS.items():
        made[name] = to / file
        made[name].write_bytes(written(document, name))
    return made


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_and_its_sbom_agree(name: str, tmp_path: Path, advisories: Database) -> None:
    make, least = TARGETS[name]
    target = make(tmp_path)
    itself = scan(str(target), advisories)
    expected = found(itself)

    assert len(expected) >= least
    for form, file in bills(target, tmp_path).items():
        result = scan(str(file), advisories)
        assert found(result) == expected, form
        prints = {f.fingerprint for f in itself.findings if f.subject.startswith("package ")}
        assert {
            f.fingerprint for f in result.findings if f.subject.startswith("package ")
        } == prints, form
        kept = {f.severity for f in result.findings if f.subject.startswith("package ")}
        assert kept == {f.severity for f in itself.findings if f.subject.startswith("package ")}


def test_what_the_system_brought_is_judged_with_it(tmp_path: Path, advisories: Database) -> None:
    """The python3-idna of Debian holds idna 3.3, which upstream's advisory would match."""
    for file in bills(debian(tmp_path), tmp_path).values():
        assert not [x for x in found(scan(str(file), advisories)) if "/idna@" in x[1]]


def test_what_was_never_published_is_not_matched(tmp_path: Path, advisories: Database) -> None:
    for file in bills(locks(tmp_path), tmp_path).values():
        assert not [x for x in found(scan(str(file), advisories)) if "/own@" in x[1]]


@needs_syft
@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("form", ["cyclonedx-1.6", "spdx-2.3"])
def test_a_conversion_by_syft_agrees(
    name: str, form: str, tmp_path: Path, advisories: Database
) -> None:
    target = TARGETS[name][0](tmp_path)
    expected = found(scan(str(target), advisories))
    file = bills(target, tmp_path)[form]
    for kind in ("cyclonedx-json", "cyclonedx-xml", "spdx-json", "spdx-tag-value", "syft-json"):
        other = tmp_path / f"other.{kind}"
        subprocess.run(
            [SYFT, "-q", "convert", str(file), "-o", f"{kind}={other}"],
            check=True, capture_output=True,
            env={"HOME": str(tmp_path), "SYFT_CHECK_FOR_APP_UPDATE": "false"},
        )  # fmt: skip
        assert found(scan(f"sbom:{other}", advisories)) == expected, kind


@needs_shared
@pytest.mark.parametrize("name", ["alpine-310", "alpine-311"])
def test_a_real_image_agrees(name: str, tmp_path: Path) -> None:
    """Every package of the image has an advisory here, by the name of its source."""
    assert SHARED is not None
    target = tmp_path / f"{name}.tar"
    target.write_bytes(
        gzip.decompress((SHARED.joinpath(f"data/images/{name}.tar.gz")).read_bytes())
    )
    ecosystem = f"Alpine:v3.{name[-2:]}"
    sources = set()
    for component in detect.read(bills(target, tmp_path)["spdx-2.3"].read_bytes()).components:
        if component.purls and component.purls[0].startswith("pkg:apk/"):
            parts = purl.parse(component.purls[0])
            sources.add(dict(parts.qualifiers).get("upstream", parts.name).partition("@")[0])
    records = [
        record(f"ALPINE-CVE-2026-{n}", source, *span("9999"), upstream=[f"CVE-2026-{n}"],
               ecosystem=ecosystem)
        for n, source in enumerate(sorted(sources))
    ]  # fmt: skip
    with database(tmp_path, *records, complete=(ecosystem,)) as opened:
        expected = found(scan(str(target), opened))
        assert len(expected) >= len(sources)
        for file in bills(target, tmp_path).values():
            assert found(scan(str(file), opened)) == expected, file.name


def test_twice_the_same_bytes(tmp_path: Path) -> None:
    target = debian(tmp_path)
    first = {k: v.read_bytes() for k, v in bills(target, tmp_path).items()}

    assert {k: v.read_bytes() for k, v in bills(target, tmp_path).items()} == first


@pytest.mark.slow
def test_a_hundred_times_the_same_bytes(tmp_path: Path) -> None:
    for make in (debian, locks):
        target = make(tmp_path)
        first = {k: v.read_bytes() for k, v in bills(target, tmp_path).items()}
        for _ in range(99):
            assert {k: v.read_bytes() for k, v in bills(target, tmp_path).items()} == first


def test_every_format_says_the_same(tmp_path: Path) -> None:
    """Printed and parsed again, the components are those that were written."""
    shown = [
        sorted(
            (c.name if not c.group else f"{c.group}/{c.name}".replace("org.x/", "org.x:"),
             c.version, c.purls, c.hashes, c.licenses, c.supplier, c.scope, c.paths,
             sorted(c.own.items()))
            for c in detect.read(file.read_bytes()).components
        )
        for file in bills(debian(tmp_path), tmp_path).values()
    ]  # fmt: skip

    assert all(one == shown[0] for one in shown)
    assert len(shown[0]) == 6  # three of dpkg, two of Python, the operating system
