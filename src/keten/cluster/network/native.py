"""NetworkPolicy (networking.k8s.io/v1) and MultiNetworkPolicy, which says the same of more nets.

Source: Kubernetes API reference, NetworkPolicy; k8s.cni.cncf.io MultiNetworkPolicy v1beta1.
"""

from collections.abc import Iterator
from typing import Any

from keten.cluster.network.addresses import block
from keten.cluster.network.peers import DEFAULT
from keten.cluster.network.policies import (
    ANYTHING,
    Match,
    Policy,
    Rule,
    Side,
    Tier,
    Way,
    single,
    unknown,
)
from keten.cluster.network.ports import EVERY, NONE, PROTOCOLS, ports
from keten.cluster.network.selection import Pods
from keten.cluster.selectors import selector
from keten.model.kube import NetworkPolicy, Object, Resource

_FOR = "k8s.v1.cni.cncf.io/policy-for"


class Refused(Exception):  # noqa: N818 no error of keten's: the API server would not take it
    """What makes a policy one that the API server refuses."""


def native(policy: NetworkPolicy | Resource, pods: Pods) -> Iterator[Policy]:
    """Yield what *policy* says: once for each network that it is for."""
    namespace = policy.namespace or DEFAULT
    inside = pods.in_space.get(namespace, 0) & pods.subject
    title = f"{policy.kind} {namespace}/{policy.name}"
    for network in _networks(policy, namespace):
        try:
            yield _policy(policy, title, inside, network, pods)
        except Refused as error:
            yield unknown(policy.ref, title, inside, str(error), over=False)


def _networks(policy: Object, namespace: str) -> list[str]:
    if policy.kind != "MultiNetworkPolicy":
        return [""]
    said = policy.annotations.get(_FOR, "")
    names = [name.strip() for name in said.split(",") if name.strip()]
    return [name if "/" in name else f"{namespace}/{name}" for name in names]


def _policy(
    policy: NetworkPolicy | Resource,
    title: str,
    inside: int,
    network: str,
    pods: Pods,
) -> Policy:
    spec = policy.spec
    namespace = policy.namespace or DEFAULT
    held = selector(spec.get("podSelector") or {})
    if held is None:
        raise Refused("spec.podSelector is none that the API takes")
    kinds = spec.get("policyTypes") or ["Ingress", *(["Egress"] if spec.get("egress") else [])]
    if not isinstance(kinds, list):
        raise Refused("spec.policyTypes is no list")
    return Policy(
        policy.ref,
        title,
        Tier.PLAIN,
        pods.select(held, inside),
        _side(spec, "ingress", namespace, pods) if "Ingress" in kinds else None,
        _side(spec, "egress", namespace, pods) if "Egress" in kinds else None,
        network=network,
    )


def _side(spec: dict[str, Any], way: Way, namespace: str, pods: Pods) -> Side:
    rules = spec.get(way) or []
    if not isinstance(rules, list):
        raise Refused(f"spec.{way} is no list")
    return Side(
        tuple(_rule(rule or {}, f"spec.{way}[{i}]", way, namespace, pods)
              for i, rule in enumerate(rules))
    )  # fmt: skip


def _rule(rule: Any, at: str, way: Way, namespace: str, pods: Pods) -> Rule:
    if not isinstance(rule, dict):
        raise Refused(f"{at} is no rule")
    field = "from" if way == "ingress" else "to"
    match = _match(rule.get("ports") or [], at)
    peers = rule.get(field) or []
    if not isinstance(peers, list):
        raise Refused(f"{at}.{field} is no list")
    if not peers:
        return Rule("allow", match, at, everyone=True)
    chosen, perhaps, blocks, anyone = 0, 0, [], False
    for i, peer in enumerate(peers):
        here = f"{at}.{field}[{i}]"
        if not isinstance(peer, dict):
            raise Refused(f"{here} is no peer")
        outside = peer.get("ipBlock")
        if outside is not None:
            blocks.append(_block(outside, peer, here))
            continue
        sure, more = _pods(peer, here, namespace, pods)
        chosen |= sure
        perhaps |= more
        anyone = anyone or peer.get("namespaceSelector") is not None
    return Rule(
        "allow", match, at, pods=chosen, perhaps=perhaps, blocks=tuple(blocks), anyone=anyone
    )


def _block(said: Any, peer: dict[str, Any], at: str) -> Any:
    both = peer.get("podSelector") is not None or peer.get("namespaceSelector") is not None
    besides = said.get("except") or [] if isinstance(said, dict) else None
    if both or not isinstance(besides, list):
        raise Refused(f"{at} is no peer: ipBlock stands alone")
    found = block(said.get("cidr"), besides)
    if found is None:
        raise Refused(f"{at}.ipBlock is no CIDR")
    return found


def _pods(peer: dict[str, Any], at: str, namespace: str, pods: Pods) -> tuple[int, int]:
    """Return the pods that a peer names, and those that it may name besides."""
    near, far = peer.get("podSelector"), peer.get("namespaceSelector")
    if near is None and far is None:
        raise Refused(f"{at} names no peer")
    among, more = pods.in_space.get(namespace, 0) & pods.subject, 0
    if far is not None:
        spaces = selector(far)
        if spaces is None:
            raise Refused(f"{at}.namespaceSelector is none that the API takes")
        among, more = pods.within(spaces), pods.perhaps_within(spaces)
    wanted = selector(near)
    if wanted is None:
        raise Refused(f"{at}.podSelector is none that the API takes")
    return pods.select(wanted, among), pods.select(wanted, more & ~among)


def _match(said: Any, at: str) -> Match:
    if not isinstance(said, list):
        raise Refused(f"{at}.ports is no list")
    if not said:
        return ANYTHING
    fixed, named = NONE, []
    for i, item in enumerate(said):
        if not isinstance(item, dict):
            raise Refused(f"{at}.ports[{i}] is no port")
        protocol, port = item.get("protocol") or "TCP", item.get("port")
        end = item.get("endPort")
        if protocol not in PROTOCOLS:
            raise Refused(f"{at}.ports[{i}].protocol is none of {', '.join(PROTOCOLS)}")
        if isinstance(port, str) and end is None:
            named.append((port, protocol))
            continue
        numbers = ports(protocol, EVERY) if port is None else single(protocol, port, end)
        if numbers is None or (port is None and end is not None):
            raise Refused(f"{at}.ports[{i}] is no port")
        fixed |= numbers
    return Match(fixed, tuple(named))
