"""Ignore files of other scanners become waivers that cover no more than they did."""

import contextlib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keten.cli import waivers
from keten.config import Waiver, parse
from keten.errors import InputError, UsageError
from keten.formats.ignored import NAMES, Ignored, Rule, read
from keten.policy.waivers import matches

TRIVY = b"""# Accepted: never called
CVE-2018-14618
CVE-2019-1543 exp:2027-01-01 # of curl

GHSA-aaaa-bbbb-cccc
AVD-DS-0002
CVE-2019-9 exp:soon
"""
TRIVY_YAML = b"""vulnerabilities:
  - id: CVE-2022-40897
    paths: ["usr/**/METADATA", "app/x[1].jar"]
    statement: Accept
    expired_at: 2027-01-01
  - id: CVE-2023-2650
    purls: ["pkg:pypi/setuptools", "pkg:npm/%40a/b@1?x=y"]
  - id: CVE-2023-3
    expired_at: never
  - statement: nothing
misconfigurations:
  - id: AVD-DS-0001
secrets: odd
"""
GRYPE = b"""ignore:
  - vulnerability: CVE-2008-4318
    fix-state: unknown
  - vulnerability: CVE-1
    reason: nope
    include-aliases: true
    package: {name: libcurl, version: 1.5.1, type: deb, location: /usr/**/x.json}
  - package: {type: gem}
  - package: {name: "linux-.*"}
  - package: {name: a, upstream-name: b}
  - {}
  - text
"""
OSV = b"""[[IgnoredVulns]]
id = "GO-2022-0968"
ignoreUntil = 2027-11-09T00:00:00Z
reason = "No ssh"
[[IgnoredVulns]]
reason = "no id"
[[PackageOverrides]]
name = "golang.org/x/net"
version = "0.1.0"
ecosystem = "Go"
vulnerability.ignore = true
effectiveUntil = 2027-01-02
[[PackageOverrides]]
name = "org.a:b"
ecosystem = "Maven"
ignore = true
[[PackageOverrides]]
ecosystem = "npm"
license.override = ["MIT"]
[[PackageOverrides]]
name = "x"
group = "dev"
ignore = true
[[PackageOverrides]]
ecosystem = "Nowhere"
ignore = true
"""


def test_trivyignore() -> None:
    found = read(".trivyignore", TRIVY)

    assert found.rules == (
        Rule("CVE-2018-14618", reason="Accepted: never called", line=2),
        Rule("CVE-2019-1543", reason="of curl", until=date(2027, 1, 1), line=3),
        Rule("GHSA-aaaa-bbbb-cccc", line=5),
    )
    assert [line for line, _ in found.left_out] == [6, 7]


def test_trivyignore_yaml() -> None:
    found = read("a/.trivyignore.yaml", TRIVY_YAML)

    one, two, three, four = found.rules
    assert (one.path, two.path) == ("usr/*METADATA", "app/x[1].jar")
    assert (one.reason, one.until) == ("Accept", date(2027, 1, 1))
    assert three.package == "pkg:pypi/setuptools@*"
    assert matches(four.package, "pkg:npm/%40a/b@1?x=y")
    assert not matches(four.package, "pkg:npm/%40a/b@12x=y")
    assert len(found.left_out) == 3


def test_grype() -> None:
    found = read(".grype.yaml", GRYPE)

    one, two, three = found.rules
    assert one == Rule("CVE-1", "pkg:deb/*/libcurl@1.5.1", "usr/*x.json", "nope", None, 4)
    assert two.package == "pkg:gem/*@*"
    assert matches(three.package, "linux-headers@6.1")
    assert len(found.left_out) == 4, "what keten can not ask for would cover more"


def test_osv_scanner() -> None:
    found = read("osv-scanner.toml", OSV)

    one, two, three = found.rules
    assert (one.vulnerability, one.until) == ("GO-2022-0968", date(2027, 11, 9))
    assert two.package == "pkg:golang/golang.org/x/net@v0.1.0"
    assert two.until == date(2027, 1, 2)
    assert three.package == "pkg:maven/org.a/b@*"
    assert len(found.left_out) == 4


