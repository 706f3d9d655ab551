"""What of that which a server serves is listed, in which version, and what is left aside."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from keten.formats.kubernetes.listed import ROWS, Row
from keten.formats.kubernetes.snapshot import Listed, Missed
from keten.model.evidence import Link
from keten.transport.kube.discovery import Discovery, Served, rank

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", re.ASCII)
"""A namespace's name (RFC 1123 label): it becomes part of a path."""
_LINKS = (Link.SECRETS, Link.DEPLOYMENT)


def wanted(found: Discovery, rows: Iterable[Row]) -> Iterator[tuple[Row, Served]]:
    """Yield what is to be listed, in which version: the one keten knows, else the best served.

    A server that does not tell what it serves is asked for everything.
    """
    by = _by_name(found)
    for row in rows:
        served = by.get((row.group, row.plural), [])
        same = [item for item in served if item.version == row.version]
        if same or served:
            yield row, same[0] if same else _best(served)
        elif row.version and untold(found, row.group):
            yield row, Served(row.group, row.version, row.plural, row.kind, row.namespaced)


def untold(found: Discovery, group: str) -> bool:
    """Return whether the server kept to itself what it serves of *group*."""
    root = "/apis" if group else "/api"
    under = f"{root}/{group}/" if group else "/api/"
    return any(path == root or path.startswith(under) for path in found.denied)


def further(found: Discovery, asked: Sequence[str]) -> tuple[tuple[Row, ...], list[Missed]]:
    """Return keten's rows and one for each resource more that was *asked* for by name.

    A name is ``plural.group`` as kubectl takes it, or the plural alone. What can not be known
    to be served, as the server does not tell, is missed.
    """
    known = {(row.group, row.plural) for row in ROWS}
    rows, lost = list(ROWS), []
    by = _by_name(found)
    for text in dict.fromkeys(asked):
        plural, _, group = text.partition(".")
        names = [key for key in sorted(by) if key[1] == plural and group in ("", key[0])]
        for name in names:
            if name not in known:
                known.add(name)
                best = _best(by[name])
                rows.append(
                    Row(name[0], plural, best.kind, best.version, best.namespaced, links=_LINKS)
                )
        if not names and any(one[1] == plural and one[0] == group for one in known):
            continue  # keten's own, and not served
        if not names:
            row = Row(group, plural, "", "", links=_LINKS)
            rows.append(row)
            if untold(found, group):
                lost.append(Missed(group, plural, row.right, "the version is not told"))
    return tuple(rows), lost


def aside(found: Discovery, rows: Iterable[Row]) -> list[str]:
    """Return the resources that can be listed and that none of *rows* asks for, sorted."""
    known = {(row.group, row.plural) for row in rows}
    return sorted(f"{p}.{g}" if g else p for g, p in _by_name(found) if (g, p) not in known)


def names(folder: Path, listed: Listed) -> list[str]:
    """Return the names of what was listed that could be a namespace's or a node's."""
    found: list[str] = []
    for file in listed.files:
        value = msgspec.json.decode((folder / file.path).read_bytes())
        found += [item["metadata"]["name"] for item in value["items"]]
    return [name for name in found if LABEL.fullmatch(name)]


def _by_name(found: Discovery) -> dict[tuple[str, str], list[Served]]:
    by: dict[tuple[str, str], list[Served]] = {}
    for item in found.resources:
        if not item.verbs or "list" in item.verbs:
            by.setdefault((item.group, item.plural), []).append(item)
    return by


def _best(served: Sequence[Served]) -> Served:
    return max(served, key=lambda item: rank(item.version))
