"""Pod names its service account by a field that is no longer read.

serviceAccount was replaced by serviceAccountName before Kubernetes 1.0 was a year old. Where
both are there the new one counts: a reviewer who reads the other believes in rights that the pod
does not have, or misses those that it has. Policies that ask serviceAccountName do not see it.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report serviceAccount where serviceAccountName does not say the same."""
    old, new = workload.pod.service_account, workload.pod.service_account_name
    if old and old != new:
        at = f"{workload.pod_path}.serviceAccount"
        said = f"; serviceAccountName says {new}, which counts" if new else ""
        yield Violation(
            f"the pod says serviceAccount: {old}{said}",
            at,
            severity=Severity.LOW if new else None,
            change=Change(
                at,
                old,
                f"serviceAccountName: {new or old}",
                f"Name the account of {workload.title}",
            ),
        )


CHECK = Check(
    title="Pod names its service account by a field that is no longer read",
    subject=Workload,
    needs=("manifest",),
    severity=Severity.INFO,
    fix="Write serviceAccountName, and remove serviceAccount.",
    threats=(Threat.INSIDER,),
    controls=("nsa-cisa/rbac", "nis2/i", "pci-dss/7.2"),
    refs=(
        "https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#PodSpec",
    ),
    bad=deployment("""
serviceAccount: web
containers:
- {name: web, image: "registry.example/web:1.4"}
"""),
    good=deployment("""
serviceAccountName: web
containers:
- {name: web, image: "registry.example/web:1.4"}
"""),
    run=run,
)
