"""Version order: the public cases, the orders' laws, hostile versions, names."""

import contextlib
import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from growing import Work, linear
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import InvalidVersion, Version
from shared_data import SHARED, needs_shared
from suites import versions

from keten import plugs
from keten.errors import CeilingError, InputError
from keten.formats.versions.order import CEILING, number
from keten.model.plug import Ecosystem

NAMES = plugs.names(Ecosystem)
KEYS = {name: plugs.load(Ecosystem, name).key for name in NAMES}

WORDS = st.sampled_from(
    [
        "0",
        "00",
        "01",
        "1",
        "2",
        "10",
        "a",
        "b",
        "z",
        "A",
        "alpha",
        "beta",
        "rc",
        "dev",
        "pre",
        "post",
        "p",
        "pl",
        "sp",
        "ga",
        "final",
        "snapshot",
        "r1",
        "x",
        "v",
        "foo",
        "Final",
        "git",
        "stable",
        "_alpha",
        "_p1",
    ]
)
MARKS = st.sampled_from([".", "-", "_", "+", "~", "^", ":", "!", "", ".", "-", ".."])
LIKELY = st.lists(st.tuples(MARKS, WORDS), max_size=5).map(
    lambda parts: "1" + "".join(mark + word for mark, word in parts)
)
ANY = st.one_of(LIKELY, st.text(max_size=12))


def _key(name: str, version: str) -> Any:
    """Return the key, or None where the version is refused or the tool's order has a circle."""
    try:
        key = KEYS[name](version)
    except InputError:
        return None
    if type(key).__name__ in {"Circular", "Marked"}:  # their docstrings say why
        return None
    if name == "alpm" and key.release is None:  # vercmp: equal to each of its releases
        return key.head, ()
    return key


@needs_shared
def test_public_cases() -> None:
    assert SHARED is not None
    outcomes = list(versions.run(SHARED / "vectors" / "versions"))
    assert len(outcomes) > 10_000
    assert [outcome for outcome in outcomes if not outcome.passed] == []


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60, deadline=None)
@given(texts=st.lists(ANY, min_size=3, max_size=3))
def test_order_is_total(name: str, texts: list[str]) -> None:
    keys = [key for key in (_key(name, text) for text in texts) if key is not None]
    if name == "alpm":
        keys = [key if isinstance(key, tuple) else (key.head, key.release) for key in keys]
    for a, b in itertools.product(keys, repeat=2):
        assert (a < b) + (a == b) + (a > b) == 1
        assert (a < b) == (b > a)
    for a, b, c in itertools.permutations(keys, 3):
        if a <= b <= c:
            assert a <= c


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None)
@given(text=ANY)
def test_a_version_equals_itself_and_nothing_else_is_raised(name: str, text: str) -> None:
    try:
        first, second = KEYS[name](text), KEYS[name](text)
    except InputError:
        return
    assert first == second
    assert not first < second
    assert hash(first) == hash(second)


@settings(max_examples=150, deadline=None)
@given(a=LIKELY, b=LIKELY)
def test_pypi_agrees_with_packaging(a: str, b: str) -> None:
    try:
        left, right = Version(a), Version(b)
    except InvalidVersion:
        return
    key = KEYS["pypi"]
    assert (left < right, left == right) == (key(a) < key(b), key(a) == key(b))


LONG: dict[str, tuple[Callable[[int], str], int]] = {
    "digits": (lambda n: "9" * n, 100_000),
    "zeros": (lambda n: "1." + "0" * n + "1", 100_000),
    "parts": (lambda n: "1." * n + "1", 20_000),
    "hyphens": (lambda n: "1-" * n, 20_000),
    "turns": (lambda n: "1a" * n, 20_000),
    "tildes": (lambda n: "1" + "~" * n, 100_000),
    "suffixes": (lambda n: "1" + "_p1" * n, 10_000),
    "marks": (lambda n: "1.#" + ".#" * n, 15_000),
    "nulls": (lambda n: "1" + ".0" * n + ".alpha", 20_000),
    "blanks": (lambda n: " " * n + "1", 99_999),
}


def _compared(name: str, version: str) -> None:
    """Compare a version with itself, or have it refused."""
    with contextlib.suppress(InputError):
        key = KEYS[name](version)
        assert key == key  # noqa: PLR0124 a comparison of the whole key


HOSTILE = {
    f"{name}: {kind}": Work(make, partial(_compared, name), size, 4)
    for name in NAMES
    for kind, (make, size) in LONG.items()
}


