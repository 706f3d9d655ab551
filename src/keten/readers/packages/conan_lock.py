"""conan.lock: the graph of Conan 1 (0.4 and before), and the lists of 0.5 that Conan 2 writes.

A reference is ``name/version@user/channel#recipe revision%time``.
"""

from typing import Any

from keten.errors import InputError
from keten.formats import json_index
from keten.formats.json_index import Document, table, text
from keten.formats.lazy_pattern import lazy
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft, Entry

_REFERENCE = lazy(
    r"(?P<name>[^/@#%:\s]++)/(?P<version>[^@#%:\s]++)(?:@(?:(?P<user>[^/#%:\s]++)"
    r"(?:/(?P<channel>[^#%:\s]++))?)?)?(?:#(?P<rrev>[^%:\s]++))?(?:%[0-9.]++)?(?::\S*)?"
)
_LISTS = {"requires": False, "build_requires": True, "python_requires": True,
          "config_requires": True}  # fmt: skip


def _add(
    draft: Draft, reference: str, place: tuple[int, int], *, direct: bool | None, development: bool
) -> Entry | None:
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        draft.problem(f"no reference of Conan: {reference[:60]!r}", *place)
        return None
    name, version, user, channel, rrev = (part or "" for part in found.groups())
    where = {"user": "" if user == "_" else user, "channel": "" if channel == "_" else channel}
    return draft.add(
        name,
        version,
        line=place[0],
        column=place[1],
        direct=direct,
        development=development,
        qualifiers={**where, "rrev": "" if rrev == "0" else rrev},
    )


def _lists(draft: Draft, document: Document) -> None:
    for key, build in _LISTS.items():
        items = document.value.get(key)
        for index, item in enumerate(items if isinstance(items, list) else ()):
            # With packages locked too: a reference and what was built of it.
            reference = item[0] if isinstance(item, list) and item else item
            place = document.at(key, index)
            _add(draft, text(reference), place, direct=None, development=build)


def _graph(draft: Draft, document: Document, nodes: dict[str, Any]) -> None:
    entries: dict[str, Entry] = {}
    roots: list[str] = []
    for key, item in nodes.items():
        node = table(item)
        reference = text(node.get("ref")) or text(node.get("pref"))
        if "path" in node or not reference or (key == "0" and "/" not in reference):
            roots.append(key)  # the project itself, which stands in a folder
            continue
        place = document.at("graph_lock", "nodes", key)
        entry = _add(draft, reference, place, direct=None, development=False)
        if entry is not None:
            entries[key] = entry
    direct: dict[str, bool] = {}
    for key, item in nodes.items():
        for kind in ("requires", "build_requires"):
            listed = table(item).get(kind)
            for other in listed if isinstance(listed, list) else ():
                target = entries.get(other) if isinstance(other, str) else None
                if target is None:
                    continue
                if key in entries and kind == "requires":
                    draft.require(entries[key], target)
                elif key in roots:
                    direct[other] = direct.get(other, True) and kind == "build_requires"
    if roots:
        draft.rank(
            [entries[key] for key in direct],
            [entries[key] for key, build in direct.items() if build],
        )


def read(source: Source) -> Facts:
    """Return the packages of one conan.lock."""
    document = json_index.parse(source.data, depth=3)
    root = table(document.value)
    nodes = table(root.get("graph_lock")).get("nodes")
    if not isinstance(nodes, dict) and _LISTS.keys().isdisjoint(root):
        raise InputError("no lockfile of Conan: it has neither a graph nor requires", line=1)
    draft = Draft(source, ecosystem="conan", format="conan.lock", lock=True)
    draft.settings["version"] = text(root.get("version"))
    if isinstance(nodes, dict):
        _graph(draft, document, nodes)
    else:
        _lists(draft, document)
    return draft.facts()


READER = Reader(
    title="Conan lockfile",
    media_type="application/json",
    read=read,
    link=Link.DEPENDENCIES,
    names=("conan.lock",),
)
