"""Network policy lets pods reach the cloud's metadata address.

A rule for the whole Internet (0.0.0.0/0), or a great part of it, includes 169.254.169.254, where
many clouds hand the node's credentials to whoever asks from it. A request that the application is
tricked into making is enough: that is how the data of some hundred million customers and
applicants of Capital One was taken in 2019.
"""

from collections.abc import Iterator
from typing import Any

from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import NetworkPolicy

_HTTP = 80
_WIDEST = 8  # bits of a mask


def run(policy: NetworkPolicy, _: View) -> Iterator[Violation]:
    """Report each egress peer for much of IPv4 that does not leave the address out."""
    rules = policy.spec.get("egress")
    for i, rule in enumerate(rules if isinstance(rules, list) else ()):
        peers = rule.get("to") if isinstance(rule, dict) and _web(rule) else None
        for j, peer in enumerate(peers if isinstance(peers, list) else ()):
            block = peer.get("ipBlock") if isinstance(peer, dict) else None
            if isinstance(block, dict) and _wide(block.get("cidr")) and _reaches(block):
                at = f"spec.egress[{i}].to[{j}].ipBlock"
                yield Violation(
                    f"{policy.title} lets its pods reach 169.254.169.254",
                    at,
                    change=_narrowed(policy, at, block),
                )


def _narrowed(policy: NetworkPolicy, at: str, block: dict[str, Any]) -> Change:
    """Return the change by which a block leaves the address out, beside what it does already."""
    said = block.get("except")
    out = [str(cidr) for cidr in said] if isinstance(said, list) else []
    before = f"except: [{', '.join(out)}]" if out else ""
    after = f"except: [{', '.join([*out, '169.254.169.254/32'])}]"
    return Change(f"{at}.except", before, after, f"Narrow {policy.title}", exact=True)


def _wide(cidr: Any) -> bool:
    """Return whether a block is so wide that the address is not meant by it."""
    length = str(cidr).partition("/")[2]
    return length.isdecimal() and len(length) < 3 and int(length) <= _WIDEST  # noqa: PLR2004 digits


def _reaches(block: dict[str, Any]) -> bool:
    from keten.cluster.network import addresses
    from keten.cluster.network.spans import holds

    left_out = block.get("except")
    besides = left_out if isinstance(left_out, list) else ()
    known = [cidr for cidr in besides if addresses.block(cidr) is not None]
    found = addresses.block(block.get("cidr"), known)
    return found is not None and holds(found, addresses.METADATA)


def _web(rule: dict[str, Any]) -> bool:
    """Return whether the rule's ports include the metadata service's port 80."""
    ports = rule.get("ports")
    if not isinstance(ports, list) or not ports:
        return True
    return any(
        isinstance(p, dict) and p.get("protocol") in (None, "TCP") and _port_80(p) for p in ports
    )


def _port_80(said: dict[str, Any]) -> bool:
    first, last = said.get("port"), said.get("endPort")
    if first is None or first == _HTTP:
        return True
    return isinstance(first, int) and isinstance(last, int) and first <= _HTTP <= last


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
