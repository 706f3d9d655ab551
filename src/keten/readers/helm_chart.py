"""Helm charts: that there is one, and that what it renders to was not looked at.

Templates are never guessed at. A chart without templates (a library, or crds only) hides
nothing, so it makes no problem.
"""

import posixpath
from typing import Any

import msgspec

from keten.errors import InputError
from keten.model.delivery import Chart
from keten.model.evidence import Link, Place, Problem
from keten.model.facts import Facts
from keten.model.plug import Reader, Source


def read(source: Source) -> Facts:
    """Return the chart whose Chart.yaml *source* is."""
    from keten.formats.yaml.documents import Dialect, load_all

    document = next(load_all(source.data, Dialect.KUBERNETES), None)
    value = document.value if document else None
    if not isinstance(value, dict) or "name" not in value:
        raise InputError("a Chart.yaml that has no name", advice="Name the chart.")
    folder = posixpath.dirname(source.path)
    spec = {key: value[key] for key in _KEPT if isinstance(value.get(key), str)}
    spec["dependencies"] = [
        {key: item[key] for key in _DEPENDENCY if isinstance(item.get(key), str)}
        for item in value.get("dependencies") or ()
        if isinstance(item, dict)
    ]
    chart = Chart(source.path, tool="helm", rendered=False, spec=spec)
    assert document is not None
    place = Place(
        chart.ref, source.path, document.line, fields=msgspec.msgpack.encode(document.fields)
    )
    problems: tuple[Problem, ...] = ()
    if _makes_objects(value, folder, source):
        problems = (_problem(chart, source.path, folder),)
    return Facts(nodes=(chart,), problems=problems, places=(place,))


def _makes_objects(value: dict[str, Any], folder: str, source: Source) -> bool:
    if value.get("type") == "library":
        return False
    # A chart inside another is rendered, and told of, with the one around it. A folder that is
    # only named charts, as many repositories have, is none.
    around, name = posixpath.split(posixpath.dirname(folder))
    return name != "charts" or not any(
        source.files.exists(posixpath.join(around, file)) for file in _FILES
    )


def _problem(chart: Chart, path: str, folder: str) -> Problem:
    where = folder or "."
    return Problem(
        path,
        f"chart {chart.spec.get('name', where)} is not rendered: what its templates make was "
        "not looked at",
        line=1,
        advice=f"Scan with --render, or scan the output of: helm template {where}",
        link=Link.DEPLOYMENT,
        about=chart.ref,
        need="manifest",
    )


_FILES = ("Chart.yaml", "Chart.yml")
_KEPT = ("name", "version", "appVersion", "apiVersion", "type", "kubeVersion")
_DEPENDENCY = ("name", "version", "repository", "condition", "alias")


READER = Reader(
    title="Helm charts",
    media_type="application/yaml",
    read=read,
    link=Link.DEPLOYMENT,
    names=_FILES,
    marks=(b"name",),
)
