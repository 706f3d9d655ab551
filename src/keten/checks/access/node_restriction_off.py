"""A kubelet may change other nodes and their pods.

NodeRestriction keeps a kubelet to its own Node object and the pods on it, and from setting the
labels that keep workloads apart. Without it the credentials of one node that fell can relabel
nodes to draw secrets to themselves.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if not flags.listed(component, "NodeRestriction"):
        yield flags.fault(
            component,
            "does not enable NodeRestriction",
            "enable-admission-plugins",
            want="NodeRestriction",
        )


CHECK = Check(
    title="A kubelet may change other nodes and their pods",
    subject=Component,
    severity=Severity.MEDIUM,
    needs=("flags",),
    fix="Add NodeRestriction to --enable-admission-plugins.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/rbac",
        "cis-kubernetes/1.2.14",
        "nis2/i",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=(
        "https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#noderestriction",
    ),
    bad=flags.pod("kube-apiserver", "enable-admission-plugins=EventRateLimit"),
    good=flags.pod("kube-apiserver", "enable-admission-plugins=NodeRestriction"),
    applies=flags.of("kube-apiserver"),
    run=run,
)
