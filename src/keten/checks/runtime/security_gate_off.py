"""A feature that protects the cluster is switched off.

Some gates guard against known attacks, and are on by default: switched off, the attack is back,
while everybody believes in the release's number. An old workaround is the usual reason.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation

GUARDS = {
    "AuthorizeNodeWithSelectors": "kubelets read pods of other nodes again",
    "BoundServiceAccountTokenVolume": "pods get tokens that never expire again",
    "KubeletEnsureSecretPulledImages": "pods run private images that others pulled",
    "LegacyServiceAccountTokenCleanUp": "unused tokens that never expire stay",
    "LegacyServiceAccountTokenNoAutoGeneration": "tokens that never expire are made again",
    "RotateKubeletClientCertificate": "kubelets do not renew their certificates",
    "ServiceAccountTokenNodeBindingValidation": "tokens outlive the node they are bound to",
    "ServiceAccountTokenPodNodeInfo": "tokens do not tell their node",
    "StrictCostEnforcementForVAP": "policies may take any time",
    "ValidatingAdmissionPolicy": "policies are not asked",
}
"""Gates that guard, and what comes back without them."""
UNGUARDS = {
    "AllowDNSOnlyNodeCSR": "certificates of nodes without an address are approved",
    "AllowInsecureKubeletCertificateSigningRequests": "nodes ask for certificates of others",
    "AllowUnsafeMalformedObjectDeletion": "objects go without their finalizers",
}
"""Gates that open what is closed by default."""


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    for name, on, at in flags.gates(component):
        why = GUARDS.get(name) if not on else None
        if on and name in UNGUARDS:
            yield flags.fault(
                component,
                f"switches on {name}: {UNGUARDS[name]}",
                "feature-gates",
                path=at,
                want=f"without {name}",
            )
        elif why:
            yield flags.fault(
                component,
                f"switches off {name}: {why}",
                "feature-gates",
                path=at,
                want=f"without {name}",
            )


CHECK = Check(
    title="A feature that protects the cluster is switched off",
    subject=Component,
    severity=Severity.MEDIUM,
    needs=("flags",),
    fix="Remove the gate from --feature-gates; if something breaks, mend that.",
    threats=(Threat.ACTOR,),
    controls=("nsa-cisa/control-plane", "nis2/e", "pci-dss/2.2", "hipaa/164.308(a)(1)", "gdpr/32"),
    refs=("https://kubernetes.io/docs/reference/command-line-tools-reference/feature-gates/",),
    bad=flags.pod("kube-apiserver", "feature-gates=ServiceAccountTokenNodeBindingValidation=false"),
    good=flags.pod("kube-apiserver", "feature-gates=SidecarContainers=true"),
    applies=flags.of(
        "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"
    ),
    run=run,
)
