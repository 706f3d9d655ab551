"""Ranges are evaluated as the OSV schema says; the slow reading here is its text, literally."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keten.advisories.ranges import Doubt, Order, affected, canonical, fixes
from keten.advisories.records import Entry
from keten.formats.versions import semver

VERSIONS = ["0.0.1", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0-0", "2.0.0", "3.1.4"]


def literal(version: str, events: list[str]) -> bool:
    """Evaluate as the pseudo-code of the schema: limits first, then events in order."""

    def key(text: str) -> Any:
        return ((), -1) if text == "0" else semver.key(text)

    limits = [event[1:] for event in events if event[0] == "l"]
    if limits and not any(limit == "*" or semver.key(version) < key(limit) for limit in limits):
        return False
    vulnerable = False
    for event in sorted((e for e in events if e[0] != "l"), key=lambda e: key(e[1:])):
        match event[0]:
            case "i" if event == "i0" or semver.key(version) >= key(event[1:]):
                vulnerable = True
            case "f" if semver.key(version) >= key(event[1:]):
                vulnerable = False
            case "a" if semver.key(version) > key(event[1:]):
                vulnerable = False
    return vulnerable


@st.composite
def events(draw: st.DrawFn) -> list[str]:
    """Return events at different versions, in any order, with fixed or last_affected."""
    chosen = draw(st.lists(st.sampled_from(VERSIONS), unique=True, max_size=6))
    end = draw(st.sampled_from("fa"))
    made = [draw(st.sampled_from("i" + end)) + version for version in chosen]
    made += draw(st.sampled_from([[], ["i0"]]))
    made += draw(st.sampled_from([[], [], ["l*"], ["l1.2.0"], ["l1.2.0", "l2.0.0"]]))
    return draw(st.permutations(made))


@given(events(), st.sampled_from(VERSIONS))
def test_as_the_schema_says(made: list[str], version: str) -> None:
    entry = Entry(0, (("S", *made),))

    assert affected(version, entry, Order("npm"), malicious=False) is literal(version, made)


def judge(version: str, *ranges: tuple[str, ...], **fields: Any) -> bool | Doubt:
    malicious = fields.pop("malicious", False)
    order = Order(fields.pop("ecosystem", "PyPI"))
    return affected(version, Entry(0, ranges, **fields), order, malicious=malicious)


def test_listed_versions_are_compared_as_text() -> None:
    assert judge("1.0", versions=("1.0",)) is True
    assert judge("1.0.0", versions=("1.0",)) is False


def test_range_or_list() -> None:
    assert judge("0.5", ("E", "i0", "f1.0"), versions=("2.0",)) is True
    assert judge("2.0", ("E", "i0", "f1.0"), versions=("2.0",)) is True
    assert judge("1.0", ("E", "i0", "f1.0"), versions=("2.0",)) is False


def test_the_order_is_the_ecosystems() -> None:
    assert judge("1.0.post1", ("E", "i0", "f1.0")) is False
    assert judge("1.0rc1", ("E", "i0", "f1.0")) is True
    assert judge("1.10", ("E", "i1.9", "a1.10")) is True


def test_ended_and_begun_at_one_version() -> None:
    assert judge("1.0", ("E", "f1.0", "i1.0", "i0")) is True
    assert judge("1.0", ("E", "i1.0", "a1.0")) is True
    assert judge("1.0.1", ("E", "i1.0", "a1.0")) is False


def test_commits_do_not_matter_beside_versions() -> None:
    assert judge("2.0", ("G", "i0", "fabc"), ("E", "i0", "f1.0")) is False
    assert judge("2.0", ("G", "i0", "fabc"), versions=("1.0",)) is False


def test_only_commits_is_a_doubt() -> None:
    assert isinstance(judge("2.0", ("G", "i0", "fabc")), Doubt)


def test_malicious_without_versions_is_all_of_them() -> None:
    assert judge("2.0", malicious=True) is True
    assert isinstance(judge("2.0"), Doubt)


def test_unreadable_version_is_a_doubt_unless_all_are_affected() -> None:
    order = Order("npm")
    fixed = Entry(0, (("S", "i0", "f1.0.0"),))
    whole = Entry(0, (("S", "i0"),))

    assert isinstance(affected("latest", fixed, order, malicious=False), Doubt)
    assert affected("latest", whole, order, malicious=False) is True


def test_unreadable_event_is_a_doubt_unless_another_range_says_yes() -> None:
    bad, good = ("S", "i0", "flatest"), ("S", "i0", "f2.0.0")

    assert isinstance(judge("1.0.0", bad, ecosystem="npm"), Doubt)
    assert judge("1.0.0", bad, good, ecosystem="npm") is True


def test_version_of_100_000_digits_is_a_doubt() -> None:
    assert isinstance(judge("9" * 100_000, ("E", "i0", "f1.0")), Doubt)
    assert isinstance(judge("1." * 50_000, ("S", "i0", "f1.0.0"), ecosystem="Go"), Doubt)


def test_ecosystem_without_an_order_is_a_doubt() -> None:
    assert isinstance(judge("1.0", ("E", "i0", "f1.0"), ecosystem="Bitnami"), Doubt)
    assert judge("1.0.0", ("S", "i0", "f2.0.0"), ecosystem="Bitnami") is True


def test_go_versions_that_fit_no_module_version() -> None:
    fields: dict[str, Any] = {"custom": (("S", "i0", "f1.9.0"),), "ecosystem": "Go"}

    assert judge("1.8.0", ("S", "i0"), **dict(fields)) is True
    assert judge("1.9.5", ("S", "i0"), **dict(fields)) is False
    assert judge("0.0.0-20240101000000-0123456789ab", ("S", "i0"), **dict(fields)) is True


@pytest.mark.parametrize(
    ("name", "version", "spelled"),
    [
        ("golang.org/x/net", "v0.17.0", "0.17.0"),
        ("example.com/m", "v2.0.0+incompatible", "2.0.0+incompatible"),
        ("stdlib", "go1.21", "1.21.0"),
        ("stdlib", "1.21.3", "1.21.3"),
        ("toolchain", "go1.21rc2", "1.21.0-rc.2"),
        ("stdlib", "go1.22.1 X:boringcrypto", "1.22.1"),
    ],
)
def test_go_spelling(name: str, version: str, spelled: str) -> None:
    assert canonical("Go", name, version) == spelled


def test_fixed_versions_are_not_commits() -> None:
    assert fixes(Entry(0, (("G", "i0", "fabc"), ("E", "i0", "f1.0", "i2.0", "f2.1")))) == (
        "1.0",
        "2.1",
    )
