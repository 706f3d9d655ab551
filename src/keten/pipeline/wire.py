"""Facts as bytes, typed: how they cross between processes and are kept."""

from typing import Any

import msgspec
from msgspec import Struct

from keten.model.evidence import Evidence, Place, Problem
from keten.model.facts import Edge, Facts, Looked
from keten.model.nodes import AnyNode


class Wire(Struct):
    """The fields of Facts, with the types of their nodes."""

    nodes: tuple[AnyNode, ...] = ()
    edges: tuple[Edge, ...] = ()
    looked: tuple[Looked, ...] = ()
    problems: tuple[Problem, ...] = ()
    places: tuple[Place, ...] = ()
    evidence: tuple[Evidence, ...] = ()


def fields(facts: Facts | Wire) -> dict[str, Any]:
    """Return the fields that both have."""
    return {name: getattr(facts, name) for name in Facts.__struct_fields__}


def pack(facts: Facts) -> bytes:
    """Return facts as MessagePack."""
    return msgspec.msgpack.encode(Wire(**fields(facts)))


def unpack(data: bytes) -> Facts:
    """Return facts again; msgspec.MsgspecError for what *pack* did not write."""
    return Facts(**fields(msgspec.msgpack.decode(data, type=Wire)))
