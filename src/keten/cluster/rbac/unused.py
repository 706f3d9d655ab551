"""Roles, rules, bindings and service accounts that do nothing.

Nothing is said of what Kubernetes makes itself. What is not found among files may lie elsewhere:
each answer says whether it is *certain*, which it is of a live cluster, and within a namespace
of which roles or accounts were seen at all.
"""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from functools import cache

from msgspec import Struct

from keten.cluster.rbac import kubernetes
from keten.cluster.rbac.requests import ACCOUNT, MASTERS
from keten.cluster.rbac.rights import Rights, key_of, space_of
from keten.cluster.rbac.risks import is_default
from keten.cluster.scopes import Scope
from keten.model.kube import Binding, Object, Rule, ServiceAccount, Subject, Workload

_AGGREGATE = "rbac.authorization.k8s.io/aggregate-to-"


class Why(StrEnum):
    """What is the matter with an object."""

    UNBOUND = "no binding refers to it, and no role gathers it"
    DANGLING = "refers to a role that is not there"
    NOBODY = "has no subject"
    GONE = "names service accounts that are not there"
    NOWHERE = "names service accounts without a namespace, which is nobody"
    EMPTY = "grants nothing: the role has no rules"
    IDLE = "nothing runs as it, and nothing is granted to it"
    REPEATED = "grants what another binding grants to the same subjects"
    INERT = "has a rule that no request matches"


class Unused(Struct, frozen=True):
    """An object that does nothing; *about* names what it is about (a role, an account)."""

    item: Object
    why: Why
    about: str = ""
    certain: bool = True


def unused(objects: Iterable[Object], rights: Rights, *, whole: bool) -> list[Unused]:
    """Return what does nothing, by kind and name. *whole*: no object of the scope is missing."""
    every = list(objects)
    found = [
        *_roles(rights, certain=whole),
        *_inert(rights),
        *_bindings(every, rights, certain=whole),
        *_accounts(every, rights, certain=whole),
    ]
    return sorted(found, key=lambda one: (one.item.kind, one.item.namespace, one.item.name))


_TAKES = {
    "pods", "replicationcontrollers", "serviceaccounts", "deployments.apps", "daemonsets.apps",
    "statefulsets.apps", "replicasets.apps", "jobs.batch", "cronjobs.batch",
    *(f"{name}.rbac.authorization.k8s.io"
      for name in ("roles", "rolebindings", "clusterroles", "clusterrolebindings")),
}  # fmt: skip


def complete(scope: Scope) -> bool:
    """Return whether nothing of *scope* is missing that could be what uses a role or account."""
    told = scope.cluster
    if told is None:
        return scope.whole
    return _TAKES.isdisjoint(
        word for right in (*told.denied, *told.failed) for word in right.split()
    )


def _own(item: Object) -> bool:
    return not item.path or item.labels.get(kubernetes.LABEL) == kubernetes.DEFAULTS


def _roles(rights: Rights, *, certain: bool) -> Iterator[Unused]:
    used = {role.id for binding in rights.bindings for role in rights.bound(binding)}
    for role in rights.roles:
        if role.aggregation is not None:
            used |= {other.id for other in rights.gathered(role)}
    for role in rights.roles:
        if role.id in used or _own(role) or any(x.startswith(_AGGREGATE) for x in role.labels):
            continue
        # A cluster role may be bound by what another repository holds.
        sure = certain and (role.kind == "Role" or not rights.assumed)
        yield Unused(role, Why.UNBOUND, certain=sure)


def _inert(rights: Rights) -> Iterator[Unused]:
    """Yield roles with rules that are written as if they meant something.

    RBAC knows ``*/scale`` but no ``pods/*``; a name is not known where something is created, nor
    where all are deleted; and the core group has the resources of no other.
    """
    for role in rights.roles:
        if _own(role):
            continue
        said = list(dict.fromkeys(word for rule in role.rules for word in _idle(rule)))
        if said:
            more = f", and {len(said) - _SHOWN} more" if len(said) > _SHOWN else ""
            yield Unused(role, Why.INERT, f"{', '.join(said[:_SHOWN])}{more}")


_SHOWN = 3
_NAMELESS = {"create", "deletecollection"}


