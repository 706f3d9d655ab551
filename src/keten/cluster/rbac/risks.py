"""Which dangerous rights somebody holds, and why: the table of dangers, asked of rights.

What Kubernetes gives itself is none: a rule that one of its own roles has, in any version that
is known, held through its own binding. What was added to such a role is judged, and so is a
binding of such a role to a stranger.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import product

from msgspec import Struct

from keten.cluster.rbac import kubernetes
from keten.cluster.rbac.aggregation import Sourced
from keten.cluster.rbac.danger import Ask, Danger
from keten.cluster.rbac.dangers import EVERYTHING, dangers
from keten.cluster.rbac.matching import Matcher, matcher
from keten.cluster.rbac.requests import (
    ACCOUNTS,
    ANONYMOUS,
    AUTHENTICATED,
    UNAUTHENTICATED,
    Identity,
    Request,
    group,
    user,
)
from keten.cluster.rbac.rights import Ground, Key, Rights, key_of, space_of
from keten.model.finding import Severity
from keten.model.kube import Binding, Role, Rule, Subject

EVERYBODY = (AUTHENTICATED, UNAUTHENTICATED, ANONYMOUS, ACCOUNTS)
MOST_PIECES = 5_000
"""The most combinations of verb, group, resource and name of one rule that are looked at."""
_SYSTEM = "kube-system"
_INSTALLERS = {("Group", "kubeadm:cluster-admins")}
"""Whom installers bind to cluster-admin for the operator of the cluster."""


class Risk(Struct, frozen=True):
    """A danger that is held in *namespace* ("": everywhere) on *grounds*, one for each ask.

    *named*: the rule names what it may be used on.
    """

    danger: Danger
    namespace: str
    severity: Severity
    grounds: tuple[Ground, ...]
    named: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Return what it may be used on, where its rules name that."""
        if not self.named:
            return ()
        return tuple(sorted({n for g in self.grounds for n in g.said.rule.resource_names}))


class _Hold(Struct, frozen=True):
    said: Sourced
    named: bool


_Holds = dict[int, _Hold]
_Held = dict[int, tuple[bool, Ground]]  # by the position of the ask in the table


class Risks:
    """The dangers in the rights of one cluster."""

    def __init__(self, rights: Rights) -> None:
        self._rights = rights
        self._holds: dict[tuple[str, bool], _Holds] = {}

    def of(self, identity: Identity) -> list[Risk]:
        """Return what *identity* holds that is dangerous, the worst first."""
        everywhere = self._held(identity, "")
        found = list(_judge(everywhere, {}, ""))
        whole = {risk.danger.id for risk in found if not risk.named}
        for space in self._rights.namespaces(identity):
            local = self._held(identity, space)
            found += [r for r in _judge(everywhere, local, space) if r.danger.id not in whole]
        everybody = (identity.user or identity.groups[0]) in EVERYBODY
        if everybody:
            found = [_raised(risk) for risk in found]
        return sorted(found, key=lambda r: (-r.severity, r.namespace, r.danger.id))

    def role(self, role: Role) -> list[Risk]:
        """Return the dangers that *role* would give whoever it is bound to, everywhere.

        Of one of Kubernetes' own, only what was added to it.
        """
        return of_rules(role, beyond(role, self._rights.rules(role)))

    def everyone(self) -> Iterator[tuple[Key, list[Risk]]]:
        """Yield everybody whom bindings name, with the dangers that these bindings bring.

        What somebody holds through a group alone is said of the group.
        """
        for key in self._rights.named():
            found = [risk for risk in self.of(identity_of(key)) if _through(risk, key)]
            if found:
                yield key, found

    def _held(self, identity: Identity, space: str) -> _Held:
        """Return what *identity* holds everywhere, or by the RoleBindings of *space* alone."""
        made: _Held = {}
        for grant in self._rights.grants(identity, space):
            binding, role = grant.binding, grant.role
            if bool(space) != (binding.kind == "RoleBinding") or _installed(binding):
                continue
            for ask, hold in self._of_role(role, own=is_default(binding)).items():
                before = made.get(ask)
                if before is None or (before[0] and not hold.named):
                    made[ask] = (hold.named, Ground(binding, grant.subject, role, hold.said))
        return made

    def _of_role(self, role: Role, *, own: bool) -> _Holds:
        key = (role.id, own)
        found = self._holds.get(key)
        if found is None:
            said = self._rights.rules(role)
            found = self._holds[key] = _holds(beyond(role, said) if own else said)
        return found


