"""What lets traffic of the outside in: Ingress, Gateway API routes, OpenShift Routes, services.

An entry is a service behind a route; who speaks to the pods is the controller of the route,
whose pods are mostly not to be seen. Services of type LoadBalancer and NodePort take traffic
of the outside straight to the pods, with the address of the client or of a node.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec import Struct

from keten.cluster.network.peers import DEFAULT, Peer
from keten.cluster.network.ports import NONE, Ports, ports
from keten.cluster.network.selection import Pods, members
from keten.cluster.selectors import equality
from keten.model.kube import Object, Route, Service

CONTROLLER = "{ingress-controller}"
SPACE = "ingress-controller-ns"
_OPEN = ("LoadBalancer", "NodePort")
_ROUTES = ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute")


class Entry(Struct, frozen=True):
    """*ref* (a route, or a service by itself) leads to *ports* of the pods of *shape*.

    *declared* are those of the ports that a container of the pods declares. *through* is the
    service's type where traffic comes without a controller.
    """

    ref: str
    title: str
    shape: int
    ports: Ports
    declared: Ports
    through: str = ""


def entries(objects: Iterable[Object], pods: Pods) -> list[Entry]:
    """Return every entry, in the order of the objects."""
    services: dict[tuple[str, str], Service] = {}
    routes: list[Route] = []
    for item in objects:
        if isinstance(item, Service):
            services[item.namespace or DEFAULT, item.name] = item
        elif isinstance(item, Route):
            routes.append(item)
    made: list[Entry] = []
    for route in routes:
        for space, name, port in _backends(route):
            service = services.get((space, name))
            if service is not None:
                made += _entry(route, service, port, pods)
    for service in services.values():
        if service.spec.get("type") in _OPEN:
            made += _entry(service, service, None, pods, through=str(service.spec["type"]))
    return made


def _backends(route: Route) -> Iterator[tuple[str, str, Any]]:
    """Yield (namespace, service, port asked for) of a route; None for all ports."""
    space = route.namespace or DEFAULT
    match route.kind:
        case "Ingress":
            yield from ((space, name, port) for name, port in _of_ingress(route.spec))
        case "Route":
            port = _dict(route.spec.get("port")).get("targetPort")
            for target in (route.spec.get("to"), *_dicts(route.spec.get("alternateBackends"))):
                said = _dict(target)
                if said.get("name") and said.get("kind") in (None, "", "Service"):
                    yield space, str(said["name"]), port
        case _ if route.kind in _ROUTES:
            for rule in _dicts(route.spec.get("rules")):
                for said in _dicts(rule.get("backendRefs")):
                    if said.get("name") and said.get("kind") in (None, "Service"):
                        other = str(said.get("namespace") or space)
                        yield other, str(said["name"]), said.get("port")


def _of_ingress(spec: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    backends = [spec.get("defaultBackend") or spec.get("backend")]
    for rule in _dicts(spec.get("rules")):
        backends += [p.get("backend") for p in _dicts(_dict(rule.get("http")).get("paths"))]
    for backend in map(_dict, backends):
        service = _dict(backend.get("service"))
        if service.get("name"):
            port = _dict(service.get("port"))
            yield str(service["name"]), port.get("name") or port.get("number")
        elif isinstance(backend.get("serviceName"), str):  # before networking.k8s.io/v1
            yield backend["serviceName"], backend.get("servicePort")


def _entry(
    source: Object, service: Service, asked: Any, pods: Pods, *, through: str = ""
) -> Iterator[Entry]:
    for place in behind(service, pods):
        peer = pods.shapes[place]
        open_, declared = _open(peer, service, asked)
        if open_ or declared:
            yield Entry(source.ref, _title(source), place, open_, declared, through)


def behind(service: Service, pods: Pods) -> Sequence[int]:
    """Return the shapes of the pods behind a service."""
    wanted = equality(service.spec.get("selector") or {})
    if not wanted or not wanted.wants:
        return ()
    inside = pods.in_space.get(service.namespace or DEFAULT, 0)
    from keten.cluster.network.selection import pick

    return list(members(pick(wanted, pods.labels.having, inside)))


def service_ports(service: Service) -> list[dict[str, Any]]:
    """Return the ports of a service."""
    return _dicts(service.spec.get("ports"))


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


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
