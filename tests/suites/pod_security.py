"""Fixtures of the Pod Security admission controller: ``LEVEL/v1.N/(pass|fail)/CHECKn.yaml``.

Each file is a pod (or a controller of pods). Below ``fail`` it must not pass the level at that
version, because of the check that the file is named for, or of the one that stands in for it at
restricted; below ``pass`` it must pass.
"""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from keten import plugs
from keten.cluster.podsecurity.controls import CONTROLS
from keten.cluster.podsecurity.standard import Level, breaches, pod_of
from keten.model.kube import Workload
from keten.model.plug import Reader, Source
from suites import Outcome, attempt
from suites.yaml_truth import Nothing

_CASE = re.compile(
    r"(?P<level>privileged|baseline|restricted)/(?P<version>v\d+\.\d+|latest)/"
    r"(?P<verdict>pass|fail)/(?P<check>[a-z_]+?)\d*\.(?:ya?ml|json)$"
)


def run(path: Path) -> Iterator[Outcome]:
    """Judge every fixture under *path*."""
    for file in [path] if path.is_file() else sorted(path.rglob("*")):
        case = _CASE.search(file.as_posix())
        if file.is_file() and case:
            name = case.group()
            wanted = "allowed" if case["verdict"] == "pass" else f"refused by {case['check']}"
            yield Outcome(name, wanted, attempt(partial(_judged, file, case)))


def _judged(file: Path, case: re.Match[str]) -> str:
    facts = plugs.load(Reader, "k8s").read(Source(file.name, file.read_bytes(), Nothing()))
    pods = [pod_of(node) for node in facts.nodes if isinstance(node, Workload)]
    if not pods:
        return f"no pod was read: {[p.what for p in facts.problems]}"
    found = [b.check for pod in pods for b in breaches(pod, Level(case["level"]), case["version"])]
    if not found:
        return "allowed"
    stands_for = {control.id: control.instead for control in CONTROLS}
    names = {name.lower() for check in found for name in (check, stands_for[check])}
    return f"refused by {case['check'] if case['check'] in names else ', '.join(found)}"
