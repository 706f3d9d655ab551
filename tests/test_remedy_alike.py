"""Many actions that are alike are one, of which each finding still tells its own change."""

from hypothesis import given
from hypothesis import strategies as st

from keten.config import Rank
from keten.model.evidence import Link
from keten.model.finding import Change, Finding, Location, Severity, Verdict
from keten.model.result import Action
from keten.remedy.actions import actions
from keten.remedy.alike import ALONE, CHANGES

HARDEN = "deployment/privilege-escalation"


def finding(
    number: int, check: str = HARDEN, severity: Severity = Severity.MEDIUM, *, times: int = 1,
    group: str = "Harden the security context of Deployment/web-{}",
) -> Finding:  # fmt: skip
    name = group.format(number)
    return Finding(
        check=check, verdict=Verdict.FAIL, severity=severity, link=Link.DEPLOYMENT,
        subject=f"workload {number % 7}.yaml:Deployment/shop/web-{number}",
        message="m", fingerprint=f"{check}{number}",
        location=Location(f"{number % 7}.yaml", number),
        change=Change(f"f{number}", "", "a: b", name) if group else None, times=times,
    )  # fmt: skip


def made(*found: Finding) -> tuple[Action, ...]:
    ordered = sorted(found, key=lambda item: item.order)
    return actions(
        ordered, Rank(), fix=lambda check: f"Mend {check}. So.", exploited=lambda _: False,
        upgrades={},
    )  # fmt: skip


def test_few_are_told_one_by_one() -> None:
    told = made(*(finding(n) for n in range(ALONE)))

    assert [action.title for action in told] == [
        f"Harden the security context of Deployment/web-{n}" for n in range(ALONE)
    ]


def test_many_are_one_action_at_many_places() -> None:
    """Its rank is what one edit removes; what is LOW beside it is mended by the same edit."""
    found = [finding(n) for n in range(1000)]
    more = [finding(n, "deployment/seccomp-not-set", Severity.LOW) for n in range(0, 1000, 2)]

    (told,) = made(*found, *more)

    assert told.title == "Harden the security context: 1,000 workloads in 7 files"
    assert told.why == "1000 medium, 500 low"
    assert told.rank == 4.0
    assert len(told.findings) == 1500
    assert len(told.changes) == CHANGES


def test_what_is_grave_is_told_one_by_one() -> None:
    assert len(made(*(finding(n, severity=Severity.HIGH) for n in range(50)))) == 50


def test_a_pile_of_little_things_stands_behind_one_that_is_not() -> None:
    low = [finding(n, "registry/mutable-tag", Severity.LOW, group="") for n in range(7 * 400)]
    advice = [finding(n, "deployment/not-spread", Severity.INFO, group="") for n in range(5000)]

    told = made(*low, *advice, finding(1))

    assert told[0].rank == 3.0
    assert told[0].title == "Harden the security context of Deployment/web-1"
    assert told[-1].title == "Mend deployment/not-spread: 5,000 workloads in 7 files"
    assert told[-1].rank == 0.1


def test_what_stands_for_many_is_counted() -> None:
    """A flood that is counted (ADR 13) counts in the words and not in the rank of one edit."""
    some = [finding(n, group="") for n in range(20)]
    flood = finding(99, times=4000, group="")

    (told,) = made(*some, flood)

    assert told.title.startswith(f"Mend {HARDEN}: 4,020 ")
    assert told.why == "4020 medium"
    assert told.rank < 100


@given(
    st.lists(
        st.tuples(
            st.integers(0, 30), st.sampled_from(["a/a", "a/b", "dependencies/c"]),
            st.sampled_from(list(Severity)),
            st.sampled_from(["", "Do of Deployment/web-{}", "Do it to Deployment/web-{} now", "x"]),
        ),
        max_size=60,
    )
)  # fmt: skip
def test_each_finding_is_of_one_action(rows: list[tuple[int, str, Severity, str]]) -> None:
    found = {
        item.fingerprint: item
        for number, check, severity, group in rows
        for item in [finding(number, check, severity, group=group)]
    }

    told = made(*found.values())

    assert sorted(print_ for action in told for print_ in action.findings) == sorted(found)
    assert [a.rank for a in told] == sorted((a.rank for a in told), reverse=True)
    assert all(action.title and "  " not in action.title for action in told)
