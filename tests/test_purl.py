"""Package URLs: the public cases, round trips, and arbitrary text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shared_data import SHARED, needs_shared
from suites import purl as suite

from keten.errors import CeilingError, InputError
from keten.formats import purl
from keten.formats.purl import CEILING, Purl
from keten.formats.purl_types import TYPES

TEXT = st.text(max_size=12)
NAME = st.text(min_size=1, max_size=12).filter(lambda text: text.strip("/"))


@needs_shared
def test_public_cases() -> None:
    assert SHARED is not None
    outcomes = list(suite.run(SHARED / "vectors" / "purl"))
    assert len(outcomes) > 500
    assert [outcome for outcome in outcomes if not outcome.passed] == []


@settings(max_examples=300, deadline=None)
@given(
    kind=st.sampled_from([*sorted(TYPES), "unknown"]),
    namespace=TEXT,
    name=NAME,
    version=TEXT,
    value=TEXT,
    subpath=TEXT,
)
def test_what_is_made_is_read_back(  # noqa: PLR0917 - one for each part
    kind: str, namespace: str, name: str, version: str, value: str, subpath: str
) -> None:
    text = purl.make(kind, namespace, name, version, {"key": value}, subpath)
    assert text.isascii()
    read = purl.parse(text, lenient=True)
    assert str(read) == text
    assert purl.make(kind, read.namespace, read.name, read.version, {"key": value}, read.subpath)


@settings(max_examples=300, deadline=None)
@given(
    kind=st.sampled_from(sorted(TYPES)),
    namespace=st.text(alphabet="@aZ0./-_%", max_size=6),
    name=st.text(alphabet="aZ0.-_:@", min_size=1, max_size=6),
    version=st.text(alphabet="aZ0.:+", max_size=4),
)
def test_the_short_way_gives_what_the_long_way_gives(
    kind: str, namespace: str, name: str, version: str
) -> None:
    long = purl._write(purl._spell(kind, namespace, name, version, {}, ""))
    assert purl.make(kind, namespace, name, version) == long


@settings(max_examples=300, deadline=None)
@given(text=st.one_of(TEXT, TEXT.map("pkg:".__add__), TEXT.map("pkg:npm/".__add__)))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (purl.parse, purl.canonical):
        try:
            read(text)
        except InputError:
            continue
    try:
        spelled = purl.canonical(text)
    except InputError:
        return
    assert purl.canonical(spelled) == spelled


def test_a_scope_is_no_version() -> None:
    assert purl.parse("pkg:npm/@babel/core@7.0.0") == Purl(
        type="npm", namespace="@babel", name="core", version="7.0.0"
    )
    assert str(purl.parse("pkg:npm/@babel/core")) == "pkg:npm/%40babel/core"


@pytest.mark.parametrize(
    "text",
    [
        "pkg:npm/a%zz",
        "pkg:npm/%ff",
        "pkg:npm/a?k=1&K=2",
        "pkg:npm/a?1k=1",
        "pkg:npm",
        "pkg:3npm/a",
        "http:npm/a",
        "pkg:pypi/a/b@1",
        "pkg:maven/junit@4",
        "pkg:julia/Dates",
        "pkg:bazel/rules_go",
        "pkg:chrome-extension/short",
        "pkg:swift/github.com/x",
        "pkg:cpan/URI::URL",
    ],
)
def test_what_is_no_purl_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        purl.parse(text)


def test_lenient_takes_what_tools_write() -> None:
    read = purl.parse("pkg:deb/curl@1?Arch=amd64", lenient=True)
    assert (read.namespace, read.qualifiers) == ("", (("arch", "amd64"),))


def test_building_checks_the_parts() -> None:
    assert purl.build(Purl(type="PyPI", name="A_b", version="1")) == "pkg:pypi/a-b@1"
    for wrong in (
        Purl(type="1x", name="a"),
        Purl(type="npm", name=""),
        Purl(type="npm", name="a", qualifiers=(("a b", "1"),)),
        Purl(type="npm", name="a", qualifiers=(("a", "1"), ("a", "2"))),
    ):
        with pytest.raises(InputError):
            purl.build(wrong)
    with pytest.raises(InputError):
        purl.make("npm", "", "")


def test_a_long_one_is_refused_at_once() -> None:
    with pytest.raises(CeilingError):
        purl.parse("pkg:npm/" + "a" * CEILING)
