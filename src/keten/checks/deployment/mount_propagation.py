"""Container's mounts appear on the node.

With mountPropagation Bidirectional, what the container mounts below the volume is mounted on the
node as well, and stays there when the container is gone: an intruder puts a file system of their
own over directories that the kubelet and other pods trust. Only a privileged container may;
storage drivers need it, so that agents of the node (a DaemonSet) and mounts below the kubelet's
own folder are for information.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._pods import called, each
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report each mount that is propagated both ways."""
    for path, container in each(workload):
        for i, mount in enumerate(container.volume_mounts):
            if mount.get("mountPropagation") == "Bidirectional":
                where = mount.get("mountPath", "")
                driver = workload.kind == "DaemonSet" or str(where).startswith("/var/lib/kubelet")
                at = f"{path}.volumeMounts[{i}].mountPropagation"
                yield Violation(
                    f"{called(path, container)} mounts on the node below {where}",
                    at,
                    severity=Severity.INFO if driver else None,
                    change=Change(
                        at, "Bidirectional", "HostToContainer", f"Keep mounts in {workload.title}"
                    ),
                )


CHECK = Check(
    title="Container's mounts appear on the node",
    subject=Workload,
    needs=("manifest",),
    severity=Severity.LOW,
    fix="Leave mountPropagation out, or set HostToContainer.",
    threats=(Threat.ACTOR,),
    controls=("nsa-cisa/pod-security", "nis2/e", "pci-dss/2.2"),
    refs=("https://kubernetes.io/docs/concepts/storage/volumes/#mount-propagation",),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  securityContext: {privileged: true}
  volumeMounts:
  - {name: data, mountPath: /data, mountPropagation: Bidirectional}
volumes:
- {name: data, hostPath: {path: /srv/data}}
"""),
    good=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  volumeMounts:
  - {name: data, mountPath: /data, mountPropagation: HostToContainer}
volumes:
- {name: data, hostPath: {path: /srv/data}}
"""),
    run=run,
)
