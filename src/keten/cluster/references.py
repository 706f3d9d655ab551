"""What a workload's pods refer to by name, and can not start without.

Source: Kubernetes API reference, core/v1 PodSpec. What is optional is said so; a pull secret
that is not there is passed over by the kubelet.
"""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from keten.model.kube import Workload


class Reference(Struct, frozen=True):
    """The object *kind* *name*, asked for at the field path *at*; *key* of it where one is."""

    kind: str
    name: str
    at: str
    key: str = ""
    optional: bool = False


def references(workload: Workload) -> Iterator[Reference]:
    """Yield what the pods refer to, in the order of their fields."""
    pod, base = workload.pod, workload.pod_path
    for path, container in pod.all_containers():
        for i, variable in enumerate(container.env):
            if variable.value_from:
                yield from _keyed(variable.value_from, f"{base}.{path}.env[{i}].valueFrom")
        for i, source in enumerate(container.env_from):
            for field, kind in (("secretRef", "Secret"), ("configMapRef", "ConfigMap")):
                yield from _one(kind, source.get(field), f"{base}.{path}.envFrom[{i}].{field}")
    for i, volume in enumerate(pod.volumes):
        yield from _volume(volume, f"{base}.volumes[{i}]")
    if pod.runtime_class_name:
        yield Reference("RuntimeClass", pod.runtime_class_name, f"{base}.runtimeClassName")
    if pod.priority_class_name:
        yield Reference("PriorityClass", pod.priority_class_name, f"{base}.priorityClassName")


def read_by(workload: Workload) -> Iterator[tuple[str, str]]:
    """Yield (``secret`` or ``configmap``, name) for each that the pods read, or are pulled with."""
    for one in references(workload):
        if one.kind in _READ:
            yield one.kind.lower(), one.name
    for ref in workload.pod.image_pull_secrets:
        if isinstance(ref.get("name"), str):
            yield "secret", ref["name"]


_READ = ("Secret", "ConfigMap")


def _volume(volume: dict[str, Any], at: str) -> Iterator[Reference]:
    yield from _one("Secret", volume.get("secret"), f"{at}.secret", field="secretName")
    yield from _one("ConfigMap", volume.get("configMap"), f"{at}.configMap")
    claim = volume.get("persistentVolumeClaim")
    yield from _one(
        "PersistentVolumeClaim", claim, f"{at}.persistentVolumeClaim", field="claimName"
    )
    projected = volume.get("projected")
    sources = projected.get("sources") if isinstance(projected, dict) else None
    for i, source in enumerate(sources if isinstance(sources, list) else ()):
        if isinstance(source, dict):
            below = f"{at}.projected.sources[{i}]"
            yield from _one("Secret", source.get("secret"), f"{below}.secret")
            yield from _one("ConfigMap", source.get("configMap"), f"{below}.configMap")


def _keyed(source: dict[str, Any], at: str) -> Iterator[Reference]:
    for field, kind in (("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")):
        yield from _one(kind, source.get(field), f"{at}.{field}")


def _one(kind: str, said: Any, at: str, *, field: str = "name") -> Iterator[Reference]:
    """Yield a reference for the object, or one for each key of it that is asked for."""
    if not isinstance(said, dict) or not isinstance(said.get(field), str) or not said[field]:
        return
    name, optional = said[field], said.get("optional") is True
    items = said.get("items")
    if isinstance(said.get("key"), str):
        yield Reference(kind, name, f"{at}.key", said["key"], optional)
    elif isinstance(items, list) and items:
        for i, item in enumerate(items):
            if isinstance(item, dict) and isinstance(item.get("key"), str):
                yield Reference(kind, name, f"{at}.items[{i}].key", item["key"], optional)
    else:
        yield Reference(kind, name, f"{at}.{field}", "", optional)
