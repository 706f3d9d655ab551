"""The policies among the objects of a cluster, of every kind that can hold traffic."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from keten.cluster.network import admin, cilium
from keten.cluster.network.native import native
from keten.cluster.network.peers import DEFAULT
from keten.cluster.network.policies import WAYS, Policy, Tier, unknown
from keten.cluster.network.selection import Pods
from keten.cluster.network.spans import Spans
from keten.cluster.selectors import Selector, equality
from keten.model.kube import NetworkPolicy, Object, Resource, Service

_FOREIGN = {
    ("projectcalico.org", "NetworkPolicy"), ("crd.projectcalico.org", "NetworkPolicy"),
    ("projectcalico.org", "GlobalNetworkPolicy"), ("crd.projectcalico.org", "GlobalNetworkPolicy"),
    ("crd.antrea.io", "NetworkPolicy"), ("crd.antrea.io", "ClusterNetworkPolicy"),
    ("k8s.ovn.org", "EgressFirewall"), ("network.openshift.io", "EgressNetworkPolicy"),
    ("networking.gke.io", "FQDNNetworkPolicy"), ("networking.k8s.aws", "ApplicationNetworkPolicy"),
    ("networking.k8s.aws", "ClusterNetworkPolicy"),
}  # fmt: skip
"""Kinds of network plugins' own policies that are not read; staged ones hold nothing."""

_JOINING = {("k8s.ovn.org", "ClusterNetworkConnect")}
_OTHER_ROUTES = {
    ("traefik.io", "IngressRoute"), ("traefik.io", "IngressRouteTCP"),
    ("traefik.containo.us", "IngressRoute"), ("projectcontour.io", "HTTPProxy"),
    ("configuration.konghq.com", "TCPIngress"), ("getambassador.io", "Mapping"),
    ("apisix.apache.org", "ApisixRoute"), ("k8s.nginx.org", "VirtualServer"),
    ("gateway.solo.io", "VirtualService"),
}  # fmt: skip
"""Kinds of objects that open ways which are not followed: they are told."""
_PEERS = {
    "pods", "namespaces", "services", "deployments.apps", "statefulsets.apps", "daemonsets.apps",
    "replicasets.apps", "jobs.batch", "cronjobs.batch", "ingresses.networking.k8s.io",
    "httproutes.gateway.networking.k8s.io", "grpcroutes.gateway.networking.k8s.io",
    "tcproutes.gateway.networking.k8s.io", "tlsroutes.gateway.networking.k8s.io",
    "gateways.gateway.networking.k8s.io", "referencegrants.gateway.networking.k8s.io",
    "routes.route.openshift.io", "virtualservices.networking.istio.io",
    "authorizationpolicies.security.istio.io", "virtualmachines.kubevirt.io",
    "userdefinednetworks.k8s.ovn.org", "clusteruserdefinednetworks.k8s.ovn.org",
    "network-attachment-definitions.k8s.cni.cncf.io",
}  # fmt: skip
MOST_RULES = 200_000
MOST_BLOCKS = 20_000
"""Of all policies together; above, what they say is unknown: each block cuts the addresses."""
_DEPTH = 12  # of a policy's text
_KEYS = 50_000  # values of one policy's text


def is_policy(item: Object) -> bool:
    """Return whether *item* can hold traffic."""
    if isinstance(item, NetworkPolicy):
        return True
    if not isinstance(item, Resource):
        return False
    group = item.api_version.partition("/")[0]
    if (group, item.kind) in _FOREIGN:
        return True
    if item.kind in admin.KINDS:
        return group == "policy.networking.k8s.io"
    return item.kind in cilium.KINDS or item.kind == "MultiNetworkPolicy"


def by_address(policies: Iterable[Object]) -> bool:
    """Return whether some policy tells pods apart by their addresses."""
    return any(admin.has_networks(p) for p in policies if isinstance(p, Resource))


def label_keys(policies: Iterable[Object]) -> set[str]:
    """Return every label key that some policy may ask for."""
    found: set[str] = set()
    for policy in policies:
        stack: list[tuple[Any, int]] = [(getattr(policy, "spec", {}), 0)]
        seen = 0
        while stack and seen < _KEYS:
            value, depth = stack.pop()
            seen += 1
            if depth > _DEPTH:
                continue
            if isinstance(value, dict):
                plain = value.get("matchLabels")
                if isinstance(plain, dict):
                    found |= {str(key).rpartition(":")[2] for key in plain}
                if isinstance(value.get("key"), str):
                    found.add(value["key"].rpartition(":")[2])
                stack += ((item, depth + 1) for item in value.values())
            elif isinstance(value, list):
                stack += ((item, depth + 1) for item in value)
    return found


