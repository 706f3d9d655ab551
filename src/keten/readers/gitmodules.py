"""The submodules that .gitmodules names (gitmodules(5))."""

import msgspec

from keten.formats import git
from keten.model.checkout import Submodule
from keten.model.evidence import Link, Place
from keten.model.facts import Facts, Looked
from keten.model.plug import Reader, Source

MODULES = 10_000
"""The most submodules that are kept."""

_FIELDS = ("path", "url", "branch", "update")


def read(source: Source) -> Facts:
    """Return a node for each submodule."""
    values: dict[str, dict[str, str]] = {}
    for key, value in git.config(source.data).items():
        section, _, field = key.rpartition(".")
        kind, dot, name = section.partition(".")
        if kind == "submodule" and dot and len(values) < MODULES:
            values.setdefault(name, {})[field] = value
    lines = _lines(source.data)
    nodes, places = [], []
    for name, fields in values.items():
        node = Submodule(
            f"{source.path}#{name}", name=name, **{k: fields.get(k, "") for k in _FIELDS}
        )
        found = lines.get(name, {})
        nodes.append(node)
        places.append(
            Place(node.ref, source.path, found.get("", 1), fields=msgspec.msgpack.encode(found))
        )
    return Facts(
        tuple(nodes),
        looked=tuple(Looked(node.ref, "content") for node in nodes),
        places=tuple(places),
    )


def _lines(data: bytes) -> dict[str, dict[str, int]]:
    """Return the line of each submodule's fields; of its heading under ""."""
    lines: dict[str, dict[str, int]] = {}
    name = ""
    for number, raw in enumerate(data.decode("utf-8", "backslashreplace").split("\n"), 1):
        line = raw.strip()
        if line.startswith("["):
            name = line[1:].partition("]")[0].partition(" ")[2].strip().strip('"')
            lines.setdefault(name, {})[""] = number
        elif name and "=" in line:
            lines[name][line.partition("=")[0].strip().lower()] = number
    return lines


READER = Reader(
    title=".gitmodules",
    media_type="text/x-gitmodules",
    names=(".gitmodules",),
    read=read,
    link=Link.SOURCE,
)
