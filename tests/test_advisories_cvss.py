"""CVSS scores: the examples of the specifications, and vectors that are none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keten.errors import InputError
from keten.formats import cvss
from keten.model.finding import Severity

# The v2 vectors and scores are those of the guide's section 3.3; v3 and v4 are from FIRST's
# example documents for 3.1 and 4.0 and from published advisories.
SCORES = {
    "AV:N/AC:L/Au:N/C:N/I:N/A:C": 7.8,
    "AV:N/AC:L/Au:N/C:N/I:N/A:C/E:F/RL:OF/RC:C": 6.4,
    "AV:N/AC:L/Au:N/C:N/I:N/A:C/E:F/RL:OF/RC:C/CDP:H/TD:H/CR:M/IR:M/AR:H": 9.2,
    "(AV:L/AC:H/Au:N/C:C/I:C/A:C)": 6.2,
    "AV:N/AC:L/Au:N/C:C/I:C/A:C": 10.0,
    "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H": 10.0,
    "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H": 9.8,
    "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N": 6.1,
    "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N": 6.4,
    "CVSS:3.0/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N": 3.1,
    "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:N/RC:U": 9.2,
    "CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:N/I:N/A:N": 0.0,
    "CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N": 7.3,
    "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N": 9.3,
    "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H": 10.0,
    "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N": 0.0,
    "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:A/VC:N/VI:N/VA:N/SC:L/SI:L/SA:N": 5.1,
}


@pytest.mark.parametrize(("vector", "score"), SCORES.items())
def test_score(vector: str, score: float) -> None:
    assert cvss.score(vector) == score


@pytest.mark.parametrize(
    ("score", "rating"),
    [
        (0.0, Severity.INFO),
        (0.1, Severity.LOW),
        (3.9, Severity.LOW),
        (4.0, Severity.MEDIUM),
        (6.9, Severity.MEDIUM),
        (7.0, Severity.HIGH),
        (8.9, Severity.HIGH),
        (9.0, Severity.CRITICAL),
    ],
)
def test_rating(score: float, rating: Severity) -> None:
    assert cvss.rating(score) is rating


@pytest.mark.parametrize(
    "vector",
    [
        "",
        "HIGH",
        "CVSS:5.0/AV:N",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H",
        "CVSS:3.1/AV:N/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        "CVSS:3.1/AV:Z/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:S/SI:N/SA:N",
        "AV:N/" * 200,
    ],
)
def test_none(vector: str) -> None:
    with pytest.raises(InputError):
        cvss.score(vector)


@given(st.sampled_from(sorted(SCORES)), st.integers(0, 80), st.text(max_size=3))
def test_mutated(vector: str, at: int, change: str) -> None:
    try:
        score = cvss.score(vector[:at] + change + vector[at + 1 :])
    except InputError:
        return
    assert 0 <= score <= 10
