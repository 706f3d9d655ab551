"""Which workloads run without the sandbox that keten.toml asks of them (``[[sandbox]]``)."""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from msgspec import Struct

from keten.config import Sandbox
from keten.model.facts import Facts
from keten.model.kube import Workload


class Unsandboxed(Struct, frozen=True):
    """A runtime class (*what*, "" the default one) that is not permitted, why, and what is."""

    what: str
    why: str
    wanted: str


def judged(
    facts: Facts, sandboxes: Sequence[Sandbox]
) -> Iterator[tuple[Workload, Unsandboxed | None]]:
    """Yield each workload of which it is known what is asked of it, and what it breaks."""
    for node in facts.nodes:
        if isinstance(node, Workload):
            rule = _rule(node, sandboxes)
            if isinstance(rule, Sandbox):
                yield node, _held(node, rule)
            elif rule is None:
                yield node, None


def _rule(workload: Workload, sandboxes: Sequence[Sandbox]) -> Sandbox | str | None:
    """Return the first rule that means a workload, None where none does.

    Text where that can not be said: it leaves its namespace out, and a rule asks for one.
    """
    labels = workload.labels if workload.kind == "Pod" else workload.pod_labels
    for rule in sandboxes:
        if any(labels.get(key) != value for key, value in rule.labels.items()):
            continue
        if rule.namespaces and not workload.namespace:
            return "its namespace is not said"
        if not rule.namespaces or any(
            fnmatchcase(workload.namespace, glob) for glob in rule.namespaces
        ):
            return rule
    return None


def _held(workload: Workload, rule: Sandbox) -> Unsandboxed | None:
    said = workload.pod.runtime_class_name
    if said in rule.runtime_classes:
        return None
    wanted = ", ".join(rule.runtime_classes)
    return Unsandboxed(said, f"keten.toml asks for {wanted}", wanted)