def test_every_file_comes_out_as_a_policy_that_keten_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = []
    for name, data in (
        (".trivyignore", TRIVY), (".trivyignore.yaml", TRIVY_YAML), (".grype.yaml", GRYPE),
        ("osv-scanner.toml", OSV),
    ):  # fmt: skip
        (tmp_path / name).write_bytes(data)
        files.append(str(tmp_path / name))

    assert waivers.main(["import", *files, "--owner", 'An "n"', "--until", "2027-06-01",
                         "--reason", "mo\nved"]) == 0  # fmt: skip
    out, err = capsys.readouterr()
    made = parse(out.encode()).waiver
    assert len(made) == 3 + 4 + 3 + 3
    assert all(item.owner == 'An "n"' and item.check == waivers.CHECK for item in made)
    assert made[0].until == date(2027, 6, 1)
    assert err.count("left out") == 2 + 3 + 4 + 4


@pytest.mark.parametrize("more", [[], ["--reason", "r"], ["--until", "2027-01-01"]])
def test_no_waiver_without_an_end_or_a_reason(tmp_path: Path, more: list[str]) -> None:
    file = tmp_path / ".trivyignore"
    file.write_text("CVE-2019-1\n")

    with pytest.raises(UsageError, match="there is no waiver without one"):
        waivers.main(["import", str(file), "--owner", "me", *more])


def test_what_is_no_ignore_file_is_refused(tmp_path: Path) -> None:
    for name in ("notes.txt", "missing/.trivyignore"):
        with pytest.raises(UsageError):
            waivers.main(["import", str(tmp_path / name), "--owner", "me"])


def test_a_scanned_folder_is_told_of_its_ignore_files(tmp_path: Path) -> None:
    assert not waivers.notes(tmp_path)
    (tmp_path / ".trivyignore").write_text("")
    (note,) = waivers.notes(tmp_path)
    assert "keten waivers import .trivyignore" in note
    assert not waivers.notes(tmp_path / "nowhere")


SEEDS = {".trivyignore": TRIVY, ".trivyignore.yaml": TRIVY_YAML, ".grype.yaml": GRYPE,
         "osv-scanner.toml": OSV}  # fmt: skip


@settings(max_examples=400, deadline=2000)
@given(st.sampled_from(sorted(SEEDS)), st.integers(0, 900), st.binary(max_size=30), st.booleans())
def test_no_bytes_break_it(name: str, at: int, junk: bytes, alone: bool) -> None:  # noqa: FBT001 drawn
    seed = SEEDS[name]
    data = junk if alone else seed[:at] + junk + seed[at + len(junk) :]
    with contextlib.suppress(InputError):
        found = read(name, data)
        assert isinstance(found, Ignored)
        assert all(isinstance(rule, Rule) for rule in found.rules)


@pytest.mark.parametrize("name", NAMES)
def test_large_and_deep_end_soon(name: str) -> None:
    for data in (b"[" * 200_000, b"CVE-1\n" * 900_000, b"{" * 200_000, b"a: " * 200_000):
        with contextlib.suppress(InputError):
            read(name, data)


def test_waivers_say_what_vex_would() -> None:
    head = b'[[waiver]]\nreason="r"\nowner="o"\nuntil=2027-01-01\n'
    good = parse(head + b'vulnerability="CVE-1"\njustification="component_not_present"\n')
    assert isinstance(good.waiver[0], Waiver)
    for more in (b"", b'vulnerability="C"\nstatus="fixed"', b'package="p"\njustification="x"',
                 b'package="p"\nstatus="not_affected"'):  # fmt: skip
        with pytest.raises(UsageError):
            parse(head + more)


def test_an_sbom_that_holds_vex_is_told(tmp_path: Path) -> None:
    file = tmp_path / "bom.json"
    file.write_text('{"bomFormat": "CycloneDX", "vulnerabilities": [{"analysis": {}}]}')
    (note,) = waivers.embedded(file)
    assert "--vex bom.json" in note
    file.write_text('{"bomFormat": "CycloneDX"}')
    assert not waivers.embedded(file)
    assert not waivers.embedded(tmp_path)
