"""Kustomizations: what they put together, and whether they change it.

A kustomization that only lists resources applies them as they are, and they are read as
plain manifests. One that patches, generates or rewrites applies something else, which takes
kustomize to know.
"""

import posixpath
from typing import Any

import msgspec

from keten.errors import InputError
from keten.model.delivery import Chart
from keten.model.evidence import Link, Place, Problem
from keten.model.facts import Facts
from keten.model.plug import Reader, Source

# Fields that change what is applied in more than name, namespace or labels.
_CHANGES = (
    "patches", "patchesStrategicMerge", "patchesJson6902", "components", "replacements",
    "transformers", "generators", "helmCharts", "helmChartInflationGenerator", "images",
    "vars", "replicas",
)  # fmt: skip
_KEPT = (*_CHANGES, "resources", "bases", "namespace", "configMapGenerator", "secretGenerator")
_PATCHES = ("patches", "patchesStrategicMerge", "patchesJson6902")


def read(source: Source) -> Facts:
    """Return the kustomization that *source* is."""
    from keten.formats.yaml.documents import Dialect, load_all

    document = next(load_all(source.data, Dialect.KUBERNETES), None)
    if document is None:
        return Facts()
    if not isinstance(document.value, dict):
        raise InputError("a kustomization is one mapping", line=document.line)
    value = document.value
    if value.get("kind") not in (None, "Kustomization", "Component"):
        return Facts()
    chart = Chart(source.path, tool="kustomize", rendered=False, spec=_spec(value))
    fields = msgspec.msgpack.encode(document.fields)
    place = Place(chart.ref, source.path, document.line, fields=fields)
    changes = [name for name in _CHANGES if value.get(name)]
    problems: tuple[Problem, ...] = ()
    if changes and value.get("kind") != "Component":
        problems = (_problem(chart, source.path, changes, document.fields),)
    return Facts(nodes=(chart,), problems=problems, places=(place,))


def _spec(value: dict[str, Any]) -> dict[str, Any]:
    """Return what the file says, without the literals of secrets and the text of patches."""
    spec = {name: value[name] for name in _KEPT if value.get(name)}
    for name in ("configMapGenerator", "secretGenerator"):
        if name in spec:
            spec[name] = [
                {key: item[key] for key in ("name", "files", "envs", "type") if key in item}
                for item in _list(spec[name])
                if isinstance(item, dict)
            ]
    for name in _PATCHES:
        if name in spec:
            spec[name] = [item for item in map(_patch, _list(spec[name])) if item]
    spec.pop("helmCharts", None)
    return spec


def _patch(item: Any) -> Any:
    if isinstance(item, dict):
        return {key: item[key] for key in ("path", "target") if key in item}
    return item if isinstance(item, str) and "\n" not in item else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _problem(chart: Chart, path: str, changes: list[str], fields: dict[str, int]) -> Problem:
    folder = posixpath.dirname(path) or "."
    return Problem(
        path,
        f"overlay {folder} is not rendered: its {', '.join(changes)} change what is applied",
        line=fields.get(changes[0], 1),
        advice=f"Scan with --render, or scan the output of: kubectl kustomize {folder}",
        link=Link.DEPLOYMENT,
        about=chart.ref,
        need="manifest",
    )


READER = Reader(
    title="Kustomizations",
    media_type="application/yaml",
    read=read,
    link=Link.DEPLOYMENT,
    names=("kustomization.yaml", "kustomization.yml", "Kustomization"),
)
