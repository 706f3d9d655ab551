"""``keten pss``: which Pod Security level each namespace enforces, could enforce, and why not."""

import sys
from collections.abc import Iterator
from textwrap import wrap
from typing import Any

import msgspec

from keten.cli import clusters, printing
from keten.cluster.podsecurity.namespaces import (
    LABEL,
    SERVED,
    Obstacle,
    Setting,
    Standing,
    standings,
)
from keten.cluster.podsecurity.standard import RANK, Breach, Fault, Level

SHOWN = 3
"""How many fields of one check the table names; JSON names every one."""


def main(argv: list[str]) -> int:
    """Print how each namespace stands; 1 where one would refuse a workload of its own."""
    made = clusters.parser(
        "pss",
        "Tell of each namespace which level of the Pod Security Standards it enforces, which it "
        "could enforce today, and what stands in the way of the next. Exit status 1 where a "
        "namespace would refuse a workload that is there; 3 where something could not be read.",
    )
    made.add_argument("-n", "--namespace", metavar="NAME", help="only this namespace")
    arguments = made.parse_args(argv)
    target = clusters.collected(arguments)
    found = [
        (cluster.scope.folder, standing)
        for cluster in target.estate.clusters
        for standing in standings(cluster.objects)
        if arguments.namespace is None or standing.name == arguments.namespace
    ]
    if arguments.json:
        rows = [_document(folder, standing, target) for folder, standing in found]
        printing.document({"namespaces": rows})
    else:
        printing.write(_printed(found, target))
    sys.stdout.flush()
    if any(standing.refused for _, standing in found):
        return 1
    return 3 if target.problems else 0


def _printed(found: list[tuple[str, Standing]], target: clusters.Target) -> Iterator[str]:
    folders = {folder for folder, _ in found}
    shown = ""
    for i, (folder, standing) in enumerate(found):
        if i:
            yield ""
        if len(folders) > 1 and folder != shown:
            shown = folder
            yield f"{folder or '.'}/"
        yield from _namespace(standing, target)
    if not found:
        yield "no such namespace"
    for problem in target.problems[:SHOWN]:
        yield f"not read: {problem.path}: {problem.what}"
    if len(target.problems) > SHOWN:
        yield f"not read: {len(target.problems) - SHOWN} more; keten scan tells all"


def _namespace(standing: Standing, target: clusters.Target) -> Iterator[str]:
    count = printing.count(len(standing.workloads), "workload")
    name = standing.name or "(namespace not said)"
    yield from wrap(
        f"{name}: {count}; {_said(standing)}; could enforce {standing.possible}",
        printing.WIDTH, subsequent_indent="  ",
    )  # fmt: skip
    for wrong in (*standing.enforce.wrong, *standing.warn.wrong, *standing.audit.wrong):
        yield f"  no such value: {wrong}"
    if standing.unseen:
        more = f" and {len(standing.unseen) - 1} more" if len(standing.unseen) > 1 else ""
        yield f"  not seen: the pods of {standing.unseen[0]}{more}"
    if standing.name in SERVED and standing.enforce.level is None:
        yield "  a namespace of Kubernetes itself: what runs here may need the node"
    for obstacle in standing.refused:
        yield f"  {obstacle.workload.title} would be refused today"
    if standing.namespace and standing.name not in SERVED and not standing.unseen:
        enforced = standing.enforce.level or Level.PRIVILEGED
        if standing.workloads and RANK[standing.possible] > RANK[enforced]:
            label = f"{LABEL}enforce: {standing.possible}"
            yield from wrap(f"  label it {label}", printing.WIDTH, subsequent_indent="    ")
    above = next((lv for lv in Level if RANK[lv] > RANK[standing.possible]), None)
    if above is None:
        return
    yield f"  in the way of {above}:"
    alike: dict[tuple[str, ...], list[str]] = {}  # those of no file with the same in the way
    for obstacle in standing.obstacles[above]:
        lines = tuple(
            line for breach in obstacle.breaches for line in _breach(breach, obstacle, target)
        )
        where = target.where(obstacle.workload)
        head = f"{obstacle.workload.title}  {where}" if where else obstacle.workload.title
        alike.setdefault((where, *lines), []).append(head)
    for (_, *told), heads in alike.items():
        yield from printing.folded(", ".join(heads), "    ", "    ")
        yield from told


def _breach(breach: Breach, obstacle: Obstacle, target: clusters.Target) -> Iterator[str]:
    for fault in breach.faults[:SHOWN]:
        line = target.where(obstacle.workload, _field(obstacle, fault)).rpartition(":")[2]
        text = f"{breach.check}: {_short(fault)}{f' (line {line})' if line else ''}"
        yield from printing.folded(text, "      ", "        ")
    if len(breach.faults) > SHOWN:
        yield f"      {breach.check}: {len(breach.faults) - SHOWN} more"


def _short(fault: Fault) -> str:
    at = fault.at.removeprefix("spec.").removeprefix("metadata.")
    at = at.replace(".securityContext.", " ").replace("securityContext.", "the pod's ")
    if fault.said is None:
        return f"{at} is not set"
    if isinstance(fault.said, dict | list):
        return at
    return f"{at} is {msgspec.json.encode(fault.said).decode()}"


def _field(obstacle: Obstacle, fault: Fault) -> str:
    """Return the field path of *fault* from the object, not from its pod."""
    path = obstacle.workload.pod_path
    if fault.at.startswith("spec."):
        return path + fault.at.removeprefix("spec")
    return path.removesuffix("spec") + fault.at


def _said(standing: Standing) -> str:
    level, version = standing.enforce.level, standing.enforce.version
    if level is None and standing.namespace is None:
        return "what it enforces is not known"
    said = f"enforces {level or 'nothing'}"
    if version != "latest" and level is not None:
        said += f" {version}"
    warn = standing.warn.level
    if warn is not None and RANK[warn] > RANK[level or Level.PRIVILEGED]:
        said += f", warns of {warn}"
    return said


def _document(folder: str, standing: Standing, target: clusters.Target) -> dict[str, Any]:
    return {
        "cluster": folder or ".",
        "namespace": standing.name,
        "enforce": _setting(standing.enforce),
        "warn": _setting(standing.warn),
        "audit": _setting(standing.audit),
        "version": standing.version,
        "possible": standing.possible,
        "workloads": len(standing.workloads),
        "unseen": list(standing.unseen),
        "obstacles": {
            level: [
                {
                    "workload": item.workload.id,
                    "at": target.at(item.workload),
                    "checks": [
                        {
                            "check": breach.check,
                            "fields": [
                                {
                                    "field": _field(item, fault),
                                    "value": fault.said,
                                    "at": target.at(item.workload, _field(item, fault)),
                                }
                                for fault in breach.faults
                            ],
                        }
                        for breach in item.breaches
                    ],
                }
                for item in items
            ]
            for level, items in standing.obstacles.items()
        },
    }


def _setting(setting: Setting) -> dict[str, Any]:
    return {"level": setting.level, "version": setting.version, "wrong": list(setting.wrong)}
