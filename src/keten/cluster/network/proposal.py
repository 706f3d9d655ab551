"""Network policies that allow exactly what is wanted; keten.cluster.network.proof proves it.

What is wanted are *links*: from a workload, address or everybody in the cluster to a workload
or address, and a port. For each namespace: deny everything by default, allow DNS, then for
each workload what its links need on either side.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from keten.cluster.network.entries import behind, service_ports, target
from keten.cluster.network.peers import DEFAULT, Peer
from keten.cluster.network.reach import Network
from keten.cluster.network.selection import NAME
from keten.model.kube import NetworkPolicy, Service

EVERYBODY = "everybody"
"""Every pod of the cluster, as the end of a link."""
ANYWHERE = ("0.0.0.0/0", "::/0")
_SYSTEM = ("kube-", "openshift-")  # what namespaces of the platform begin with
_PORT = 53
NODE_LOCAL = "169.254.20.10/32"
DNS: tuple[tuple[str, Mapping[str, str], int], ...] = (
    ("kube-system", {"k8s-app": "kube-dns"}, _PORT),
    ("openshift-dns", {"dns.operator.openshift.io/daemonset-dns": "default"}, 5353),
)
"""Who answers for names: namespace, labels, port of the pods."""
_OPEN = ("LoadBalancer", "NodePort")

End = Peer | str
"""A workload, an address block, or EVERYBODY."""


class Link(Struct, frozen=True):
    """*src* may open *port* of *dst*; *why* is what declares it."""

    src: End
    dst: End
    protocol: str
    port: int
    why: str = ""

    @property
    def key(self) -> tuple[str, str, str, int]:
        """Return what makes two links the same."""
        src, dst = (end.title if isinstance(end, Peer) else end for end in (self.src, self.dst))
        return (src, dst, self.protocol, self.port)


def declared(network: Network) -> list[Link]:
    """Return what services declare: everybody in the cluster may use them; some, the world.

    Who calls a service is declared nowhere, and addresses in environment variables are not
    taken for calls. What a route leads to comes from its controller, wherever that runs.
    """
    links: list[Link] = []
    for item in network.objects:
        if not isinstance(item, Service):
            continue
        ends = [EVERYBODY]
        if item.spec.get("type") in _OPEN:
            ranges = item.spec.get("loadBalancerSourceRanges")
            ends += [str(r) for r in ranges] if isinstance(ranges, list) and ranges else ANYWHERE
        for place in behind(item, network.pods):
            for peer in network.pods.of_shape[place]:
                for said in service_ports(item):
                    one = target(peer, said)
                    if one is not None:
                        links += (Link(end, peer, *one, why=item.ref) for end in ends)
    return links


class Proposal(Struct, frozen=True):
    """The *policies* as manifests, and what they can *not* say."""

    policies: tuple[dict[str, Any], ...]
    gaps: tuple[str, ...]
    links: tuple[Link, ...]


def propose(network: Network, links: Iterable[Link], *, everywhere: bool = False) -> Proposal:
    """Return the policies for *links*; of the platform's namespaces only if *everywhere*."""
    kept = tuple({link.key: link for link in links}.values())
    gaps: dict[str, None] = {}
    held = [
        peer for peer in network.peers
        if not peer.host and (everywhere or not peer.namespace.startswith(_SYSTEM))
    ]  # fmt: skip
    made: list[dict[str, Any]] = []
    for space in sorted({peer.namespace for peer in held}):
        made.append(_deny(space))
        made.append(_names(network, space))
    heard: dict[int, list[Link]] = {}
    sent: dict[int, list[Link]] = {}
    loud: list[Link] = []
    for link in kept:
        if isinstance(link.dst, Peer):
            heard.setdefault(id(link.dst), []).append(link)
        if isinstance(link.src, Peer):
            sent.setdefault(id(link.src), []).append(link)
        elif link.src == EVERYBODY:
            loud.append(link)
        _told(gaps, link)
    for peer in held:
        answers = [
            Link(EVERYBODY, peer, protocol, port)
            for space, labels, port in DNS
            if peer.namespace == space and labels.items() <= peer.labels.items()
            for protocol in ("UDP", "TCP")
        ]
        heard.setdefault(id(peer), []).extend(answers)
        ingress = _rules(network, peer, heard.get(id(peer), ()), "from", gaps)
        egress = _rules(network, peer, sent.get(id(peer), ()), "to", gaps)
        if ingress or egress:
            made.append(_policy(network, peer, ingress, egress, gaps))
    if loud:
        spaces = sorted({peer.namespace for peer in held})
        made += (_calls(network, space, loud, spaces, gaps) for space in spaces)
    return Proposal(tuple(_renamed(made, network)), tuple(gaps), kept)


def _renamed(made: list[dict[str, Any]], network: Network) -> Iterator[dict[str, Any]]:
    """Yield the manifests, none with the name of a policy that is there, or of another."""
    taken = {
        (item.namespace or DEFAULT, item.name)
        for item in network.objects
        if isinstance(item, NetworkPolicy)
    }
    for manifest in made:
        meta = manifest["metadata"]
        name, count = meta["name"], 1
        while (meta["namespace"], name) in taken:
            count += 1
            name = f"{meta['name']}-{count}"
        taken.add((meta["namespace"], name))
        yield {**manifest, "metadata": {**meta, "name": name}}


def _told(gaps: dict[str, None], link: Link) -> None:
    for end in (link.src, link.dst):
        if isinstance(end, Peer) and end.host:
            gaps[f"{end.title} runs in its node's network: no policy holds or names it"] = None


def _manifest(space: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": space},
        "spec": spec,
    }


