"""A snapshot of a cluster: a folder of Lists, and ``keten-snapshot.json`` that tells of them.

``GROUP/VERSION/PLURAL.0001.json`` (``core`` for the group without a name) is an ordinary List
of at most ITEMS objects, one a line, in order of namespace and name. What is left out of an
object is told in ``lean``.
"""

from typing import Any

import msgspec
from msgspec import Struct

from keten.errors import InputError

NAME = "keten-snapshot.json"
SCHEMA = "keten.snapshot/1"
ITEMS = 500
BYTES = 2 << 20
"""A file of a snapshot ends at ITEMS objects or so many bytes."""
MANIFEST = 16 << 20
"""The largest ``keten-snapshot.json``, in bytes."""

_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
# How names of config maps in kube-system begin whose values say how the cluster is made.
_TELLING = ("kubeadm-config", "kubelet-config", "kube-proxy", "aws-auth", "coredns")
_ANYTHING = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


class File(Struct, frozen=True):
    """A file of a snapshot, relative to its folder, with its SHA-256 and size."""

    path: str
    digest: str
    size: int


class Listed(Struct, frozen=True):
    """A resource that was listed whole; where *namespaces* are named, in these and no other."""

    group: str
    version: str
    plural: str
    kind: str
    count: int
    files: tuple[File, ...] = ()
    namespaces: tuple[str, ...] = ()


class Missed(Struct, frozen=True):
    """A resource that was not: *right* is what it takes, *why* what the server said."""

    group: str
    plural: str
    right: str
    why: str


class Manifest(Struct, frozen=True, rename="kebab"):
    """What ``keten-snapshot.json`` holds. *taken* is an RFC 3339 time in UTC.

    *denied*: the server refused; *failed*: it could not answer; *absent*: it does not serve
    it, so there is none. *groups* are all groups with their served versions. *namespaces* are
    the only ones that were asked for, where some were named; *aside* are the resources that
    are served and that nobody asked for.
    """

    schema: str
    taken: str
    keten: str
    context: str
    server: dict[str, str] = {}
    provider: str = "unknown"
    groups: dict[str, tuple[str, ...]] = {}
    listed: tuple[Listed, ...] = ()
    denied: tuple[Missed, ...] = ()
    failed: tuple[Missed, ...] = ()
    absent: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    configz: tuple[File, ...] = ()
    namespaces: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()


def parse(data: bytes) -> Manifest:
    """Return the manifest that *data* holds; InputError for what is none of ours."""
    if len(data) > MANIFEST:
        raise InputError(f"more than {MANIFEST:,} bytes")
    try:
        found = msgspec.json.decode(data, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"no manifest of a snapshot: {str(error)[:200]}") from error
    if found.schema != SCHEMA:
        raise InputError(
            f"a snapshot of the form {found.schema[:40]!r}; this keten reads {SCHEMA}",
            advice="Take it anew, or use the keten that wrote it.",
        )
    return found


def lean(value: dict[str, Any], kind: str) -> tuple[tuple[str, str], dict[str, Any]]:
    """Return the key (namespace, name) of an object, and what of it a snapshot keeps.

    Left out: what was applied last and who manages which field (both repeat the object), the
    values of Secrets and config maps (the keys stay), the schemas of custom resources. Raises
    InputError for what is no object of the API.
    """
    meta = value.get("metadata")
    if not isinstance(meta, dict) or not isinstance(meta.get("name"), str):
        raise InputError("an object without a name")
    meta.pop("managedFields", None)
    notes = meta.get("annotations")
    if isinstance(notes, dict) and _APPLIED in notes:
        meta["annotations"] = {key: item for key, item in notes.items() if key != _APPLIED}
    space = meta.get("namespace")
    space = space if isinstance(space, str) else ""
    if kind == "Secret":
        for name in ("data", "stringData"):
            _empty(value, name)
    elif kind == "ConfigMap":
        if not (space == "kube-system" and meta["name"].startswith(_TELLING)):
            _empty(value, "data")
        _empty(value, "binaryData")
    elif kind == "CustomResourceDefinition":
        _schemaless(value)
    return (space, meta["name"]), value


def _empty(value: dict[str, Any], name: str) -> None:
    held = value.get(name)
    if isinstance(held, dict):
        value[name] = dict.fromkeys(sorted(held), "")


def _schemaless(value: dict[str, Any]) -> None:
    spec = value.get("spec")
    versions = spec.get("versions") if isinstance(spec, dict) else None
    for version in versions if isinstance(versions, list) else ():
        if isinstance(version, dict) and "schema" in version:
            version["schema"] = {"openAPIV3Schema": _ANYTHING}


def folder_of(group: str, version: str) -> str:
    """Return the folder of a group's version."""
    return f"{group or 'core'}/{version}"


def as_list(group: str, version: str, kind: str, items: list[bytes]) -> bytes:
    """Return a List of *items*, one a line."""
    api_version = f"{group}/{version}" if group else version
    head = msgspec.json.encode({"apiVersion": api_version, "kind": f"{kind}List"})
    return head[:-1] + b',"items":[\n' + b",\n".join(items) + b"\n]}\n"
