"""What Istio's AuthorizationPolicy lets through at a workload's proxy, as far as layer 4 tells.

The proxy of the receiver asks who calls (the certificate of mutual TLS: namespace and account)
and for which port. Methods, paths, hosts, tokens and addresses are not judged: a rule that asks
for them may match. CUSTOM asks another program. So the answer is yes, no, or unknown.
Source: istio.io, security.istio.io/v1 AuthorizationPolicy and its conditions.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

from msgspec import Struct

from keten.cluster.network.mesh import ROOT, Mesh
from keten.cluster.network.peers import DEFAULT, Peer
from keten.cluster.network.plain import dicts, mapping
from keten.cluster.selectors import Labelled, selector
from keten.model.kube import Object, Resource

Verdict = Literal["yes", "no", "unknown"]
_Match = bool | None
_LAYER_7 = {
    "requestPrincipals", "notRequestPrincipals", "hosts", "notHosts", "methods", "notMethods",
    "paths", "notPaths",
}  # fmt: skip
_ADDRESSES = {"ipBlocks", "notIpBlocks", "remoteIpBlocks", "notRemoteIpBlocks"}
_TRUST = "cluster.local"
_CAPTURED = (
    "traffic.sidecar.istio.io/excludeInboundPorts", "traffic.sidecar.istio.io/includeInboundPorts",
)  # fmt: skip
"""Annotations by which ports go past the proxy."""


class Caller(Struct, frozen=True):
    """Who calls, as a certificate says it; without one *account* is empty."""

    namespace: str = ""
    account: str = ""


class Ruling(Struct, frozen=True):
    """One policy or rule that decides, or may: *what* it does, of which object, where."""

    what: str
    policy: str
    ref: str
    at: str = "spec"


class Narrowed(Struct, frozen=True):
    """What the proxy says, and by which policies; not *sure*: whether there is one is not known."""

    verdict: Verdict
    rulings: tuple[Ruling, ...]
    sure: bool


class Held(Struct, frozen=True):
    """A policy that holds a workload: its action, and what of layer 7 it asks for."""

    policy: Resource
    action: str
    further: tuple[str, ...]

    @property
    def title(self) -> str:
        """Return how it is named."""
        return f"AuthorizationPolicy {self.policy.namespace or DEFAULT}/{self.policy.name}"


class Authorization:
    """The authorization policies of a cluster. *mesh* tells which workloads have a proxy."""

    def __init__(self, objects: Iterable[Object], mesh: Mesh) -> None:
        self._mesh = mesh
        policies = (
            item
            for item in objects
            if isinstance(item, Resource)
            and item.kind == "AuthorizationPolicy"
            and item.api_version.startswith("security.istio.io/")
        )
        self._in: dict[str, list[Resource]] = {}
        for policy in sorted(policies, key=lambda item: (item.namespace, item.name, item.ref)):
            self._in.setdefault(policy.namespace or DEFAULT, []).append(policy)

    def held(self, peer: Peer) -> list[Held]:
        """Return the policies that hold *peer*; of AUDIT, which decides nothing, none."""
        found = []
        for policy in (
            p for space in sorted({peer.namespace, ROOT}) for p in self._in.get(space, ())
        ):
            action = str(policy.spec.get("action") or "ALLOW")
            if action == "AUDIT":
                continue
            if _targeted(policy) or _selects(policy, peer):
                found.append(Held(policy, action, tuple(sorted(_further(policy)))))
        return found

    def of(self, src: Peer | None, dst: Peer, port: int) -> Narrowed | None:
        """Return what the proxy of *dst* says of a connection to *port* of TCP.

        *src* None is an address outside; a controller of routes has an account that is not
        known. None where no policy holds *dst*.
        """
        held = self.held(dst)
        if not held:
            return None
        sure = self._mesh.injected(dst) and not any(key in dst.annotations for key in _CAPTURED)
        callers = [Caller()]
        if src is not None and not src.account:
            found = tuple(Ruling("decides by who calls", h.title, h.policy.ref) for h in held)
            return Narrowed("unknown", found, sure)
        if src is not None:
            own = Caller(src.namespace, src.account)
            callers = [own] if self._mesh.injected(src) else [own, Caller()]
        said = [_judged(held, caller, port) for caller in callers]
        verdicts = {verdict for verdict, _ in said}
        rulings = tuple(dict.fromkeys(ruling for _, those in said for ruling in those))
        verdict: Verdict = "unknown" if len(verdicts) > 1 else said[0][0]
        return Narrowed(verdict, rulings, sure)


def _targeted(policy: Resource) -> bool:
    """Return whether it is for gateways or waypoints: whom these serve is not judged."""
    return bool(policy.spec.get("targetRefs") or policy.spec.get("targetRef"))


def _selects(policy: Resource, peer: Peer) -> bool:
    said = policy.spec.get("selector")
    wanted = selector(said if isinstance(said, dict) else {})
    return wanted is not None and Labelled([peer.labels]).any(wanted)


def _further(policy: Resource) -> set[str]:
    """Return what a policy asks for that is not judged."""
    found = set()
    if _targeted(policy):
        found.add("gateways or waypoints")
    for rule in dicts(policy.spec.get("rules")):
        for source in _parts(rule, "from", "source"):
            found |= source.keys() & (_LAYER_7 | _ADDRESSES)
        for operation in _parts(rule, "to", "operation"):
            found |= operation.keys() & _LAYER_7
        found |= {str(one.get("key")) for one in dicts(rule.get("when"))} - _CONDITIONS.keys()
    return found


def _parts(rule: dict[str, Any], field: str, inner: str) -> list[dict[str, Any]]:
    return [mapping(one.get(inner)) for one in dicts(rule.get(field))]


def _judged(held: Sequence[Held], caller: Caller, port: int) -> tuple[Verdict, list[Ruling]]:
    """Return the verdict as Istio comes to it: CUSTOM, then DENY, then ALLOW."""
    doubts: list[Ruling] = []
    for one in held:
        if one.action in ("CUSTOM", "DENY"):
            match, at = _matched(one.policy, caller, port)
            if match is not False:
                what = "denies it" if one.action == "DENY" else "asks another program"
                ruling = Ruling(what, one.title, one.policy.ref, at)
                if match and one.action == "DENY" and not _targeted(one.policy):
                    return "no", [ruling]
                doubts.append(ruling)
    allowing = [one for one in held if one.action == "ALLOW"]
    found: list[Ruling] = []
    for one in allowing:
        match, at = _matched(one.policy, caller, port)
        if match is False:
            continue
        ruling = Ruling("allows it", one.title, one.policy.ref, at)
        if match and not _targeted(one.policy):
            return ("unknown" if doubts else "yes"), [*doubts, ruling]
        found.append(ruling)
    if found:
        return "unknown", [*doubts, *found]
    if all(_targeted(one.policy) for one in allowing):
        return ("unknown" if doubts or allowing else "yes"), doubts
    return "no", [
        Ruling("has no rule that allows it", one.title, one.policy.ref)
        for one in allowing
        if not _targeted(one.policy)
    ]


def _matched(policy: Resource, caller: Caller, port: int) -> tuple[_Match, str]:
    """Return whether a rule of *policy* matches, and where it stands."""
    perhaps = ""
    rules = policy.spec.get("rules")
    for i, rule in enumerate(rules if isinstance(rules, list) else ()):
        at = f"spec.rules[{i}]"
        match = _rule(mapping(rule), policy, caller, port)
        if match:
            return True, at
        if match is None:
            perhaps = perhaps or at
    return (None, perhaps) if perhaps else (False, "spec")


def _rule(rule: dict[str, Any], policy: Resource, caller: Caller, port: int) -> _Match:
    said: list[_Match] = []
    if rule.get("from"):
        said.append(_any(_source(one, policy, caller) for one in _parts(rule, "from", "source")))
    if rule.get("to"):
        said.append(_any(_operation(one, port) for one in _parts(rule, "to", "operation")))
    for one in dicts(rule.get("when")):
        ask = _CONDITIONS.get(str(one.get("key")))
        if ask is None:
            said.append(None)
            continue
        for field, wanted in (("values", True), ("notValues", False)):
            if one.get(field):
                match = _any(ask(str(value), caller, port) for value in _values(one.get(field)))
                said.append(match if wanted or match is None else not match)
    return _all(said)


def _source(said: dict[str, Any], policy: Resource, caller: Caller) -> _Match:
    own = policy.namespace or DEFAULT
    asks: dict[str, Callable[[str], _Match]] = {
        "principals": lambda value: _principal(value, caller),
        "namespaces": lambda value: bool(caller.account) and _like(value, caller.namespace),
        "serviceAccounts": lambda value: _account(value, own, caller),
    }
    found: list[_Match] = [None for name in said if name in _LAYER_7 | _ADDRESSES]
    for name, ask in asks.items():
        found += _both(said, name, ask)
    return _all(found)


def _operation(said: dict[str, Any], port: int) -> _Match:
    found: list[_Match] = [None for name in said if name in _LAYER_7]
    return _all([*found, *_both(said, "ports", lambda value: value == str(port))])


def _both(said: dict[str, Any], name: str, ask: Callable[[str], _Match]) -> Iterable[_Match]:
    """Yield whether a field fits, and the one that says who is not meant."""
    if said.get(name):
        yield _any(map(ask, _values(said[name])))
    other = f"not{name[0].upper()}{name[1:]}"
    if said.get(other):
        match = _any(map(ask, _values(said[other])))
        yield None if match is None else not match


def _values(said: Any) -> list[str]:
    return [str(item) for item in said] if isinstance(said, list) else []


def _any(found: Iterable[_Match]) -> _Match:
    said = list(found)
    return True if True in said else None if None in said else False


def _all(found: Iterable[_Match]) -> _Match:
    said = list(found)
    return False if False in said else None if None in said else True


def _like(pattern: str, value: str) -> bool:
    """Return whether *value* is as a pattern says: exact, ``prefix*``, ``*suffix`` or ``*``."""
    if pattern == "*":
        return bool(value)
    if pattern.startswith("*"):
        return value.endswith(pattern[1:])
    if pattern.endswith("*"):
        return value.startswith(pattern[:-1])
    return value == pattern


def _principal(pattern: str, caller: Caller) -> _Match:
    """Return whether a principal (``cluster.local/ns/NAMESPACE/sa/ACCOUNT``) is the caller.

    ``cluster.local`` stands for the mesh's own trust domain; another may be its name.
    """
    if not caller.account:
        return False
    rest = f"/ns/{caller.namespace}/sa/{caller.account}"
    if _like(pattern, f"{_TRUST}{rest}"):
        return True
    domain, slash, _ = pattern.partition("/")
    if slash and domain not in (_TRUST, "*") and _like(pattern[len(domain) :], rest):
        return None
    return False


def _account(value: str, own: str, caller: Caller) -> bool:
    space, slash, name = value.partition("/")
    wanted = (space, name) if slash else (own, value)
    return bool(caller.account) and wanted == (caller.namespace, caller.account)


_CONDITIONS: dict[str, Callable[[str, Caller, int], _Match]] = {
    "source.namespace": lambda v, caller, _: bool(caller.account) and _like(v, caller.namespace),
    "source.principal": lambda v, caller, _: _principal(v, caller),
    "destination.port": lambda v, _, port: v == str(port),
}
"""The conditions (``when``) that layer 4 decides."""
