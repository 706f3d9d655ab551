"""Node authorizer is off, so kubelets need rights over all nodes.

The Node authorizer lets a kubelet read only the secrets, config maps and volumes of pods on its
own node. Without it kubelets get a role for the whole cluster, and one node that falls gives
away every secret.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation

MODE = "authorization-mode"


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    modes = flags.authorizers(component)
    if "AlwaysAllow" not in modes and "Node" not in modes:
        yield flags.fault(
            component,
            f"authorizes by {', '.join(modes)[:60]}, without Node",
            "authorization-config" if component.flag("authorization-config") else MODE,
            want="Node",
        )


CHECK = Check(
    title="Node authorizer is off, so kubelets need rights over all nodes",
    subject=Component,
    severity=Severity.MEDIUM,
    needs=("flags", "server-files"),
    fix=("Set --authorization-mode=Node,RBAC, and NodeRestriction among the admission plugins."),
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/rbac",
        "cis-kubernetes/1.2.7",
        "nis2/i",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/access-authn-authz/node/",),
    bad=flags.pod("kube-apiserver", "authorization-mode=RBAC"),
    good=flags.pod("kube-apiserver", "authorization-mode=Node,RBAC"),
    applies=flags.of("kube-apiserver"),
    run=run,
)
