"""Pod mounts directories of the host.

A directory of the node outlives the pod, is shared with whatever else runs there, and holds
what the kubelet and the system trust. With /etc, /var/lib/kubelet or the root directory
writable, an attacker adds a static pod, a cron job or a key and owns the node; read-only, they
still hand out credentials. /var/log can be turned into reading any file of the node through
links that the kubelet follows.

High for directories with which the node is taken over when written, medium when those can only
be read, low for others that can be written; what of others can only be read, or is not mounted,
is advice. One finding names all of a workload. Agents of the node (a DaemonSet)
are one lower, and where a container is privileged it is low, as that container reaches the
host's disks anyway. The runtime's socket has a check of its own.
"""

from collections.abc import Iterator
from typing import Any

from keten.checks._examples import deployment
from keten.checks._pods import context, each, eased, listed, runtime_socket
from keten.cluster.node_paths import grave
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report the hostPath volumes of a workload by the worst that can be done with one."""
    found = []
    for i, volume in enumerate(workload.pod.volumes):
        source = volume.get("hostPath")
        path = source.get("path") if isinstance(source, dict) else None
        if isinstance(path, str) and not runtime_socket(path):
            how, severity = _judge(path, *_mounts(workload, volume.get("name")))
            found.append((-severity, i, f"{path} ({how})", path))
    if not found:
        return
    found.sort()
    worst, i, _how, path = found[0]
    at = f"{workload.pod_path}.volumes[{i}].hostPath.path"
    yield Violation(
        f"the pod mounts {listed([f[2] for f in found], 'host path')}",
        at,
        key="hostPath",
        severity=_weight(Severity(-worst), workload),
        change=Change(at, path, "", f"Take host directories from {workload.title}"),
    )


def _weight(worst: Severity, workload: Workload) -> Severity:
    if any(context(container).privileged for _path, container in each(workload)):
        return min(worst, Severity.LOW)
    return eased(worst, workload)


def _judge(path: str, readers: int, writers: int) -> tuple[str, Severity]:
    how = "writable" if writers else "read-only" if readers else "not mounted"
    if not readers + writers:
        return how, Severity.INFO
    if not grave(path):
        return how, Severity.LOW if writers else Severity.INFO
    return how, Severity.HIGH if writers else Severity.MEDIUM


def _mounts(workload: Workload, name: Any) -> tuple[int, int]:
    readers = writers = 0
    for _, container in each(workload):
        for mount in container.volume_mounts:
            if mount.get("name") == name:
                if mount.get("readOnly") is True:
                    readers += 1
                else:
                    writers += 1
    return readers, writers


CHECK = Check(
    title="Pod mounts directories of the host",
    subject=Workload,
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.MEDIUM,
    fix="Use another kind of volume (emptyDir, a claim), or mount the narrowest path read-only.",
    controls=(
        "nsa-cisa/pod-security",
        "pss/baseline",
        "cis-kubernetes/5.2.12",
        "nis2/e",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/concepts/storage/volumes/#hostpath",),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  volumeMounts:
  - {name: conf, mountPath: /host/etc}
volumes:
- name: conf
  hostPath: {path: /etc}
"""),
    good=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  volumeMounts:
  - {name: work, mountPath: /work}
volumes:
- name: work
  emptyDir: {}
"""),
    run=run,
)