@pytest.mark.parametrize("name", NAMES)
def test_hostile_versions_take_steps_by_their_size(name: str) -> None:
    for kind, (make, size) in LONG.items():
        _compared(name, make(size))
        linear(HOSTILE[f"{name}: {kind}"])


def test_numbers_of_any_length_are_in_order() -> None:
    texts = ["0", "9", "10", "9" * 3999, "1" + "0" * 3999, "1" + "0" * 4000, "9" * 4001, "1" * 9000]
    numbers = [number(text) for text in texts]
    assert numbers == sorted(numbers)
    assert len(set(numbers)) == len(numbers)
    assert number("0" * 9000 + "7") == 7
    assert number("9" * 99_999) < number("9" * 100_000)
    assert number("9" * 99_999 + "8") < number("9" * 100_000)


@pytest.mark.parametrize("name", NAMES)
def test_too_long_or_empty_is_refused(name: str) -> None:
    with pytest.raises(CeilingError):
        KEYS[name]("1" * (CEILING + 1))
    if name != "lexicographic":
        with pytest.raises(InputError):
            KEYS[name](" ")


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("golang", "v1.2.3-0.20200101000000-abcdefabcdef", "v1.2.3"),
        ("golang", "v1.2.3-0.20200101000000-abcdefabcdef", "v1.2.3-0.20210101000000-abcdefabcdef"),
        ("golang", "go1.21rc2", "1.21.0"),
        ("npm", "1.0.0-rc.9", "1.0.0-rc.10"),
        ("apk", "1.2", "1.2-r0"),
        ("apk", "1.2_rc1-r5", "1.2-r0"),
        ("deb", "1.0-0~1", "1.0"),
        ("deb", "1:0.1", "2:0.0"),
        ("rpm", "1.0~rc1", "1.0"),
        ("rpm", "1.0", "1.0^git1"),
        ("rpm", "1.0^git1", "1.0.1"),
        ("maven", "1.0.Beta1", "1.0"),
        ("maven", "1.0-alpha-1", "1.0-SNAPSHOT"),
        ("gem", "1.0.a", "1.0"),
        ("gem", "1.a", "1.a.0.1"),
        ("gem", "1.a.0.b", "1.a"),
        ("composer", "1.0.0-beta1", "1.0.0"),
        ("composer", "1.0.0", "1.0.0-p1"),
        ("nuget", "1.0.0-Beta", "1.0.0"),
        ("openssl", "1.0.2zz", "1.1.0"),
        ("generic", "1.0rc1", "1.0"),
        ("generic", "1.0", "1.0a"),
        ("gentoo", "1.01", "1.1"),
        ("hackage", "1.0", "1.0.0"),
        ("conan", "2-", "2"),
        ("datetime", "2024-12-31T23:59:60Z", "2025-01-01T00:00:00.5Z"),
        ("intdot", "1.9-x", "1.10-a"),
    ],
)
def test_known_corners(name: str, low: str, high: str) -> None:
    assert KEYS[name](low) < KEYS[name](high)
    assert not KEYS[name](high) <= KEYS[name](low)


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("hackage", "1.x"),
        ("cran", "1.0b"),
        ("deb", "a:1"),
        ("gentoo", "1.0-foo"),
        ("datetime", "2023-02-29T00:00:00Z"),
        ("datetime", "2024-01-01"),
        ("openssl", "one"),
    ],
)
def test_what_is_no_version_is_refused(name: str, version: str) -> None:
    with pytest.raises(InputError):
        KEYS[name](version)


@pytest.mark.parametrize(
    ("name", "written", "spelled"),
    [
        ("pypi", "Zope.Interface__x", "zope-interface-x"),
        ("npm", "JSONStream", "JSONStream"),
        ("nuget", "Newtonsoft.Json", "newtonsoft.json"),
        ("composer", "Symfony/HTTP-Kernel", "symfony/http-kernel"),
        ("golang", "github.com/Masterminds/semver", "github.com/Masterminds/semver"),
        ("maven", "org.Apache:Io", "org.Apache:Io"),
    ],
)
def test_names_are_spelled_as_the_registry_does(name: str, written: str, spelled: str) -> None:
    assert plugs.load(Ecosystem, name).normalise(written) == spelled


def test_no_two_plugs_claim_one_name() -> None:
    claimed = [
        name
        for plug in (plugs.load(Ecosystem, other) for other in NAMES)
        for name in {plug.osv, *plug.osv_more} - {""}
    ]
    schemes = [scheme for name in NAMES for scheme in plugs.load(Ecosystem, name).vers]
    assert len(claimed) == len(set(claimed))
    assert len(schemes) == len(set(schemes))
