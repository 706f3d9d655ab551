"""The graph: merging, the View, and facts as text."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keten.errors import InputError
from keten.graph.places import Places
from keten.graph.store import Graph, merge
from keten.graph.text import dump, parse
from keten.model.delivery import File, Image
from keten.model.evidence import Place, Problem
from keten.model.facts import Edge, Facts, Looked, Trust
from keten.testing.examples import facts_of

ROOT = Path(__file__).parents[1]
NOW = date(2026, 11, 22)
A, B = Image("a:1", tag="1"), Image("b:2", digest="sha256:00")


def test_what_is_printed_of_a_real_directory_is_read_back() -> None:
    files = {
        str(file.relative_to(ROOT / "examples/webshop")): file.read_bytes()
        for file in (ROOT / "examples/webshop").rglob("*")
        if file.is_file()
    }
    facts = facts_of(files)
    again = parse(dump(facts))

    assert len(facts.nodes) > 40
    assert set(map(repr, again.nodes)) == set(map(repr, facts.nodes))
    assert {(e.src, e.relation, e.dst, e.trust) for e in again.edges} == {
        (e.src, e.relation, e.dst, e.trust) for e in facts.edges
    }
    assert set(again.looked) == set(facts.looked)
    assert set(again.problems) == set(facts.problems)
    assert dump(merge([again])) == dump(facts)


@given(st.permutations([A, B, Image("a:1", tag="other")]))
def test_order_never_shows(nodes: list[Image]) -> None:
    parts = [Facts((node,), looked=(Looked(node.ref, "content"),)) for node in nodes]

    assert merge(parts) == merge([Facts((A, B, Image("a:1", tag="other"))), *parts])


@given(st.text(), st.text())
def test_any_words_of_a_problem_are_read_back(path: str, what: str) -> None:
    problem = Problem(path, what, line=3)

    assert parse(dump(Facts(problems=(problem,)))).problems == (problem,)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("imge a:1", "not a fact"),
        ("image a:1\n  tg 1", "no field 'tg'"),
        ("image a:1\n  tag 1", "Expected `str`"),
        ('image a:1\n  tag "1', "a field's value is JSON"),
        ('  tag "1"', "a field without a node"),
        ("image a:1 -> runs -> image b:2 surely", "claimed, observed or verified"),
        ('problem "x"', "not a problem"),
    ],
)
def test_what_is_no_fact_is_named(text: str, error: str) -> None:
    with pytest.raises(InputError) as raised:
        parse(f"# a comment\n{text}\n")

    assert error in str(raised.value)
    assert raised.value.line


def test_a_query_is_told_how_far_to_believe() -> None:
    edges = tuple(Edge(A.ref, "signed-by", B.ref, trust) for trust in Trust)
    view = Graph(Facts((A, B), edges), NOW)

    assert [len(view.out(A, "signed-by", trust)) for trust in Trust] == [3, 2, 1]
    assert [len(view.into(B, "signed-by", trust)) for trust in Trust] == [3, 2, 1]
    assert view.out(A, "built-by", Trust.CLAIMED) == []
    assert view.node(A.ref) == A
    assert view.node("image c:3") is None
    assert list(view.every(Image)) == [A, B]


def test_found_nothing_is_not_did_not_look() -> None:
    view = Graph(Facts((A, B), looked=(Looked(A.ref, "provenance"), Looked("*", "tree"))), NOW)

    assert view.covers(A, "provenance")
    assert not view.covers(B, "provenance")
    assert view.covers(B, "tree")


def test_a_local_view_refuses_questions_of_the_graph() -> None:
    view = Graph(Facts((A,)), NOW, local=True)

    for ask in (
        lambda: view.out(A, "runs", Trust.CLAIMED),
        lambda: view.into(A, "runs", Trust.CLAIMED),
        lambda: view.node(A.ref),
        lambda: view.every(Image),
    ):
        with pytest.raises(LookupError, match="name what it needs"):
            ask()


def test_a_place_is_that_of_the_nearest_field_in_the_file() -> None:
    import msgspec

    fields = {"spec.containers[0]": 7, "spec.containers[0].image": 8, "spec": 5}
    node = File("a.yaml")
    places = Places([Place(node.ref, "a.yaml", 2, fields=msgspec.msgpack.encode(fields))])

    def line(field: str) -> int:
        found = places.find(node, field)
        assert found is not None
        return found.line

    assert line("spec.containers[0].image") == 8
    assert line("spec.containers[0].securityContext.privileged") == 7
    assert line("spec.containers[1].image") == 5
    assert line("metadata.name") == 2
    assert line("") == 2
    assert places.find(A) is None
