"""A service as an end of ``keten net why``: the pods behind it, and what its ports lead to."""

from collections.abc import Iterator

from keten.cluster.network.entries import behind, service_ports, target
from keten.cluster.network.peers import DEFAULT, Peer
from keten.cluster.network.reach import Network
from keten.errors import UsageError
from keten.model.kube import Service

_KINDS = ("service", "svc")
_DOMAIN = ".cluster.local"


def find(network: Network, name: str) -> Service | None:
    """Return the service that *name* means: ``Service/web``, ``svc/web``, ``web.shop.svc``.

    Names of DNS may leave out ``.svc``, and have ``.cluster.local`` behind it.
    """
    kind, slash, own = name.rpartition("/")
    space = ""
    if slash:
        before, inner, last = kind.rpartition("/")
        if (last if inner else kind).lower() not in _KINDS:
            return None
        space = before
    else:
        own, dot, space = name.removesuffix(_DOMAIN).removesuffix(".svc").partition(".")
        if not dot or "." in space:
            return None
    found = [
        item
        for item in network.objects
        if isinstance(item, Service)
        and item.name == own
        and space in ("", item.namespace or DEFAULT)
    ]
    if len(found) > 1:
        titles = ", ".join(f"{item.namespace or DEFAULT}/Service/{item.name}" for item in found[:8])
        raise UsageError(f"{name} is several services: {titles}", advice="Name one of them.")
    return found[0] if found else None


def pod(network: Network, service: Service) -> Peer:
    """Return the workload behind *service*; UsageError where there is none, or several."""
    peers = [peer for place in behind(service, network.pods) for peer in _of(network, place)]
    if len(peers) == 1:
        return peers[0]
    if not peers:
        raise UsageError(f"{title(service)} selects no workload of the target")
    titles = ", ".join(peer.title for peer in peers[:8])
    raise UsageError(f"{title(service)} leads to several workloads: {titles}",
                     advice="Name one of them.")  # fmt: skip


def _of(network: Network, place: int) -> Iterator[Peer]:
    yield from (peer for peer in network.pods.of_shape[place] if peer is not network.controller)


def title(service: Service) -> str:
    """Return how it is named."""
    return f"Service {service.namespace or DEFAULT}/{service.name}"


def port(service: Service, peer: Peer, text: str) -> tuple[str, int]:
    """Return (protocol, port of the pod) that a port of *service* leads to, by name or number."""
    protocol, slash, number = text.rpartition("/")
    for said in service_ports(service):
        if slash and str(said.get("protocol") or "TCP") != protocol.upper():
            continue
        if number in (said.get("name"), str(said.get("port"))):
            found = target(peer, said)
            if found is not None:
                return found
            raise UsageError(f"port {text} of {title(service)} leads to no port of {peer.title}")
    there = ", ".join(str(said.get("port")) for said in service_ports(service))
    raise UsageError(f"{title(service)} has no port {text}; it has {there or 'none'}")


def notes(network: Network, peer: Peer, protocol: str, number: int) -> Iterator[str]:
    """Yield the services whose port of that number leads to another of *peer*: it may be meant."""
    place = network.place(peer)
    for item in network.objects:
        if not isinstance(item, Service) or (item.namespace or DEFAULT) != peer.namespace:
            continue
        for said in service_ports(item):
            if (str(said.get("protocol") or "TCP"), said.get("port")) != (protocol, number):
                continue
            found = target(peer, said)
            if found and found != (protocol, number) and place in behind(item, network.pods):
                yield (
                    f"port {number} of {title(item)} is {found[0]} {found[1]} of these pods: "
                    f"ask for {found[1]}, or for svc/{item.name}"
                )
