"""Role allows changing or removing kinds of custom resources.

A definition of a custom resource may name a conversion webhook: a server that is sent every
object of the kind and sends back what is stored. Whoever may change any definition reads and
rewrites certificates, policies and pipelines kept as custom resources. Deleting one deletes
every object of its kind, in all namespaces, at once.

Operators that bring their own definitions ask for it; have the installation bring them, or name
them.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.checks._rules import dangerous, judged, said
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kube import Role


def run(role: Role, _: View) -> Iterator[Violation]:
    """Report each of the two once."""
    found = dangerous(role, "definition-write")
    yield from said(
        role, found, "change kinds of custom resources", Severity.LOW, key="definition-write"
    )
    found = dangerous(role, "definition-delete")
    yield from said(
        role, found, "remove kinds of custom resources", Severity.LOW, key="definition-delete"
    )


CHECK = Check(
    title="Role allows changing or removing kinds of custom resources",
    needs=("manifest",),
    severity=Severity.LOW,
    subject=Role,
    applies=judged,
    fix="Name the definitions (resourceNames), or let the installation bring them.",
    threats=(
        Threat.ACTOR,
        Threat.SUPPLY_CHAIN,
    ),
    controls=(
        "nsa-cisa/rbac",
        "nsa-cisa/third-parties",
        "nis2/i",
        "pci-dss/7.2",
        "hipaa/164.308(a)(4)",
    ),
    refs=(
        "https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/",
    ),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [apiextensions.k8s.io]
  resources: [customresourcedefinitions]
  verbs: [create, update]
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [apiextensions.k8s.io]
  resources: [customresourcedefinitions]
  verbs: [get, list, watch]
"""),
    run=run,
)
