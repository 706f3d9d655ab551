"""Role allows privileged pods on OpenShift.

On OpenShift, a security context constraint says what a pod may ask of its node, and RBAC says who
may use which. With privileged, a pod is root on the node; with anyuid it is root in the
container; with the host's it is on its network or disks. A role that may use one brings every
pod of the accounts it is bound to that far.

Named constraints that are no more than the default are not reported.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.checks._rules import dangerous, judged, said
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kube import Role


def run(role: Role, _: View) -> Iterator[Violation]:
    """Report once what of the role allows it."""
    found = dangerous(role, "privileged-constraint")
    yield from said(role, found, "have privileged pods admitted", Severity.MEDIUM)


CHECK = Check(
    title="Role allows privileged pods on OpenShift",
    needs=("manifest",),
    severity=Severity.MEDIUM,
    subject=Role,
    applies=judged,
    fix="Use restricted-v2 or nonroot-v2, or a constraint with just what the pod needs.",
    threats=(
        Threat.ACTOR,
        Threat.SUPPLY_CHAIN,
    ),
    controls=(
        "nsa-cisa/rbac",
        "nsa-cisa/pod-security",
        "nis2/i",
        "pci-dss/7.2",
        "hipaa/164.308(a)(4)",
    ),
    refs=(
        "https://docs.redhat.com/en/documentation/openshift_container_platform/4.17/html/authentication_and_authorization/managing-pod-security-policies",
    ),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [security.openshift.io]
  resources: [securitycontextconstraints]
  resourceNames: [privileged]
  verbs: [use]
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [security.openshift.io]
  resources: [securitycontextconstraints]
  resourceNames: [nonroot-v2]
  verbs: [use]
"""),
    run=run,
)
