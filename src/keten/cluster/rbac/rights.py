"""Who may do what, as the API server's RBAC authorizer decides it.

An identity has what the bindings give that name it or one of its groups. A ClusterRoleBinding
gives everywhere, a RoleBinding in its namespace only, also where it refers to a ClusterRole;
one that refers to a role that is not there gives nothing. Nothing takes a right away.
Source: Kubernetes 1.36, plugin/pkg/auth/authorizer/rbac, pkg/registry/rbac/validation.

Beyond the authorizer: members of system:masters may do everything, as with every API server.
Where none of Kubernetes' own roles is among the objects (they come from files, not from a
cluster), those that it makes itself are taken to be there as it makes them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from msgspec import Struct

from keten.cluster.rbac import kubernetes
from keten.cluster.rbac.aggregation import Aggregation, Sourced, own
from keten.cluster.rbac.matching import Matcher, matcher
from keten.cluster.rbac.requests import ACCOUNT, MASTERS, UNSAID, Identity, Request
from keten.errors import CeilingError
from keten.model.kube import Binding, Object, Role, Subject

T = TypeVar("T", bound=Object)
Key = tuple[str, str]
"""What an identity is known by: ("User", name) or ("Group", name)."""


class Ground(Struct, frozen=True):
    """Why something is allowed: *binding* gives its subject *index* the role's *said* rule."""

    binding: Binding
    subject: Subject
    role: Role
    said: Sourced

    @property
    def namespace(self) -> str:
        """Return where it is allowed; "" is everywhere."""
        return space_of(self.binding) if self.binding.kind == "RoleBinding" else ""


class Decision(Struct, frozen=True):
    """Whether a request is allowed, and the first ground in the order of names.

    *ground* is None where it is allowed without one (system:masters), or not at all.
    """

    allowed: bool
    ground: Ground | None = None


class _Grant(Struct, frozen=True):
    """A binding that names an identity, and what it gives."""

    binding: Binding
    subject: Subject
    role: Role
    rules: tuple[tuple[Matcher, Sourced], ...]

    def grounds(self, request: Request) -> Iterator[Ground]:
        for match, said in self.rules:
            if match.allows(request):
                yield Ground(self.binding, self.subject, self.role, said)


_Grants = dict[Key, list[_Grant]]
_NONE: Mapping[Key, list[_Grant]] = {}
_NOWHERE: frozenset[str] = frozenset()


