"""Look-ups: one finding per vulnerability, what fixes it, what can not be said, and why."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from advisory_data import database, record, span

from keten.advisories.database import Database
from keten.advisories.lookup import Answer, Lookup, Vulnerability
from keten.advisories.questions import Question, ecosystem_of
from keten.derive import vulnerabilities
from keten.model.delivery import Advisory, Manifest, Package
from keten.model.facts import Edge, Facts, Looked, Trust
from keten.model.finding import Severity
from keten.remedy import upgrade

NOW = date(2026, 11, 22)
CVE = "CVE-2020-1111"
V31 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"


def ask(at: Path, *records: dict[str, Any], version: str = "1.0", **more: Any) -> Answer:
    ecosystem, name = more.pop("ecosystem", "PyPI"), more.pop("name", "foo")
    with database(at, *records) as opened:
        return Lookup(opened).ask(ecosystem, name, version)


def one(answer: Answer) -> Vulnerability:
    (found,) = answer.vulnerabilities
    return found


def test_aliases_are_one_finding_under_the_cve(tmp_path: Path) -> None:
    answer = ask(
        tmp_path,
        record("PYSEC-1", "foo", *span("1.9"), aliases=[CVE]),
        record("GHSA-aaaa-bbbb-cccc", "foo", *span("2.0"), aliases=["CVE-2020-1111"], severity=[
            {"type": "CVSS_V3", "score": V31}
        ]),
        record("OSV-7", "foo", *span("3.0"), aliases=["GHSA-aaaa-bbbb-cccc"]),
    )  # fmt: skip

    found = one(answer)
    assert found.cluster.names == (CVE, "GHSA-aaaa-bbbb-cccc", "OSV-7", "PYSEC-1")
    assert found.cluster.rating.tenths == 98
    assert found.fixed == ("3.0",), "a version that another record still affects is no fix"


def test_asked_at_one_go_the_answers_are_those_of_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keten.advisories.database.AT_ONCE", 3)
    names = [f"Name.{number}" for number in range(20)]
    told = [record(f"PYSEC-{n}", f"name-{n}", *span("2.0")) for n in range(0, 20, 2)]
    questions = [Question(("PyPI",), ((name, "1.0"),)) for name in names]
    with database(tmp_path, *told) as opened:
        singly = [Lookup(opened).answer(question) for question in questions]
    with Database(opened.path) as again:
        lookup = Lookup(again)
        lookup.prepare(questions)
        monkeypatch.setattr(again, "_execute", None)  # nothing is asked for once more
        assert [lookup.answer(question) for question in questions] == singly
    assert [bool(answer.vulnerabilities) for answer in singly] == [True, False] * 10


def test_related_is_not_the_same(tmp_path: Path) -> None:
    answer = ask(
        tmp_path,
        record("PYSEC-1", "foo", *span("2"), related=["PYSEC-2"]),
        record("PYSEC-2", "foo", *span("2"), related=["PYSEC-1"]),
    )

    assert [v.cluster.id for v in answer.vulnerabilities] == ["PYSEC-1", "PYSEC-2"]


def test_upstream_of_one_is_the_same_and_a_bundle_is_left_out(tmp_path: Path) -> None:
    many = ["CVE-2020-1", CVE, "CVE-2020-2222"][1:]
    answer = ask(
        tmp_path,
        record("DEBIAN-CVE-2020-1111", "foo", *span("2"), upstream=[CVE], ecosystem="Debian:12"),
        record("DEBIAN-CVE-2020-2222", "foo", *span("2"), upstream=many[1:], ecosystem="Debian:12"),
        record("DSA-1-1", "foo", *span("2"), upstream=many, ecosystem="Debian:12"),
        ecosystem="Debian:12",
    )

    assert [v.cluster.id for v in answer.vulnerabilities] == [CVE, "CVE-2020-2222"]


def test_bundle_that_stands_alone_is_told(tmp_path: Path) -> None:
    lone = record("DSA-1-1", "foo", *span("2"), upstream=[CVE, "CVE-2020-2222"])

    assert [h.row.id for h in one(ask(tmp_path, lone)).cluster.hits] == ["DSA-1-1"]


def test_another_release_of_the_distribution_is_another_ecosystem(tmp_path: Path) -> None:
    made = record("DEBIAN-CVE-2020-1111", "foo", *span("2"), ecosystem="Debian:12")

    assert not ask(tmp_path, made, ecosystem="Debian:11").vulnerabilities


def test_names_are_spelled_as_the_registry_does(tmp_path: Path) -> None:
    made = record("PYSEC-1", "Foo.Bar_baz", *span("2"))

    assert one(ask(tmp_path, made, name="foo-bar-baz")).cluster.id == "PYSEC-1"


def test_fixes_are_in_order_and_later(tmp_path: Path) -> None:
    branches = [*span("1.9"), *span("2.10", "2.0"), *span("2.9.1", "2.9")]

    found = one(ask(tmp_path, record("PYSEC-1", "foo", *branches), version="1.5"))

    assert found.fixed == ("1.9", "2.9.1", "2.10"), "as the ecosystem orders, not as text"


def test_severity_of_the_package_goes_before_the_records(tmp_path: Path) -> None:
    low = {"severity": [{"type": "CVSS_V3", "score": V31.replace("/I:H/A:H", "/I:N/A:N")}]}

    made = record("PYSEC-1", "foo", *span("2"), affected=low)

    assert one(ask(tmp_path, made)).cluster.rating.tenths == 75


@pytest.mark.parametrize(
    ("more", "severity"),
    [
        ({"database_specific": {"severity": "MODERATE"}}, Severity.MEDIUM),
        ({"severity": [{"type": "Ubuntu", "score": "low"}]}, Severity.LOW),
        ({"severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/nonsense"}]}, None),
        ({"affected": {"database_specific": {"informational": "unmaintained"}}}, Severity.INFO),
        ({"summary": "foo is unmaintained"}, None),
        ({}, None),
    ],
)
def test_severity_in_words(tmp_path: Path, more: dict[str, Any], severity: Severity | None) -> None:
    found = one(ask(tmp_path, record("PYSEC-1", "foo", *span("2"), **more)))

    assert found.cluster.rating.severity == severity


def test_given_up_is_not_a_vulnerability(tmp_path: Path) -> None:
    made = record("GO-1", "m", {"introduced": "0"}, ecosystem="Go", summary="m/x is unmaintained")

    found = one(ask(tmp_path, made, ecosystem="Go", name="m", version="v1.0.0"))
    assert found.cluster.rating.severity == Severity.INFO


def test_upgrade_is_looked_up_again(tmp_path: Path) -> None:
    with database(
        tmp_path,
        record("PYSEC-1", "foo", *span("1.5")),
        record("PYSEC-2", "foo", *span("1.7", "1.5")),
        record("PYSEC-3", "foo", *span("1.8", "1.6")),
    ) as opened:
        found = Lookup(opened).upgrade("PyPI", "foo", "1.0")

    assert found is not None
    assert (found.version, found.open) == ("1.8", ()), "1.5 and 1.7 have faults of their own"


def test_upgrade_that_leaves_something_open_says_so(tmp_path: Path) -> None:
    package = Package("r.txt#pkg:pypi/foo@1.0", ecosystem="pypi", name="foo", version="1.0")
    with database(
        tmp_path,
        record("PYSEC-1", "foo", *span("1.5")),
        record("PYSEC-2", "foo", {"introduced": "0"}),
    ) as opened:
        assert upgrade.choose(package, opened) == ("1.5", ("PYSEC-2",))
    with database(tmp_path / "x", record("PYSEC-2", "foo", {"introduced": "0"})) as opened:
        assert upgrade.choose(package, opened) == ("", ("PYSEC-2",))


@pytest.mark.parametrize(
    ("ecosystem", "purl", "osv"),
    [
        ("pypi", "pkg:pypi/foo@1.0", "PyPI"),
        ("golang", "pkg:golang/golang.org/x/net@v0.17.0", "Go"),
        ("crates.io", "pkg:cargo/time@0.1", "crates.io"),
        ("Debian:12", "", "Debian:12"),
        ("deb", "pkg:deb/debian/openssl@3.0?arch=amd64&distro=debian-12.5", "Debian:12"),
        ("apk", "pkg:apk/alpine/musl@1.2?distro=alpine-3.19.1", "Alpine:v3.19"),
        ("deb", "pkg:deb/ubuntu/bash@5?distro=ubuntu-22.04", "Ubuntu:22.04:LTS"),
        ("deb", "pkg:deb/ubuntu/bash@5?distro=ubuntu-23.04", "Ubuntu:23.04"),
        ("deb", "pkg:deb/debian/openssl@3.0", ""),
        ("generic", "pkg:generic/x@1", ""),
    ],
)
def test_ecosystem_of(ecosystem: str, purl: str, osv: str) -> None:
    assert ecosystem_of(Package("x", ecosystem=ecosystem, purl=purl)) == osv


def package(name: str, version: str, **more: Any) -> Package:
    kind = more.pop("ecosystem", "pypi")
    path = more.pop("path", "poetry.lock")
    purl = f"pkg:{kind}/{name}@{version}"
    return Package(
        f"{path}#{purl}", ecosystem=kind, name=name, version=version, purl=purl, path=path, **more
    )


def derive(facts: Facts, opened: Database | None, now: date = NOW) -> Facts:
    return vulnerabilities.derive(facts, opened, now, max_age_days=7)


def test_derive_tells_affected_and_free(tmp_path: Path) -> None:
    bad, good = package("foo", "1.0"), package("bar", "1.0")
    mal = record("MAL-1", "evil")
    with database(tmp_path, record("PYSEC-1", "foo", *span("2"), aliases=[CVE]), mal) as opened:
        facts = derive(Facts((bad, good, package("evil", "3"))), opened)

    found = {node.id: node for node in facts.nodes if isinstance(node, Advisory)}
    assert set(found) == {f"{CVE}#pypi/foo@1.0", "MAL-1#pypi/evil@3"}
    assert found[f"{CVE}#pypi/foo@1.0"].upgrade == "2"
    assert found["MAL-1#pypi/evil@3"].malicious
    edge = Edge(
        bad.ref,
        "affected-by",
        f"advisory {CVE}#pypi/foo@1.0",
        Trust.OBSERVED,
        by=vulnerabilities.BY,
    )
    assert edge in facts.edges
    assert Looked(good.ref, "advisories") in facts.looked
    assert Looked(good.ref, "malicious-packages") in facts.looked
    assert not facts.problems


def test_no_reports_of_malice_is_not_their_absence(tmp_path: Path) -> None:
    good = package("bar", "1.0")
    with database(tmp_path, record("PYSEC-1", "foo", *span("2"))) as opened:
        facts = derive(Facts((good,)), opened)

    assert facts.looked == (Looked(good.ref, "advisories"),)
    (problem,) = facts.problems
    assert problem.need == "malicious-packages"


@pytest.mark.parametrize(
    ("complete", "now", "kind", "reason"),
    [
        ((), NOW, "pypi", "only some records of PyPI"),
        (("PyPI",), date(2026, 11, 28), "pypi", "are as of 2026-11-20, 8 days ago (at most 7)"),
        (("PyPI",), date(2020, 1, 1), "pypi", "which can not be"),
        (("PyPI",), NOW, "npm", "no advisories of npm"),
        (("PyPI",), NOW, "generic", "not known which ecosystem"),
    ],
)
def test_unknown_and_why(
    tmp_path: Path, complete: tuple[str, ...], now: date, kind: str, reason: str
) -> None:
    bad, good = package("foo", "1.0"), package("bar", "1.0", ecosystem=kind)
    also = package("baz", "1.0", ecosystem=kind)
    made = record("PYSEC-1", "foo", *span("2"))
    with database(tmp_path, made, complete=complete) as opened:
        facts = derive(Facts((bad, good, also)), opened, now)

    assert Looked(bad.ref, "advisories") in facts.looked, "what was found is so"
    assert Looked(good.ref, "advisories") not in facts.looked
    said = [p for p in facts.problems if p.need == "advisories"]
    assert [p.path for p in said] == ["poetry.lock"], "one for both packages"
    assert reason in said[0].what
    assert "keten db import" in said[0].advice


def test_without_a_database() -> None:
    facts = derive(Facts((package("foo", "1.0"),)), None)

    assert not facts.looked
    assert {p.what for p in facts.problems} == {"there is no advisory database"}


def test_version_that_can_not_be_read_is_unknown(tmp_path: Path) -> None:
    odd = package("m", "latest", ecosystem="npm", line=7)
    made = record("GHSA-1", "m", *span("1.0.0"), ecosystem="npm")
    with database(tmp_path, made, complete=("npm",)) as opened:
        facts = derive(Facts((odd, package("other", "latest", ecosystem="npm"))), opened)

    assert Looked(odd.ref, "advisories") not in facts.looked
    problem = next(p for p in facts.problems if p.need == "advisories")
    assert (problem.about, problem.line) == (odd.ref, 7)
    assert "GHSA-1 can not be judged for m latest" in problem.what
    assert Looked("package poetry.lock#pkg:npm/other@latest", "advisories") in facts.looked


def test_exploited_is_raised(tmp_path: Path) -> None:
    from keten.advisories import imports

    database(tmp_path, record("PYSEC-1", "foo", *span("2"), aliases=[CVE])).close()
    kev = tmp_path / "kev.json"
    kev.write_text(f'{{"vulnerabilities": [{{"cveID": "{CVE}", "dateAdded": "2021-01-01"}}]}}')
    imports.run([kev], tmp_path / "advisories.db", imports.Claim())
    with Database(tmp_path / "advisories.db") as opened:
        facts = derive(Facts((package("foo", "1.0"),)), opened)

    (advisory,) = facts.nodes
    assert (advisory.exploited, advisory.severity) == (True, Severity.HIGH)


def test_unlocked_manifest_is_unknown_once_and_not_beside_a_lockfile() -> None:
    loose = [
        package(name, "", path="app/pyproject.toml", constraint=">=1" if name == "a" else "")
        for name in ("a", "b", "c", "d")
    ]
    loose.append(package("git", "", path="app/pyproject.toml", source="git+https://x.example/y"))
    manifest = Manifest("app/pyproject.toml", ecosystem="pypi")
    alone = derive(Facts((manifest, *loose)), None)
    lock = Manifest("poetry.lock", ecosystem="pypi", lock=True)
    other = Manifest("app/yarn.lock", ecosystem="npm", lock=True)

    (problem,) = alone.problems
    assert (problem.path, problem.about) == ("app/pyproject.toml", manifest.ref)
    assert "of a, b, c and 1 more" in problem.what
    assert not derive(Facts((manifest, lock, *loose)), None).problems
    assert derive(Facts((manifest, other, *loose)), None).problems


def test_local_packages_are_not_judged(tmp_path: Path) -> None:
    with database(tmp_path, record("PYSEC-1", "foo", *span("2"))) as opened:
        facts = derive(Facts((package("foo", "1.0", source="./libs/foo"),)), opened)

    assert facts == Facts()


def test_go_keeps_its_spelling_and_the_plan_names_the_way(tmp_path: Path) -> None:
    root = package("example.com/app", "v1.0.0", ecosystem="golang", direct=True, path="go.mod")
    middle = package("example.com/mid", "v1.0.0", ecosystem="golang", direct=False, path="go.mod")
    deep = package("golang.org/x/net", "v0.17.0", ecosystem="golang", direct=False, path="go.mod")
    facts = Facts(
        (root, middle, deep),
        (
            Edge(root.ref, "requires", middle.ref, Trust.OBSERVED),
            Edge(middle.ref, "requires", deep.ref, Trust.OBSERVED),
            Edge(deep.ref, "requires", middle.ref, Trust.OBSERVED),
        ),
    )
    made = record("GO-1", "golang.org/x/net", *span("0.23.0"), ecosystem="Go", aliases=[CVE])
    with database(tmp_path, made, complete=("Go",)) as opened:
        found = derive(facts, opened)
        whole = Facts((*facts.nodes, *found.nodes), (*facts.edges, *found.edges))
        (planned,) = upgrade.plan(whole, opened)

    assert found.nodes[0].fixed == ("v0.23.0",)
    assert (planned.before, planned.after, planned.closes) == ("v0.17.0", "v0.23.0", (CVE,))
    assert planned.through == ("example.com/app", "example.com/mid")
    assert planned.proof == (
        "golang.org/x/net v0.23.0 was looked up again: nothing known affects it"
    )
