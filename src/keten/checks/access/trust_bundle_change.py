"""Role allows changing which certificates pods trust.

A ClusterTrustBundle holds certificates of authorities that pods mount and trust. Whoever may
write one adds its own, and its servers are then taken for those that the pods meant to reach:
encrypted traffic is read, and updates are its own. Only what runs the authority writes it.
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
    found = dangerous(role, "trust-bundle")
    yield from said(role, found, "change which certificates pods trust", Severity.LOW)


CHECK = Check(
    title="Role allows changing which certificates pods trust",
    needs=("manifest",),
    severity=Severity.LOW,
    subject=Role,
    applies=judged,
    fix="Name the bundle (resourceNames), or leave it to the authority's controller.",
    threats=(
        Threat.ACTOR,
        Threat.SUPPLY_CHAIN,
    ),
    controls=(
        "nsa-cisa/rbac",
        "nsa-cisa/encryption",
        "nis2/i",
        "pci-dss/7.2",
        "hipaa/164.308(a)(4)",
    ),
    refs=(
        "https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#cluster-trust-bundles",
    ),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [certificates.k8s.io]
  resources: [clustertrustbundles]
  verbs: [create, update]
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [certificates.k8s.io]
  resources: [clustertrustbundles]
  verbs: [get, list, watch]
"""),
    run=run,
)
