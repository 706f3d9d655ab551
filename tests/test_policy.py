"""Gates and waivers."""

from datetime import date

import pytest

from keten.config import Gate, Waiver
from keten.model.evidence import Link
from keten.model.finding import Finding, Location, Severity, Verdict
from keten.model.result import Unknown
from keten.policy.gate import decide
from keten.policy.waivers import apply

NOW = date(2026, 11, 22)


def finding(
    severity: Severity = Severity.HIGH,
    verdict: Verdict = Verdict.FAIL,
    link: Link = Link.DEPLOYMENT,
    check: str = "deployment/privileged-container",
) -> Finding:
    return Finding(
        check=check, verdict=verdict, severity=severity, link=link,
        subject="workload a.yaml:Pod/-/p", message="m", fingerprint="00ff",
        location=Location("a.yaml", 3),
    )  # fmt: skip


def unknown(severity: Severity = Severity.HIGH) -> Unknown:
    return Unknown(Link.BUILD, "w", "y", "h", severity)


@pytest.mark.parametrize(
    ("findings", "unknowns", "gate", "verdict", "status"),
    [
        ([], [], Gate(), "allowed", 0),
        ([finding()], [], Gate(), "denied", 1),
        ([finding(Severity.MEDIUM)], [], Gate(), "allowed", 0),
        ([finding(Severity.MEDIUM)], [], Gate(fail_on="medium"), "denied", 1),
        ([finding(Severity.CRITICAL)], [], Gate(fail_on="never"), "allowed", 0),
        ([finding(Severity.LOW)], [], Gate(links={"deployment": "low"}), "denied", 1),
        ([finding(Severity.HIGH)], [], Gate(links={"deployment": "never"}), "allowed", 0),
        ([], [unknown()], Gate(), "unknown", 3),
        ([], [unknown(Severity.MEDIUM)], Gate(), "allowed", 0),
        ([], [unknown()], Gate(unknown="never"), "allowed", 0),
        ([finding()], [unknown()], Gate(), "denied", 1),
        ([finding(verdict=Verdict.ERROR)], [], Gate(), "unknown", 3),
    ],
)
def test_decision(
    findings: list[Finding], unknowns: list[Unknown], gate: Gate, verdict: str, status: int
) -> None:
    decision = decide(findings, unknowns, gate)

    assert (decision.verdict, decision.exit) == (verdict, status)


def waiver(**changes: object) -> Waiver:
    fields: dict[str, object] = {
        "check": "deployment/*", "reason": "r", "owner": "o", "until": NOW, **changes,
    }  # fmt: skip
    return Waiver(**fields)  # type: ignore[arg-type]  # the test's own spelling


def test_a_waiver_holds_on_its_last_day() -> None:
    stay, waived, notes = apply([finding()], [waiver()], NOW)

    assert (stay, len(waived), notes) == ([], 1, [])
    assert waived[0].until == "2026-11-22"


def test_a_waiver_that_ended_covers_nothing_and_says_so() -> None:
    stay, waived, notes = apply([finding()], [waiver(until=date(2026, 11, 21))], NOW)

    assert (len(stay), waived) == (1, [])
    assert notes == ["waiver of deployment/* ended on 2026-11-21 (o): it covers nothing now"]


def test_a_waiver_of_nothing_says_so() -> None:
    _, _, notes = apply([finding()], [waiver(check="image/*")], NOW)

    assert notes == ["waiver of image/* (o) matches no finding: remove it"]


@pytest.mark.parametrize(
    "changes",
    [
        {"path": "b.yaml"},
        {"subject": "workload b*"},
        {"fingerprint": "00fe"},
        {"check": "deployment/host-pid"},
    ],
)
def test_every_pattern_must_match(changes: dict[str, object]) -> None:
    stay, _, _ = apply([finding()], [waiver(**changes)], NOW)

    assert len(stay) == 1
