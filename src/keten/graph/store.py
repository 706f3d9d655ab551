"""The graph at rest: facts merged, indexed, and seen through a View."""

from collections import defaultdict
from collections.abc import Callable, Collection, Container, Iterable, Sequence
from datetime import date
from itertools import islice
from operator import eq, lt
from typing import Any, TypeVar

import msgspec

from keten.model.evidence import Evidence, Place, Problem
from keten.model.facts import Edge, Facts, Looked, Node, Trust

N = TypeVar("N", bound=Node)
T = TypeVar("T")
R = TypeVar("R", Edge, Looked, Problem)


def merge(parts: Iterable[Facts]) -> Facts:
    """Return one Facts, sorted and without repeats, so that the order of reading never shows.

    Two nodes with one ref and other fields both stay: the ref is then ambiguous, and
    ``View.node`` returns the first in sorted order.
    """
    nodes: dict[str, Any] = {}
    more: dict[str, list[Any]] = {}
    edges: list[Edge] = []
    looked: list[Looked] = []
    problems: list[Problem] = []
    places: list[tuple[Place, ...]] = []
    evidence: dict[tuple[str, str], Evidence] = {}
    for part in parts:
        for node in part.nodes:
            ref = node.ref
            first = nodes.setdefault(ref, node)
            if first is not node and first != node:
                same = more.setdefault(ref, [first])
                if node not in same:
                    same.append(node)
        edges += part.edges
        looked += part.looked
        problems += part.problems
        if part.places:
            places.append(part.places)
        for item in part.evidence:
            evidence.setdefault((item.origin.path, item.digest), item)
    return Facts(
        nodes=_nodes(nodes, more),
        edges=_sorted(edges),
        looked=_sorted(looked),
        problems=_sorted(problems),
        places=_places(places),
        evidence=tuple(evidence[key] for key in sorted(evidence)),
    )


def _nodes(nodes: dict[str, Any], more: dict[str, list[Any]]) -> tuple[Any, ...]:
    """Return *nodes* by their refs, with all of one ref where there are *more*."""
    refs = list(nodes)
    if not more and _ascends(refs):
        return tuple(nodes.values())
    refs.sort()
    if not more:
        return tuple([nodes[ref] for ref in refs])
    return tuple(
        node for ref in refs for node in (_ordered(more[ref]) if ref in more else (nodes[ref],))
    )


def _places(parts: list[tuple[Place, ...]]) -> tuple[Place, ...]:
    """Return the places in order, of those at one spot the first."""
    places = [place for part in parts for place in part] if len(parts) != 1 else parts[0]
    keys = [(place.node, place.path, place.line) for place in places]
    if _ascends(keys):
        return tuple(places)
    found: dict[tuple[str, str, int], Place] = {}
    for key, place in zip(keys, places, strict=True):
        found.setdefault(key, place)
    return tuple([found[key] for key in sorted(found)])


def _ascends(items: Sequence[Any]) -> bool:
    """Return whether *items* are sorted and none is there twice."""
    return all(map(lt, items, islice(items, 1, None)))


def _ordered(nodes: list[Any]) -> list[Any]:
    return sorted(nodes, key=msgspec.json.encode)


def _sorted(items: list[R]) -> tuple[R, ...]:
    """Return *items* sorted and without repeats. What was merged before is sorted already."""
    items.sort()
    if any(map(eq, items, islice(items, 1, None))):
        last: R | None = None
        found = []
        for item in items:
            if item != last:
                found.append(item)
                last = item
        return tuple(found)
    return tuple(items)


class Graph:
    """A View over facts. With *local*, only the subject itself may be asked about."""

    def __init__(self, facts: Facts, now: date, *, local: bool = False) -> None:
        self.now = now
        self._facts = facts
        self._local = local
        self._looked: dict[str, set[str]] = {}
        for item in facts.looked:
            self._looked.setdefault(item.need, set()).add(item.ref)
        self._nodes: dict[str, Node] | None = None
        self._types: dict[type, list[Any]] = {}
        self._relations: dict[str, list[Edge]] | None = None
        self._out: dict[str, dict[str, list[Edge]]] = {}
        self._into: dict[str, dict[str, list[Edge]]] = {}
        self._made: dict[Callable[[Any], Any], Any] = {}

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
        found = self._out.get(relation)
        if found is None:
            found = self._out[relation] = defaultdict(list)
            for edge in self._edges(relation):
                found[edge.src].append(edge)
        return [e for e in found.get(node.ref, ()) if e.trust >= trust]

    def into(self, node: Node, relation: str, trust: Trust) -> Sequence[Edge]:
        """See View."""
        self._widen("into")
        found = self._into.get(relation)
        if found is None:
            found = self._into[relation] = defaultdict(list)
            for edge in self._edges(relation):
                found[edge.dst].append(edge)
        return [e for e in found.get(node.ref, ()) if e.trust >= trust]

    def covers(self, node: Node, need: str) -> bool:
        """See View."""
        return not self.lacking(node, (need,))

    def looked(self, need: str) -> Collection[str]:
        """Return the refs at which *need* was looked for; ``*`` among them stands for all."""
        return self._looked.get(need, ())

    def sources(self, relation: str) -> Container[str]:
        """Return the refs that edges *relation* leave from, however far they are believed."""
        return {edge.src for edge in self._edges(relation)}

    def lacking(self, node: Node, needs: Iterable[str]) -> list[str]:
        """Return those of *needs* that were not looked for at *node*."""
        ref = node.ref
        missed = []
        for need in needs:
            refs = self._looked.get(need)
            if refs is None or (ref not in refs and "*" not in refs):
                missed.append(need)
        return missed

    def once(self, make: "Callable[[Graph], T]") -> T:
        """See View."""
        self._widen("once")
        if make not in self._made:
            self._made[make] = make(self)
        made: T = self._made[make]
        return made

    def _edges(self, relation: str) -> Sequence[Edge]:
        """Return the edges of one relation: most are never asked for."""
        if self._relations is None:
            self._relations = defaultdict(list)
            for edge in self._facts.edges:
                self._relations[edge.relation].append(edge)
        return self._relations.get(relation, ())

    def _widen(self, asked: str) -> None:
        if self._local:
            raise LookupError(
                f"a check whose needs do not leave its subject asked the graph ({asked}); "
                "name what it needs of the graph in its needs"
            )
