"""What is known to be absent from what was listed of a cluster, and what is not.

A snapshot tells which resources were listed, refused or not served. A dump (``kubectl get``,
must-gather) tells only what is in it: a resource is known where one of it is, or where an
empty list of it lies there. Where a kind is not known, the questions of its families can
not be answered (keten.formats.kubernetes.listed).
"""

import posixpath
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from keten.cluster.references import references
from keten.cluster.scopes import Scope, inside
from keten.formats.kubernetes.listed import ROWS, Row
from keten.formats.kubernetes.snapshot import NAME
from keten.model.evidence import Link, Problem
from keten.model.facts import Looked
from keten.model.kube import (
    Binding,
    NetworkPolicy,
    Object,
    Role,
    Route,
    Service,
    ServiceAccount,
    Workload,
)

_FAMILY: dict[type, str] = {
    Workload: "workloads",
    Role: "rights",
    Binding: "rights",
    ServiceAccount: "rights",
    NetworkPolicy: "network",
    Service: "network",
    Route: "network",
}
_EVERY = frozenset({"workloads", "rights", "network"})
_OURS = {"", "apps", "batch", "networking.k8s.io", "rbac.authorization.k8s.io"}
_SELDOM = {"ReplicationController", "LimitRange", "ResourceQuota", "PersistentVolumeClaim"}
_GET = "Add it: kubectl get {} -A -o json; or take all of it: keten snapshot k8s://CONTEXT."


class Open(Struct, frozen=True):
    """What is left open: *families* of questions, and with *maps* the keys of config maps.

    Whether what an object names is there is the need ``references`` (derive/named).
    """

    families: frozenset[str] = frozenset()
    maps: bool = False


EVERYTHING = Open(_EVERY, maps=True)
"""A file could not be read, or nothing was told: it may hold anything."""


def answered(item: Object, left: Open) -> bool:
    """Return whether all is known that questions about *item* and others take."""
    if left.families and _FAMILY.get(type(item), "") in left.families | {""}:
        return False
    return not (
        left.maps
        and isinstance(item, Workload)
        and any(one.key and one.kind == "ConfigMap" for one in references(item))
    )


def of_snapshot(scope: Scope, problems: Iterable[Problem]) -> Open:
    """Return the questions that a snapshot leaves open."""
    cluster = scope.cluster
    assert cluster is not None
    by_right = {row.right: row for row in ROWS}
    rights = (*cluster.denied, *cluster.failed)
    if any(right.startswith("get /") for right in rights):
        return EVERYTHING
    for problem in problems:
        told = problem.link is Link.DEPLOYMENT and not problem.about
        if told and posixpath.basename(problem.path) != NAME and inside(problem.path, cluster):
            return EVERYTHING
    return _left(by_right[right] for right in rights if right in by_right)


def _left(rows: Iterable[Row]) -> Open:
    missing = list(rows)
    families = {family for row in missing for family in row.families}
    return Open(frozenset(families & _EVERY), any(row.kind == "ConfigMap" for row in missing))


def lists(looked: Iterable[Looked]) -> dict[str, set[str]]:
    """Return the kinds of which lists lie there, by file."""
    found: dict[str, set[str]] = {}
    for item in looked:
        if item.ref.startswith("list "):
            found.setdefault(item.ref.removeprefix("list "), set()).add(item.need)
    return found


def is_dump(scope: Scope, told: dict[str, set[str]]) -> bool:
    """Return whether all of a scope came out of a server, by lists of several namespaces."""
    if not all(item.uid for item in scope.objects):
        return False
    spaces = {item.namespace for item in scope.objects}
    return len(spaces) > 1 and (
        any(_under(path, scope) for path in told)
        or len({item.path for item in scope.objects}) < len(scope.objects)
    )


def of_dump(scope: Scope, told: dict[str, set[str]]) -> tuple[Open, Sequence[Problem]]:
    """Return the questions that a dump leaves open, and why."""
    known = {item.kind for item in scope.objects}
    for path, kinds in told.items():
        if _under(path, scope):
            known |= kinds
    missing = [row for row in ROWS if _counts(row) and row.kind not in known]
    return _left(missing), tuple(_told(missing, scope))


def _counts(row: Row) -> bool:
    """Return whether every cluster serves it, so that a dump without it may have left it out."""
    return bool(row.families) and row.group in _OURS and row.kind not in _SELDOM


def _told(missing: Sequence[Row], scope: Scope) -> Iterator[Problem]:
    path = min((item.path for item in scope.objects), default=scope.folder)
    for row in missing:
        what = f"no {row.kind} is in the dump: whether the cluster has any is not known"
        for link in row.links:
            yield Problem(path, what, advice=_GET.format(row.name), link=link, need="objects")


def _under(path: str, scope: Scope) -> bool:
    return not scope.folder or path.startswith(f"{scope.folder}/")