def unlisted(rights: Iterable[str], pods: Pods) -> Iterator[Policy]:
    """Yield for each kind of policy that could not be listed that it may hold every pod.

    Of peers and ways in that could not be listed it is only said that they are missing.
    """
    for right in sorted(set(rights)):
        name = right.removeprefix("list ").partition(" ")[0]
        plural = name.partition(".")[0]
        if right.startswith("list ") and plural.endswith("networkpolicies"):
            over = name != "networkpolicies.networking.k8s.io"
            yield unknown("", name, pods.subject, f"not listed ({right})", over=over)
        elif right.startswith("list ") and name in _PEERS:
            told = (f"{name}: not listed ({right}): what they make is not shown",)
            yield Policy("", name, Tier.PLAIN, 0, notes=told)


def unread(objects: Iterable[Object]) -> Iterator[Policy]:
    """Yield for each object that opens ways which are not followed that it does."""
    for item in objects:
        if isinstance(item, Resource):
            key = (item.api_version.partition("/")[0], item.kind)
            what = ""
            if key in _JOINING:
                what = "it joins networks, which are taken to be apart"
            elif key in _OTHER_ROUTES:
                what = f"routes of {key[0]} are not read: what they serve is not shown"
            if what:
                space = f"{item.namespace or DEFAULT}/" if key in _OTHER_ROUTES else ""
                title = f"{item.kind} {space}{item.name}"
                yield Policy("", title, Tier.PLAIN, 0, notes=(f"{title}: {what}",))


def read(policies: Sequence[Object], services: Sequence[Service], pods: Pods) -> Iterator[Policy]:
    """Yield what the policies say, in the order of their tier, priority and name."""
    behind = _Behind(services, pods)
    made = [policy for item in policies for policy in _read(item, pods, behind)]
    if (much := _too_much(made)) is not None:
        yield unknown("", "the policies", pods.subject, much, over=True)
        return
    yield from sorted(made, key=lambda p: (p.tier, p.priority, p.title, p.ref))


def _too_much(made: Sequence[Policy]) -> str | None:
    """Return what there is too much of to be judged, so that all of it is unknown."""
    rules = 0
    blocks = set[Spans]()
    for policy in made:
        for way in WAYS:
            side = policy.side(way)
            if side is not None:
                rules += len(side.rules)
                blocks.update(block for rule in side.rules for block in rule.blocks)
    if rules > MOST_RULES:
        return f"more than {MOST_RULES} rules are not judged"
    return f"more than {MOST_BLOCKS} blocks are not judged" if len(blocks) > MOST_BLOCKS else None


def _read(item: Object, pods: Pods, behind: "_Behind") -> Iterator[Policy]:
    if isinstance(item, NetworkPolicy):
        yield from native(item, pods)
        return
    if not isinstance(item, Resource):
        return
    group = item.api_version.partition("/")[0]
    if (group, item.kind) in _FOREIGN:
        wide = item.kind.startswith(("Global", "Cluster"))
        inside = pods.subject if wide else pods.in_space.get(item.namespace or DEFAULT, 0)
        name = item.name if wide else f"{item.namespace or DEFAULT}/{item.name}"
        why = f"policies of {group} are not read"
        yield unknown(item.ref, f"{item.kind} {name}", inside & pods.subject, why, over=True)
    elif item.kind in admin.KINDS:
        yield from admin.admin(item, pods)
    elif item.kind in cilium.KINDS:
        yield from cilium.cilium(item, pods, behind.pods)
    elif item.kind == "MultiNetworkPolicy":
        yield from native(item, pods)


class _Behind:
    """The pods behind services."""

    def __init__(self, services: Sequence[Service], pods: Pods) -> None:
        self._pods = pods
        self._services = services

    def pods(self, namespace: str, name: str, wanted: Selector | None) -> int | None:
        """Return the pods behind the service *name*, or those *wanted*; None where not known."""
        found: int | None = None
        for service in self._services:
            if namespace and (service.namespace or DEFAULT) != namespace:
                continue
            if (service.name != name) if name else not _has(service, wanted):
                continue
            held = equality(service.spec.get("selector") or {})
            if not held or not held.wants:
                return None  # its endpoints are written by somebody else
            among = self._pods.in_space.get(service.namespace or DEFAULT, 0)
            found = (found or 0) | self._pods.select(held, among)
        return found


def _has(service: Service, wanted: Selector | None) -> bool:
    if wanted is None:
        return False
    labels = service.labels
    for key, values in wanted.wants:
        if key not in labels or (values is not None and labels[key] not in values):
            return False
    return not any(
        key in labels and (values is None or labels[key] in values) for key, values in wanted.bars
    )
