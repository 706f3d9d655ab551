"""What the readers of configuration share: documents one by one, and facts of what was found."""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from keten.errors import InputError
from keten.model.evidence import Link, Place, Problem
from keten.model.facts import Facts, Looked, Node

FOUND = 10_000
"""The most nodes of one file."""


class Found(Struct, frozen=True):
    """A node and where it stands; *whole*: all of it is known. *line* 0: of the file."""

    node: Any
    fields: dict[str, int]
    line: int = 1
    whole: bool = True
    why: str = ""
    advice: str = ""


def documents(data: bytes, *, strict: bool = False) -> Iterator[Any]:
    """Yield the documents of YAML or JSON that are mappings, as Kubernetes reads them.

    What is broken is passed over, since the reader of objects tells of it; *strict* raises.
    """
    from keten.formats.yaml.documents import load_part
    from keten.formats.yaml.stream import split

    try:
        for part in split(data):
            try:
                document = load_part(part)
            except InputError:
                if strict:
                    raise
                continue
            if document is not None and isinstance(document.value, dict):
                yield document
    except InputError:
        if strict:
            raise


def facts(found: Iterator[Found], path: str, need: str) -> Facts:
    """Return the facts of what was *found*; a second node of an id gets ``~2``."""
    nodes: list[Node] = []
    looked: list[Looked] = []
    places: list[Place] = []
    problems: list[Problem] = []
    ids: dict[tuple[type, str], int] = {}
    for item in found:
        node = item.node
        count = ids[type(node), node.id] = ids.get((type(node), node.id), 0) + 1
        if count > 1:
            node = msgspec.structs.replace(node, id=f"{node.id}~{count}")
        nodes.append(node)
        fields = msgspec.msgpack.encode(item.fields) if item.fields else b""
        places.append(Place(node.ref, path, item.line, fields=fields))
        if item.whole:
            looked.append(Looked(node.ref, need))
        elif item.why:
            problems.append(
                Problem(
                    path, item.why, item.line, advice=item.advice, link=Link.RUNTIME,
                    about=node.ref, need=need,
                )
            )  # fmt: skip
        if len(nodes) >= FOUND:
            break
    return Facts(
        nodes=tuple(nodes), looked=tuple(looked), places=tuple(places), problems=tuple(problems)
    )


def below(fields: dict[str, int], prefix: str) -> dict[str, int]:
    """Return the fields below *prefix*, without it."""
    start = f"{prefix}."
    return {
        path.removeprefix(start): line for path, line in fields.items() if path.startswith(start)
    }


def texts(value: Any) -> tuple[str, ...]:
    """Return the texts of a list, () for anything else."""
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def mapping(value: Any) -> dict[str, Any]:
    """Return *value* where it is a mapping, {} for anything else."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """Return *value* where it is a list, [] for anything else."""
    return value if isinstance(value, list) else []


def text(value: Any) -> str:
    """Return *value* where it is text, "" for anything else."""
    return value if isinstance(value, str) else ""
