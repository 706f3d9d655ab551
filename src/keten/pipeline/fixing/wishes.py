"""What is to be fixed: findings with an exact change, and what a Pod Security level asks."""

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

from msgspec import Struct

from keten.cluster.owners import owned
from keten.cluster.podsecurity.namespaces import SERVED, setting, topmost
from keten.cluster.podsecurity.standard import RANK, Level, highest, pod_of
from keten.errors import InputError
from keten.formats.yaml.fields import Edit
from keten.model.finding import Finding, Verdict
from keten.model.kube import Namespace, Workload
from keten.pipeline.fixing.seen import Seen
from keten.remedy.exact import edit_of
from keten.remedy.levels import steps_to, unique

ENFORCES = "deployment/namespace-not-enforcing"
"""The check whose fix makes an API server refuse pods, so that these are looked at first."""


class Asked(Struct, frozen=True):
    """What somebody asked for: *checks* are patterns, *findings* fingerprints (or beginnings).

    All findings where neither is said; with *level* alone none, but that workloads pass it.
    """

    checks: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    level: Level | None = None

    def wants(self, finding: Finding) -> bool:
        """Return whether *finding* is to be fixed."""
        if finding.verdict is not Verdict.FAIL:
            return False
        if self.checks and any(fnmatchcase(finding.check, glob) for glob in self.checks):
            return True
        if self.findings and finding.fingerprint.startswith(self.findings):
            return True
        return not (self.checks or self.findings or self.level)


class Wish(Struct, frozen=True):
    """Edits of the object *ref*. *check* and *fingerprint* tell for which finding, if for one."""

    ref: str
    edits: tuple[Edit, ...]
    check: str = ""
    fingerprint: str = ""


def wishes(seen: Seen, asked: Asked) -> Iterator[Wish]:
    """Yield what can be done of what was *asked*; what can not is told by ``why``."""
    if asked.level is not None:
        for item in workloads(seen):
            edits = unique(steps_to(item, asked.level))
            if edits:
                yield Wish(item.ref, tuple(edits), f"pod-security/{asked.level}")
    for finding in seen.result.findings:
        if asked.wants(finding) and not _why(seen, finding):
            edit = finding.change and edit_of(finding.change)
            if edit:
                yield Wish(finding.subject, (edit,), finding.check, finding.fingerprint)


def why(seen: Seen, finding: Finding) -> str:
    """Return why nothing was done about *finding*, "" where it is not plain."""
    change = finding.change
    if change is None:
        return "it takes a decision that no edit of a field makes"
    if not change.exact:
        said = change.after.partition("\n")[0]
        return f"the value is yours to choose: {said}" if said else f"it is yours: {change.group}"
    return _why(seen, finding)


def _why(seen: Seen, finding: Finding) -> str:
    item = seen.object(finding.subject)
    if item is None:
        return "it stands in no object of Kubernetes"
    if item.uid:
        return "it is the record of a live object: change where that comes from"
    if finding.check == ENFORCES and isinstance(item, Namespace):
        refused = _refused(seen, item, Level.BASELINE)
        if refused:
            return f"{refused} there would be refused: fix that first (--level baseline)"
    return ""


def workloads(seen: Seen) -> list[Workload]:
    """Return the workloads that a file says, each told once; not those of live objects."""
    found = [n for n in seen.facts.nodes if isinstance(n, Workload) and not n.uid and not owned(n)]
    return [item for item in topmost(found) if item.pod.containers]


def _refused(seen: Seen, space: Namespace, level: Level) -> str:
    for item in workloads(seen):
        if item.namespace == space.name and RANK[highest(pod_of(item))] < RANK[level]:
            return item.title
    return ""


def refused(seen: Seen) -> set[tuple[str, str]]:
    """Return (namespace, workload) of the workloads that their namespace refuses."""
    levels: dict[str, Level] = {}
    for node in seen.facts.nodes:
        if isinstance(node, Namespace) and node.name not in SERVED:
            level = setting(node.labels, "enforce").level
            if level is not None:
                levels[node.name] = level
    return {
        (item.namespace, item.title)
        for item in workloads(seen)
        if item.namespace in levels and RANK[highest(pod_of(item))] < RANK[levels[item.namespace]]
    }


def checked(asked: Asked, known: Iterable[str], findings: Sequence[Finding]) -> None:
    """Refuse a pattern that matches no check, and a fingerprint of no finding."""
    names = list(known)
    for glob in asked.checks:
        if not any(fnmatchcase(name, glob) for name in names):
            raise InputError(f"--check {glob}: there is no such check")
    for begin in asked.findings:
        if not any(f.fingerprint.startswith(begin) for f in findings):
            raise InputError(f"--finding {begin}: there is no such finding")
