"""CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy: layers 3 and 4; layer 7 is noted.

Cilium takes them together with NetworkPolicy: pods that one of them isolates get what one of
them allows, less what any denies. A rule that names nobody (``- {}``) allows nothing; a rule
with ports only holds for everybody.
Source: docs.cilium.io, Policy; cilium.io/v2.
"""

from collections.abc import Callable, Iterator
from typing import Any

from msgspec import Struct

from keten.cluster.network.addresses import FOURS, SIXES, block
from keten.cluster.network.entries import SPACE
from keten.cluster.network.native import Refused
from keten.cluster.network.peers import DEFAULT
from keten.cluster.network.policies import (
    ANYTHING,
    NODES,
    SERVER,
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
from keten.cluster.network.ports import NONE, PROTOCOLS, every
from keten.cluster.network.selection import Pods, gathered, pick
from keten.cluster.network.spans import Spans
from keten.cluster.selectors import Selector, selector
from keten.model.kube import Resource

KINDS = ("CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy")
INGRESS = "{cilium-ingress}"
_SPACE = "io.kubernetes.pod.namespace"
_SPACE_LABEL = "io.cilium.k8s.namespace.labels."
_ACCOUNT = "io.cilium.k8s.policy.serviceaccount"
_CLUSTER = "io.cilium.k8s.policy.cluster"
_KEY_SOURCES = ("k8s:", "any:")
_RULES: tuple[tuple[Way, str, Action], ...] = (
    ("ingress", "ingress", "allow"), ("ingress", "ingressDeny", "deny"),
    ("egress", "egress", "allow"), ("egress", "egressDeny", "deny"),
)  # fmt: skip
_WORLD = {"world": (FOURS, SIXES), "world-ipv4": (FOURS,), "world-ipv6": (SIXES,)}
_PEERS = ("Endpoints", "Entities", "CIDR", "CIDRSet", "Nodes", "Groups", "Services", "FQDNs")

Services = Callable[[str, str, Selector | None], int | None]
"""The pods behind a service, by namespace and name (or selector); None where not known."""


class _Whom(Struct):
    """Whom a rule names, as it gathers."""

    everyone: bool = False
    pods: int = 0
    maybe: int = 0
    blocks: tuple[Spans, ...] = ()
    entities: frozenset[str] = frozenset()
    doubtful: frozenset[str] = frozenset()
    named: bool = False
    far: bool = False


def cilium(policy: Resource, pods: Pods, services: Services) -> Iterator[Policy]:
    """Yield what *policy* says, one for each of its specs."""
    wide = policy.kind == "CiliumClusterwideNetworkPolicy"
    namespace = "" if wide else policy.namespace or DEFAULT
    title = f"{policy.kind} {policy.name if wide else f'{namespace}/{policy.name}'}"
    inside = pods.subject if wide else pods.in_space.get(namespace, 0) & pods.subject
    several = policy.spec.get("specs")
    specs = [("spec", policy.spec)]
    if isinstance(several, list):
        specs = [(f"specs[{i}]", spec) for i, spec in enumerate(several)]
    for at, spec in specs:
        try:
            yield _Reader(pods, services, namespace, inside).policy(policy.ref, title, at, spec)
        except Refused as error:
            yield unknown(policy.ref, title, inside, str(error), over=True)


class _Reader:
    """One policy as it is read."""

    def __init__(self, pods: Pods, services: Services, namespace: str, inside: int) -> None:
        self._pods = pods
        self._services = services
        self._namespace = namespace
        self._inside = inside

    def policy(self, ref: str, title: str, at: str, spec: Any) -> Policy:
        """Return what one spec says."""
        if not isinstance(spec, dict):
            raise Refused(f"{at} is no rule")
        if spec.get("nodeSelector") is not None:
            notes = (f"{title} holds nodes, not pods: it is not judged",)
            return Policy(ref, title, Tier.PLAIN, 0, nodes=True, notes=notes)
        held = spec.get("endpointSelector")
        if not isinstance(held, dict):
            raise Refused(f"{at}.endpointSelector is missing")
        wanted = selector(held)
        if wanted is None:
            raise Refused(f"{at}.endpointSelector is none that Cilium takes")
        subjects = pick(wanted, self._having, self._inside)
        perhaps = self._perhaps(wanted) & self._inside & ~subjects
        sides: dict[Way, Side] = {}
        for way, field, action in _RULES:
            rules = spec.get(field) or []
            if not isinstance(rules, list):
                raise Refused(f"{at}.{field} is no list")
            made = [
                rule
                for i, said in enumerate(rules)
                for rule in self._rules(said or {}, f"{at}.{field}[{i}]", way, action)
            ]
            there = sides.get(way)
            if rules or there is not None:
                before = there.rules if there else ()
                isolates = self._isolates(spec, way)
                sides[way] = Side((*before, *made), isolates=isolates)
        return Policy(
            ref, title, Tier.PLAIN, subjects, sides.get("ingress"), sides.get("egress"),
            perhaps=perhaps,
        )  # fmt: skip

    def _perhaps(self, wanted: Selector) -> int:
        """Return whom a selector by labels of namespaces may mean, where these are not known."""
        if not any(_bare(key).startswith(_SPACE_LABEL) for key, _ in wanted.wants):
            return 0
        rest = Selector(
            tuple(t for t in wanted.wants if not _bare(t[0]).startswith(_SPACE_LABEL)),
            tuple(t for t in wanted.bars if not _bare(t[0]).startswith(_SPACE_LABEL)),
        )
        return pick(rest, self._having, self._pods.undescribed())

    def _isolates(self, spec: dict[str, Any], way: Way) -> bool:
        said = spec.get("enableDefaultDeny")
        return not (isinstance(said, dict) and said.get(way) is False)

    def _rules(self, rule: Any, at: str, way: Way, action: Action) -> Iterator[Rule]:
        if not isinstance(rule, dict):
            raise Refused(f"{at} is no rule")
        begin = "from" if way == "ingress" else "to"
        if rule.get(f"{begin}Requires"):
            raise Refused(f"{at}.{begin}Requires is not read")
        whom = _Whom()
        for name in _PEERS:
            said = rule.get(begin + name)
            if said is None:
                continue
            if not isinstance(said, list):
                raise Refused(f"{at}.{begin}{name} is no list")
            whom.named = True
            for i, item in enumerate(said):
                self._peer(whom, name, item, f"{at}.{begin}{name}[{i}]")
        notes = tuple(_notes(rule))
        ports = rule.get("toPorts")
        if not whom.named and not ports:
            return  # nobody and nothing is named, or only ICMP
        if not whom.named:
            whom.everyone = True
        match = ANYTHING if not ports and not rule.get("icmps") else _match(ports or [], at)
        yield Rule(
            action, match, at, everyone=whom.everyone, pods=whom.pods, blocks=whom.blocks,
            entities=whom.entities, notes=notes, anyone=whom.far,
        )  # fmt: skip
        if whom.maybe or whom.doubtful:
            yield Rule(
                action, match, at, pods=whom.maybe, entities=whom.doubtful, sure=False, notes=notes
            )

    def _peer(self, whom: _Whom, name: str, item: Any, at: str) -> None:
        match name, item:
            case "Endpoints", dict():
                self._endpoints(whom, item, at)
            case "Entities", str():
                self._entity(whom, item, at)
            case "CIDR", str():
                whom.blocks = (*whom.blocks, self._block(item, (), at))
            case "CIDRSet", {"cidr": str(cidr)}:
                besides = item.get("except") or ()
                whom.blocks = (*whom.blocks, self._block(cidr, besides, at))
            case ("CIDRSet" | "Groups", dict()):  # a group of addresses that is kept elsewhere
                whom.doubtful |= {"{world}"}
            case "Nodes", dict():
                whom.doubtful |= {NODES}
                whom.maybe |= self._pods.hosts
            case "FQDNs", dict():
                said = item.get("matchName") or item.get("matchPattern")
                if not isinstance(said, str):
                    raise Refused(f"{at} names no host")
                whom.entities |= {said.lower().rstrip(".")}
            case "Services", dict():
                self._service(whom, item)
            case _:
                raise Refused(f"{at} is no peer")

    def _block(self, cidr: str, besides: Any, at: str) -> Spans:
        found = block(cidr, besides) if isinstance(besides, (list, tuple)) else None
        if found is None:
            raise Refused(f"{at} is no CIDR")
        return found

    def _endpoints(self, whom: _Whom, said: dict[str, Any], at: str) -> None:
        wanted = selector(said)
        if wanted is None:
            raise Refused(f"{at} is no selector that Cilium takes")
        keys = [key for key, _ in (*wanted.wants, *wanted.bars)]
        reserved = [key for key, _ in wanted.wants if key.startswith("reserved:")]
        if reserved:
            for key in reserved:
                self._entity(whom, key.removeprefix("reserved:"), at)
            return
        spaced = any(_bare(key) == _SPACE or _bare(key).startswith(_SPACE_LABEL) for key in keys)
        whom.far = whom.far or spaced or not self._namespace
        among = self._pods.subject if spaced or not self._namespace else self._inside
        found = pick(wanted, self._having, among)
        whom.pods |= found
        whom.maybe |= self._perhaps(wanted) & ~found

    def _entity(self, whom: _Whom, name: str, at: str) -> None:
        pods = self._pods
        match name:
            case "all":
                whom.everyone = True
            case "world" | "world-ipv4" | "world-ipv6":
                whom.blocks = (*whom.blocks, *_WORLD[name])
                whom.entities |= {"{world}"} if name == "world" else frozenset()
            case "cluster":
                whom.pods |= pods.all
                whom.entities |= {NODES, SERVER, INGRESS}
            case "host" | "remote-node":  # the node of the pod, or any other
                whom.doubtful |= {NODES, SERVER}
                whom.maybe |= pods.hosts
            case "kube-apiserver":
                whom.entities |= {SERVER}
                whom.doubtful |= {NODES}
            case "ingress":
                whom.entities |= {INGRESS}
                whom.maybe |= pods.in_space.get(SPACE, 0)  # routes may be Cilium's own to serve
            case "health" | "init" | "unmanaged" | "none":
                pass  # no peer that objects show
            case _:
                raise Refused(f"{at} names an entity that is not known: {name[:40]}")

    def _service(self, whom: _Whom, said: dict[str, Any]) -> None:
        one, some = said.get("k8sService"), said.get("k8sServiceSelector")
        found: int | None = None
        if isinstance(one, dict):
            space = str(one.get("namespace") or self._namespace)
            found = self._services(space, str(one.get("serviceName") or ""), None)
        elif isinstance(some, dict):
            wanted = selector(some.get("selector") or {})
            space = str(some.get("namespace") or self._namespace)
            found = self._services(space, "", wanted) if wanted else None
        if found is None:
            whom.doubtful |= {"{world}"}  # its endpoints are addresses that no object shows
            return
        whom.pods |= found

    def _having(self, key: str, values: tuple[str, ...] | None) -> int:
        """Return the pods with a label as Cilium spells it: with the source it comes from."""
        pods, name = self._pods, _bare(key)
        if name == _SPACE:
            spaces = pods.in_space if values is None else values
            return _all(pods.in_space.get(space, 0) for space in spaces)
        if name.startswith(_SPACE_LABEL):
            wanted = Selector(((name.removeprefix(_SPACE_LABEL), values),))
            return pods.within(wanted)
        if name == _ACCOUNT:
            those = (i for i, p in enumerate(pods.shapes) if values is None or p.account in values)
            return gathered(those, pods.count)
        if name == _CLUSTER:
            return pods.all
        if ":" in name:  # of a source that no object shows
            return 0
        return pods.labels.having(name, values)


def _bare(key: str) -> str:
    for source in _KEY_SOURCES:
        if key.startswith(source):
            return key[len(source) :]
    return key


def _all(parts: Iterator[int]) -> int:
    found = 0
    for part in parts:
        found |= part
    return found


def _notes(rule: dict[str, Any]) -> Iterator[str]:
    for item in rule.get("toPorts") or ():
        if isinstance(item, dict):
            rules = item.get("rules")
            if isinstance(rules, dict) and rules:
                yield f"layer 7: {', '.join(sorted(map(str, rules)))}"
            if item.get("serverNames"):
                yield "TLS server names"
    asked = rule.get("authentication")
    if isinstance(asked, dict) and asked.get("mode") == "required":
        yield "mutual authentication required"
    if rule.get("icmps"):
        yield "ICMP"


def _match(said: Any, at: str) -> Match:
    if not isinstance(said, list):
        raise Refused(f"{at}.toPorts is no list")
    fixed, named = NONE, []
    for i, group in enumerate(said):
        items = group.get("ports") if isinstance(group, dict) else None
        if not items:
            fixed |= every("ANY")
            continue
        if not isinstance(items, list):
            raise Refused(f"{at}.toPorts[{i}].ports is no list")
        for item in items:
            if not isinstance(item, dict):
                raise Refused(f"{at}.toPorts[{i}].ports has what is no port")
            port, protocol = str(item.get("port") or "0"), item.get("protocol") or "ANY"
            if protocol != "ANY" and protocol not in PROTOCOLS:
                continue  # ICMP, VRRP, IGMP: not judged
            if not port.isdecimal():
                named.append((port.lower(), None if protocol == "ANY" else protocol))
                continue
            fixed |= _numbers(port, item.get("endPort"), protocol, at)
    return Match(fixed, tuple(named))


def _numbers(port: str, end: Any, protocol: str, at: str) -> Any:
    number = int(port) if len(port) < 6 else -1  # noqa: PLR2004 the digits of a port
    if number == 0:
        return every(protocol)
    found = NONE
    for each in PROTOCOLS if protocol == "ANY" else (protocol,):
        one = single(each, number, end or None)
        if one is None:
            raise Refused(f"{at}.toPorts has what is no port")
        found |= one
    return found
