"""Namespace could enforce a stricter Pod Security Standard today.

All of its workloads pass a stricter level than the one that it enforces: one label keeps out what
an intruder, or a careless change, would bring, and nothing that runs is refused.

Said where workloads of the namespace are known. Namespaces of Kubernetes itself are left out.
Custom resources whose pods are made in a way that no file shows are named; keten fix then
leaves the label to a person.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.checks._standings import standing_of
from keten.cluster.podsecurity.namespaces import LABEL, SERVED
from keten.cluster.podsecurity.standard import RANK, Level
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Namespace


def run(namespace: Namespace, view: View) -> Iterator[Violation]:
    """Report the strictest level that every workload passes, above the one enforced."""
    standing = standing_of(view, namespace)
    if standing is None or not standing.workloads:
        return
    enforced = standing.enforce.level or Level.PRIVILEGED
    if RANK[standing.possible] > RANK[enforced]:
        at = f"metadata.labels.{LABEL}enforce"
        count = len(standing.workloads)
        those = "its one workload passes" if count == 1 else f"all {count} workloads pass"
        if standing.unseen:
            more = f" and {len(standing.unseen) - 1} more" if len(standing.unseen) > 1 else ""
            those += f"; pods of {standing.unseen[0][:80]}{more} are not seen"
        yield Violation(
            f"namespace {namespace.name} could enforce {standing.possible}: {those}",
            at,
            change=Change(
                f'metadata.labels["{LABEL}enforce"]',
                str(standing.enforce.level or ""),
                str(standing.possible),
                f"Enforce Pod Security in {namespace.name}",
                exact=not standing.unseen,
            ),
        )


def _applies(namespace: Namespace) -> bool:
    return namespace.name not in SERVED


CHECK = Check(
    title="Namespace could enforce a stricter Pod Security Standard today",
    subject=Namespace,
    needs=("manifest", "objects"),
    severity=Severity.INFO,
    applies=_applies,
    fix="Label the namespace with the level; try it first with the label warn.",
    threats=(
        Threat.ACTOR,
        Threat.INSIDER,
    ),
    controls=(
        "nsa-cisa/pod-security",
        "pss/baseline",
        "pss/restricted",
        "cis-kubernetes/5.2.1",
        "nis2/e",
        "pci-dss/2.2",
    ),
    refs=(
        "https://kubernetes.io/docs/tasks/configure-pod-container/enforce-standards-namespace-labels/",
    ),
    bad=manifest("""
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels: {pod-security.kubernetes.io/enforce: baseline}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
  containers:
  - name: web
    image: registry.example/web:1.4
    securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
"""),
    good=manifest("""
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels: {pod-security.kubernetes.io/enforce: restricted}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
  containers:
  - name: web
    image: registry.example/web:1.4
    securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
"""),
    run=run,
)
