"""What a snapshot of a cluster says of itself: the server, and what was not to be listed.

What was refused is a Problem for each link that rests on it, with the right that is missing:
nothing of the kind is known, and that is no pass.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence

from keten.formats.kubernetes import snapshot
from keten.formats.kubernetes.listed import ROWS, Row, rows
from keten.model.cluster_lists import answered
from keten.model.evidence import Link, Place, Problem
from keten.model.facts import Facts, Looked
from keten.model.kube import Cluster
from keten.model.plug import Reader, Source

_GRANT = "Grant it (keten snapshot --role prints the role), or take the snapshot as who may."
_LATER = "Take the snapshot again when the server answers."
_BRING = "Bring the file, or take the snapshot again."
_AUTHORITY = "Put the cluster's authority into the kubeconfig (certificate-authority-data)."
_LOGIN = "Log in as somebody whom the server knows: a token, a certificate or a credential plugin."
_WHOLE = "Scan the whole cluster to know: k8s://CONTEXT."
_IN = " in namespace "
_SHOWN = 6  # namespaces that are named
_MINOR = re.compile(r"v?1\.([0-9]{1,4})", re.ASCII)


def read(source: Source) -> Facts:
    """Return the cluster's node, and what is not known of it."""
    found = snapshot.parse(source.data)
    gone = dict(_missing(found, source))
    node = cluster(found, source.path, tuple(gone))
    return Facts(
        nodes=(node,),
        looked=tuple(Looked(node.ref, need) for need in ("cluster", *answered(node))),
        problems=tuple(_problems(found, source.path, gone)),
        places=(Place(node.ref, source.path, 1, 1),),
    )


def cluster(found: snapshot.Manifest, path: str, gone: tuple[str, ...] = ()) -> Cluster:
    """Return the node of a snapshot whose manifest lies at *path*.

    *gone* are the rights whose lists the manifest tells of and that are not here. What was
    listed in some namespaces only is among ``failed`` as the right to list all of it, unless
    that was denied.
    """
    denied = tuple(item.right for item in found.denied)
    failed = (*(item.right for item in found.failed), *gone)
    here = {
        name: item
        for item in found.listed
        if _right(name := _name(item.plural, item.group)) not in gone
    }
    return Cluster(
        posixpath.dirname(path) or ".",
        path=path,
        taken=found.taken,
        context=found.context,
        version=found.server.get("gitVersion", ""),
        minor=_minor(found.server),
        platform=found.server.get("platform", ""),
        provider=found.provider,
        groups=found.groups,
        listed={name: item.count for name, item in here.items() if not item.namespaces},
        denied=denied,
        failed=(*failed, *(right for right in _unseen(found) if right not in {*denied, *failed})),
        absent=found.absent,
        within={name: item.namespaces for name, item in here.items() if item.namespaces},
        namespaces=found.namespaces,
        aside=found.aside,
    )


def _unseen(found: snapshot.Manifest) -> list[str]:
    """Return the rights to list all of what was not listed in every namespace."""
    narrow = {_name(item.plural, item.group) for item in found.listed if item.namespaces}
    narrow |= {
        _name(item.plural, item.group) for item in (*found.denied, *found.failed) if _space(item)
    }
    return [_right(name) for name in sorted(narrow)]


def _space(item: snapshot.Missed) -> str:
    """Return the namespace in which something was missed, "" for all of it."""
    return item.right.rpartition(_IN)[2] if _IN in item.right else ""


def _minor(server: dict[str, str]) -> int:
    told = _MINOR.match(server.get("gitVersion", ""))
    if told is not None:
        return int(told[1])
    text = server.get("minor", "").rstrip("+")
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 5 else 0  # noqa: PLR2004 a minor version


def _right(name: str) -> str:
    return f"list {name} at cluster scope"


def _name(plural: str, group: str) -> str:
    return f"{plural}.{group}" if group else plural


