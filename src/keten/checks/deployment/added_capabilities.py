"""Container adds dangerous capabilities.

A capability is a part of root's power. SYS_ADMIN mounts file systems, SYS_MODULE loads code
into the kernel, SYS_PTRACE reads other processes, DAC_READ_SEARCH opens any file of the host by
its handle: each of these is a known way out of a container. NET_ADMIN and NET_RAW rewrite and
forge the traffic of the pod's network.

High for those that lead out of the container; medium for others beyond the Baseline standard,
low for those that many runtimes give anyway (NET_RAW) or that only concern limits and
priorities (IPC_LOCK, SYS_NICE). Agents of the node (a DaemonSet) are one lower. What Baseline
allows is not reported.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._pods import called, context, each, eased, harden, linux
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kube import Workload

_WAYS_OUT = frozenset(
    {
        "ALL",
        "SYS_ADMIN",
        "SYS_MODULE",
        "SYS_PTRACE",
        "SYS_RAWIO",
        "DAC_READ_SEARCH",
        "BPF",
        "MAC_ADMIN",
        "MAC_OVERRIDE",
        "SYS_BOOT",
    }
)
_MILD = frozenset({"NET_RAW", "IPC_LOCK", "SYS_NICE", "SYS_RESOURCE", "LEASE", "WAKE_ALARM"})
_BASELINE = frozenset(
    {
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    }
)


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report the capabilities that a container adds beyond Baseline."""
    for path, container in each(workload):
        own = context(container)
        if own.privileged is True or own.capabilities is None:
            continue
        added = [(name, name.upper().removeprefix("CAP_")) for name in own.capabilities.add]
        beyond = [name for name, plain in added if plain not in _BASELINE]
        if beyond:
            plain = {name.upper().removeprefix("CAP_") for name in beyond}
            severity = Severity.MEDIUM
            if plain & _WAYS_OUT:
                severity = Severity.HIGH
            elif plain <= _MILD:
                severity = Severity.LOW
            at = f"{path}.securityContext.capabilities.add"
            kept = [name for name, plain in added if plain in _BASELINE]
            yield Violation(
                f"{called(path, container)} adds {', '.join(beyond[:6])}",
                at,
                severity=eased(severity, workload),
                change=harden(
                    workload,
                    at,
                    f"add: [{', '.join(own.capabilities.add)}]",
                    after=f"add: [{', '.join(kept)}]",
                ),
            )


CHECK = Check(
    title="Container adds dangerous capabilities",
    subject=Workload,
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.HIGH,
    applies=linux,
    fix="Remove the capability, or replace what needs it; grant the narrowest one that works.",
    controls=(
        "nsa-cisa/pod-security",
        "pss/baseline",
        "cis-kubernetes/5.2.8",
        "cis-kubernetes/5.2.9",
        "nis2/e",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=(
        "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
        "https://man7.org/linux/man-pages/man7/capabilities.7.html",
    ),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  securityContext:
    capabilities:
      add: [SYS_ADMIN]
"""),
    good=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  securityContext:
    capabilities:
      drop: [ALL]
      add: [NET_BIND_SERVICE]
"""),
    run=run,
)
