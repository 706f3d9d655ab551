"""The control plane's programs, where pods run them: static pods, lists of a live cluster."""

import re
from collections.abc import Iterator

from keten.errors import InputError
from keten.formats.control_plane import pods
from keten.formats.control_plane.gathered import Found, facts
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source

_FLAGS = re.compile(rb"--[a-z]|ETCD_|/etcd", re.ASCII)


def read(source: Source) -> Facts:
    """Return the components that the pods of a file run; most files run none."""
    if pods.KNOWN.search(source.data) is None or _FLAGS.search(source.data) is None:
        return Facts()
    from keten.formats.kubernetes.templates import role

    if role(source) != "object":
        return Facts()
    return facts(_found(source), source.path, "flags")


def _found(source: Source) -> Iterator[Found]:
    from keten.formats.kubernetes.listing import LONG, listing

    long = listing(source.data) if len(source.data) > LONG else None
    if long is not None:
        try:
            for item in long:
                if isinstance(item.value, dict):
                    kind = {"kind": long.kind.removesuffix("List")}
                    yield from pods.found(kind | item.value, {}, source.path, item.line)
        except InputError:
            return
        return
    yield from _documents(source)


def _documents(source: Source) -> Iterator[Found]:
    """Read the documents that name a component and flags; the others are not parsed again."""
    from keten.formats.control_plane.gathered import items
    from keten.formats.yaml.documents import load_part
    from keten.formats.yaml.stream import split

    try:
        for part in split(source.data):
            if pods.KNOWN.search(part.data) is None or _FLAGS.search(part.data) is None:
                continue
            try:
                document = load_part(part)
            except InputError:
                continue
            if document is None or not isinstance(document.value, dict):
                continue
            value = document.value
            yield from pods.found(value, document.fields, source.path, document.line)
            head = str(value.get("kind") or "")
            for i, item in enumerate(items(value.get("items"))):
                if isinstance(item, dict):
                    line = document.fields.get(f"items[{i}]", document.line)
                    typed = {"kind": head.removesuffix("List")} | item
                    yield from pods.found(typed, {}, source.path, line)
    except InputError:
        return


READER = Reader(
    title="Components of the control plane in pods",
    media_type="application/yaml",
    read=read,
    link=Link.RUNTIME,
    names=("*.yaml", "*.yml", "*.json", "*.manifest"),
    marks=(b"containers", b"kind"),
)