def of_rules(role: Role, said: Iterable[Sourced]) -> list[Risk]:
    """Return the dangers of the rules *said* to whoever *role* is bound to."""
    local = role.kind == "Role"
    kind = "RoleBinding" if local else "ClusterRoleBinding"
    binding = Binding(f"{role.id} unbound", kind=kind, namespace=role.namespace)
    holds = _holds(said).items()
    held = {ask: (hold.named, Ground(binding, NOBODY, role, hold.said)) for ask, hold in holds}
    return list(_judge({}, held, space_of(role)) if local else _judge(held, {}, ""))


def _judge(everywhere: _Held, local: _Held, space: str) -> Iterator[Risk]:
    """Yield the dangers; with *space*, only those that take something held there."""
    table = _table()
    said: set[str] = set()
    for position in sorted({p for ask in local or everywhere for p in table.takes[ask]}):
        danger, asks = table.dangers[position]
        if danger.id in said or (space and danger.local is None):
            continue
        risk = _risk(danger, asks, everywhere, local, space=space)
        if risk is not None:
            if not risk.named:
                said.update(danger.includes)
            yield risk
            if danger is EVERYTHING and not risk.named:
                return


def _risk(
    danger: Danger, asks: tuple[int, ...], everywhere: _Held, local: _Held, *, space: str
) -> Risk | None:
    grounds, named, here = [], False, False
    for ask in asks:
        held = everywhere.get(ask)
        if space and (held is None or held[0]) and ask in local and not _elsewhere(ask, space):
            held, here = local[ask], True
        if held is None:
            return None
        named = named or held[0]
        grounds.append(held[1])
    if space and not here:
        return None
    severity = _weight(danger, space, named=named)
    return None if severity is None else Risk(danger, space, severity, tuple(grounds), named)


def _elsewhere(ask: int, space: str) -> bool:
    only = _table().asks[ask].space
    return bool(only) and only != space


def _weight(danger: Danger, space: str, *, named: bool) -> Severity | None:
    if named:
        return danger.named
    if not space or space == _SYSTEM:
        return danger.everywhere
    return danger.local


def _raised(risk: Risk) -> Risk:
    worse = Severity(min(risk.severity + 1, Severity.CRITICAL))
    return Risk(risk.danger, risk.namespace, worse, risk.grounds, risk.named)


class _Table(Struct, frozen=True):
    """The dangers by the asks they take, asks by what they are about.

    A rule that names its resources need not meet every ask. *by*: resource to positions of asks;
    *takes*: for each ask the positions of the dangers that take it.
    """

    asks: tuple[Ask, ...]
    by: dict[str, tuple[int, ...]]
    dangers: tuple[tuple[Danger, tuple[int, ...]], ...]
    takes: tuple[tuple[int, ...], ...]


@cache
def _table() -> _Table:
    asks = tuple(dict.fromkeys(ask for danger in dangers() for ask in danger.asks))
    place = {ask: i for i, ask in enumerate(asks)}
    by: dict[str, list[int]] = {}
    for i, ask in enumerate(asks):
        for resource in ask.resources:
            by.setdefault(resource, []).append(i)
            _, slash, sub = resource.partition("/")
            if slash:
                by.setdefault(f"*/{sub}", []).append(i)
    compiled = tuple((one, tuple(place[ask] for ask in one.asks)) for one in dangers())
    takes: list[list[int]] = [[] for _ in asks]
    for position, (_, needed) in enumerate(compiled):
        for i in needed:
            takes[i].append(position)
    by_resource = {resource: tuple(found) for resource, found in by.items()}
    return _Table(asks, by_resource, compiled, tuple(map(tuple, takes)))


