"""Pod mounts a type of volume that the Restricted standard refuses.

Volumes that a pod configures itself (NFS, iSCSI, FlexVolume, disks of a cloud) are mounted by
the node on the pod author's word, with addresses and options of the author's choice, past
storage classes and quotas. gitRepo is the worst: the node runs git as root on what the manifest
names, which CVE-2024-10220 turned into commands on the node. Kubernetes 1.33 switched it off by
default.

Medium for gitRepo and FlexVolume, for information for the rest. A persistentVolumeClaim is not
reported, and hostPath has a check of its own.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload

_FREE = frozenset(
    {
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "image",
        "persistentVolumeClaim",
        "projected",
        "secret",
        "hostPath",
        "name",
    }
)
_GRAVE = ("gitRepo", "flexVolume")


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report each volume of a type beyond the Restricted standard."""
    for i, volume in enumerate(workload.pod.volumes):
        for kind in sorted(k for k, v in volume.items() if k not in _FREE and v):
            at = f"{workload.pod_path}.volumes[{i}].{kind}"
            yield Violation(
                f"volume {volume.get('name', '')} is of type {kind}",
                at,
                severity=Severity.MEDIUM if kind in _GRAVE else Severity.INFO,
                change=Change(
                    at, kind, "persistentVolumeClaim", f"Claim the volumes of {workload.title}"
                ),
            )


CHECK = Check(
    title="Pod mounts a type of volume that the Restricted standard refuses",
    subject=Workload,
    needs=("manifest",),
    severity=Severity.INFO,
    fix="Claim the volume (persistentVolumeClaim); instead of gitRepo clone in an init container.",
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=("nsa-cisa/pod-security", "pss/restricted", "nis2/e", "pci-dss/2.2"),
    refs=(
        "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
        "https://nvd.nist.gov/vuln/detail/CVE-2024-10220",
    ),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
volumes:
- name: site
  gitRepo: {repository: "https://git.example/site.git"}
"""),
    good=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
volumes:
- name: site
  persistentVolumeClaim: {claimName: site}
"""),
    run=run,
)
