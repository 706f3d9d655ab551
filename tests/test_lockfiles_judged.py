"""What the newer lockfiles name is asked of OSV under its own names and orders."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from advisory_data import database, record, span
from folder_scan import scan

from keten import plugs
from keten.config import load
from keten.model.plug import Ecosystem

COMMIT = "4f2d1c3b5a69788796a5b4c3d2e1f00112233445"
BEFORE = "0e58ed8671d6b60d0890c21b07f8835ace038e67"  # the malicious one of CVE-2025-30066


def of(ecosystem: str, name: str, package: str, fixed: str, **more: Any) -> dict[str, Any]:
    return record(name, package, *span(fixed), ecosystem=ecosystem, **more)


def told(at: Path, ecosystem: str, records: list[dict[str, Any]]) -> list[str]:
    held = database(at / "aside", *records, complete=(ecosystem,))
    result = scan(
        at / "tree", load(None, at / "tree"), database=held, now=date(2026, 1, 1),
        progress=lambda *_: None,
    )  # fmt: skip
    known = ("dependencies/known-vulnerability", "pipeline/compromised-action")
    return sorted(
        f"{f.location.line} {re.split(r' [(]|[;,]', f.message)[0]}"
        for f in result.findings
        if f.check in known and f.location
    )


def write(at: Path, path: str, text: str) -> None:
    file = at / "tree" / path
    file.parent.mkdir(parents=True)
    file.write_text(text)
    (at / "aside").mkdir()


def test_actions(tmp_path: Path) -> None:
    uses = [
        f"Acme/Tool@{COMMIT} # v4.1.1",  # below the fix
        f"acme/tool/sub@{COMMIT} # v4.2.0",
        "acme/tool@v4",  # by now the last 4.x
        "acme/tool@v3",
        "tj-actions/changed-files@v45.0.0",  # compromised-action tells of it
    ]
    steps = "".join(f"      - uses: {one}\n" for one in uses)
    write(
        tmp_path,
        ".github/workflows/ci.yml",
        f"on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n{steps}",
    )

    found = told(
        tmp_path,
        "GitHub Actions",
        [
            of("GitHub Actions", "GHSA-aaaa-aaaa-aaaa", "acme/tool", "4.2.0"),
            of(
                "GitHub Actions", "GHSA-mrrh-fwg8-r2c3", "tj-actions/changed-files", "46.0.1",
                aliases=["CVE-2025-30066"],
            ),
        ],
    )  # fmt: skip

    assert found == [
        "10 tj-actions/changed-files@v45.0.0 in job a",
        "6 Acme/Tool v4.1.1 is affected by GHSA-aaaa-aaaa-aaaa",
        "9 acme/tool v3 is affected by GHSA-aaaa-aaaa-aaaa",
    ]


SWIFT = """{"pins": [{"identity": "vapor", "kind": "remoteSourceControl",
"location": "https://github.com/Vapor/vapor.git", "state": {"revision": "aa", "version": "%s"}}],
"version": 2}
"""
JULIA = """manifest_format = "2.0"
[[deps.HTTP]]
git-tree-sha1 = "ac7b"
uuid = "cd3eb016-35fb-5094-929b-558a96fad6f3"
version = "%s"
"""
HEX = '%%{\n  "plug": {:hex, :plug, "%s", "aa", [:mix], [], "hexpm", "bb"},\n}\n'
PUB = """packages:
  dio:
    dependency: "direct main"
    description: {name: dio, url: "https://pub.dev"}
    source: hosted
    version: "%s"
"""
RENV = '{"Packages": {"A": {"Package": "A", "Version": "%s", "Source": "Bioconductor"}}}'
CONAN = '{"version": "0.5", "requires": ["zlib/%s#aa%%1.0"]}'
OPAM = 'opam-version: "2.0"\ndepends: ["lwt" {= "%s"}]\n'
CABAL = "constraints: any.cabal-rpm ==%s\n"


@pytest.mark.parametrize(
    ("path", "text", "package", "versions"),
    [
        ("Package.resolved", SWIFT, ("SwiftURL", "github.com/vapor/vapor"), "4.9.1 4.84.2 4.100.0"),
        ("Manifest.toml", JULIA, ("Julia", "HTTP"), "1.9.0+4 1.10.0+2 1.10.0+10"),
        ("mix.lock", HEX, ("Hex", "plug"), "1.9.0 1.10.4 1.11.0"),
        ("pubspec.lock", PUB, ("Pub", "dio"), "5.0.0-dev.1 5.0.0 5.0.1"),
        ("renv.lock", RENV, ("Bioconductor", "A"), "1.9.10 1.10.0 1.10.1"),
        ("conan.lock", CONAN, ("ConanCenter", "zlib"), "1.2.9 1.2.13 1.3"),
        ("a.opam.locked", OPAM, ("opam", "lwt"), "5.0~beta 5.0 5.0.1"),
        ("cabal.project.freeze", CABAL, ("Hackage", "cabal-rpm"), "0.9 0.10 1"),
    ],
)
def test_the_version_before_the_fix_is_affected(
    tmp_path: Path, path: str, text: str, package: tuple[str, str], versions: str
) -> None:
    ecosystem, name = package
    below, fixed, above = versions.split()
    for version in (below, fixed, above):
        at = tmp_path / version
        write(at, f"app/{path}", text % version)

        found = told(at, ecosystem, [of(ecosystem, "TEST-1", name, fixed)])

        assert bool(found) is (version == below), version


@pytest.mark.parametrize(
    "ordered",
    [  # https://docs.conda.io/projects/conda/en/latest/user-guide/concepts/pkg-specs.html
        "0.4 0.4.1.rc 0.4.1 0.5a1 0.5b3 0.5c1 0.5 0.9.6 0.960923 1.0 1.1dev1 1.1_ 1.1a1",
        "1.1a1 1.1.0dev1 1.1.a1 1.1.0rc1 1.1 1.1.0post1 1.1post1 1996.07.12 1!0.4.1 2!0.4.1",
        "1.0+abc 1.0 1.0+1 1.0.1",
    ],
)
def test_conda_orders_as_its_documentation_says(ordered: str) -> None:
    key = plugs.load(Ecosystem, "conda").key
    keys = [key(version) for version in ordered.split()]

    assert sorted(keys) == keys
    assert key("0.4") == key("0.4.0")
    assert key("0.4.1.rc") == key("0.4.1.RC")
    assert key("1.1.0post1") == key("1.1.post1")