def _deny(space: str) -> dict[str, Any]:
    spec = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    return _manifest(space, "default-deny", spec)


def _names(network: Network, space: str) -> dict[str, Any]:
    rules = [
        {"to": [_selected(name, labels)], "ports": _both(port)}
        for name, labels, port in DNS
        if name == "kube-system" or any(peer.namespace == name for peer in network.peers)
    ]
    if node_local(network):
        rules.append({"to": [{"ipBlock": {"cidr": NODE_LOCAL}}], "ports": _both(_PORT)})
    spec = {"podSelector": {}, "policyTypes": ["Egress"], "egress": rules}
    return _manifest(space, "default-allow-dns", spec)


def _selected(namespace: str, labels: Mapping[str, str]) -> dict[str, Any]:
    return {
        "namespaceSelector": {"matchLabels": {NAME: namespace}},
        "podSelector": {"matchLabels": dict(labels)},
    }


def _both(port: int) -> list[dict[str, Any]]:
    return [{"protocol": protocol, "port": port} for protocol in ("UDP", "TCP")]


def node_local(network: Network) -> bool:
    """Return whether pods ask a cache on their node, at its well-known address."""
    return any(
        (peer.namespace, peer.name) == ("kube-system", "node-local-dns") for peer in network.peers
    )


def _calls(
    network: Network, space: str, links: list[Link], held: list[str], gaps: dict[str, None]
) -> dict[str, Any]:
    """Return what lets everybody of *space* use services.

    In *held* namespaces the services' own side says which pods; of others they are named here.
    """
    near = {(link.protocol, link.port) for link in links if _space(link.dst) in held}
    rules: list[dict[str, Any]] = []
    if near:
        among = {"matchExpressions": [{"key": NAME, "operator": "In", "values": held}]}
        rules.append({
            "to": [{"namespaceSelector": among}],
            "ports": [{"protocol": protocol, "port": port} for protocol, port in sorted(near)],
        })  # fmt: skip
    far = [link for link in links if isinstance(link.dst, Peer) and link.dst.namespace not in held]
    if far:
        own = Peer(space, "", "", {})
        rules += _rules(network, own, far, "to", gaps)
    spec = {"podSelector": {}, "policyTypes": ["Egress"], "egress": rules}
    return _manifest(space, "default-allow-services", spec)


def _space(end: End) -> str:
    return end.namespace if isinstance(end, Peer) else ""


def _rules(
    network: Network, peer: Peer, links: Iterable[Link], field: str, gaps: dict[str, None]
) -> list[dict[str, Any]]:
    """Return the rules of one side: the same peers on several ports are one rule."""
    by_end: dict[tuple[int, str], tuple[End, set[tuple[str, int]]]] = {}
    for link in links:
        end = link.src if field == "from" else link.dst
        key = (id(end), "") if isinstance(end, Peer) else (0, end)
        by_end.setdefault(key, (end, set()))[1].add((link.protocol, link.port))
    by_ports: dict[tuple[tuple[str, int], ...], list[dict[str, Any]]] = {}
    for end, those in by_end.values():
        said = _peer(network, peer, end, gaps)
        if said is not None:
            by_ports.setdefault(tuple(sorted(those)), []).append(said)
    return [
        {field: sorted(peers, key=repr),
         "ports": [{"protocol": protocol, "port": port} for protocol, port in those]}
        for those, peers in sorted(by_ports.items())
    ]  # fmt: skip


def _peer(network: Network, own: Peer, end: End, gaps: dict[str, None]) -> dict[str, Any] | None:
    if isinstance(end, str):
        if end == EVERYBODY:
            return {"namespaceSelector": {}}
        return {"ipBlock": {"cidr": end}}
    if end.host:
        return None
    said: dict[str, Any] = {"podSelector": _selector(network, end, gaps)}
    if end.namespace != own.namespace:
        said = {"namespaceSelector": {"matchLabels": {NAME: end.namespace}}, **said}
    return said


def _policy(
    network: Network,
    peer: Peer,
    ingress: list[dict[str, Any]],
    egress: list[dict[str, Any]],
    gaps: dict[str, None],
) -> dict[str, Any]:
    types = [*(["Ingress"] if ingress else []), *(["Egress"] if egress else [])]
    spec: dict[str, Any] = {"podSelector": _selector(network, peer, gaps), "policyTypes": types}
    if ingress:
        spec["ingress"] = ingress
    if egress:
        spec["egress"] = egress
    same = [p for p in network.peers if (p.namespace, p.name) == (peer.namespace, peer.name)]
    name = peer.name if len(same) == 1 else f"{peer.name}-{peer.kind.lower()}"
    if peer.mark:
        name = f"{name}-{same.index(peer)}"
    return _manifest(peer.namespace, f"allow-{name}"[:253].rstrip("-."), spec)


def _selector(network: Network, peer: Peer, gaps: dict[str, None]) -> dict[str, Any]:
    """Return a selector of the pods of *peer* and of no others of its namespace."""
    others = [
        other for other in network.peers
        if other is not peer and other.namespace == peer.namespace and not other.host
        and peer.labels.items() <= other.labels.items()
    ]  # fmt: skip
    keys: set[str] = set()
    for other in others:
        more = sorted(other.labels.keys() - peer.labels.keys())
        if not more:
            gaps[f"{peer.title} and {other.title} have the same labels"] = None
        elif keys.isdisjoint(more):
            keys.add(more[0])
    made: dict[str, Any] = {}
    if peer.labels:
        made["matchLabels"] = dict(sorted(peer.labels.items()))
    if keys:
        made["matchExpressions"] = [
            {"key": key, "operator": "DoesNotExist"} for key in sorted(keys)
        ]
    return made