def _problems(found: snapshot.Manifest, path: str, gone: dict[str, str]) -> Iterator[Problem]:
    narrow = {
        _right(_name(item.plural, item.group)): item.namespaces
        for item in found.listed
        if item.namespaces
    }
    denied = [item for item in found.denied if item.right not in narrow]
    told = [(row, f"{right}: forbidden", _GRANT) for row, right, _ in _folded(denied, why=False)]
    told += [
        (row, f"{right}: not answered ({why})", _LATER)
        for row, right, why in _folded(found.failed, why=True)
    ]
    by_right = {row.right: row for row in ROWS}
    told += [(by_right.get(right), what, _BRING) for right, what in gone.items()]
    for row, what, advice in told:
        need = "objects" if row is None or row.families else "content"
        for link in row.links if row else (Link.DEPLOYMENT,):
            yield Problem(path, what, advice=advice, link=link, need=need)
    yield from _narrowed(found, path, narrow)
    for note in found.notes:
        advice = _LOGIN if "anonymous" in note else _AUTHORITY
        yield Problem(path, note, link=Link.DEPLOYMENT, advice=advice)


def _narrowed(
    found: snapshot.Manifest, path: str, narrow: dict[str, tuple[str, ...]]
) -> Iterator[Problem]:
    """Yield what was listed in some namespaces only: one for each link, need and namespaces."""
    refused = {item.right for item in found.denied}
    groups: dict[tuple[Link, str, tuple[str, ...], bool], list[str]] = {}
    by_right = {row.right: row for row in ROWS}
    for right, spaces in narrow.items():
        row = by_right.get(right)
        need = "objects" if row is None or row.families else "content"
        for link in row.links if row else (Link.DEPLOYMENT,):
            key = link, need, spaces, right in refused
            groups.setdefault(key, []).append(right.split()[1])
    for (link, need, spaces, forbidden), names in sorted(groups.items()):
        within = f"namespace{'s' if len(spaces) > 1 else ''} {_short(spaces)}"
        if forbidden:
            lists = f"list {_short(sorted(names))} at cluster scope"
            what = f"{lists}: forbidden; listed in the {within} only"
        else:
            what = f"listed in the {within} only, as asked: what others hold is not known"
        yield Problem(path, what, advice=_GRANT if forbidden else _WHOLE, link=link, need=need)


def _folded(
    missed: Iterable[snapshot.Missed], *, why: bool
) -> Iterator[tuple[Row | None, str, str]]:
    """Yield each right that was missed, its row and *why*: one for all namespaces alike."""
    spaces: dict[tuple[str, str, str, str], list[str]] = {}
    for item in missed:
        right, _, space = item.right.partition(_IN)
        key = (item.group, item.plural, right, item.why if why else "")
        spaces.setdefault(key, []).extend([space] if space else [])
    for (group, plural, right, said), names in spaces.items():
        one = f"{_IN}{names[0]}" if len(names) == 1 else f" in the namespaces {_short(names)}"
        yield rows().get((group, plural)), f"{right}{one if names else ''}", said


def _short(spaces: Sequence[str]) -> str:
    more = f" and {len(spaces) - _SHOWN} more" if len(spaces) > _SHOWN else ""
    return f"{', '.join(spaces[:_SHOWN])}{more}"


def _missing(found: snapshot.Manifest, source: Source) -> Iterator[tuple[str, str]]:
    """Yield the right of each list that the manifest tells of and that is not whole, and why."""
    folder = posixpath.dirname(source.path)
    for item in found.listed:
        for file in item.files:
            if not source.files.exists(posixpath.join(folder, file.path)):
                yield (
                    _right(_name(item.plural, item.group)),
                    f"{file.path} is not here, though the snapshot has it",
                )
                break


READER = Reader(
    title="Snapshot of a cluster",
    media_type="application/vnd.keten.snapshot+json",
    read=read,
    link=Link.DEPLOYMENT,
    ceiling=snapshot.MANIFEST,
    names=(snapshot.NAME,),
    marks=(b"keten.snapshot/",),
)
