"""Pod carries a token of the default service account.

Unless told otherwise, Kubernetes mounts a token for the API server into every pod. A pod that
names no service account seldom talks to the API, but whoever breaks in does: the token shows
what the cluster is made of, and carries every right that someone gave to the default account,
for all pods of the namespace at once.

A pod with an account of its own is taken to use it. A default account with
automountServiceAccountToken: false in the same files is honoured. Static pods have no account.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._pods import harden
from keten.cluster.components import static
from keten.model.check import Check, Threat
from keten.model.facts import Trust, View
from keten.model.finding import Severity, Violation
from keten.model.kube import ServiceAccount, Workload


def run(workload: Workload, view: View) -> Iterator[Violation]:
    """Report a pod that mounts the default account's token without having said so."""
    pod = workload.pod
    if (pod.service_account_name or pod.service_account or "default") != "default":
        return
    said = pod.automount_service_account_token
    if said is False or (said is None and _off(workload, view)):
        return
    at = f"{workload.pod_path}.automountServiceAccountToken"
    yield Violation(
        "the pod mounts a token of the default service account",
        at,
        change=harden(
            workload,
            at,
            "automountServiceAccountToken: true" if said else "",
            after="automountServiceAccountToken: false",
        ),
    )


def _off(workload: Workload, view: View) -> bool:
    for edge in view.out(workload, "runs-as", Trust.CLAIMED):
        account = view.node(edge.dst)
        if isinstance(account, ServiceAccount) and account.automount is False:
            return True
    return False


def _applies(workload: Workload) -> bool:
    return not static(workload)


CHECK = Check(
    title="Pod carries a token of the default service account",
    subject=Workload,
    applies=_applies,
    threats=(Threat.ACTOR,),
    severity=Severity.LOW,
    needs=("manifest", "objects"),
    fix="Set automountServiceAccountToken: false, or give the pod an account of its own.",
    controls=(
        "nsa-cisa/service-account-tokens",
        "cis-kubernetes/5.1.5",
        "cis-kubernetes/5.1.6",
        "nis2/i",
        "pci-dss/7.2",
    ),
    refs=("https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/",),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
"""),
    good=deployment("""
automountServiceAccountToken: false
containers:
- name: web
  image: registry.example/web:1.4
"""),
    run=run,
)
