"""What lets traffic of the outside in: Ingress, Gateway API routes, OpenShift Routes, services.

An entry is a service behind a route; who speaks to the pods is the controller of the route,
whose pods are mostly not to be seen. Services of type LoadBalancer and NodePort, and those with
``externalIPs``, take traffic of the outside straight to the pods, with the address of the client
or of a node. Istio's VirtualService is a route where it names a gateway.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec import Struct

from keten.cluster.network.gateways import Gateways
from keten.cluster.network.gateways import services as led_to
from keten.cluster.network.peers import DEFAULT, Peer
from keten.cluster.network.plain import dicts, mapping
from keten.cluster.network.ports import NONE, Ports, ports
from keten.cluster.network.selection import Pods, members, pick
from keten.cluster.selectors import equality
from keten.model.kube import Object, Resource, Route, Service

CONTROLLER = "{ingress-controller}"
SPACE = "ingress-controller-ns"
EXTERNAL = "externalIPs"
_DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class"
_OPEN = ("LoadBalancer", "NodePort")
_ROUTES = ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute")


class Entry(Struct, frozen=True):
    """*ref* (a route, or a service by itself) leads to *ports* of the pods of *shape*.

    *declared* are those of the ports that a container of the pods declares. *through* is the
    service's type where traffic comes without a controller. Not *sure*: the gateway of the route,
    or the class of the ingress, is not among the objects.
    """

    ref: str
    title: str
    shape: int
    ports: Ports
    declared: Ports
    through: str = ""
    sure: bool = True


_Backend = tuple[str, str, Any]
"""Namespace, service, port asked for; None for all ports."""


def entries(objects: Iterable[Object], pods: Pods) -> list[Entry]:
    """Return every entry, in the order of the objects."""
    objects = list(objects)
    services: dict[tuple[str, str], Service] = {}
    routes: list[Route | Resource] = []
    for item in objects:
        if isinstance(item, Service):
            services[item.namespace or DEFAULT, item.name] = item
        elif isinstance(item, Route) or _is_virtual(item):
            assert isinstance(item, (Route, Resource))
            routes.append(item)
    gateways = Gateways(objects)
    classes = [item for item in objects if item.kind == "IngressClass"]
    made: list[Entry] = []
    for route in routes:
        backends, sure = _backends(route, gateways)
        sure = sure and (route.kind != "Ingress" or _classed(route, classes))
        for space, name, port in backends:
            service = services.get((space, name))
            if service is not None:
                made += _entry(route, service, port, pods, sure=sure)
    for service in services.values():
        if service.spec.get("type") in _OPEN:
            made += _entry(service, service, None, pods, through=str(service.spec["type"]))
        elif isinstance(service.spec.get("externalIPs"), list) and service.spec["externalIPs"]:
            made += _entry(service, service, None, pods, through=EXTERNAL)
    return made


def _backends(route: Route | Resource, gateways: Gateways) -> tuple[Iterable[_Backend], bool]:
    """Return whereto a route leads, and whether it is known that it takes traffic."""
    space = route.namespace or DEFAULT
    match route.kind:
        case "Ingress":
            return [(space, name, port) for name, port in _of_ingress(route.spec)], True
        case "Route":
            return list(_of_openshift(route.spec, space)), True
        case "VirtualService":
            return list(_of_virtual(route.spec, space)), True
    if route.kind in _ROUTES and isinstance(route, Route):
        taken = gateways.taken(route)
        if taken is not False:
            found = [one for one in led_to(route) if gateways.granted(route, one[0], one[1])]
            return found, taken is True
    return (), True


def _classed(ingress: Object, classes: Sequence[Object]) -> bool:
    """Return whether a controller surely takes *ingress*, by its class or the default one.

    Where no class is among the objects, they are taken to be elsewhere.
    """
    spec = getattr(ingress, "spec", {})
    named = spec.get("ingressClassName")
    if not classes or ingress.annotations.get("kubernetes.io/ingress.class"):
        return True
    if named:
        return any(item.name == named for item in classes)
    return any(item.annotations.get(_DEFAULT_CLASS) == "true" for item in classes)


def _of_openshift(spec: dict[str, Any], space: str) -> Iterator[_Backend]:
    port = mapping(spec.get("port")).get("targetPort")
    for target in (spec.get("to"), *dicts(spec.get("alternateBackends"))):
        said = mapping(target)
        if said.get("name") and said.get("kind") in (None, "", "Service"):
            yield space, str(said["name"]), port


def _is_virtual(item: Object) -> bool:
    """Return whether *item* is a VirtualService that a gateway of Istio serves."""
    if not isinstance(item, Resource) or item.kind != "VirtualService":
        return False
    gateways = item.spec.get("gateways")
    return (
        item.api_version.startswith("networking.istio.io/")
        and isinstance(gateways, list)
        and any(name != "mesh" for name in gateways)
    )


def _of_virtual(spec: dict[str, Any], space: str) -> Iterator[_Backend]:
    for protocol in ("http", "tls", "tcp"):
        for rule in dicts(spec.get(protocol)):
            targets = [mapping(one.get("destination")) for one in dicts(rule.get("route"))]
            targets += [mapping(rule.get("mirror"))]
            targets += [mapping(one.get("destination")) for one in dicts(rule.get("mirrors"))]
            for said in targets:
                name, _, rest = str(said.get("host") or "").partition(".")
                other, _, domain = rest.partition(".")
                if name and (not domain or domain == "svc" or domain.startswith("svc.")):
                    port = mapping(said.get("port")).get("number")
                    yield other or space, name, port


def _of_ingress(spec: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    backends = [spec.get("defaultBackend") or spec.get("backend")]
    for rule in dicts(spec.get("rules")):
        backends += [p.get("backend") for p in dicts(mapping(rule.get("http")).get("paths"))]
    for backend in map(mapping, backends):
        service = mapping(backend.get("service"))
        if service.get("name"):
            port = mapping(service.get("port"))
            yield str(service["name"]), port.get("name") or port.get("number")
        elif isinstance(backend.get("serviceName"), str):  # before networking.k8s.io/v1
            yield backend["serviceName"], backend.get("servicePort")


def _entry(
    source: Object,
    service: Service,
    asked: Any,
    pods: Pods,
    *,
    through: str = "",
    sure: bool = True,
) -> Iterator[Entry]:
    for place in behind(service, pods):
        peer = pods.shapes[place]
        open_, declared = _open(peer, service, asked)
        if open_ or declared:
            yield Entry(source.ref, _title(source), place, open_, declared, through, sure)


def behind(service: Service, pods: Pods) -> Sequence[int]:
    """Return the shapes of the pods behind a service."""
    wanted = equality(service.spec.get("selector") or {})
    if not wanted or not wanted.wants or service.spec.get("type") == "ExternalName":
        return ()
    inside = pods.in_space.get(service.namespace or DEFAULT, 0)
    return list(members(pick(wanted, pods.labels.having, inside)))


def service_ports(service: Service) -> list[dict[str, Any]]:
    """Return the ports of a service."""
    return dicts(service.spec.get("ports"))


def _open(peer: Peer, service: Service, asked: Any) -> tuple[Ports, Ports]:
    open_, declared = NONE, NONE
    for said in service_ports(service):
        if asked not in (None, 0, "") and not _is(said, asked):
            continue
        one = target(peer, said)
        if one is not None:
            open_ |= ports(one[0], [(one[1], one[1])])
            if one[1] in peer.declared and one[0] == "TCP":
                declared |= ports("TCP", [(one[1], one[1])])
        if asked not in (None, 0, ""):
            break  # the first that fits
    return open_, declared


def _is(said: dict[str, Any], asked: Any) -> bool:
    return asked in (said.get("name") or (), said.get("port"), said.get("targetPort"))


def target(peer: Peer, said: dict[str, Any]) -> tuple[str, int] | None:
    """Return (protocol, port of the pod) that a service's port leads to, if there is one."""
    protocol = str(said.get("protocol") or "TCP")
    port = said.get("targetPort") or said.get("port")
    if isinstance(port, str):
        for name, spoken, number in peer.named:
            if name == port and spoken == protocol:
                return protocol, number
        return None
    return (protocol, port) if isinstance(port, int) and not isinstance(port, bool) else None


def _title(item: Object) -> str:
    return f"{item.kind} {item.namespace or DEFAULT}/{item.name}"