def _holds(said: Iterable[Sourced]) -> _Holds:
    table = _table()
    made: _Holds = {}
    for item in said:
        rule = item.rule
        if not rule.resources:
            continue
        likely: Iterable[int] = range(len(table.asks))
        if "*" not in rule.resources:
            likely = (ask for resource in rule.resources for ask in table.by.get(resource, ()))
        match = None
        for ask in likely:
            before = made.get(ask)
            if before is not None and not before.named:
                continue
            match = match or matcher(rule)
            named = _meets(match, table.asks[ask])
            if named is not None and (before is None or not named):
                made[ask] = _Hold(item, named)
    return made


def meets(rule: Rule, ask: Ask) -> bool:
    """Return whether *rule* meets *ask*, if only for things that it names."""
    return _meets(matcher(rule), ask) is not None


def _meets(match: Matcher, ask: Ask) -> bool | None:
    """Return whether a rule meets *ask* for named things only; None where it does not at all."""
    if match.verbs is not None and match.verbs.isdisjoint(ask.verbs):
        return None
    if match.groups is not None and ask.group not in match.groups:
        return None
    held = match.resources
    if held is not None and not any(
        resource in held or ("/" in resource and f"*/{resource.partition('/')[2]}" in held)
        for resource in ask.resources
    ):
        return None
    if match.names is None or ask.loose:
        return False
    if ask.only:
        return False if not match.names.isdisjoint(ask.only) else None
    return True


def beyond(role: Role, said: Sequence[Sourced]) -> list[Sourced]:
    """Return the rules of *role* that go beyond what Kubernetes gives a role of that name."""
    known = known_matchers(key_of_role(role))
    return [item for item in said if not covered(item.rule, known)]


@cache
def known_matchers(key: str) -> tuple[Matcher, ...]:
    """Return what Kubernetes' own role *key* may, in any version; () where it has none such."""
    return tuple(matcher(rule) for rule in kubernetes.allowed(key) or ())


def key_of_role(role: Role) -> str:
    """Return a role's key in what is known of Kubernetes' own."""
    return f"{role.namespace}/{role.name}" if role.kind == "Role" else role.name


def covered(rule: Rule, by: Sequence[Matcher]) -> bool:
    """Return whether all that *rule* allows is allowed by some of *by*, each piece by one.

    A rule of more than MOST_PIECES is none that Kubernetes makes.
    """
    many = len(rule.api_groups) * len(rule.resources) * max(1, len(rule.resource_names))
    if len(rule.verbs) * (many + len(rule.non_resource_urls)) > MOST_PIECES:
        return False
    for verb in rule.verbs:
        if any(not _any(by, Request(verb, path=url)) for url in rule.non_resource_urls):
            return False
        names = rule.resource_names or ("",)
        for where, resource, name in product(rule.api_groups, rule.resources, names):
            kind, _, sub = resource.partition("/")
            if not _any(by, Request(verb, where, kind, sub, "", name)):
                return False
    return True


def _any(by: Sequence[Matcher], request: Request) -> bool:
    return any(match.allows(request) for match in by)


def is_default(binding: Binding) -> bool:
    """Return whether Kubernetes makes this binding itself, with these subjects at the most."""
    return (binding.kind, binding.namespace, binding.name) in _defaults() and {
        key_of(subject, binding) for subject in binding.subjects
    } <= _defaults()[binding.kind, binding.namespace, binding.name]


@cache
def _defaults() -> dict[tuple[str, str, str], frozenset[tuple[str, str] | None]]:
    return {
        (b.kind, b.namespace, b.name): frozenset(key_of(s, b) for s in b.subjects)
        for b in kubernetes.bindings()
    }


def _installed(binding: Binding) -> bool:
    return (
        binding.role_name == "cluster-admin"
        and {key_of(subject, binding) for subject in binding.subjects} == _INSTALLERS
    )


def _through(risk: Risk, key: Key) -> bool:
    return any(key_of(ground.subject, ground.binding) == key for ground in risk.grounds)


def identity_of(key: Key) -> Identity:
    """Return the identity of whom a binding names."""
    return user(key[1]) if key[0] == "User" else group(key[1])


NOBODY = Subject()
"""Whom a role is judged for that nothing binds."""
