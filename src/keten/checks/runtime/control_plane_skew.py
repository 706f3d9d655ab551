"""Programs of the control plane do not fit each other.

API servers of one cluster may be one minor release apart. kube-controller-manager and
kube-scheduler may be of the API server's release or of the one before, and never newer: what
they ask of a server that does not know it yet is not tested by anybody. Such a state belongs to
an upgrade that is under way; where it stays, the upgrade was left half done.
"""

from collections.abc import Iterator

from keten.checks import _releases as releases
from keten.model.check import Check, Example, Threat
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kube import Cluster

_PROGRAMS = ("kube-controller-manager", "kube-scheduler")


def _applies(cluster: Cluster) -> bool:
    """Return whether its version is known: else nothing passes."""
    return bool(cluster.minor)


def run(cluster: Cluster, view: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    oldest, newest = releases.servers(cluster, view)
    if newest - oldest > 1:
        yield Violation(
            f"API servers are of 1.{oldest} and 1.{newest}, more than one release apart",
            key="kube-apiserver",
        )
    for name in _PROGRAMS:
        for running in releases.programs(cluster, view, name):
            said = releases.apart(name, running, (oldest, newest), 1)
            if said:
                yield Violation(said, key=f"{name} {running.version}")


CHECK = Check(
    title="Programs of the control plane do not fit each other",
    subject=Cluster,
    severity=Severity.MEDIUM,
    needs=("cluster", "releases"),
    fix="Finish the upgrade: the API servers first, then the controllers and the scheduler.",
    threats=(Threat.ACTOR,),
    controls=("nsa-cisa/upgrades", "nis2/e", "pci-dss/6.3.3", "hipaa/164.308(a)(1)"),
    refs=("https://kubernetes.io/releases/version-skew-policy/",),
    bad=Example("$", "$ kubectl -n kube-system get pods -o wide\n"
                "kube-apiserver-cp1  v1.34.1\nkube-scheduler-cp1  v1.36.3\n"),
    good=Example("$", "$ kubectl -n kube-system get pods -o wide\n"
                 "kube-apiserver-cp1  v1.36.3\nkube-scheduler-cp1  v1.36.3\n"),
    applies=_applies,
    run=run,
)  # fmt: skip
