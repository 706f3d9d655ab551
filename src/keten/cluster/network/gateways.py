"""Which routes of the Gateway API take traffic: those that a listener lets in, to what is granted.

A route names its gateways; a listener takes it by namespace (its own, if it does not say),
protocol and host name. A service of another namespace is led to only where a ReferenceGrant
there says so. A gateway that is not among the objects may take the route.
Source: gateway.networking.k8s.io v1, GEP-709.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from keten.cluster.network.addressing import internal
from keten.cluster.network.peers import DEFAULT
from keten.cluster.network.plain import dicts, mapping
from keten.cluster.selectors import Labelled, selector
from keten.model.kube import Namespace, Object, Resource, Route

GROUP = "gateway.networking.k8s.io"
_TAKES = {
    "HTTP": ("HTTPRoute", "GRPCRoute"), "HTTPS": ("HTTPRoute", "GRPCRoute"),
    "TLS": ("TLSRoute", "TCPRoute"), "TCP": ("TCPRoute",), "UDP": ("UDPRoute",),
}  # fmt: skip
"""The kinds of routes that a listener of a protocol takes, where it does not say."""
_INTERNAL = ("gke-l7-rilb", "gke-l7-rilb-mc", "gke-l7-cross-regional-internal-managed-mc")


class Gateways:
    """The gateways and grants among the objects of a cluster."""

    def __init__(self, objects: Iterable[Object]) -> None:
        self._gateways: dict[tuple[str, str], Route] = {}
        self._grants: list[Resource] = []
        self._spaces: dict[str, Mapping[str, str]] = {}
        for item in objects:
            if isinstance(item, Route) and item.kind == "Gateway":
                self._gateways[item.namespace or DEFAULT, item.name] = item
            elif isinstance(item, Resource) and item.kind == "ReferenceGrant":
                self._grants.append(item)
            elif isinstance(item, Namespace):
                own = {**item.labels, "kubernetes.io/metadata.name": item.name}
                self._spaces[item.name] = own

    def taken(self, route: Route) -> bool | None:
        """Return whether a gateway takes *route* in; None where that can not be known."""
        found: set[bool | None] = set()
        for parent in dicts(route.spec.get("parentRefs")):
            if parent.get("group", GROUP) != GROUP:
                continue  # a service: traffic of the mesh
            kind = parent.get("kind", "Gateway")
            if kind != "Gateway":
                found.add(None)
                continue
            space = str(parent.get("namespace") or route.namespace or DEFAULT)
            gateway = self._gateways.get((space, str(parent.get("name"))))
            found.add(None if gateway is None else self._listens(gateway, parent, route))
        return True if True in found else None if None in found else False

    def _listens(self, gateway: Route, parent: dict[str, Any], route: Route) -> bool | None:
        if _inner(gateway):
            return False
        found: set[bool | None] = {False}
        for listener in dicts(gateway.spec.get("listeners")):
            wanted, port = parent.get("sectionName"), parent.get("port")
            if (wanted is not None and listener.get("name") != wanted) or (
                port is not None and listener.get("port") != port
            ):
                continue
            if _fits(listener, route):
                found.add(self._allows(listener, gateway, route))
        return True if True in found else None if None in found else False

    def _allows(self, listener: dict[str, Any], gateway: Route, route: Route) -> bool | None:
        said = mapping(mapping(listener.get("allowedRoutes")).get("namespaces"))
        own = route.namespace or DEFAULT
        match said.get("from") or "Same":
            case "All":
                return True
            case "Same":
                return own == (gateway.namespace or DEFAULT)
            case "Selector":
                wanted = selector(said.get("selector"))
                if wanted is None:
                    return False
                if own not in self._spaces:
                    return None
                return Labelled([self._spaces[own]]).any(wanted)
        return False

    def granted(self, route: Route, space: str, service: str) -> bool:
        """Return whether *route* may lead to *service* of the namespace *space*."""
        own = route.namespace or DEFAULT
        if space == own:
            return True
        return any(
            (grant.namespace or DEFAULT) == space
            and any(
                (one.get("group"), one.get("kind"), one.get("namespace"))
                == (GROUP, route.kind, own)
                for one in dicts(grant.spec.get("from"))
            )
            and any(
                (one.get("group") or "", one.get("kind")) == ("", "Service")
                and one.get("name") in (None, "", service)
                for one in dicts(grant.spec.get("to"))
            )
            for grant in self._grants
        )


def _inner(gateway: Route) -> bool:
    """Return whether *gateway* has an address of the inner network only."""
    more = mapping(mapping(gateway.spec.get("infrastructure")).get("annotations"))
    annotations = {**gateway.annotations, **{k: v for k, v in more.items() if isinstance(v, str)}}
    return (
        gateway.spec.get("gatewayClassName") in _INTERNAL
        or annotations.get("networking.istio.io/service-type") == "ClusterIP"
        or internal(annotations) is True
    )


def _fits(listener: dict[str, Any], route: Route) -> bool:
    """Return whether protocol and host name of a listener are the route's."""
    kinds = dicts(mapping(listener.get("allowedRoutes")).get("kinds"))
    if kinds:
        if not any(k.get("kind") == route.kind and k.get("group", GROUP) == GROUP for k in kinds):
            return False
    else:
        protocol = str(listener.get("protocol"))
        if route.kind not in _TAKES.get(protocol, (route.kind,)):
            return False
    listened, hosts = listener.get("hostname"), route.spec.get("hostnames")
    if not listened or not isinstance(hosts, list) or not hosts:
        return True
    return any(_meet(str(listened).lower(), str(host).lower()) for host in hosts)


def _meet(a: str, b: str) -> bool:
    """Return whether two host names, each perhaps with ``*.`` before it, have one in common."""
    if a.startswith("*.") and b.startswith("*."):
        return a[1:].endswith(b[1:]) or b[1:].endswith(a[1:])
    if a.startswith("*."):
        return b.endswith(a[1:])
    if b.startswith("*."):
        return a.endswith(b[1:])
    return a == b


def services(route: Route) -> Iterable[tuple[str, str, Any]]:
    """Yield (namespace, service, port) that the rules of *route* lead to."""
    own = route.namespace or DEFAULT
    for rule in dicts(route.spec.get("rules")):
        refs = [ref for ref in dicts(rule.get("backendRefs")) if ref.get("weight") != 0]
        filters = [*dicts(rule.get("filters"))]
        for ref in refs:
            filters += dicts(ref.get("filters"))
        refs += [mapping(mapping(one.get("requestMirror")).get("backendRef")) for one in filters]
        for ref in refs:
            if ref.get("name") and (ref.get("group") or "", ref.get("kind", "Service")) == (
                "", "Service",
            ):  # fmt: skip
                yield str(ref.get("namespace") or own), str(ref["name"]), ref.get("port")
