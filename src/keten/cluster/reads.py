"""Which secrets and config maps a workload's pods read: as variables, files, for pulling."""

from collections.abc import Iterator
from typing import Any

from keten.model.kube import Workload

_SOURCES = (
    ("secretKeyRef", "name", "secret"),
    ("configMapKeyRef", "name", "configmap"),
    ("secretRef", "name", "secret"),
    ("configMapRef", "name", "configmap"),
    ("secret", "secretName", "secret"),
    ("secret", "name", "secret"),
    ("configMap", "name", "configmap"),
)


def read_by(workload: Workload) -> Iterator[tuple[str, str]]:
    """Yield (``secret`` or ``configmap``, name) for each that *workload*'s pods read."""
    pod = workload.pod
    for _, container in pod.all_containers():
        for variable in container.env:
            yield from _named(variable.value_from)
        for source in container.env_from:
            yield from _named(source)
    for volume in pod.volumes:
        yield from _named(volume)
        projected = volume.get("projected")
        sources = projected.get("sources") if isinstance(projected, dict) else None
        for source in sources if isinstance(sources, list | tuple) else ():
            if isinstance(source, dict):
                yield from _named(source)
    for ref in pod.image_pull_secrets:
        if isinstance(ref.get("name"), str):
            yield "secret", ref["name"]


def _named(source: dict[str, Any] | None) -> Iterator[tuple[str, str]]:
    for key, field, kind in _SOURCES if source else ():
        value = source.get(key) if source else None
        if isinstance(value, dict) and isinstance(value.get(field), str):
            yield kind, value[field]
