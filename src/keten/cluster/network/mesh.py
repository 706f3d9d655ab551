"""Where a service mesh asks for mutual TLS: Istio's PeerAuthentication and Linkerd's policies.

A demand is what objects declare. Whether a sidecar runs in the pod is told where injection is
declared too; what is not known so is said to be so.
Source: istio.io security.istio.io/v1 PeerAuthentication; linkerd.io policy.linkerd.io.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from keten.cluster.network.peers import DEFAULT, Peer
from keten.cluster.network.ports import ALL, EVERY, NONE, Ports, ports
from keten.cluster.selectors import Selector, selector
from keten.model.kube import Namespace, Object, Resource

ROOT = "istio-system"
"""The namespace whose policies of Istio hold for all, unless the mesh is told another."""
_POLICY = "config.linkerd.io/default-inbound-policy"
_AUTHENTICATED = ("all-authenticated", "cluster-authenticated")


class Demand(Struct, frozen=True):
    """Ports on which a peer asks for mutual TLS, *by* which object. *sure*: it is in the mesh."""

    ports: Ports
    by: str
    ref: str
    sure: bool


class Mesh:
    """What the mesh objects of a cluster ask for."""

    def __init__(self, objects: Iterable[Object]) -> None:
        self._spaces: dict[str, Namespace] = {}
        self._istio: list[tuple[Resource, Selector | None]] = []
        self._servers: list[Resource] = []
        self._allowing: list[Resource] = []
        for item in objects:
            if isinstance(item, Namespace):
                self._spaces[item.name] = item
            elif isinstance(item, Resource):
                self._take(item)

    def _take(self, item: Resource) -> None:
        group = item.api_version.partition("/")[0]
        if item.kind == "PeerAuthentication" and group == "security.istio.io":
            said = item.spec.get("selector")
            wanted = selector(said) if isinstance(said, dict) and said else None
            self._istio.append((item, wanted))
        elif group == "policy.linkerd.io" and item.kind == "Server":
            self._servers.append(item)
        elif group == "policy.linkerd.io" and item.kind in (
            "AuthorizationPolicy", "ServerAuthorization",
        ):  # fmt: skip
            self._allowing.append(item)

    def demands(self, peer: Peer) -> list[Demand]:
        """Return where *peer* asks for mutual TLS."""
        return [d for d in (*self._by_istio(peer), *self._by_linkerd(peer)) if d.ports]

    def _by_istio(self, peer: Peer) -> Iterator[Demand]:
        """Yield what the narrowest PeerAuthentication says, and its ports before the rest."""
        levels: list[list[Resource]] = [[], [], []]
        for item, wanted in self._istio:
            space = item.namespace or DEFAULT
            if wanted is not None:
                if space == peer.namespace and _holds(wanted, peer.labels):
                    levels[0].append(item)
            elif space == peer.namespace:
                levels[1].append(item)
            elif space == ROOT:
                levels[2].append(item)
        open_ = ALL
        sure = self.injected(peer)
        for level in levels:
            for item in level[:1]:  # of several, the oldest counts; which that is, no file says
                by = f"PeerAuthentication {item.namespace or DEFAULT}/{item.name}"
                own = item.spec.get("portLevelMtls")
                for text, said in own.items() if isinstance(own, dict) else ():
                    number = int(text) if str(text).isdecimal() and len(str(text)) < 6 else 0  # noqa: PLR2004
                    one = ports("TCP", [(number, number)]) & open_
                    mode = _mode(said)
                    if mode == "STRICT":
                        yield Demand(one, by, item.ref, sure)
                    if mode and mode != "UNSET":
                        open_ -= one
                mode = _mode(item.spec.get("mtls"))
                if mode == "STRICT":
                    yield Demand(ports("TCP", EVERY) & open_, by, item.ref, sure)
                if mode and mode != "UNSET":
                    return

    def injected(self, peer: Peer) -> bool:
        """Return whether objects declare that the pods of *peer* are in Istio's mesh."""
        labels = self._spaces[peer.namespace].labels if peer.namespace in self._spaces else {}
        own = peer.labels.get("sidecar.istio.io/inject") or peer.annotations.get(
            "sidecar.istio.io/inject"
        )
        if own is not None:
            return own == "true" and not peer.host
        enabled = labels.get("istio-injection") == "enabled" or "istio.io/rev" in labels
        return (enabled or labels.get("istio.io/dataplane-mode") == "ambient") and not peer.host

    def _by_linkerd(self, peer: Peer) -> Iterator[Demand]:
        space = self._spaces.get(peer.namespace)
        inherited = space.annotations if space else {}
        injected = peer.annotations.get("linkerd.io/inject", inherited.get("linkerd.io/inject"))
        sure = injected in ("enabled", "ingress")
        taken = NONE
        for server in self._servers:
            if (server.namespace or DEFAULT) != peer.namespace:
                continue
            wanted = selector(server.spec.get("podSelector") or {})
            if wanted is None or not _holds(wanted, peer.labels):
                continue
            those = _server_ports(server.spec.get("port"), peer)
            taken |= those
            if self._authenticated(server):
                by = f"Server {server.namespace or DEFAULT}/{server.name}"
                yield Demand(those, by, server.ref, sure)
        default = peer.annotations.get(_POLICY, inherited.get(_POLICY, ""))
        if default in _AUTHENTICATED:
            ref = peer.refs[0] if _POLICY in peer.annotations or space is None else space.ref
            yield Demand(ports("TCP", EVERY) - taken, f"{_POLICY}: {default}", ref, sure)

    def _authenticated(self, server: Resource) -> bool:
        """Return whether whatever lets clients in to *server* asks for mutual TLS."""
        those = [item for item in self._allowing if _targets(item, server)]
        return bool(those) and all(_asks(item) for item in those)


def _targets(item: Resource, server: Resource) -> bool:
    if (item.namespace or DEFAULT) != (server.namespace or DEFAULT):
        return False
    if item.kind == "AuthorizationPolicy":
        match item.spec.get("targetRef"):
            case {"kind": "Server", "name": str(name)}:
                return name == server.name
            case {"kind": "Namespace"}:
                return True
        return False
    said = item.spec.get("server")
    if not isinstance(said, dict):
        return False
    if said.get("name") == server.name:
        return True
    wanted = selector(said["selector"]) if isinstance(said.get("selector"), dict) else None
    return wanted is not None and _holds(wanted, server.labels)


def _asks(item: Resource) -> bool:
    if item.kind == "AuthorizationPolicy":
        refs = item.spec.get("requiredAuthenticationRefs")
        return any(
            isinstance(ref, dict) and ref.get("kind") in ("MeshTLSAuthentication", "ServiceAccount")
            for ref in (refs if isinstance(refs, list) else ())
        )
    client = item.spec.get("client")
    return (
        isinstance(client, dict)
        and bool(client.get("meshTLS"))
        and not client.get("unauthenticated")
    )


def _server_ports(said: Any, peer: Peer) -> Ports:
    if isinstance(said, str):
        found = [number for name, _, number in peer.named if name == said]
        return ports("TCP", [(number, number) for number in found])
    if isinstance(said, int) and not isinstance(said, bool):
        return ports("TCP", [(said, said)])
    return NONE


def _mode(said: Any) -> str:
    return str(said.get("mode") or "") if isinstance(said, dict) else ""


def _holds(wanted: Selector, labels: Mapping[str, str]) -> bool:
    for key, values in wanted.wants:
        if key not in labels or (values is not None and labels[key] not in values):
            return False
    return not any(
        key in labels and (values is None or labels[key] in values) for key, values in wanted.bars
    )
