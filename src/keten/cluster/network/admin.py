"""AdminNetworkPolicy, BaselineAdminNetworkPolicy (v1alpha1), ClusterNetworkPolicy (v1alpha2).

Their rules are read as they stand: a policy isolates nothing by being there. The first rule
that matches decides; Pass leaves it to the policies of namespaces.
Source: policy.networking.k8s.io, sigs.k8s.io/network-policy-api.
"""

from collections.abc import Iterator
from typing import Any

from keten.cluster.network.addresses import block
from keten.cluster.network.native import Refused
from keten.cluster.network.policies import (
    ANYTHING,
    NODES,
    Action,
    Match,
    Policy,
    Rule,
    Side,
    Tier,
    Way,
    single,
    unknown,
)
from keten.cluster.network.ports import NONE, PROTOCOLS, Ports, every
from keten.cluster.network.selection import Pods
from keten.cluster.network.spans import Spans
from keten.cluster.selectors import selector
from keten.model.kube import Resource

KINDS = ("AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "ClusterNetworkPolicy")
_MOST = 1000  # the highest number that a priority may have: the last to decide
_ACTIONS: dict[str, Action] = {
    "Allow": "allow", "Accept": "allow", "Deny": "deny", "Pass": "pass"
}  # fmt: skip


def admin(policy: Resource, pods: Pods) -> Iterator[Policy]:
    """Yield what *policy* says."""
    title = f"{policy.kind} {policy.name}"
    try:
        yield _policy(policy, title, pods)
    except Refused as error:
        yield unknown(policy.ref, title, pods.subject, str(error), over=True)


def _policy(policy: Resource, title: str, pods: Pods) -> Policy:
    spec = policy.spec
    tier, priority = Tier.ADMIN, spec.get("priority", 0)
    if policy.kind == "BaselineAdminNetworkPolicy":
        tier, priority = Tier.BASELINE, 0
    elif spec.get("tier") == "Baseline":
        tier = Tier.BASELINE
    if isinstance(priority, bool) or not isinstance(priority, int) or not 0 <= priority <= _MOST:
        raise Refused(f"spec.priority is no number from 0 to {_MOST}")
    subjects, perhaps = _pods(spec.get("subject"), "spec.subject", pods)
    return Policy(
        policy.ref,
        title,
        tier,
        subjects,
        _side(spec, "ingress", pods, tier),
        _side(spec, "egress", pods, tier),
        priority=priority,
        perhaps=perhaps,
    )


def _side(spec: dict[str, Any], way: Way, pods: Pods, tier: Tier) -> Side | None:
    rules = spec.get(way) or []
    if not isinstance(rules, list):
        raise Refused(f"spec.{way} is no list")
    if not rules:
        return None
    made = (_rule(rule, f"spec.{way}[{i}]", way, pods, tier) for i, rule in enumerate(rules))
    return Side(tuple(made), isolates=False)


def _rule(rule: Any, at: str, way: Way, pods: Pods, tier: Tier) -> Rule:
    if not isinstance(rule, dict) or rule.get("action") not in _ACTIONS:
        raise Refused(f"{at}.action is none of {', '.join(_ACTIONS)}")
    action = _ACTIONS[rule["action"]]
    if action == "pass" and tier is Tier.BASELINE:
        action = "allow"  # nothing stands behind the baseline: what is passed is allowed
    field = "from" if way == "ingress" else "to"
    peers = rule.get(field)
    if not isinstance(peers, list) or not peers:
        raise Refused(f"{at}.{field} names no peer")
    chosen, perhaps = 0, 0
    blocks, entities = list[Spans](), set[str]()
    for i, peer in enumerate(peers):
        here = f"{at}.{field}[{i}]"
        match peer:
            case {"namespaces": _} | {"pods": _}:
                sure, more = _pods(peer, here, pods)
                chosen |= sure
                perhaps |= more
            case {"networks": [*networks]} if way == "egress":
                blocks += (_block(item, here) for item in networks)
            case {"nodes": dict(nodes)} if way == "egress":
                wanted = selector(nodes)
                if wanted is None:
                    raise Refused(f"{here}.nodes is none that the API takes")
                every_node = not wanted.wants and not wanted.bars
                entities.add(NODES if every_node else f"{NODES}?")
            case {"domainNames": [*names]} if way == "egress":
                entities |= {str(name).lower().rstrip(".") for name in names}
            case _:
                raise Refused(f"{here} names no peer")
    return Rule(
        action,
        _match(rule, at),
        at,
        pods=chosen,
        perhaps=perhaps,
        blocks=tuple(blocks),
        entities=frozenset(entities),
        anyone=way == "ingress",
    )


def _block(cidr: Any, at: str) -> Spans:
    found = block(cidr)
    if found is None:
        raise Refused(f"{at}.networks is no list of CIDRs")
    return found


def _pods(said: Any, at: str, pods: Pods) -> tuple[int, int]:
    """Return the pods of a subject or peer, and those that it may mean besides.

    Exactly one of *namespaces* and *pods* is set.
    """
    spaces: Any
    near: Any = None
    match said:
        case {"namespaces": dict(spaces)} if said.get("pods") is None:
            pass
        case {"pods": {"namespaceSelector": dict(spaces), "podSelector": dict(near)}} if (
            said.get("namespaces") is None
        ):
            pass
        case {"pods": dict(both)} if said.get("namespaces") is None:
            spaces, near = both.get("namespaceSelector"), both.get("podSelector")
        case _:
            raise Refused(f"{at} names either namespaces or pods")
    wide, narrow = selector(spaces), selector(near)
    older = {*(spaces or ()), *(near or ())} - {"matchLabels", "matchExpressions"}
    if wide is None or narrow is None or older:
        raise Refused(f"{at} has a selector that the API does not take")
    among = pods.within(wide)
    more = pods.perhaps_within(wide) & ~among
    return pods.select(narrow, among), pods.select(narrow, more)


def _match(rule: dict[str, Any], at: str) -> Match:
    said = rule.get("ports")
    said = rule.get("protocols") if said is None else said
    if said is None:
        return ANYTHING
    if not isinstance(said, list):
        raise Refused(f"{at}.ports is no list")
    fixed, named = NONE, []
    for i, item in enumerate(said):
        match item:
            case {"namedPort": str(name)} | {"destinationNamedPort": str(name)} if len(item) == 1:
                named.append((name, None))
            case dict() if len(item) == 1:
                found = _one(*next(iter(item.items())))
                if found is None:
                    raise Refused(f"{at}.ports[{i}] is no port")
                fixed |= found
            case _:
                raise Refused(f"{at}.ports[{i}] says not one thing")
    return Match(fixed, tuple(named))


def _one(name: str, said: Any) -> Ports | None:
    """Return one of v1alpha1's portNumber, portRange; of v1alpha2's tcp, udp, sctp."""
    if name in ("tcp", "udp", "sctp"):
        port = (said or {}).get("destinationPort") if isinstance(said or {}, dict) else ()
        match port:
            case None:
                return every(name.upper())
            case {"number": number}:
                return single(name.upper(), number)
            case {"range": {"start": first, "end": last}}:
                return single(name.upper(), first, last)
        return None
    if not isinstance(said, dict) or (said.get("protocol") or "TCP") not in PROTOCOLS:
        return None
    protocol = said.get("protocol") or "TCP"
    if name == "portNumber":
        return single(protocol, said.get("port"))
    if name == "portRange":
        return single(protocol, said.get("start"), said.get("end"))
    return None
