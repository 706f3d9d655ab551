"""Facts: the things there are, how they hang together, and how far that is believed."""

from collections.abc import Callable, Sequence
from datetime import date
from enum import IntEnum
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from keten.model.evidence import Evidence, Place, Problem


class Trust(IntEnum):
    """How far a fact is believed: someone says so, keten saw it, it is proven."""

    CLAIMED = 0
    OBSERVED = 1
    VERIFIED = 2


_BEGINS: dict[type, str] = {}
"""What the refs of a type of node begin with: refs are asked for millions of times."""


class Node(Struct, frozen=True, omit_defaults=True):
    """A thing. *id* is unique among nodes of its type; equality is of all fields.

    A node type sets its tag (the word in the text form) and, when the parts of an id that
    change without the thing changing should not count, overrides ``identity``.
    """

    id: str

    @property
    def ref(self) -> str:
        """Return ``tag id``: how edges and findings name this node."""
        try:
            return _BEGINS[type(self)] + self.id
        except KeyError:
            begin = _BEGINS[type(self)] = f"{self.__struct_config__.tag} "
            return begin + self.id

    @property
    def identity(self) -> str:
        """Return what of the id stays the same while the thing does: for fingerprints."""
        return self.id


class Edge(Struct, frozen=True, omit_defaults=True, order=True):
    """*src* *relation* *dst* (refs), how far it is believed, and what says so.

    *evidence* is a digest, or the path of the file where the digest is kept in Facts;
    *by* the plug that says so.
    """

    src: str
    relation: str
    dst: str
    trust: Trust
    evidence: str = ""
    by: str = ""


class Looked(Struct, frozen=True, order=True):
    """The evidence *need* was looked for at the node *ref*, whether or not it was found.

    *ref* may be ``*``: at every node, as when a whole directory was walked.
    """

    ref: str
    need: str


class Facts(Struct, frozen=True, omit_defaults=True):
    """What a reader says of some bytes, or what follows from other facts.

    *looked* keeps "found nothing" apart from "did not look"; *problems* is unreadable input.
    """

    nodes: tuple[Any, ...] = ()
    edges: tuple[Edge, ...] = ()
    looked: tuple[Looked, ...] = ()
    problems: tuple[Problem, ...] = ()
    places: tuple[Place, ...] = ()
    evidence: tuple[Evidence, ...] = ()


N = TypeVar("N", bound=Node)
T = TypeVar("T")


class View(Protocol):
    """The read-only face of the graph: all that a check may see."""

    @property
    def now(self) -> date:
        """Return the day of this run, the only clock a check has."""
        ...

    def node(self, ref: str) -> Node | None:
        """Return the node that *ref* names, if there are facts about it."""
        ...

    def every(self, kind: type[N]) -> Sequence[N]:
        """Return all nodes of a type, sorted by id."""
        ...

    def out(self, node: Node, relation: str, trust: Trust) -> Sequence[Edge]:
        """Return the edges *relation* that leave *node*, believed at least as far as *trust*."""
        ...

    def into(self, node: Node, relation: str, trust: Trust) -> Sequence[Edge]:
        """Return the edges *relation* that arrive at *node*, believed as far as *trust*."""
        ...

    def covers(self, node: Node, need: str) -> bool:
        """Return whether *need* was looked for at *node*, found or not."""
        ...

    def once(self, make: "Callable[[View], T]") -> T:
        """Return what *make* makes of this view: made the first time, kept while the view is."""
        ...