def _idle(rule: Rule) -> Iterator[str]:
    for resource in rule.resources:
        _, slash, sub = resource.partition("/")
        if slash and sub == "*":
            yield f"{resource}: name each subresource"
        elif rule.api_groups == ("",) and not slash and _of_others(resource):
            yield f"{resource}: of group {_of_others(resource)}, not the core group"
    whole = [resource for resource in rule.resources if "/" not in resource]
    if rule.resource_names and rule.verbs and _NAMELESS.issuperset(rule.verbs) and whole:
        yield f"{rule.verbs[0]} {whole[0]}: the request has no name, but the rule has"


@cache
def _of_others(resource: str) -> str:
    """Return the group of a resource of Kubernetes that the core group does not have, or ""."""
    known = kubernetes.known().resources
    if resource in known:
        return ""
    return next((name.partition(".")[2] for name in sorted(known)
                 if name.partition(".")[0] == resource), "")  # fmt: skip


def _bindings(objects: Sequence[Object], rights: Rights, *, certain: bool) -> Iterator[Unused]:
    accounts = {(a.namespace, a.name) for a in objects if isinstance(a, ServiceAccount) and a.uid}
    spaces = {role.namespace for role in rights.roles if role.kind == "Role" and role.path}
    seen: dict[tuple[object, ...], str] = {}
    for binding in rights.bindings:
        if _own(binding) or is_default(binding):
            continue
        roles = rights.bound(binding)
        said = f"{binding.role_kind} {binding.role_name}"
        if not roles:
            near = binding.role_kind == "Role" and binding.namespace in spaces
            yield Unused(binding, Why.DANGLING, said, certain and (near or not rights.assumed))
            continue
        if not binding.subjects:
            yield Unused(binding, Why.NOBODY, certain=certain)
            continue
        if not any(rights.rules(role) for role in roles):  # what it gathers may lie elsewhere
            sure = certain and all(role.aggregation is None or role.uid for role in roles)
            yield Unused(binding, Why.EMPTY, said, certain=sure)
        gone = [s for s in binding.subjects if not _there(s, binding, accounts)]
        lost = [s.name or s.kind for s in binding.subjects if key_of(s, binding) is None]
        if lost:
            yield Unused(binding, Why.NOWHERE, ", ".join(lost[:_SHOWN]))
        if gone:
            names = ", ".join(f"{s.namespace or binding.namespace}/{s.name}" for s in gone[:3])
            yield Unused(binding, Why.GONE, names, certain=certain)
        subjects = frozenset(key_of(s, binding) for s in binding.subjects)
        key = (space_of(binding), binding.kind, binding.role_kind, binding.role_name, subjects)
        first = seen.setdefault(key, binding.name)
        if first != binding.name:
            yield Unused(binding, Why.REPEATED, f"{binding.kind} {first}", certain=certain)


def _there(subject: Subject, binding: Binding, accounts: set[tuple[str, str]]) -> bool:
    """Return whether an account is there, or may be: each namespace of a cluster has a default."""
    if subject.kind != "ServiceAccount" or key_of(subject, binding) is None:
        return True
    space = subject.namespace or binding.namespace
    return (space, subject.name) in accounts or (space, "default") not in accounts


def _seen_live(item: Workload) -> bool:
    """Return whether it shows that pods were listed, which may run as any account."""
    return bool(item.uid) and (item.kind == "Pod" or bool(item.nodes))


def _accounts(objects: Sequence[Object], rights: Rights, *, certain: bool) -> Iterator[Unused]:
    runs = {
        (w.namespace, w.pod.service_account_name or w.pod.service_account or "default")
        for w in objects if isinstance(w, Workload)
    }  # fmt: skip
    live = any(isinstance(item, Workload) and _seen_live(item) for item in objects)
    bound = {name for kind, name in rights.named() if kind == "User" and name != MASTERS}
    for account in objects:
        if not isinstance(account, ServiceAccount) or account.name == "default":
            continue
        space = account.namespace
        if (space, account.name) in runs or f"{ACCOUNT}{space or '-'}:{account.name}" in bound:
            continue
        if space != "kube-system" or not account.uid:
            # What an operator runs shows in the cluster, and in no file.
            yield Unused(account, Why.IDLE, certain=certain and live and bool(account.uid))
