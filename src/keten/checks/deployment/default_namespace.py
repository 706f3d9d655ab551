"""Workload is put in the namespace default.

Rights, quotas, network policies and Pod Security are given per namespace. In default everything
that nobody placed meets, and it can not be deleted: a rule there is too wide for one and too
narrow for the next.

Reported only where the manifest says default, not where it leaves the namespace to the command.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report a workload whose manifest says namespace: default."""
    if workload.namespace == "default":
        at = "metadata.namespace"
        group = f"Give {workload.title} a namespace of its own"
        yield Violation(
            f"{workload.title} is put in the namespace default",
            at,
            change=Change(at, "namespace: default", "", group),
        )


CHECK = Check(
    title="Workload is put in the namespace default",
    subject=Workload,
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.LOW,
    fix="Create a namespace for the application and name it in metadata.namespace.",
    controls=("nsa-cisa/namespaces", "cis-kubernetes/5.7.4", "nis2/e", "pci-dss/2.2"),
    refs=("https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/",),
    bad=manifest("""
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: default}
spec:
  containers:
  - {name: web, image: "registry.example/web:1.4"}
"""),
    good=manifest("""
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
  - {name: web, image: "registry.example/web:1.4"}
"""),
    run=run,
)
