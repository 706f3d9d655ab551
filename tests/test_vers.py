"""Version ranges: the public cases, what is refused, membership, native notations."""

import contextlib
import itertools
from functools import partial

import pytest
from growing import Work, linear, spelled
from hypothesis import given, settings
from hypothesis import strategies as st
from shared_data import SHARED, needs_shared
from suites import vers as suite

from keten import plugs
from keten.errors import CeilingError, InputError
from keten.formats.versions import vers
from keten.model.plug import Ecosystem


@needs_shared
def test_public_cases() -> None:
    assert SHARED is not None
    outcomes = list(suite.run(SHARED / "vectors" / "vers"))
    assert len(outcomes) > 2_000
    assert [outcome for outcome in outcomes if not outcome.passed] == []


@pytest.mark.parametrize(
    "text",
    [
        "vers:npm/=1.0.0",
        "vers:npm/",
        "vers:npm/*|1",
        "vers:npm/>=",
        "vers:npm/1|1.0.0",
        "vers:npm/>=1|>=2",
        "vers:npm/<1|<2",
        "vers:npm/1|<2",
        "vers:npm/1%",
        "vers:npm/1%09",
        "vers:NPM/1",
        "vers:invalid/1",
        "vers:all/1",
        "vers:no-such-type/1",
        "VERS:npm/1",
        "npm/1",
        "vers:npm/1\u00e9",
    ],
)
def test_what_is_not_canonical_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        vers.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "vers:npm/1.2.3|>=2.0.0|<5.0.0",
        "vers:gem/>=2.2.0|!=2.2.1|<2.3.0",
        "vers:all/*",
        "vers:deb/1%2A0",
        "vers:test/b|a",
        "vers:datetime/>=2024-01-01T00:00:00Z",
    ],
)
def test_canonical_text_comes_back(text: str) -> None:
    assert str(vers.parse(text)) == text


@pytest.mark.parametrize(
    ("text", "version", "inside"),
    [
        ("vers:npm/>=1.0.0|<2.0.0", "1.0.0", True),
        ("vers:npm/>=1.0.0|<2.0.0", "2.0.0", False),
        ("vers:npm/>1.0.0|<2.0.0", "1.0.0", False),
        ("vers:npm/>1.0.0|<=2.0.0", "2.0.0", True),
        ("vers:npm/<1.0.0|>=2.0.0|<3.0.0|>4.0.0", "2.5.0", True),
        ("vers:npm/<1.0.0|>=2.0.0|<3.0.0|>4.0.0", "3.5.0", False),
        ("vers:npm/<1.0.0|>=2.0.0|<3.0.0|>4.0.0", "9.0.0", True),
        ("vers:npm/<1.0.0|>=2.0.0|<3.0.0|>4.0.0", "0.1.0", True),
        ("vers:npm/!=1.0.0", "2.0.0", True),
        ("vers:npm/!=1.0.0", "1.0.0", False),
        ("vers:npm/1.0.0", "1.0", True),
        ("vers:deb/>=1.0-1|<1.0-1%2Bdeb12u1", "1.0-1", True),
        ("vers:none/*", "1", False),
        ("vers:all/*", "1", True),
    ],
)
def test_membership(text: str, version: str, inside: bool) -> None:  # noqa: FBT001
    assert vers.contains(text, version) is inside


@settings(max_examples=200, deadline=None)
@given(
    bounds=st.lists(st.integers(0, 30), min_size=1, max_size=6, unique=True), at=st.integers(0, 31)
)
def test_membership_is_that_of_the_intervals(bounds: list[int], at: int) -> None:
    bounds.sort()
    marks = itertools.cycle((">=", "<"))
    text = "vers:intdot/" + "|".join(f"{next(marks)}{bound}" for bound in bounds)
    inside = any(
        bound <= at and (i + 1 == len(bounds) or at < bounds[i + 1])
        for i, bound in enumerate(bounds)
        if i % 2 == 0
    )
    assert vers.contains(text, str(at)) is inside


