"""What a real API server made of a manifest: files beside a ``truth.json``.

For each file it holds ``{"pods": [{securityContext fields, "labels": {...}}]}`` or
``{"refused": why}``. The Kubernetes reader is asked, as ``keten scan`` asks it.
"""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from keten import plugs
from keten.errors import InputError
from keten.formats.kubernetes.schema import gone
from keten.model.kube import Workload
from keten.model.plug import Reader, Source
from suites import Outcome, attempt

REFUSED = "the API server would refuse this: "


def run(path: Path) -> Iterator[Outcome]:
    """Compare every file named in the ``truth.json`` files under *path*."""
    for truth in [path] if path.is_file() else sorted(path.rglob("truth.json")):
        try:
            cases = sorted(json.loads(truth.read_bytes()).items())
        except (ValueError, AttributeError, OSError) as error:
            yield Outcome(str(truth), "a readable truth.json", f"{type(error).__name__}: {error}")
            continue
        for name, expected in cases:
            file = truth.parent / name
            yield Outcome(name, _shown(expected), attempt(partial(_read, file)))


def _read(file: Path) -> str:
    return _shown(seen(file.name, file.read_bytes()))


def seen(name: str, data: bytes) -> dict[str, Any]:
    """Return what the reader sees in *data*, as truth.json says it."""
    try:
        facts = plugs.load(Reader, "k8s").read(Source(name, data, Nothing()))
    except InputError as error:
        return {"refused": error.what}
    for problem in facts.problems:
        if problem.what.startswith(REFUSED):
            what = problem.what.removeprefix(REFUSED)
            kind = what.partition(":")[0]
            return {"refused": "unknown field" if what.startswith("unknown field") else kind}
        if not problem.about:
            return {"refused": problem.what}
    for node in facts.nodes:
        if isinstance(node, Workload) and gone(node.api_version, node.kind):
            return {"refused": "gone"}
    return {"pods": [_pod(node) for node in facts.nodes if isinstance(node, Workload)]}


def _pod(workload: Workload) -> dict[str, Any]:
    made: dict[str, Any] = {}
    labels = workload.labels if workload.kind == "Pod" else workload.pod_labels
    for container in workload.pod.containers[:1]:
        made.update(msgspec.to_builtins(container.security_context) or {})
    if labels:
        made["labels"] = labels
    return made


def _shown(value: dict[str, Any]) -> str:
    return json.dumps(value, sort_keys=True)


class Nothing:
    """The files beside: none."""

    def read(self, _: str) -> bytes | None:
        return None

    def exists(self, _: str) -> bool:
        return False
