"""Role allows reading volumes of others through snapshots.

A VolumeSnapshotContent names a snapshot by the storage's own handle. Whoever may write one makes
a volume in its own namespace from any snapshot of the storage, that of another tenant's database
too; the storage does not ask whose it was. Snapshot controllers and backup tools need it; people
ask for a VolumeSnapshot.
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
    found = dangerous(role, "snapshot-read")
    yield from said(role, found, "read volumes of others through snapshots", Severity.LOW)


CHECK = Check(
    title="Role allows reading volumes of others through snapshots",
    needs=("manifest",),
    severity=Severity.LOW,
    subject=Role,
    applies=judged,
    fix="Grant volumesnapshots instead; leave the contents to the controller.",
    threats=(
        Threat.ACTOR,
        Threat.INSIDER,
    ),
    controls=(
        "nsa-cisa/rbac",
        "nsa-cisa/namespaces",
        "nis2/i",
        "pci-dss/7.2",
        "hipaa/164.308(a)(4)",
    ),
    refs=("https://kubernetes.io/docs/concepts/storage/volume-snapshots/",),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [snapshot.storage.k8s.io]
  resources: [volumesnapshotcontents]
  verbs: [create]
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules:
- apiGroups: [snapshot.storage.k8s.io]
  resources: [volumesnapshots]
  verbs: [create]
"""),
    run=run,
)