@pytest.mark.parametrize(
    ("scheme", "native", "expected"),
    [
        ("npm", "^1.2.3", ">=1.2.3|<2.0.0"),
        ("npm", "^0.0.3", ">=0.0.3|<0.0.4"),
        ("npm", "~1.2", ">=1.2.0|<1.3.0"),
        ("npm", "1.2 - 2.3", ">=1.2.0|<2.4.0"),
        ("npm", "", "*"),
        ("pypi", "~=1.4.2", ">=1.4.2|<1.5"),
        ("pypi", "==1.2.*", ">=1.2|<1.3"),
        ("pypi", "==2.3.0||==3.0.0", "2.3.0|3.0.0"),
        ("npm", "~1.2.3-beta.1", ">=1.2.3-beta.1|>=1.2.3|<1.2.4|<1.3.0"),
        ("pypi", "!=1.2.*,>=1", ">=1|<1.2|>=1.3"),
        ("gem", "~> 2", ">=2|<3"),
        ("gem", ">= 1.0, != 1.5", ">=1.0|!=1.5"),
        ("maven", "(,1.0],[1.2,)", "<=1.0|>=1.2"),
        ("maven", "[1.5]", "1.5"),
        ("maven", "1.0", ">=1.0"),
        ("nuget", "(1.0,2.0)", ">1.0|<2.0"),
        ("nginx", "1.5.0+", ">=1.5.0"),
        ("conan", "[>=1.0 <2]", ">=1.0|<2"),
    ],
)
def test_native_ranges(scheme: str, native: str, expected: str) -> None:
    assert vers.from_native(scheme, native) == f"vers:{scheme}/{expected}"


NATIVE = [name for name in plugs.names(Ecosystem) if plugs.load(Ecosystem, name).native]


@pytest.mark.parametrize("scheme", NATIVE)
@settings(max_examples=150, deadline=None)
@given(text=st.text(alphabet="0123456789.<>=!~^|,()[] -+*xva", max_size=16) | st.text(max_size=8))
def test_any_native_text_is_read_or_refused(scheme: str, text: str) -> None:
    try:
        vers.from_native(scheme, text)
    except InputError:
        return


def _native(scheme: str, text: str) -> None:
    with contextlib.suppress(InputError):
        vers.from_native(scheme, text)


PIECES = (">=1 ", "1.", "[1,2),", "1, ", "9", "||", "^1||", "( ")
HOSTILE = {
    f"{scheme}: {piece}": Work(spelled(piece), partial(_native, scheme), 20_000, 4)
    for scheme in NATIVE
    for piece in PIECES
}


@pytest.mark.parametrize("scheme", NATIVE)
def test_long_native_text_takes_steps_by_its_size(scheme: str) -> None:
    for piece in PIECES:
        work = HOSTILE[f"{scheme}: {piece}"]
        work.do(work.make(work.size // 10))
        linear(work)


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=16).map("vers:npm/".__add__) | st.text(max_size=16))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (vers.parse, vers.canonical):
        try:
            read(text)
        except InputError:
            continue


def test_building_sorts_and_checks() -> None:
    assert vers.build("deb", [("<", "2"), (">=", "1*0")]) == "vers:deb/>=1%2A0|<2"
    assert vers.build("npm", [("*", "")]) == "vers:npm/*"
    for wrong in ([], [("<", "1"), ("<", "2")], [("=", "")]):
        with pytest.raises(InputError):
            vers.build("npm", wrong)


def test_a_long_one_is_refused_at_once() -> None:
    with pytest.raises(CeilingError):
        vers.parse("vers:npm/" + "1" * vers.CEILING)
    with pytest.raises(CeilingError):
        vers.from_native("npm", "1" * (vers.CEILING + 1))


def test_a_type_without_a_native_notation_says_so() -> None:
    with pytest.raises(InputError, match="ranges of deb"):
        vers.from_native("deb", ">= 1")
