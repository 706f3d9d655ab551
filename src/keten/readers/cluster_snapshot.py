"""What a snapshot of a cluster says of itself: the server, and what was not to be listed.

What was refused is a Problem for each link that rests on it, with the right that is missing:
nothing of the kind is known, and that is no pass.
"""

import posixpath
import re
from collections.abc import Iterator

from keten.formats.kubernetes import snapshot
from keten.formats.kubernetes.listed import ROWS
from keten.model.evidence import Link, Place, Problem
from keten.model.facts import Facts, Looked
from keten.model.kube import Cluster
from keten.model.plug import Reader, Source

_GRANT = "Grant it (keten snapshot --role prints the role), or take the snapshot as who may."
_LATER = "Take the snapshot again when the server answers."
_BRING = "Bring the file, or take the snapshot again."
_AUTHORITY = "Put the cluster's authority into the kubeconfig (certificate-authority-data)."
_MINOR = re.compile(r"v?1\.([0-9]{1,4})", re.ASCII)


def read(source: Source) -> Facts:
    """Return the cluster's node, and what is not known of it."""
    found = snapshot.parse(source.data)
    gone = dict(_missing(found, source))
    node = cluster(found, source.path, tuple(gone))
    return Facts(
        nodes=(node,),
        looked=(Looked(node.ref, "cluster"),),
        problems=tuple(_problems(found, source.path, gone)),
        places=(Place(node.ref, source.path, 1, 1),),
    )


def cluster(found: snapshot.Manifest, path: str, gone: tuple[str, ...] = ()) -> Cluster:
    """Return the node of a snapshot whose manifest lies at *path*.

    *gone* are the rights whose lists the manifest tells of and that are not here.
    """
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
        listed={
            name: item.count
            for item in found.listed
            if _right(name := _name(item.plural, item.group)) not in gone
        },
        denied=tuple(item.right for item in found.denied),
        failed=(*(item.right for item in found.failed), *gone),
        absent=found.absent,
    )


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
    by_right = {row.right: row for row in ROWS}
    told = [(item.right, f"{item.right}: forbidden", _GRANT) for item in found.denied]
    told += [
        (item.right, f"{item.right}: not answered ({item.why})", _LATER) for item in found.failed
    ]
    told += [(right, what, _BRING) for right, what in gone.items()]
    for right, what, advice in told:
        row = by_right.get(right)
        need = "objects" if row is None or row.families else "content"
        for link in row.links if row else (Link.DEPLOYMENT,):
            yield Problem(path, what, advice=advice, link=link, need=need)
    for note in found.notes:
        yield Problem(path, note, link=Link.DEPLOYMENT, advice=_AUTHORITY)


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