class Rights:
    """What roles and bindings of one cluster together allow.

    *assume* says whether Kubernetes' own are taken to be there; None is as the module says.
    *cut* tells why not everything is known: a ceiling that was passed; "" where it is.
    """

    def __init__(self, objects: Iterable[Object], *, assume: bool | None = None) -> None:
        every = list(objects)
        roles = [item for item in every if isinstance(item, Role)]
        bindings = [item for item in every if isinstance(item, Binding)]
        if assume is None:
            assume = not any(_own(role) for role in roles)
        self.assumed = assume
        self.cut = ""
        if assume:
            roles = _with(kubernetes.roles(), roles)
            bindings = _with(kubernetes.bindings(), bindings)
        self.roles: Sequence[Role] = _last(roles)
        self.bindings: Sequence[Binding] = sorted(_last(bindings), key=_order)
        self._by: dict[tuple[str, str, str], list[Role]] = {}
        for role in self.roles:
            self._by.setdefault((role.kind, space_of(role), role.name), []).append(role)
        self._aggregation = Aggregation([r for r in self.roles if r.kind == "ClusterRole"])
        self._matchers: dict[str, tuple[tuple[Matcher, Sourced], ...]] = {}
        self._everywhere: _Grants = {}
        self._in: dict[str, _Grants] = {}
        self._spaces: dict[Key, set[str]] = {}
        for binding in self.bindings:
            self._bind(binding)

    def _bind(self, binding: Binding) -> None:
        table = self._everywhere
        if binding.kind == "RoleBinding":
            table = self._in.setdefault(space_of(binding), {})
        for role in self.bound(binding):
            rules = self._ready(role)
            seen: set[Key] = set()
            for subject in binding.subjects:
                key = key_of(subject, binding)
                if key is not None and key not in seen:
                    seen.add(key)
                    table.setdefault(key, []).append(_Grant(binding, subject, role, rules))
                    if table is not self._everywhere:
                        self._spaces.setdefault(key, set()).add(space_of(binding))

    def _ready(self, role: Role) -> tuple[tuple[Matcher, Sourced], ...]:
        ready = self._matchers.get(role.id)
        if ready is None:
            ready = tuple((matcher(said.rule), said) for said in self.rules(role))
            self._matchers[role.id] = ready
        return ready

    def rules(self, role: Role) -> tuple[Sourced, ...]:
        """Return what *role* allows, aggregation included."""
        try:
            return self._aggregation.rules(role)
        except CeilingError as error:
            self.cut = error.what
            return tuple(own(role))

    def gathered(self, role: Role) -> Sequence[Role]:
        """Return the roles that an aggregated *role* gathers."""
        try:
            return self._aggregation.selects(role) or ()
        except CeilingError as error:
            self.cut = error.what
            return ()

    def bound(self, binding: Binding) -> Sequence[Role]:
        """Return the role that *binding* refers to: more than one where files define several."""
        if binding.kind == "ClusterRoleBinding" and binding.role_kind != "ClusterRole":
            return ()  # the API server looks for it in no namespace
        space = space_of(binding) if binding.role_kind == "Role" else ""
        return self._by.get((binding.role_kind, space, binding.role_name), ())

    def allowed(self, identity: Identity, request: Request) -> Decision:
        """Return whether *identity* may do what *request* says."""
        if MASTERS in identity.groups:
            return Decision(allowed=True)
        ground = next(self.grounds(identity, request), None)
        return Decision(allowed=ground is not None, ground=ground)

    def grounds(self, identity: Identity, request: Request) -> Iterator[Ground]:
        """Yield every ground on which *identity* may do what *request* says."""
        for grant in self.grants(identity, "" if request.path else request.namespace):
            yield from grant.grounds(request)

    def grants(self, identity: Identity, namespace: str) -> Iterator[_Grant]:
        """Yield what bindings give *identity* for requests in *namespace* ("": the cluster's)."""
        keys = list(dict.fromkeys(keys_of(identity)))
        local = self._in.get(namespace, _NONE) if namespace else _NONE
        for table in (self._everywhere, local):
            seen: set[tuple[str, str]] = set()
            for key in keys:
                for grant in table.get(key, ()):
                    pair = (grant.binding.id, grant.role.id)
                    if pair not in seen:
                        seen.add(pair)
                        yield grant

    def everything(self, identity: Identity) -> Iterator[Ground]:
        """Yield every rule that *identity* holds, everywhere first, then by namespace.

        URLs that a RoleBinding gives are not held: requests for them are in no namespace.
        """
        for space in ("", *self.namespaces(identity)):
            for grant in self.grants(identity, space):
                if not space or grant.binding.kind == "RoleBinding":
                    for _, said in grant.rules:
                        if not space or said.rule.resources:
                            yield Ground(grant.binding, grant.subject, grant.role, said)

    def namespaces(self, identity: Identity) -> list[str]:
        """Return the namespaces in which a RoleBinding gives *identity* something."""
        found: set[str] = set()
        for key in keys_of(identity):
            found |= self._spaces.get(key, _NOWHERE)
        return sorted(found)

    def who_can(
        self, request: Request, *, anywhere: bool = False, named: bool = False
    ) -> Iterator[Ground]:
        """Yield, for each subject of each binding that allows *request*, the first ground.

        With *anywhere*, what is allowed in any one namespace counts, and the request's own
        namespace is not asked. With *named*, those who may do it to what their rule names.
        """
        able: dict[str, Sourced | None] = {}
        for binding in self.bindings:
            local = binding.kind == "RoleBinding"
            if local and (request.path or not (anywhere or space_of(binding) == request.namespace)):
                continue
            for role in self.bound(binding):
                if role.id not in able:
                    ready = self._ready(role)
                    able[role.id] = next(
                        (s for m, s in ready
                         if (m.names_only(request) if named else m.allows(request))), None
                    )  # fmt: skip
                said = able[role.id]
                if said is not None:
                    for subject in binding.subjects:
                        if key_of(subject, binding) is not None:
                            yield Ground(binding, subject, role, said)

    def named(self) -> list[Key]:
        """Return everybody that a binding names, sorted."""
        found = set(self._everywhere)
        for table in self._in.values():
            found |= table.keys()
        return sorted(found)


def keys_of(identity: Identity) -> Iterator[Key]:
    """Yield what bindings may call *identity*."""
    if identity.user:
        yield "User", identity.user
    for group in identity.groups:
        yield "Group", group


def key_of(subject: Subject, binding: Binding) -> Key | None:
    """Return whom *subject* names; None for nobody."""
    match subject.kind:
        case "User" | "Group":
            return subject.kind, subject.name
        case "ServiceAccount":
            space = subject.namespace
            if not space and binding.kind == "RoleBinding":
                space = space_of(binding)
            return ("User", f"{ACCOUNT}{space}:{subject.name}") if space else None
        case _:
            return None


def space_of(item: Object) -> str:
    """Return the namespace of an object that has one, ``-`` where its file names none."""
    if item.kind in ("ClusterRole", "ClusterRoleBinding"):
        return ""
    return item.namespace or UNSAID


def _own(role: Role) -> bool:
    return role.labels.get(kubernetes.LABEL) == kubernetes.DEFAULTS


def _order(binding: Binding) -> tuple[bool, str, str, str]:
    return binding.kind == "RoleBinding", binding.namespace, binding.name, binding.id


def _with(given: Sequence[T], found: list[T]) -> list[T]:
    """Return *found* with those of *given* that nothing found has the name of."""
    names = {(item.kind, item.namespace, item.name) for item in found}
    return [*(i for i in given if (i.kind, i.namespace, i.name) not in names), *found]


def _last(items: Iterable[T]) -> list[T]:
    """Return *items* without those that a later object of the same file replaces."""
    made: dict[tuple[str, str, str, str], T] = {}
    for item in sorted(items, key=_age):
        made[item.path, item.kind, item.namespace, item.name] = item
    return list(made.values())


_DIGITS = 9


def _age(item: Object) -> tuple[str, int]:
    """Return a key in whose order the objects of one name stand in their file."""
    head, mark, number = item.id.rpartition("~")
    if mark and number.isdecimal() and len(number) < _DIGITS:
        return head, int(number)
    return item.id, 1
