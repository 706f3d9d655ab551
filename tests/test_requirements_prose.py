"""A text that only has the name of a requirements file is none."""

from keten import plugs
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.testing.examples import Memory

PROSE = b"""Constraint reference
====================

PostgreSQL supports additional data integrity constraints, such as these.

.. admonition:: Read the manual (twice).

(F("room"), RangeOperators.EQUAL),
- one that begins with a dash, and goes on.
The operators of each are given below, in turn.
"""


def _read(path: str, data: bytes) -> Facts:
    return plugs.load(Reader, "packages/requirements").read(Source(path, data, Memory({})))


def test_prose_elsewhere_is_passed_over() -> None:
    facts = _read("docs/ref/constraints.txt", PROSE)
    assert not facts.nodes
    assert not facts.problems


def test_prose_under_the_proper_name_is_told_once() -> None:
    (problem,) = _read("requirements.txt", PROSE).problems
    assert "not as requirements" in problem.what


def test_one_bad_line_among_good_ones_is_told_where_it_stands() -> None:
    data = b"".join(b"name%d==1.%d\n" % (i, i) for i in range(9)) + b"(never)\n"
    facts = _read("constraints.txt", data)
    assert [problem.line for problem in facts.problems] == [10]
    assert len(facts.nodes) > 8
