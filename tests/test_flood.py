"""Thousands of like findings in one file: the first are told, the rest counted, none lost."""

import random
from collections import Counter
from datetime import date
from pathlib import Path

import msgspec
import pytest

from keten import plugs
from keten.config import load
from keten.graph.places import Places
from keten.graph.store import Graph
from keten.model.check import Check
from keten.model.delivery import Advisory, Package
from keten.model.evidence import Place
from keten.model.facts import Edge, Facts, Looked, Trust
from keten.model.finding import Finding, Severity, Verdict
from keten.model.result import Result, Style
from keten.pipeline import flood, targets
from keten.pipeline.judge import Checks, judge_all
from keten.reports.json import REPORT as JSON
from keten.reports.sarif import REPORT as SARIF

TODAY = date(2026, 11, 23)
PRIVILEGED = "deployment/privileged-container"
POD = """apiVersion: v1
kind: Pod
metadata: {{name: {}}}
spec:
  containers:
    - {{name: c, image: a, securityContext: {{privileged: true}}}}
---
"""


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flood, "MOST", 3)


def scan(folder: Path, names: list[str], *, known: frozenset[str] = frozenset()) -> Result:
    (folder / "pods.yaml").write_text("".join(map(POD.format, names)))
    return targets.scan(
        targets.named(str(folder)),
        load(folder / "keten.toml" if (folder / "keten.toml").exists() else None, folder),
        access=targets.Access(cache=""),
        database=None,
        now=TODAY,
        progress=lambda *_: None,
        known=known,
    )


def privileged(result: Result) -> tuple[list[Finding], list[Finding]]:
    """Return the findings of one check: those told one by one, and the rest."""
    mine = [f for f in result.findings if f.check == PRIVILEGED]
    return [f for f in mine if f.times == 1], [f for f in mine if f.times > 1]


def test_each_counts(tmp_path: Path) -> None:
    result = scan(tmp_path, [f"p{n}" for n in range(10)])

    told, (rest,) = privileged(result)
    assert len({f.subject for f in told}) == len(told) == 3
    assert (rest.times, rest.severity, rest.verdict) == (7, told[0].severity, Verdict.FAIL)
    assert rest.message.startswith("7 more like these in this file")
    assert rest.location is not None
    assert rest.location.path == "pods.yaml"
    (tally,) = (t for t in result.checks if t.check == PRIVILEGED)
    assert tally.failed == 10
    failed = Counter[str]()
    for finding in result.findings:
        failed[finding.link] += finding.times
    assert {link.name: link.failed for link in result.links if link.failed} == dict(failed)
    high = sum(f.times for f in result.findings if f.severity >= Severity.HIGH)
    assert high >= 10
    assert result.decision.reason == f"{high} at or above it"
    assert result.decision.exit == 1


def test_the_order_of_the_file_does_not_show(tmp_path: Path) -> None:
    names = [f"p{n}" for n in range(10)]
    first = scan(tmp_path, names)
    random.Random(1).shuffle(names)
    again = scan(tmp_path, names)

    def told(result: Result) -> set[tuple[str, str]]:
        return {(f.fingerprint, f.message) for f in result.findings}

    assert told(again) == told(first)


def test_a_baseline_knows_the_rest_while_it_is_the_same(tmp_path: Path) -> None:
    names = [f"p{n}" for n in range(10)]
    known = frozenset(f.fingerprint for f in scan(tmp_path, names).findings)

    assert scan(tmp_path, names, known=known).findings == ()
    for other in (names[:-1], [*names, "q"], [*names[:-1], "q"]):
        told, (rest,) = privileged(scan(tmp_path, other, known=known))
        assert told == []
        assert rest.times == len(other) - 3


def test_a_waiver_of_the_check_covers_the_rest_and_one_of_a_subject_does_not(
    tmp_path: Path,
) -> None:
    names = [f"p{n}" for n in range(10)]
    head = '[[waiver]]\nreason = "known"\nowner = "me"\nuntil = 2026-12-31\n'
    (tmp_path / "keten.toml").write_text(f'{head}check = "{PRIVILEGED}"\n')
    waived = scan(tmp_path, names)
    assert privileged(waived) == ([], [])
    assert sum(w.finding.times for w in waived.waived) == 10

    (tmp_path / "keten.toml").write_text(f'{head}check = "{PRIVILEGED}"\nsubject = "workload *"\n')
    told, rest = privileged(scan(tmp_path, names))
    assert told == []
    assert [f.times for f in rest] == [7]


def test_reports_tell_how_many(tmp_path: Path) -> None:
    result = scan(tmp_path, [f"p{n}" for n in range(10)])
    document = msgspec.json.decode("".join(JSON.write(result, Style())))
    times = [f.get("times", 1) for f in document["findings"] if f["check"] == PRIVILEGED]
    assert sorted(times) == [1, 1, 1, 7]
    log = msgspec.json.decode("".join(SARIF.write(result, Style())))
    found = [r for r in log["runs"][0]["results"] if r["ruleId"] == PRIVILEGED]
    assert sorted(r.get("occurrenceCount", 1) for r in found) == [1, 1, 1, 7]


def test_what_is_known_of_packages_is_told_in_full() -> None:
    package = Package("bom#p", ecosystem="npm", name="p", version="1", path="bom")
    advisories = [Advisory(f"CVE-{n}#npm/p@1", severity=Severity.HIGH) for n in range(10)]
    facts = Facts(
        (package, *advisories),
        tuple(Edge(package.ref, "affected-by", a.ref, Trust.OBSERVED) for a in advisories),
        (Looked(package.ref, "advisories"),),
        places=(Place(package.ref, "bom"),),
    )
    name = "dependencies/known-vulnerability"
    checks: Checks = {Package: [(name, plugs.load(Check, name))]}

    judged = judge_all(facts.nodes, checks, Graph(facts, TODAY), Places(facts.places))

    assert len(judged.findings) == 10
    assert judged.rests == []


def test_what_was_counted_apart_is_one() -> None:
    parts = [flood.Rest(PRIVILEGED, Verdict.FAIL, Severity.HIGH, "a", 2, digest) for digest in "xy"]
    other = flood.Rest(PRIVILEGED, Verdict.FAIL, Severity.HIGH, "b", 2, "x")
    first = list(flood.findings([*parts, other]))

    assert [(f.times, f.subject) for f in first] == [(4, "file a"), (2, "file b")]
    assert list(flood.findings([other, *reversed(parts)])) == first
    assert plugs.load(Check, PRIVILEGED).severity is Severity.HIGH
