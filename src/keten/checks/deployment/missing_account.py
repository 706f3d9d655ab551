"""Workload runs as a service account that is not there.

Its pods are not created. Whoever may create service accounts, which is seldom guarded, decides
then whether they are, and bindings that were left over for the name give it rights.

In files, reported only where other accounts of the namespace lie beside it, and none of that name
anywhere.
"""

from collections.abc import Iterator

from keten.checks._beside import lacks
from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, view: View) -> Iterator[Violation]:
    """Report an account that is certainly not there."""
    pod = workload.pod
    name = pod.service_account_name or pod.service_account
    if not name or name == "default" or "$" in name:
        return
    if lacks(view, workload, "ServiceAccount", name):
        at = f"{workload.pod_path}.serviceAccountName"
        yield Violation(
            f"{workload.title} runs as ServiceAccount/{name}, which is not there",
            at,
            change=Change(at, name, "", f"Mend what {workload.title} refers to"),
        )


CHECK = Check(
    title="Workload runs as a service account that is not there",
    subject=Workload,
    needs=("manifest", "objects"),
    severity=Severity.LOW,
    fix="Create the account beside the workload, or correct its name.",
    threats=(
        Threat.INSIDER,
        Threat.ACTOR,
    ),
    controls=("nsa-cisa/rbac", "nsa-cisa/service-account-tokens", "nis2/i", "pci-dss/7.2"),
    refs=("https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/",),
    bad=manifest("""
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  serviceAccountName: wbe
  containers:
  - {name: web, image: "registry.example/web:1.4"}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: web, namespace: shop}
"""),
    good=manifest("""
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  serviceAccountName: web
  containers:
  - {name: web, image: "registry.example/web:1.4"}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: web, namespace: shop}
"""),
    run=run,
)
