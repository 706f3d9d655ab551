"""Network policy allows all traffic.

A rule without peers and ports allows everything in its direction. As policies add up, it undoes
every stricter one for the pods it selects: one forgotten "allow all" from a day of debugging
and the namespace is open again.

Medium where it opens every pod of the namespace to all ingress. Of pods that it names it is
often meant (an edge that all the world reaches): low, and egress is one lower than ingress.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import NetworkPolicy


def run(policy: NetworkPolicy, _: View) -> Iterator[Violation]:
    """Report each rule that names neither peers nor ports."""
    whole = _whole(policy.spec.get("podSelector"))
    pods = "every pod of its namespace" if whole else "the pods it selects"
    for way, peers, severity in (
        ("ingress", "from", Severity.MEDIUM if whole else Severity.LOW),
        ("egress", "to", Severity.LOW if whole else Severity.INFO),
    ):
        rules = policy.spec.get(way)
        for i, rule in enumerate(rules if isinstance(rules, list) else ()):
            if (
                (rule is None or isinstance(rule, dict))
                and not (rule or {}).get(peers)
                and not (rule or {}).get("ports")
            ):
                at = f"spec.{way}[{i}]"
                yield Violation(
                    f"{policy.title} allows all {way} of {pods}",
                    at,
                    severity=severity,
                    change=Change(
                        at,
                        "{}",
                        f"the peers and ports that are needed ({peers}, ports)",
                        f"Narrow {policy.title}",
                    ),
                )
                break


def _whole(selector: object) -> bool:
    """Return whether a pod selector takes every pod of the namespace."""
    return not isinstance(selector, dict) or not any(selector.values())


CHECK = Check(
    title="Network policy allows all traffic",
    needs=("manifest",),
    severity=Severity.MEDIUM,
    subject=NetworkPolicy,
    fix="Name the peers (from, to) and the ports, or remove the rule.",
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=("nsa-cisa/network-policies", "cis-kubernetes/5.3.2", "nis2/e", "pci-dss/1.3"),
    refs=("https://kubernetes.io/docs/concepts/services-networking/network-policies/",),
    bad=manifest("""
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: debug, namespace: shop}
spec:
  podSelector: {}
  ingress:
  - {}
"""),
    good=manifest("""
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
  - from:
    - podSelector: {matchLabels: {app: edge}}
    ports: [{port: 8080}]
"""),
    run=run,
)
