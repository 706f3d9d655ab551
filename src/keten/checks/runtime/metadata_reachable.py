"""Network policy lets pods reach the cloud's metadata address.

A rule for the whole Internet (0.0.0.0/0) includes 169.254.169.254, where many clouds hand the
node's credentials to whoever asks from it. A request that the application is tricked into
making is enough: that is how the data of some hundred million customers and applicants of
Capital One was taken in 2019.
"""

from collections.abc import Iterator
from typing import Any

from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import NetworkPolicy

_ADDRESS = (169 << 24) + (254 << 16) + (169 << 8) + 254


def run(policy: NetworkPolicy, _: View) -> Iterator[Violation]:
    """Report each egress peer for all of IPv4 that does not leave the address out."""
    rules = policy.spec.get("egress")
    for i, rule in enumerate(rules if isinstance(rules, list) else ()):
        peers = rule.get("to") if isinstance(rule, dict) and _web(rule) else None
        for j, peer in enumerate(peers if isinstance(peers, list) else ()):
            block = peer.get("ipBlock") if isinstance(peer, dict) else None
            if not isinstance(block, dict) or block.get("cidr") != "0.0.0.0/0":
                continue
            left_out = block.get("except")
            if not any(_holds(c) for c in (left_out if isinstance(left_out, list) else ())):
                at = f"spec.egress[{i}].to[{j}].ipBlock"
                yield Violation(
                    f"{policy.title} lets its pods reach 169.254.169.254",
                    at,
                    change=Change(
                        at,
                        "cidr: 0.0.0.0/0",
                        "except: [169.254.169.254/32]",
                        f"Narrow {policy.title}",
                    ),
                )


def _web(rule: dict[str, Any]) -> bool:
    """Return whether the rule's ports include the metadata service's port 80."""
    ports = rule.get("ports")
    if not isinstance(ports, list) or not ports:
        return True
    return any(
        isinstance(p, dict) and p.get("port") in (None, 80) and p.get("protocol") in (None, "TCP")
        for p in ports
    )


def _holds(cidr: Any) -> bool:
    address, _, length = str(cidr).partition("/")
    parts = address.split(".")
    octets = [int(p) for p in parts if p.isdecimal() and len(p) < 4]  # noqa: PLR2004 three digits
    if len(parts) != 4 or len(octets) != 4 or not length.isdecimal() or len(length) > 2:  # noqa: PLR2004 IPv4
        return False
    shift = 32 - min(int(length), 32)
    value = (octets[0] << 24) + (octets[1] << 16) + (octets[2] << 8) + octets[3]
    return value >> shift == _ADDRESS >> shift


CHECK = Check(
    title="Network policy lets pods reach the cloud's metadata address",
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.LOW,
    subject=NetworkPolicy,
    fix="Add except: [169.254.169.254/32] to the block.",
    controls=("nsa-cisa/cloud-metadata", "nsa-cisa/network-policies", "nis2/e", "pci-dss/1.3"),
    refs=("https://kubernetes.io/docs/concepts/security/security-checklist/",),
    bad=manifest("""
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Egress]
  egress:
  - to:
    - ipBlock: {cidr: 0.0.0.0/0}
"""),
    good=manifest("""
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Egress]
  egress:
  - to:
    - ipBlock: {cidr: 0.0.0.0/0, except: [169.254.0.0/16]}
"""),
    run=run,
)
