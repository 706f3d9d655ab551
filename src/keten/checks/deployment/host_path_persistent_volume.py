"""Persistent volume is a directory of the host.

A persistent volume on hostPath brings the node's directory into any pod that may claim it, past
the Pod Security Standards, which judge only what the pod itself mounts. On a cluster of several
nodes the data is also another on each.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Resource


def run(resource: Resource, _: View) -> Iterator[Violation]:
    """Report a PersistentVolume of type hostPath."""
    source = resource.spec.get("hostPath")
    path = source.get("path") if isinstance(source, dict) else None
    if isinstance(path, str):
        at = "spec.hostPath.path"
        yield Violation(
            f"{resource.title} is the host's {path}",
            at,
            change=Change(at, path, "", "Keep persistent volumes off the hosts' directories"),
        )


def _applies(resource: Resource) -> bool:
    return resource.kind == "PersistentVolume"


CHECK = Check(
    title="Persistent volume is a directory of the host",
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.LOW,
    subject=Resource,
    applies=_applies,
    fix="Use a storage class; for disks of the node the type local, bound to its node.",
    controls=("nsa-cisa/pod-security", "cis-kubernetes/5.2.12", "nis2/e", "pci-dss/2.2"),
    refs=("https://kubernetes.io/docs/concepts/storage/volumes/#hostpath",),
    bad=manifest("""
apiVersion: v1
kind: PersistentVolume
metadata: {name: data}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteOnce]
  hostPath: {path: /srv/data}
"""),
    good=manifest("""
apiVersion: v1
kind: PersistentVolume
metadata: {name: data}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteOnce]
  csi: {driver: disk.example, volumeHandle: data}
"""),
    run=run,
)
