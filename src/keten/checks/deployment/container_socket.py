"""Pod mounts the container runtime's socket.

Whoever can write to the socket of Docker, containerd or CRI-O can start a privileged container
with the node's root directory mounted: the socket is root on the node, without any further
flaw. Mounting it read-only changes nothing, as a socket is not written through the file system.
The same interface open on the network is what the mining worm of TeamTNT (2020) looked for.

Agents of the node (a DaemonSet) that read container metadata through it are one lower.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._pods import eased, linux, runtime_socket
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report each volume that is, or holds, the runtime's socket."""
    for i, volume in enumerate(workload.pod.volumes):
        source = volume.get("hostPath")
        path = source.get("path") if isinstance(source, dict) else None
        if isinstance(path, str) and runtime_socket(path):
            at = f"{workload.pod_path}.volumes[{i}].hostPath.path"
            yield Violation(
                f"volume {volume.get('name', '')} is the container runtime's socket {path}",
                at,
                severity=eased(Severity.CRITICAL, workload),
                change=Change(at, path, "", f"Take host directories from {workload.title}"),
            )


CHECK = Check(
    title="Pod mounts the container runtime's socket",
    subject=Workload,
    needs=("manifest",),
    severity=Severity.CRITICAL,
    applies=linux,
    fix="Remove the mount; build images with a rootless builder, read metadata from the kubelet.",
    threats=(Threat.ACTOR, Threat.SUPPLY_CHAIN),
    controls=(
        "nsa-cisa/pod-security",
        "pss/baseline",
        "cis-kubernetes/5.2.12",
        "nis2/e",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://docs.docker.com/engine/security/#docker-daemon-attack-surface",),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  volumeMounts:
  - {name: docker, mountPath: /var/run/docker.sock}
volumes:
- name: docker
  hostPath: {path: /var/run/docker.sock}
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
