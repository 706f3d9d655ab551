"""Cluster serves alpha APIs.

Alpha APIs are off by default. They may go or change without notice, with what was stored in
them, and their checks are not finished. Groups of custom resources are their makers' own and
not meant.
"""

from collections.abc import Iterator

from keten.model.check import Check, Example, Threat
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kube import Cluster

SHOWN = 3
_CUSTOM = frozenset({
    "gateway.networking.k8s.io", "policy.networking.k8s.io", "snapshot.storage.k8s.io",
    "groupsnapshot.storage.k8s.io", "metrics.k8s.io", "x-k8s.io",
})  # fmt: skip
"""Groups of the project that come as custom resources."""


def _own(name: str) -> bool:
    """Return whether a group's version is one of the API server itself."""
    group = name.partition("/")[0]
    return group not in _CUSTOM and (
        "." not in group or (group.endswith(".k8s.io") and group.count(".") <= BUILT_IN)
    )


BUILT_IN = 3
"""The most dots in the name of a group that the API server has itself."""


def _applies(cluster: Cluster) -> bool:
    """Return whether its groups are known: else nothing passes."""
    return bool(cluster.groups)


def run(cluster: Cluster, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    served = [name for name in cluster.alpha if _own(name)]
    if served:
        more = f" and {len(served) - SHOWN} more" if len(served) > SHOWN else ""
        yield Violation(f"serves {', '.join(served[:SHOWN])}{more}")


CHECK = Check(
    title="Cluster serves alpha APIs",
    subject=Cluster,
    severity=Severity.LOW,
    needs=("cluster",),
    fix="Remove them from --runtime-config once nothing uses them.",
    threats=(Threat.ACTOR,),
    controls=("nsa-cisa/upgrades", "nis2/e", "pci-dss/6.3.3", "hipaa/164.308(a)(1)"),
    refs=("https://kubernetes.io/docs/reference/using-api/#api-versioning",),
    bad=Example("$", "$ kubectl api-versions\nresource.k8s.io/v1alpha3\n"),
    good=Example("$", "$ kubectl api-versions\napps/v1\n"),
    applies=_applies,
    run=run,
)
