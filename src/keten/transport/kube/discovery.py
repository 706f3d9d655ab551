"""What an API server serves: versions, groups, resources (aggregated discovery, or one by one).

Source: Kubernetes API concepts, "API Discovery"; apidiscovery.k8s.io v2 and v2beta1; meta/v1
APIGroupList and APIResourceList.
"""

import re
from collections.abc import Iterator

from msgspec import Struct

from keten.errors import InputError
from keten.transport.kube.client import Client, Reply, decoded

GROUPS = 5_000
"""The most groups' versions of one server."""
_ACCEPT = ",".join(
    f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
    for version in ("v2", "v2beta1")
) + ",application/json"  # fmt: skip
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,250}[a-z0-9])?", re.ASCII)
_VERSION = re.compile(r"v[0-9]{1,3}((alpha|beta)[0-9]{1,3})?", re.ASCII)
_NOT_FOUND, _FORBIDDEN = 404, 403


class Served(Struct, frozen=True, order=True):
    """A resource that is served: its group ("" for core), version, plural and kind."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool
    verbs: tuple[str, ...] = ()


class Discovery(Struct, frozen=True):
    """*version* is the server's ``/version``; *denied* are the paths that were refused.

    *stale* are groups' versions of which the server itself did not hear (an aggregated API
    whose server does not answer).
    """

    version: dict[str, str]
    resources: tuple[Served, ...]
    groups: dict[str, tuple[str, ...]]
    denied: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()


class _Kind(Struct):
    kind: str = ""


class _Resource(Struct, rename="camel"):
    resource: str = ""
    response_kind: _Kind | None = None
    scope: str = ""
    verbs: tuple[str, ...] | None = None


class _Version(Struct, rename="camel"):
    version: str = ""
    resources: tuple[_Resource, ...] | None = None
    freshness: str = ""


class _Meta(Struct):
    name: str = ""


class _Group(Struct):
    metadata: _Meta | None = None
    versions: tuple[_Version, ...] | None = None


class _Aggregated(Struct):
    kind: str = ""
    items: tuple[_Group, ...] | None = None


class _Listed(Struct, rename="camel"):
    group_version: str = ""
    version: str = ""


class _OldGroup(Struct):
    name: str = ""
    versions: tuple[_Listed, ...] | None = None


class _OldGroups(Struct):
    groups: tuple[_OldGroup, ...] | None = None
    versions: tuple[str, ...] | None = None


class _OldResource(Struct):
    name: str = ""
    kind: str = ""
    namespaced: bool = False
    verbs: tuple[str, ...] | None = None


class _OldResources(Struct):
    resources: tuple[_OldResource, ...] | None = None


def discover(client: Client) -> Discovery:
    """Return what the server serves; what it refuses to tell is in *denied*."""
    denied: list[str] = []
    version: dict[str, str] = {}
    reply = client.get("/version")
    if reply.status == _FORBIDDEN:
        denied.append("/version")
    else:
        told = decoded(reply, dict[str, object], "/version")
        version = {key: item for key, item in told.items() if isinstance(item, str)}
    resources: list[Served] = []
    groups: dict[str, set[str]] = {}
    stale: list[str] = []
    for path in ("/api", "/apis"):
        reply = client.get(path, accept=_ACCEPT)
        if reply.status == _FORBIDDEN:
            denied.append(path)
            continue
        found = decoded(reply, _Aggregated, path)
        if found.kind == "APIGroupDiscoveryList":
            taken = _aggregated(found, stale)
        else:
            taken = _one_by_one(client, path, reply, denied, stale)
        for item in taken:
            groups.setdefault(item.group, set()).add(item.version)
            if item.plural:
                resources.append(item)
    return Discovery(
        version,
        tuple(sorted(set(resources))),
        {name: tuple(sorted(groups[name])) for name in sorted(groups)},
        tuple(denied),
        tuple(sorted(stale)),
    )


def _aggregated(found: _Aggregated, stale: list[str]) -> Iterator[Served]:
    count = 0
    for group in found.items or ():
        name = group.metadata.name if group.metadata else ""
        for version in group.versions or ():
            count += 1
            if count > GROUPS:
                raise InputError(f"more than {GROUPS} versions of groups are served")
            if not fits(name, version.version):
                continue
            if version.freshness == "Stale":
                stale.append(f"{name}/{version.version}")
            yield Served(name, version.version, "", "", namespaced=False)
            for item in version.resources or ():
                kind = item.response_kind.kind if item.response_kind else ""
                spaced = item.scope == "Namespaced"
                verbs = item.verbs or ()
                if _plural(item.resource):
                    yield Served(name, version.version, item.resource, kind, spaced, verbs)


def _one_by_one(
    client: Client, path: str, reply: Reply, denied: list[str], stale: list[str]
) -> Iterator[Served]:
    """Yield what a server without aggregated discovery serves: a request for each version."""
    old = decoded(reply, _OldGroups, path)
    wanted = [("", version, f"/api/{version}") for version in old.versions or ()]
    for group in old.groups or ():
        wanted += [
            (group.name, listed.version, f"/apis/{group.name}/{listed.version}")
            for listed in group.versions or ()
        ]
    if len(wanted) > GROUPS:
        raise InputError(f"more than {GROUPS} versions of groups are served")
    for name, version, where in wanted:
        if not fits(name, version):
            continue
        yield Served(name, version, "", "", namespaced=False)
        answer = client.get(where)
        if answer.status == _FORBIDDEN:
            denied.append(where)
            continue
        try:
            told: _OldResources = decoded(answer, _OldResources, where)
        except InputError:
            stale.append(f"{name}/{version}")
            continue
        for item in told.resources or ():
            if _plural(item.name):
                verbs = item.verbs or ()
                yield Served(name, version, item.name, item.kind, item.namespaced, verbs)


def fits(group: str, version: str) -> bool:
    """Return whether a group and version are names as the API has them: they become paths."""
    named = not group or (_NAME.fullmatch(group) is not None and ".." not in group)
    return named and _VERSION.fullmatch(version) is not None


def _plural(name: str) -> bool:
    return "/" not in name and _NAME.fullmatch(name) is not None and ".." not in name


_STAGES = re.compile(r"v([0-9]+)(?:(alpha|beta)([0-9]+))?", re.ASCII)


def rank(version: str) -> tuple[int, int, int]:
    """Order versions as Kubernetes prefers them: v2, v1, v1beta2, v1beta1, v1alpha1."""
    found = _STAGES.fullmatch(version)
    if found is None:
        return -1, 0, 0
    stage = {None: 2, "beta": 1, "alpha": 0}[found[2]]
    return stage, int(found[1]), int(found[3] or 0)
