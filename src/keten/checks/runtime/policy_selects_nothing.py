"""Network policy selects no pod.

A policy whose labels match nothing protects nothing, while everybody believes the service
behind it is shielded: after a label was renamed, say.

Where no workload of its namespace lies beside it, nothing is known.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import Trust, View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import NetworkPolicy


def run(policy: NetworkPolicy, view: View) -> Iterator[Violation]:
    """Report a policy that selects none of its companions."""
    if view.out(policy, "selects", Trust.CLAIMED):
        return
    at = "spec.podSelector"
    yield Violation(
        f"{policy.title} selects no pod of {policy.namespace or 'its namespace'}",
        at,
        change=Change(at, "", "labels that the pods have", f"Mend the selector of {policy.title}"),
    )


CHECK = Check(
    title="Network policy selects no pod",
    severity=Severity.LOW,
    subject=NetworkPolicy,
    needs=("manifest", "objects"),
    fix="Correct spec.podSelector so that it matches the pods' labels, or remove the policy.",
    threats=(Threat.INSIDER, Threat.ACTOR),
    controls=("nsa-cisa/network-policies", "cis-kubernetes/5.3.2", "nis2/e", "pci-dss/1.2"),
    refs=("https://kubernetes.io/docs/concepts/services-networking/network-policies/",),
    bad=manifest("""
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: wbe}}
  policyTypes: [Ingress]
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  containers:
  - {name: web, image: "registry.example/web:1.4"}
"""),
    good=manifest("""
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Ingress]
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  containers:
  - {name: web, image: "registry.example/web:1.4"}
"""),
    run=run,
)
