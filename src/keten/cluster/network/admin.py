"""AdminNetworkPolicy, BaselineAdminNetworkPolicy (v1alpha1), ClusterNetworkPolicy (v1alpha2).

Their rules are read as they stand: a policy isolates nothing by being there. The first rule
that matches decides; Pass leaves it to the policies of namespaces. Networks hold for the
addresses of pods, too, and nodes for the pods in their network, as the API says.
Source: policy.networking.k8s.io, sigs.k8s.io/network-policy-api; before v0.1.2 its peers had
``sameLabels`` and ``notSameLabels``.
"""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

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
from keten.cluster.network.selection import NAME, Pods
from keten.cluster.network.spans import Spans
from keten.cluster.selectors import selector
from keten.model.kube import Resource

KINDS = ("AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "ClusterNetworkPolicy")
_MOST = 1000  # the highest number that a priority may have: the last to decide
_RULES = {"ClusterNetworkPolicy": 25}
_MOST_RULES = 100
"""How many rules of a direction the API server takes."""
_ACTIONS: dict[str, dict[str, Action]] = {
    "AdminNetworkPolicy": {"Allow": "allow", "Deny": "deny", "Pass": "pass"},
    "BaselineAdminNetworkPolicy": {"Allow": "allow", "Deny": "deny"},
    "ClusterNetworkPolicy": {"Accept": "allow", "Deny": "deny", "Pass": "pass"},
}
_TIERS = {"Admin": Tier.ADMIN, "Baseline": Tier.BASELINE}
_RELATIVE = ("sameLabels", "notSameLabels")
_Own = dict[str, str] | None
"""The labels of a subject's namespace; None where no object tells them."""


class _Whom(Struct):
    """Whom a rule names, as it gathers."""

    pods: int = 0
    perhaps: int = 0
    blocks: tuple[Spans, ...] = ()
    entities: frozenset[str] = frozenset()

    def add(self, found: tuple[int, int]) -> None:
        """Add pods, and those that are perhaps meant."""
        self.pods |= found[0]
        self.perhaps |= found[1]


def admin(policy: Resource, pods: Pods) -> Iterator[Policy]:
    """Yield what *policy* says; apart for subjects whose peers are others."""
    title = f"{policy.kind} {policy.name}"
    tier = Tier.BASELINE if policy.kind == KINDS[1] else Tier.ADMIN
    try:
        tier, priority = _tier(policy)
        subjects, perhaps = _pods(policy.spec.get("subject"), "spec.subject", pods)
        for own, among in _alike(policy.spec, subjects | perhaps, pods):
            reader = _Reader(policy, pods, tier, own)
            yield Policy(
                policy.ref, title, tier, subjects & among, reader.side("ingress"),
                reader.side("egress"), priority=priority, perhaps=perhaps & among,
            )  # fmt: skip
    except Refused as error:
        yield unknown(policy.ref, title, pods.subject, str(error), over=True, tier=tier)


def _tier(policy: Resource) -> tuple[Tier, int]:
    spec, priority = policy.spec, policy.spec.get("priority", 0)
    if policy.kind == "BaselineAdminNetworkPolicy":
        if policy.name != "default":
            raise Refused("a baseline is named default, or the API server does not take it")
        return Tier.BASELINE, 0
    tier = Tier.ADMIN
    if policy.kind == "ClusterNetworkPolicy":
        if spec.get("tier") not in _TIERS:
            raise Refused("spec.tier is none of Admin, Baseline")
        tier, priority = _TIERS[spec["tier"]], spec.get("priority")
    if isinstance(priority, bool) or not isinstance(priority, int) or not 0 <= priority <= _MOST:
        raise Refused(f"spec.priority is no number from 0 to {_MOST}")
    return tier, priority


class _Reader:
    """The rules of one policy, for subjects in namespaces whose labels are *own*."""

    def __init__(self, policy: Resource, pods: Pods, tier: Tier, own: _Own) -> None:
        self._spec = policy.spec
        self._kind = policy.kind
        self._pods = pods
        self._tier = tier
        self._own = own

    def side(self, way: Way) -> Side | None:
        """Return what the policy says of one direction."""
        rules = self._spec.get(way) or []
        most = _RULES.get(self._kind, _MOST_RULES)
        if not isinstance(rules, list) or len(rules) > most:
            raise Refused(f"spec.{way} is no list of at most {most} rules")
        if not rules:
            return None
        made = (self._rule(rule, f"spec.{way}[{i}]", way) for i, rule in enumerate(rules))
        return Side(tuple(made), isolates=False)

    def _rule(self, rule: Any, at: str, way: Way) -> Rule:
        actions = _ACTIONS[self._kind]
        said = rule.get("action") if isinstance(rule, dict) else None
        if not isinstance(said, str) or said not in actions:
            raise Refused(f"{at}.action is none of {', '.join(actions)}")
        action = actions[said]
        field = "from" if way == "ingress" else "to"
        peers = rule.get(field)
        if not isinstance(peers, list) or not peers:
            raise Refused(f"{at}.{field} names no peer")
        whom = _Whom()
        for i, peer in enumerate(peers):
            self._peer(whom, peer, f"{at}.{field}[{i}]", way, action)
        if action == "pass" and self._tier is Tier.BASELINE:
            action = "allow"  # nothing stands behind the baseline: what is passed is allowed
        return Rule(
            action,
            _match(rule, at),
            at,
            pods=whom.pods,
            perhaps=whom.perhaps & ~whom.pods,
            blocks=whom.blocks,
            entities=whom.entities,
            anyone=way == "ingress",
        )

    def _peer(self, whom: _Whom, peer: Any, at: str, way: Way, action: Action) -> None:
        if not isinstance(peer, dict) or len(peer) != 1:
            raise Refused(f"{at} names not one peer")
        match peer:
            case {"namespaces": _} | {"pods": _}:
                whom.add(_pods(peer, at, self._pods, (self._own,)))
            case {"networks": [*networks]} if way == "egress":
                blocks = tuple(_block(item, at) for item in networks)
                whom.blocks += blocks
                whom.add(self._pods.within_blocks(blocks))
            case {"nodes": dict(nodes)} if way == "egress":
                wanted = selector(nodes)
                if wanted is None:
                    raise Refused(f"{at}.nodes is none that the API takes")
                every_node = not wanted.wants and not wanted.bars
                whom.entities |= {NODES if every_node else f"{NODES}?"}
                hosts = self._pods.all & ~self._pods.subject
                whom.add((hosts, 0) if every_node else (0, hosts))
            case {"domainNames": [*names]} if way == "egress":
                if action != "allow":
                    raise Refused(f"{at}.domainNames stands in a rule that allows nothing")
                whom.entities |= {_domain(str(name)) for name in names}
            case _:
                raise Refused(f"{at} names no peer")


def _domain(name: str) -> str:
    """Return a name of the API as a pattern: its ``*`` stands for one label, or for several."""
    name = name.lower().rstrip(".")
    return f"*{name}" if name.startswith("*.") else name


def _block(cidr: Any, at: str) -> Spans:
    found = block(cidr)
    if found is None:
        raise Refused(f"{at}.networks is no list of CIDRs")
    return found


# --- whom a subject or a peer names ---


def _pods(said: Any, at: str, pods: Pods, own: tuple[_Own, ...] = ()) -> tuple[int, int]:
    """Return the pods of a subject or peer, and those that it may mean besides.

    Exactly one of *namespaces* and *pods* is set. *own* is of the subject, where peers are asked.
    """
    spaces: Any
    near: Any = None
    match said:
        case {"namespaces": dict(spaces)} if said.get("pods") is None:
            pass
        case {"pods": dict(both)} if said.get("namespaces") is None:
            spaces = both.get("namespaceSelector", both.get("namespaces"))
            near = both.get("podSelector")
        case _:
            raise Refused(f"{at} names either namespaces or pods")
    among, more = _spaces(spaces or {}, at, pods, own)
    narrow = selector(near)
    if narrow is None or set(near or ()) - {"matchLabels", "matchExpressions"}:
        raise Refused(f"{at} has a selector that the API does not take")
    return pods.select(narrow, among), pods.select(narrow, more & ~among)


def _spaces(said: Any, at: str, pods: Pods, own: tuple[_Own, ...]) -> tuple[int, int]:
    """Return the pods of the namespaces that *said* names, and those it may name besides."""
    if isinstance(said, dict) and len(said) == 1:
        ((field, value),) = said.items()
        if field == "namespaceSelector":  # as peers had it
            return _spaces(value or {}, at, pods, ())
        if field in _RELATIVE and own:
            return pods.alike(_keys(value, at), own[0], same=field == "sameLabels")
    wanted = selector(said)
    if wanted is None or set(said) - {"matchLabels", "matchExpressions"}:
        raise Refused(f"{at} has a selector that the API does not take")
    return pods.within(wanted), pods.perhaps_within(wanted)


def _keys(said: Any, at: str) -> tuple[str, ...]:
    if not isinstance(said, list) or not all(isinstance(key, str) for key in said):
        raise Refused(f"{at} has labels that are none")
    return tuple(said)


def _alike(spec: dict[str, Any], subjects: int, pods: Pods) -> Iterator[tuple[_Own, int]]:
    """Yield subjects for whom peers are the same: labels of their namespaces, and who they are.

    ``sameLabels`` and ``notSameLabels`` mean the labels of the subject's own namespace.
    """
    keys: set[str] = set()
    for peer in _every_peer(spec):
        for said in _sets(peer):
            for relative in _RELATIVE:
                keys |= {*_keys(said.get(relative) or [], "spec")}
    if not keys:
        yield {}, pods.all
        return
    groups: dict[tuple[tuple[str, str], ...], int] = {}
    untold = pods.undescribed() if keys != {NAME} else 0
    for space, labels in pods.space_labels.items():
        own = tuple(sorted((key, labels[key]) for key in keys & labels.keys()))
        groups[own] = groups.get(own, 0) | pods.in_space.get(space, 0) & ~untold
    for own, among in sorted(groups.items()):
        if among & subjects:
            yield dict(own), among
    if untold & subjects:
        yield None, untold


def has_networks(policy: Resource) -> bool:
    """Return whether *policy* names peers by address."""
    return policy.kind in KINDS and any(
        isinstance(peer, dict) and "networks" in peer for peer in _every_peer(policy.spec)
    )


def _every_peer(spec: dict[str, Any]) -> Iterator[Any]:
    for field, name in (("ingress", "from"), ("egress", "to")):
        rules = spec.get(field)
        for rule in rules if isinstance(rules, list) else ():
            peers = rule.get(name) if isinstance(rule, dict) else None
            yield from peers if isinstance(peers, list) else ()


def _sets(peer: Any) -> Iterator[dict[str, Any]]:
    if isinstance(peer, dict):
        pods = peer.get("pods")
        for said in (
            peer.get("namespaces"),
            pods.get("namespaces") if isinstance(pods, dict) else 0,
        ):
            if isinstance(said, dict):
                yield said


# --- ports ---


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
