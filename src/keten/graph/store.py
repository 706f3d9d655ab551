"""The graph at rest: facts merged, indexed, and seen through a View."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, TypeVar

import msgspec

from keten.model.evidence import Evidence, Place, Problem
from keten.model.facts import Edge, Facts, Looked, Node, Trust

N = TypeVar("N", bound=Node)


def merge(parts: Iterable[Facts]) -> Facts:
    """Return one Facts, sorted and without repeats, so that the order of reading never shows.

    Two nodes with one ref and other fields both stay: the ref is then ambiguous, and
    ``View.node`` returns the first in sorted order.
    """
    nodes: dict[str, list[Any]] = {}
    edges: set[Edge] = set()
    looked: set[Looked] = set()
    problems: set[Problem] = set()
    places: dict[tuple[str, str, int], Place] = {}
    evidence: dict[tuple[str, str], Evidence] = {}
    for part in parts:
        for node in part.nodes:
            same = nodes.setdefault(node.ref, [])
            if node not in same:
                same.append(node)
        edges.update(part.edges)
        looked.update(part.looked)
        problems.update(part.problems)
        for place in part.places:
            places.setdefault((place.node, place.path, place.line), place)
        for item in part.evidence:
            evidence.setdefault((item.origin.path, item.digest), item)
    return Facts(
        nodes=tuple(node for ref in sorted(nodes) for node in _ordered(nodes[ref])),
        edges=tuple(sorted(edges)),
        looked=tuple(sorted(looked)),
        problems=tuple(sorted(problems)),
        places=tuple(places[key] for key in sorted(places)),
        evidence=tuple(evidence[key] for key in sorted(evidence)),
    )


def _ordered(nodes: list[Any]) -> list[Any]:
    return nodes if len(nodes) == 1 else sorted(nodes, key=msgspec.json.encode)


class Graph:
    """A View over facts. With *local*, only the subject itself may be asked about."""

    def __init__(self, facts: Facts, now: date, *, local: bool = False) -> None:
        self.now = now
        self._facts = facts
        self._local = local
        self._looked = {(item.ref, item.need) for item in facts.looked}
        self._nodes: dict[str, Node] | None = None
        self._types: dict[type, list[Any]] = {}
        self._out: dict[tuple[str, str], list[Edge]] | None = None
        self._into: dict[tuple[str, str], list[Edge]] = {}

    def node(self, ref: str) -> Node | None:
        """See View."""
        self._widen("node")
        if self._nodes is None:
            self._nodes = {}
            for node in self._facts.nodes:
                self._nodes.setdefault(node.ref, node)
        return self._nodes.get(ref)

    def every(self, kind: type[N]) -> Sequence[N]:
        """See View."""
        self._widen("every")
        if not self._types:
            for node in self._facts.nodes:
                self._types.setdefault(type(node), []).append(node)
        return self._types.get(kind, [])

    def out(self, node: Node, relation: str, trust: Trust) -> Sequence[Edge]:
        """See View."""
        self._widen("out")
        self._index()
        assert self._out is not None
        return [e for e in self._out.get((node.ref, relation), ()) if e.trust >= trust]

    def into(self, node: Node, relation: str, trust: Trust) -> Sequence[Edge]:
        """See View."""
        self._widen("into")
        self._index()
        return [e for e in self._into.get((node.ref, relation), ()) if e.trust >= trust]

    def covers(self, node: Node, need: str) -> bool:
        """See View."""
        return (node.ref, need) in self._looked or ("*", need) in self._looked

    def _index(self) -> None:
        if self._out is None:
            out: dict[tuple[str, str], list[Edge]] = defaultdict(list)
            into: dict[tuple[str, str], list[Edge]] = defaultdict(list)
            for edge in self._facts.edges:
                out[edge.src, edge.relation].append(edge)
                into[edge.dst, edge.relation].append(edge)
            self._out, self._into = out, into

    def _widen(self, asked: str) -> None:
        if self._local:
            raise LookupError(
                f"a check whose needs do not leave its subject asked the graph ({asked}); "
                "name what it needs of the graph in its needs"
            )
