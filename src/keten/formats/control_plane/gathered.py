"""What the readers of configuration share: documents one by one, and facts of what was found."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from keten.errors import InputError
from keten.model.control_plane import Component
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


def documents(
    data: bytes, *, strict: bool = False, wanted: re.Pattern[bytes] | None = None
) -> Iterator[Any]:
    """Yield the documents of YAML or JSON that are mappings, as Kubernetes reads them.

    What is broken is passed over, since the reader of objects tells of it; *strict* raises.
    Documents without *wanted* in their bytes are not parsed.
    """
    from keten.formats.yaml.documents import load_part
    from keten.formats.yaml.stream import split

    try:
        for part in split(data):
            if wanted is not None and wanted.search(part.data) is None:
                continue
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


def objects(data: bytes, wanted: re.Pattern[bytes]) -> Iterator[tuple[Any, dict[str, int], int]]:
    """Yield the objects of YAML or JSON, those of Lists too, with their fields and line.

    Only what has *wanted* in its bytes is parsed: most of a file is read by others already. Of
    an object in a List only the line is told.
    """
    from keten.formats.kubernetes.listing import LONG, listing

    long = listing(data) if len(data) > LONG else None
    if long is not None:
        kept = [raw for raw in long.items if wanted.search(memoryview(raw))]
        kind = {"kind": long.kind.removesuffix("List")}
        try:
            for item in msgspec.structs.replace(long, items=kept):
                if isinstance(item.value, dict):
                    yield kind | item.value, {}, item.line
        except InputError:
            return
        return
    for document in documents(data, wanted=wanted):
        value = document.value
        yield value, document.fields, document.line
        head = text(value.get("kind")).removesuffix("List")
        for i, item in enumerate(items(value.get("items"))):
            if isinstance(item, dict):
                yield {"kind": head} | item, {}, document.fields.get(f"items[{i}]", document.line)


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
            if isinstance(node, Component) and not node.unread:
                looked.append(Looked(node.ref, "server-files"))
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
