"""Container's root file system can be written.

An attacker who can write beside the program drops tools, replaces scripts and hides what was
changed; with a read-only root file system the usual second stage of an attack fails, and what
runs is what was built and scanned. Directories that must be written get an emptyDir.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._pods import called, context, harden, hardenable, linux
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report each container without a read-only root file system."""
    for path, container in hardenable(workload):
        if context(container).read_only_root_filesystem is not True and ".eph" not in path:
            at = f"{path}.securityContext.readOnlyRootFilesystem"
            said = context(container).read_only_root_filesystem
            yield Violation(
                f"the root file system of {called(path, container)} can be written",
                at,
                change=harden(
                    workload,
                    at,
                    "readOnlyRootFilesystem: false" if said is False else "",
                    after="readOnlyRootFilesystem: true",
                ),
            )


CHECK = Check(
    title="Container's root file system can be written",
    subject=Workload,
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.LOW,
    applies=linux,
    fix="Set readOnlyRootFilesystem: true; mount an emptyDir where the program writes.",
    controls=("nsa-cisa/immutable-filesystem", "cis-kubernetes/5.7.3", "nis2/e", "pci-dss/2.2"),
    refs=("https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
"""),
    good=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  securityContext: {readOnlyRootFilesystem: true}
  volumeMounts:
  - {name: tmp, mountPath: /tmp}
volumes:
- name: tmp
  emptyDir: {}
"""),
    run=run,
)
