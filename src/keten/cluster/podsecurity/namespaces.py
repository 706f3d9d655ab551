"""Which level each namespace enforces, which it could enforce today, and what is in the way.

Labels: kubernetes.io/docs/concepts/security/pod-security-admission. What the API server makes of
them (pod-security-admission v0.36, api.PolicyToEvaluate): a level that is none is enforced as
``restricted``, but warns and audits as ``privileged``; a version that is none is ``latest``; and
who does not say when to warn is warned of what is enforced.
"""

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter

from msgspec import Struct

from keten.cluster.podsecurity.standard import (
    RANK,
    Breach,
    Level,
    breaches,
    highest,
    minor_of,
    pod_of,
)
from keten.errors import InputError
from keten.model.custom_pods import may_make
from keten.model.kube import Namespace, Object, Resource, Workload

LABEL = "pod-security.kubernetes.io/"
SERVED = ("kube-system", "kube-public", "kube-node-lease")
"""Namespaces of Kubernetes itself."""


class Setting(Struct, frozen=True):
    """One mode of a namespace: *level* None where no label says one; *wrong* what is no value."""

    level: Level | None
    version: str
    wrong: tuple[str, ...] = ()


class Obstacle(Struct, frozen=True):
    """A workload that a level would refuse, and why."""

    workload: Workload
    breaches: tuple[Breach, ...]


class Standing(Struct, frozen=True):
    """How a namespace stands. *namespace* is None where only its workloads are known.

    *possible* is the strictest level that every workload passes, at *version*; *obstacles* holds
    for each level above it the workloads that it would refuse. *unseen* names the custom
    resources of files of which pods may be made that no file tells about.
    """

    name: str
    namespace: Namespace | None
    enforce: Setting
    warn: Setting
    audit: Setting
    version: str
    possible: Level
    workloads: tuple[Workload, ...]
    obstacles: Mapping[Level, Sequence[Obstacle]]
    unseen: tuple[str, ...] = ()

    @property
    def refused(self) -> Sequence[Obstacle]:
        """Return the workloads that the namespace's own level would refuse today."""
        if self.enforce.level is None:
            return ()
        return self.obstacles.get(self.enforce.level, ())


def setting(labels: Mapping[str, str], mode: str) -> Setting:
    """Return what *labels* say of *mode* (enforce, warn or audit)."""
    wrong = []
    said = labels.get(LABEL + mode)
    level: Level | None = None
    if said is not None:
        if said in tuple(Level):
            level = Level(said)
        else:
            level = Level.RESTRICTED if mode == "enforce" else Level.PRIVILEGED
            wrong.append(f"{LABEL}{mode}: {said}")
    elif mode == "warn":
        level = _enforced(labels)
    key = f"{LABEL}{mode}-version"
    if mode == "warn" and level is not None and said is None and key not in labels:
        return Setting(level, setting(labels, "enforce").version, tuple(wrong))
    version = labels.get(key, "latest")
    if not _is_version(version):
        wrong.append(f"{key}: {version}")
        version = "latest"
    return Setting(level, version, tuple(wrong))


def _is_version(text: str) -> bool:
    try:
        minor_of(text or "none")
    except InputError:
        return False
    return True


def _enforced(labels: Mapping[str, str]) -> Level | None:
    """Return the level that a label enforces, where it is one that refuses anything."""
    said = labels.get(f"{LABEL}enforce")
    return Level(said) if said in (Level.BASELINE, Level.RESTRICTED) else None


def standings(objects: Iterable[Object]) -> list[Standing]:
    """Return how each namespace that has workloads or is an object stands, sorted by name."""
    spaces: dict[str, Namespace] = {}
    workloads: dict[str, list[Workload]] = {}
    makers: dict[str, set[str]] = {}
    for item in objects:
        match item:
            case Namespace():
                spaces.setdefault(item.name, item)
            case Workload():
                workloads.setdefault(item.namespace, []).append(item)
            case Resource() if not item.uid and may_make(item.api_version, item.kind):
                makers.setdefault(item.namespace, set()).add(item.title)
            case _:
                pass
    return [
        _standing(
            name,
            spaces.get(name),
            topmost(workloads.get(name, ())),
            makers.get(name, set()) - {item.owner for item in workloads.get(name, ())},
        )
        for name in sorted({*spaces, *workloads})
    ]


def topmost(workloads: Iterable[Workload]) -> list[Workload]:
    """Return the workloads whose owner is not among them, sorted by title and file."""
    every = sorted(workloads, key=attrgetter("title", "id"))
    titles = {item.title for item in every}
    return [item for item in every if item.owner not in titles]


def _standing(
    name: str, space: Namespace | None, workloads: list[Workload], unseen: set[str]
) -> Standing:
    labels = space.labels if space else {}
    enforce = setting(labels, "enforce")
    possible = Level.RESTRICTED
    obstacles: dict[Level, list[Obstacle]] = {Level.BASELINE: [], Level.RESTRICTED: []}
    for item in workloads:
        pod = pod_of(item)
        level = highest(pod, enforce.version)
        possible = min(possible, level, key=RANK.__getitem__)
        for above, found in obstacles.items():
            if RANK[level] < RANK[above]:
                refused = breaches(pod, above, enforce.version)
                found.append(Obstacle(item, tuple(refused)))
    return Standing(
        name=name,
        namespace=space,
        enforce=enforce,
        warn=setting(labels, "warn"),
        audit=setting(labels, "audit"),
        version=enforce.version,
        possible=possible,
        workloads=tuple(workloads),
        obstacles={level: tuple(found) for level, found in obstacles.items()},
        unseen=tuple(sorted(unseen)),
    )
