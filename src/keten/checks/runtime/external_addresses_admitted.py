"""Any user of Services may claim addresses outside the cluster.

Who may create or change a Service can write any address into externalIPs, and nodes then send
traffic for that address to the attacker's pods: an in-cluster machine in the middle
(CVE-2020-8554). It is not fixed but switched off, by the plugin DenyServiceExternalIPs, by
policy, or since Kubernetes 1.36 by the feature gate AllowServiceExternalIPs.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    gate = "AllowServiceExternalIPs=false" in component.words("feature-gates")
    if not gate and not flags.listed(component, "DenyServiceExternalIPs"):
        yield flags.fault(
            component,
            "does not enable DenyServiceExternalIPs (CVE-2020-8554)",
            "enable-admission-plugins",
            want="DenyServiceExternalIPs",
        )


CHECK = Check(
    title="Any user of Services may claim addresses outside the cluster",
    subject=Component,
    severity=Severity.LOW,
    needs=("flags",),
    fix=(
        "Add DenyServiceExternalIPs to --enable-admission-plugins, or refuse externalIPs by a "
        "ValidatingAdmissionPolicy."
    ),
    threats=(Threat.INSIDER, Threat.ACTOR),
    controls=(
        "nsa-cisa/network-policies",
        "cis-kubernetes/1.2.3",
        "nis2/e",
        "pci-dss/2.2",
        "hipaa/164.308(a)(1)",
        "gdpr/32",
    ),
    refs=("https://github.com/kubernetes/kubernetes/issues/97076",),
    bad=flags.pod("kube-apiserver", "enable-admission-plugins=NodeRestriction"),
    good=flags.pod(
        "kube-apiserver", "enable-admission-plugins=NodeRestriction,DenyServiceExternalIPs"
    ),
    applies=flags.of("kube-apiserver"),
    run=run,
)
