"""Service account is used by nothing.

Nothing runs as it and nothing is granted to it, and still whoever may make tokens, or run pods in
its namespace, may be it: in logs it looks like something that belongs there. Accounts that are
left over are where rights are given again by name.

Judged in live clusters only: what an operator runs shows in no file. kube-system, where the
control plane has its accounts, is left out.
"""

from collections.abc import Iterator

from keten.checks._effective import unused_of
from keten.checks._examples import manifest
from keten.cluster.rbac.unused import Why
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import ServiceAccount


def run(item: ServiceAccount, view: View) -> Iterator[Violation]:
    """Report an account that has no pods and no rights."""
    if any(one.why is Why.IDLE for one in unused_of(view, item)):
        yield Violation(
            f"{item.title} is used by nothing",
            "metadata.name",
            change=Change("metadata.name", item.name, "", f"Remove {item.title}"),
        )


def _applies(item: ServiceAccount) -> bool:
    return bool(item.uid) and item.name != "default"


CHECK = Check(
    title="Service account is used by nothing",
    needs=("manifest", "objects"),
    severity=Severity.INFO,
    subject=ServiceAccount,
    applies=_applies,
    fix="Remove the account.",
    threats=(Threat.INSIDER,),
    controls=("nsa-cisa/rbac", "nsa-cisa/upgrades", "nis2/i", "pci-dss/7.2", "pci-dss/8.6"),
    refs=("https://kubernetes.io/docs/concepts/security/rbac-good-practices/",),
    bad=manifest("""
apiVersion: v1
kind: Pod
metadata: {name: cart, namespace: shop, uid: "1"}
spec:
  serviceAccountName: cart
  nodeName: node-1
  containers:
  - {name: cart, image: registry.example/cart:1}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: cart, namespace: shop, uid: "2"}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: left-over, namespace: shop, uid: "3"}
"""),
    good=manifest("""
apiVersion: v1
kind: Pod
metadata: {name: cart, namespace: shop, uid: "1"}
spec:
  serviceAccountName: cart
  nodeName: node-1
  containers:
  - {name: cart, image: registry.example/cart:1}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: cart, namespace: shop, uid: "2"}
"""),
    run=run,
)
