"""Checks made ready to be asked of many nodes: which of them, and what a node lacks."""

from collections.abc import Callable, Container, Iterable
from typing import Any

import msgspec

from keten.graph.store import Graph
from keten.model.check import Check
from keten.model.facts import Node, View
from keten.model.finding import Violation


class Question(msgspec.Struct):
    """A check made ready to be asked of many nodes.

    *sources*: the refs from which the relation leaves that it asks about; None: it is asked of
    each node.
    """

    name: str
    check: Check
    run: Callable[[Any, View], Iterable[Violation]]
    sources: Container[str] | None
    passed: int = 0

    def asks(self, ref: str) -> bool:
        """Return whether there is what it asks about; where there is not, the node has passed."""
        if self.sources is None or ref in self.sources:
            return True
        self.passed += 1
        return False

    def lacks(self, lacking: Container[str]) -> str:
        """Return the first need that is among those that a node lacks, "" where none is."""
        for need in self.check.needs:
            if need in lacking:
                return need
        return ""


class Asking:
    """The checks of one type of node, and which of them a node is asked.

    Many checks share a condition: it is put to a node once, and what follows is remembered.
    """

    def __init__(self, table: Iterable[tuple[str, Check]], view: Graph) -> None:
        self.questions: list[Question] = []
        self._conditions: list[Callable[[Any], bool]] = []
        self._of: list[int] = []
        self._known: dict[int, list[Question]] = {}
        for name, check in table:
            sources = view.sources(check.asks) if check.asks else None
            self.questions.append(Question(name, check, check.run, sources))
            if check.applies is None:
                self._of.append(-1)
                continue
            if check.applies not in self._conditions:
                self._conditions.append(check.applies)
            self._of.append(self._conditions.index(check.applies))
        self.sourced = any(question.sources is not None for question in self.questions)

    def ready(self, node: Node) -> list[Question]:
        """Return the questions whose conditions *node* meets."""
        mask = 0
        for i, applies in enumerate(self._conditions):
            if applies(node):
                mask |= 1 << i
        found = self._known.get(mask)
        if found is None:
            found = self._known[mask] = [
                question
                for question, condition in zip(self.questions, self._of, strict=True)
                if condition < 0 or mask >> condition & 1
            ]
        return found


def gaps_of(
    table: Iterable[tuple[str, Check]], view: Graph
) -> tuple[list[str], list[tuple[str, Container[str]]]]:
    """Return the needs of *table* that are met nowhere, and those that are met at some refs."""
    found = {need: view.looked(need) for _, check in table for need in check.needs}
    nowhere = [need for need, refs in found.items() if not refs]
    return nowhere, [(need, refs) for need, refs in found.items() if refs and "*" not in refs]
