"""The Pod Security Standards: levels, policy versions, and which checks hold at each.

Source: kubernetes.io/docs/concepts/security/pod-security-standards and the behaviour of
kube-apiserver 1.36.3, against which ``tests/test_podsecurity_server.py`` holds every fixture.

A check of the level restricted may stand in for one of baseline: where it holds, the other is
not asked. Restricted checks that begin at a later version leave the baseline one in force
before.
"""

import re
from collections.abc import Callable, Iterator
from enum import StrEnum
from functools import cache
from typing import Any

from msgspec import Struct

from keten.errors import InputError
from keten.model.kube import Workload
from keten.model.pod import PodSpec

NEWEST = 37
"""The minor version of the newest policy known; a newer one is judged as this, as servers do."""

_VERSION = re.compile(r"v1\.(0|[1-9][0-9]{0,5})")


class Level(StrEnum):
    """How much a namespace asks of its pods, from nothing to most."""

    PRIVILEGED = "privileged"
    BASELINE = "baseline"
    RESTRICTED = "restricted"


RANK = {level: i for i, level in enumerate(Level)}


class Pod(Struct, frozen=True):
    """What is judged: a pod's specification and its annotations."""

    spec: PodSpec
    annotations: dict[str, str]


class Fault(Struct, frozen=True):
    """One field that does not fit. *at* is below the pod (``spec.…``, ``metadata.annotations…``).

    *said* is the value found, None where the field is absent.
    """

    at: str
    said: Any


class Breach(Struct, frozen=True):
    """A check of the standard that a pod does not pass, and the fields because of which.

    *check* is the id by which Kubernetes knows it.
    """

    check: str
    level: Level
    faults: tuple[Fault, ...]


Run = Callable[[Pod], Iterator[Fault]]


class Control(Struct, frozen=True):
    """A check: its id, its level, and from which minor version on which judgement holds.

    *instead*: the baseline check for which it stands in at restricted.
    """

    id: str
    level: Level
    since: tuple[tuple[int, Run], ...]
    instead: str = ""

    def at(self, minor: int) -> Run | None:
        """Return the judgement of policy v1.*minor*, None where the check does not hold yet."""
        found = None
        for first, run in self.since:
            if first <= minor:
                found = run
        return found


def pod_of(workload: Workload) -> Pod:
    """Return the pod that *workload* is or makes."""
    return Pod(workload.pod, workload.pod_annotations)


def minor_of(version: str) -> int:
    """Return the minor number of ``v1.N`` or ``latest``; InputError for anything else."""
    if version in ("", "latest"):
        return NEWEST
    found = _VERSION.fullmatch(version)
    if found is None:
        raise InputError(
            f"{version[:40]!r} is no version of the Pod Security Standards",
            advice="Write latest, or v1.N.",
        )
    return min(int(found[1]), NEWEST)


def breaches(pod: Pod, level: Level, version: str = "latest") -> list[Breach]:
    """Return the checks of *level* at *version* that *pod* does not pass, in a fixed order."""
    found = []
    for control, run in holding(level, minor_of(version)):
        faults = tuple(run(pod))
        if faults:
            found.append(Breach(control.id, control.level, faults))
    return found


def allows(pod: Pod, level: Level, version: str = "latest") -> bool:
    """Return whether a namespace that enforces *level* at *version* takes *pod*."""
    return not any(next(run(pod), None) is not None for _, run in holding(level, minor_of(version)))


def highest(pod: Pod, version: str = "latest") -> Level:
    """Return the strictest level that *pod* passes."""
    for level in (Level.RESTRICTED, Level.BASELINE):
        if allows(pod, level, version):
            return level
    return Level.PRIVILEGED


@cache
def holding(level: Level, minor: int) -> tuple[tuple[Control, Run], ...]:
    """Return the checks that hold at *level* of policy v1.*minor*, with their judgements."""
    from keten.cluster.podsecurity.controls import CONTROLS

    if level is Level.PRIVILEGED:
        return ()
    mine = [
        (control, run)
        for control in CONTROLS
        if RANK[control.level] <= RANK[level] and (run := control.at(minor)) is not None
    ]
    covered = {control.instead for control, _ in mine if control.level is Level.RESTRICTED}
    return tuple(
        (control, run)
        for control, run in mine
        if control.level is Level.RESTRICTED or control.id not in covered
    )
