"""What the service account of a workload holds: dangerous rights, namespaces, custom kinds.

Whoever takes over the workload's pods has all of it. Where a manifest says no namespace its
account is the one of that name that bindings name, if that is one.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from keten.cluster.definitions import Definition, Tending, tending
from keten.cluster.rbac import kubernetes
from keten.cluster.rbac.requests import ACCOUNT, UNSAID, Identity, account
from keten.cluster.rbac.rights import Rights, key_of
from keten.cluster.rbac.risks import EVERYBODY, Risk, Risks
from keten.model.kube import ServiceAccount, Workload

if TYPE_CHECKING:
    from keten.cluster.estates import Cluster

_READS = {"get", "list", "watch"}


class Reach(Struct, frozen=True):
    """In which namespaces an account may read, and change, something; ("",) is in every one."""

    reads: tuple[str, ...]
    changes: tuple[str, ...]


class Held(Struct, frozen=True):
    """What an account holds. *mounted*: its token lies in the pods, as far as is said."""

    identity: Identity
    risks: tuple[Risk, ...]
    reach: Reach
    mounted: bool


class Holdings:
    """What the accounts of one cluster's workloads hold."""

    def __init__(self, cluster: "Cluster", definitions: Sequence[Definition]) -> None:
        self._rights = cluster.rights
        self._definitions = definitions
        self._risks = Risks(cluster.rights)
        self._accounts = {
            (item.namespace or UNSAID, item.name): item
            for item in cluster.objects
            if isinstance(item, ServiceAccount)
        }
        self._named = _named(cluster.rights)
        self._seen: dict[str, tuple[tuple[Risk, ...], Reach, Tending]] = {}

    def of(self, top: Workload) -> Held:
        """Return what the account of a workload holds."""
        identity = self._identity(top)
        risks, reach, _ = self._known(identity)
        return Held(identity, risks, reach, self._mounted(top, identity))

    def tended(self, top: Workload) -> Tending:
        """Return the custom kinds that the account of a workload tends or rules."""
        return self._known(self._identity(top))[2]

    def _known(self, identity: Identity) -> tuple[tuple[Risk, ...], Reach, Tending]:
        known = self._seen.get(identity.user)
        if known is None:
            known = self._seen[identity.user] = (
                tuple(self._risks.of(identity)),
                self._reach(identity),
                tending(self._rights, identity, self._definitions),
            )
        return known

    def _identity(self, top: Workload) -> Identity:
        """Return the account of a workload; where no namespace is said, the one that is bound."""
        name = top.pod.service_account_name or top.pod.service_account or "default"
        if not top.namespace and name != "default":
            spaces = self._named.get(name, ())
            if len(spaces) == 1:
                return account(spaces[0], name)
        return account(top.namespace, name)

    def _mounted(self, top: Workload, identity: Identity) -> bool:
        said = top.pod.automount_service_account_token
        if said is None:
            space, _, name = identity.user.removeprefix(ACCOUNT).partition(":")
            known = self._accounts.get((space, name)) or self._accounts.get((UNSAID, name))
            said = known.automount if known is not None else None
        return said is not False or any(map(_projects, top.pod.volumes))

    def _reach(self, identity: Identity) -> Reach:
        reads, changes = set[str](), set[str]()
        local = {one.name: one.local for one in self._definitions}
        for ground in self._rights.everything(identity):
            key = key_of(ground.subject, ground.binding)
            if key is not None and key[1] in EVERYBODY:
                continue
            rule = ground.said.rule
            if not any(_spaced(g, r, local) for g in rule.api_groups for r in rule.resources):
                continue
            into = reads if set(rule.verbs) <= _READS else changes
            into.add(ground.namespace)
        return Reach(_spaces(reads), _spaces(changes))


def _named(rights: Rights) -> Mapping[str, Sequence[str]]:
    """Return the namespaces in which bindings name an account, by its name."""
    made: dict[str, list[str]] = {}
    for kind, user in rights.named():
        space, _, name = user.removeprefix(ACCOUNT).partition(":")
        if kind == "User" and user.startswith(ACCOUNT):
            made.setdefault(name, []).append(space)
    return made


def _projects(volume: Mapping[str, Any]) -> bool:
    projected = volume.get("projected")
    sources = projected.get("sources") if isinstance(projected, dict) else None
    return any(
        isinstance(one, dict) and "serviceAccountToken" in one
        for one in (sources if isinstance(sources, list | tuple) else ())
    )


def _spaced(group: str, resource: str, local: Mapping[str, bool]) -> bool:
    """Return whether a resource lies in namespaces; what is not known may."""
    plural = resource.partition("/")[0]
    name = f"{plural}.{group}" if group else plural
    known = kubernetes.known().resources.get(name)
    return bool(known[0]) if known is not None else local.get(name, True)


def _spaces(found: set[str]) -> tuple[str, ...]:
    return ("",) if "" in found else tuple(sorted(found))
