"""Every check is run on the cases beside it, and on its own bad and good example."""

from pathlib import Path

import pytest

from keten import plugs
from keten.model.check import Check
from keten.model.controls import CONTROLS
from keten.model.evidence import Link
from keten.model.finding import Verdict
from keten.model.needs import NEEDS
from keten.testing.cases import Case, ask, cases

HERE = Path(__file__).parent / "checks"
CHECKS = plugs.names(Check)


def cases_of(name: str) -> list[Case]:
    file = HERE / f"{name}.txt"
    return cases(file.read_text()) if file.exists() else []


@pytest.mark.parametrize("name", CHECKS)
def test_is_whole(name: str) -> None:
    check = plugs.load(Check, name)

    assert {case.verdict for case in cases_of(name)} >= {"fail", "pass", "unknown"}
    assert name.partition("/")[0] in set(Link), "its folder is a link"
    assert check.threats, "names who threatens"
    assert check.controls, "serves some control"
    assert set(check.controls) <= set(CONTROLS)
    assert check.needs
    assert set(check.needs) <= set(NEEDS)


@pytest.mark.parametrize(
    ("name", "case"),
    [pytest.param(n, c, id=f"{n}: {c.verdict}: {c.title}") for n in CHECKS for c in cases_of(n)],
)
def test_case(name: str, case: Case) -> None:
    verdicts, findings = ask(name, plugs.load(Check, name), case.facts)

    assert verdicts == {case.verdict}, [f.message for f in findings]
    if case.verdict is Verdict.FAIL:
        assert tuple(f.message for f in findings) == case.want


@pytest.mark.parametrize("name", CHECKS)
def test_examples(name: str) -> None:
    from keten.testing.examples import judge_example

    check = plugs.load(Check, name)

    bad = judge_example(name, check.bad)
    good = judge_example(name, check.good)

    if check.bad.path != "$":
        assert bad[Verdict.FAIL], f"the bad example fails: {bad}"
    if check.good.path != "$":
        assert not good[Verdict.FAIL], f"the good example does not fail: {good}"
        assert good[Verdict.PASS], f"the good example is judged: {good}"
