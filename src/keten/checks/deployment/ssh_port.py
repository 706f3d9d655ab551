"""Container serves SSH.

A shell that listens beside the application is a way in that no role of the cluster governs and
no audit log records: keys and passwords of its own, kept in the image or a volume, are tried by
every scanner. kubectl exec does the same with rights and a trace.

Servers whose work is SSH, for git or files, are left out by the names of their images.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._pods import called, serving
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload

_SSH = 22
_SERVERS = (
    "git", "gerrit", "gogs", "forgejo", "soft-serve", "sftp", "sftpgo", "openssh", "bastion",
    "jump", "teleport", "guacamole", "scm", "rhodecode", "bitbucket", "kallithea", "sshd", "ssh",
)  # fmt: skip


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report each container that declares TCP port 22."""
    for path, container in serving(workload):
        for i, port in enumerate(container.ports):
            if port.get("containerPort") != _SSH or (port.get("protocol") or "TCP") != "TCP":
                continue
            if any(word in container.image for word in _SERVERS):
                continue
            at = f"{path}.ports[{i}].containerPort"
            yield Violation(
                f"{called(path, container)} serves SSH (port 22)",
                at,
                change=Change(at, "22", "", f"Take SSH out of {workload.title}"),
            )


CHECK = Check(
    title="Container serves SSH",
    subject=Workload,
    needs=("manifest",),
    severity=Severity.LOW,
    fix="Take the SSH server out of the image; use kubectl exec, with rights for whom it is for.",
    threats=(
        Threat.ACTOR,
        Threat.INSIDER,
    ),
    controls=("nsa-cisa/authentication", "nis2/j", "pci-dss/2.2", "pci-dss/8.3"),
    refs=("https://attack.mitre.org/techniques/T1021/004/",),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  ports: [{containerPort: 8080}, {containerPort: 22}]
"""),
    good=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  ports: [{containerPort: 8080}]
"""),
    run=run,
)
