"""Values that the API server certainly refuses, in an object whose fields have their types.

Not all of its validation: what concerns names, labels, the pod's security context and what a
workload can not be without. Sources: k8s.io/apimachinery pkg/util/validation and
pkg/api/validation, k8s.io/kubernetes pkg/apis/core/validation.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from keten.formats.yaml.documents import step

if TYPE_CHECKING:
    from keten.formats.kubernetes.judge import Refusal

_LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
_NAME_PART = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SHORT, _LONG = 63, 253
_TEXT = 1 << 18  # bytes of all annotations together
_ID_MAX = (1 << 31) - 1
_IDS = ("runAsUser", "runAsGroup", "fsGroup")
_REMEMBERED = 4096  # names and values of labels: the same ones come again and again

PODS = {
    "Pod": "spec",
    "PodTemplate": "template.spec",
    "Deployment": "spec.template.spec",
    "StatefulSet": "spec.template.spec",
    "DaemonSet": "spec.template.spec",
    "ReplicaSet": "spec.template.spec",
    "ReplicationController": "spec.template.spec",
    "Job": "spec.template.spec",
    "CronJob": "spec.jobTemplate.spec.template.spec",
}
# Kinds whose names are paths, not DNS names (path.ValidatePathSegmentName), or made by the
# server; and those whose names are shorter or of another alphabet are left to the server.
_SUBDOMAIN_NAMED = {
    "Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController",
    "Job", "CronJob", "PodTemplate", "ConfigMap", "Secret", "ServiceAccount", "NetworkPolicy",
    "Ingress", "PersistentVolumeClaim", "PersistentVolume",
}  # fmt: skip
_UNNAMED = {
    "TokenReview", "SubjectAccessReview", "SelfSubjectAccessReview", "SelfSubjectReview",
    "LocalSubjectAccessReview", "SelfSubjectRulesReview", "Eviction", "Binding", "TokenRequest",
    "Scale", "Status",
}  # fmt: skip


def at(value: Any, path: str) -> Any:
    """Return what stands at a plain dotted *path* of *value*, or None."""
    for part in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(part)
    return value


def broken(value: dict[str, Any]) -> Iterator["Refusal"]:
    """Yield what the API server refuses of the values of *value*."""
    from keten.formats.kubernetes.judge import Refusal

    for where, what in _broken(value):
        yield Refusal(what, where)


def _broken(value: dict[str, Any]) -> Iterator[tuple[str, str]]:
    kind = value["kind"]
    if kind.endswith("List") and "items" in value:
        return
    meta = value.get("metadata") or {}
    name = meta.get("name")
    if not name and not meta.get("generateName") and kind not in _UNNAMED:
        yield "metadata.name", "metadata.name is not set"
    elif name and kind in _SUBDOMAIN_NAMED and not _is(_SUBDOMAIN, name, _LONG):
        yield "metadata.name", f"metadata.name {name[:40]!r} is no DNS subdomain"
    elif name and ("/" in name or "%" in name or name in {".", ".."}):
        yield "metadata.name", f"metadata.name {name[:40]!r} holds what a path can not"
    yield from _metadata(meta, "metadata")
    path = PODS.get(kind)
    if path is None:
        return
    spec = at(value, path)
    template = path.removesuffix(".spec")
    if template != "spec":
        inner = at(value, template + ".metadata")
        yield from _metadata(inner or {}, template + ".metadata")
    if isinstance(spec, dict):
        yield from _pod(spec, path)
    elif kind not in {"ReplicationController", "PodTemplate"}:
        yield path, f"{path} is not set"
    if kind in {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"}:
        yield from _selector(value, template)


def _selector(value: dict[str, Any], template: str) -> Iterator[tuple[str, str]]:
    selector = at(value, "spec.selector")
    if not selector:
        yield "spec.selector", "spec.selector is not set"
        return
    labels = at(value, template + ".metadata.labels") or {}
    for name, wanted in (selector.get("matchLabels") or {}).items():
        if (labels.get(name, _ABSENT) or "") != (wanted or ""):
            what = f"the selector's label {name!r} is not on the pod template"
            yield f"spec.selector.matchLabels{step(name)}", what


_ABSENT = object()


def _metadata(meta: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
    for name, text in (meta.get("labels") or {}).items():
        if not _is_qualified(name):
            yield f"{path}.labels{step(name)}", f"{name[:40]!r} is no label name"
        if text and not _is_label(text):
            yield f"{path}.labels{step(name)}", f"{text[:40]!r} is no label value"
    size = 0
    for name, text in (meta.get("annotations") or {}).items():
        size += len(name) + len(text or "")
        if not _is_qualified(name.lower()):
            yield f"{path}.annotations{step(name)}", f"{name[:40]!r} is no annotation name"
    if size > _TEXT:
        yield f"{path}.annotations", f"annotations of {size} bytes together"


def _pod(spec: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
    if not spec.get("containers"):
        yield f"{path}.containers", "a pod without containers"
    yield from _ids(spec.get("securityContext") or {}, f"{path}.securityContext")
    seen: set[str] = set()
    for part in ("initContainers", "containers", "ephemeralContainers"):
        for i, container in enumerate(spec.get(part) or ()):
            where = f"{path}.{part}[{i}]"
            container = container or {}  # noqa: PLW2901 null is an empty container to the server
            name = container.get("name") or ""
            if not _is(_LABEL, name, _SHORT):
                yield f"{where}.name", f"{name[:40]!r} is no container name"
            elif name in seen:
                yield f"{where}.name", f"two containers are named {name!r}"
            seen.add(name)
            if not (container.get("image") or "").strip():
                yield f"{where}.image", "a container without an image"
            for j, variable in enumerate(container.get("env") or ()):
                if not (variable or {}).get("name"):
                    yield f"{where}.env[{j}].name", "an environment variable without a name"
            context = container.get("securityContext") or {}
            yield from _ids(context, f"{where}.securityContext")
            if context.get("allowPrivilegeEscalation") is False and context.get("privileged"):
                yield (
                    f"{where}.securityContext.allowPrivilegeEscalation",
                    "privileged is true and allowPrivilegeEscalation false",
                )


def _ids(context: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
    for name in _IDS if context else ():
        number = context.get(name)
        if number is not None and not 0 <= number <= _ID_MAX:
            yield f"{path}.{name}", f"{name} {number} is not between 0 and {_ID_MAX}"


@lru_cache(_REMEMBERED)
def _is_label(text: str) -> bool:
    return _is(_LABEL_VALUE, text, _SHORT)


@lru_cache(_REMEMBERED)
def _is_qualified(name: str) -> bool:
    prefix, slash, last = name.rpartition("/")
    if slash and not _is(_SUBDOMAIN, prefix, _LONG):
        return False
    return _is(_NAME_PART, last, _SHORT)


def _is(pattern: re.Pattern[str], text: str, longest: int) -> bool:
    return len(text) <= longest and pattern.fullmatch(text) is not None
