"""Pod mounts a token with which nothing may be done.

No binding names the pod's service account, so that the application does not use the API server:
the token is of use only to an intruder, to look around with what everyone may read, and to have
rights at once when somebody grants the account some.

Said only where bindings are seen beside it, and of accounts whose object is there. Vault and the
like take this token as a proof of identity: mount one with an audience of its own for that.
"""

from collections.abc import Iterator

from keten.checks._beside import Beside, beside
from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import Trust, View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import ServiceAccount, Workload


def run(workload: Workload, view: View) -> Iterator[Violation]:
    """Report a mounted token whose account no binding names."""
    said = workload.pod.automount_service_account_token
    name = workload.pod.service_account_name or workload.pod.service_account
    if said is False or not name or name == "default":
        return
    account = _account(workload, view)
    if account is None or (said is None and account.automount is False):
        return
    near = beside(view, workload)
    if view.into(account, "to", Trust.CLAIMED) or not _bound(near):
        return
    at = f"{workload.pod_path}.automountServiceAccountToken"
    yield Violation(
        f"{workload.title} mounts a token of ServiceAccount/{name}, which nothing is granted",
        at,
        change=Change(at, "", "false", f"Take the token out of {workload.title}", exact=True),
    )


def _account(workload: Workload, view: View) -> ServiceAccount | None:
    for edge in view.out(workload, "runs-as", Trust.OBSERVED):
        found = view.node(edge.dst)
        if isinstance(found, ServiceAccount):
            return found
    return None


def _bound(near: Beside) -> bool:
    return bool(near.every("RoleBinding") or near.every("ClusterRoleBinding"))


CHECK = Check(
    title="Pod mounts a token with which nothing may be done",
    subject=Workload,
    needs=("manifest", "objects"),
    severity=Severity.INFO,
    fix="Set automountServiceAccountToken: false.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/service-account-tokens",
        "cis-kubernetes/5.1.6",
        "nis2/i",
        "pci-dss/7.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=(
        "https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#opt-out-of-api-credential-automounting",
    ),
    bad=manifest("""
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
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: other, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: ServiceAccount, name: other, namespace: shop}]
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
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: ServiceAccount, name: web, namespace: shop}]
"""),
    run=run,
)
