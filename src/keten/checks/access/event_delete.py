"""Role allows deleting events.

Events are the first place where people look for what happened in a namespace: a pod that was
made, an image that was pulled, a probe that failed. An intruder who may delete them does, and
the trace is gone: MITRE lists it among the techniques against containers. They end by themselves
after an hour.
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
    found = dangerous(role, "event-delete")
    yield from said(role, found, "delete events", Severity.LOW)


CHECK = Check(
    title="Role allows deleting events",
    needs=("manifest",),
    severity=Severity.LOW,
    subject=Role,
    applies=judged,
    fix="Remove the right.",
    threats=(
        Threat.ACTOR,
        Threat.INSIDER,
    ),
    controls=(
        "nsa-cisa/rbac",
        "nsa-cisa/audit-logging",
        "nis2/i",
        "pci-dss/7.2",
        "hipaa/164.308(a)(4)",
    ),
    refs=("https://attack.mitre.org/techniques/T1070/",),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [""]
  resources: [events]
  verbs: [create, delete]
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [""]
  resources: [events]
  verbs: [create, patch]
"""),
    run=run,
)
