"""Cases of network policy analysis: a folder of manifests with a list of connections expected.

``<case>/expected/*connlist_output.*`` holds the list as text, JSON, CSV, Markdown or dot; the
manifests lie beside it. Text may have a section for each network. Every list is compared as
the set of its lines.
"""

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from keten.cluster.network.listing import lines, mapping, text
from keten.cluster.network.reach import Network
from keten.model.kube import Object
from suites import Outcome, attempt

_DAY = date(2026, 1, 1)
_SECTION = re.compile(r"Permitted connectivity analyzed in (.+):")
_EDGE = re.compile(r'\s*"(.+?)" -> "(.+?)" \[label="(.*?)"')
_OWN = "Pod network"
Lists = dict[str, set[str]]


def run(path: Path) -> Iterator[Outcome]:
    """Run every case under *path*; each form of its list is one."""
    folders = sorted({file.parent.parent for file in path.rglob("expected/*connlist_output*")})
    for folder in folders:
        network = None
        for file in sorted((folder / "expected").glob("*connlist_output*")):
            if file.suffix not in _FORMS:
                continue
            if network is None:
                network = Network(_objects(folder), hosts_are_pods=True, closed=True)
            yield _one(f"{folder.name} {file.suffix}", file, network)


def _one(name: str, file: Path, network: Network) -> Outcome:
    expected = _FORMS[file.suffix](file.read_text())
    plain = set(expected) == {_OWN}
    got: Lists = {}

    def ask() -> str:
        for net in network.networks:
            heading = _OWN if plain else net.heading
            found = set(text(list(lines(network, net, entities=False))))
            if found:
                got.setdefault(heading, set()).update(found)
        if "mapping" in expected:
            got["mapping"] = {line.rstrip() for line in mapping(network)}
        return ""

    broke = attempt(ask)
    if broke:
        return Outcome(name, "a list", broke)
    wanted = {f"{head}: {line}" for head, those in expected.items() for line in those}
    came = {f"{head}: {line}" for head, those in got.items() for line in those}
    return Outcome(name, _shown(wanted - came), _shown(came - wanted))


def _shown(those: set[str]) -> str:
    """Return what only one side has: nothing on both, where they agree."""
    some = sorted(those)
    return "\n           ".join(some[:20]) + (f" and {len(some) - 20} more" if some[20:] else "")


def _objects(folder: Path) -> list[Object]:
    """Return the objects of the case, read as a scan reads them."""
    from keten.config import load
    from keten.pipeline import trees

    policy = load(None, folder)
    scanned = trees.collect(folder, policy, now=_DAY, progress=lambda *_: None, every=True)
    return [
        node for node in scanned.facts.nodes
        if isinstance(node, Object) and not node.path.startswith("expected/")
    ]  # fmt: skip


def _text(said: str) -> Lists:
    found: Lists = {}
    heading = _OWN
    for line in said.splitlines():
        section = _SECTION.fullmatch(line.strip())
        if section:
            heading = section[1]
        elif line.startswith("Workload-to-Networks Mapping"):
            heading = "mapping"
        elif line.strip():
            found.setdefault(heading, set()).add(line.rstrip())
    return found or {_OWN: set()}


def _rows(rows: Iterator[tuple[str, str, str]]) -> Lists:
    return {_OWN: {f"{src} => {dst} : {conn}" for src, dst, conn in rows}}


def _json(said: str) -> Lists:
    rows: list[dict[str, Any]] = json.loads(said) or []
    return _rows((row["src"], row["dst"], row["conn"]) for row in rows)


def _csv(said: str) -> Lists:
    rows = list(csv.reader(io.StringIO(said)))[1:]
    return _rows((row[0], row[1], row[2]) for row in rows if len(row) > 2)


def _markdown(said: str) -> Lists:
    rows = [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in said.splitlines()[2:]
        if line.startswith("|")
    ]
    return _rows((row[0], row[1], row[2]) for row in rows if len(row) > 2)


def _dot(said: str) -> Lists:
    return _rows(
        (found[1], found[2], found[3]) for line in said.splitlines() if (found := _EDGE.match(line))
    )


_FORMS = {".txt": _text, ".json": _json, ".csv": _csv, ".md": _markdown, ".dot": _dot}
