"""The API texts of network policies read literally, one connection at a time: slow, and plain.

Shares nothing with the engine: it reads the objects as dictionaries. Peers are pods (dict with
namespace, labels, ports, ip) or addresses (ipaddress objects).
"""

import ipaddress
from itertools import groupby, permutations, product
from typing import Any, NamedTuple

Pod = dict[str, Any]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Peer = Pod | Address


class Try(NamedTuple):
    """One connection, seen from a pod's side: its peer, where it goes, its direction."""

    other: Peer
    dst: Peer
    way: str
    protocol: str
    port: int


class Cluster:
    """The objects of a small cluster."""

    def __init__(
        self,
        namespaces: dict[str, dict[str, str]],
        netpols: list[dict[str, Any]],
        admin: list[dict[str, Any]],
        baseline: list[dict[str, Any]],
    ) -> None:
        self.namespaces = namespaces
        self.netpols = netpols
        self.admin = _orders(admin)
        self.baseline = _orders(baseline)

    def reaches(self, src: Peer, dst: Peer, protocol: str, port: int) -> bool | None:
        """Return whether *src* may open a connection to *port* of *dst*.

        None where it hangs on which of several policies of one priority is asked first.
        """
        sides = [{True}, {True}]
        if isinstance(src, dict):
            sides[0] = self._sides(src, Try(dst, dst, "egress", protocol, port))
        if isinstance(dst, dict):
            sides[1] = self._sides(dst, Try(src, dst, "ingress", protocol, port))
        said = {out and into for out, into in product(*sides)}
        return said.pop() if len(said) == 1 else None

    def _sides(self, pod: Pod, one: Try) -> set[bool]:
        return {
            self._side(pod, one, admin, baseline)
            for admin, baseline in product(self.admin, self.baseline)
        }

    def _side(
        self, pod: Pod, one: Try, admin: list[dict[str, Any]], baseline: list[dict[str, Any]]
    ) -> bool:
        verdict = self._first(admin, pod, one)
        if verdict in ("Allow", "Accept"):
            return True
        if verdict == "Deny":
            return False
        isolating = [p for p in self.netpols if self._isolates(p, pod, one.way)]
        if isolating:
            return any(self._lets(p, one) for p in isolating)
        return self._first(baseline, pod, one) != "Deny"

    def _first(self, policies: list[dict[str, Any]], pod: Pod, one: Try) -> str:
        for policy in policies:
            if not self._subject(policy["spec"]["subject"], pod):
                continue
            for rule in policy["spec"].get(one.way, []):
                peers = rule["from" if one.way == "ingress" else "to"]
                if any(
                    self._admin_peer(peer, one.other, pod) for peer in peers
                ) and self._admin_port(rule, one.dst, one.protocol, one.port):
                    return str(rule["action"])
        return ""

    def _subject(self, subject: dict[str, Any], peer: Peer) -> bool:
        if not isinstance(peer, dict):
            return False
        if "namespaces" in subject:
            return matches(subject["namespaces"], self.namespaces[peer["namespace"]])
        pods = subject["pods"]
        return matches(pods["namespaceSelector"], self.namespaces[peer["namespace"]]) and matches(
            pods["podSelector"], peer["labels"]
        )

    def _admin_peer(self, peer: dict[str, Any], other: Peer, subject: Pod) -> bool:
        if "networks" in peer:
            address = other["ip"] if isinstance(other, dict) else other
            return any(inside(address, cidr) for cidr in peer["networks"])
        if not isinstance(other, dict):
            return False
        spaces, near = peer.get("namespaces"), None
        if spaces is None:
            near = peer["pods"]["podSelector"]
            spaces = peer["pods"].get("namespaces") or peer["pods"]["namespaceSelector"]
        theirs = self.namespaces[other["namespace"]]
        own = self.namespaces[subject["namespace"]]
        if "sameLabels" in spaces:
            good = all(k in theirs and theirs[k] == own.get(k) for k in spaces["sameLabels"])
        elif "notSameLabels" in spaces:
            good = all(k in theirs for k in spaces["notSameLabels"]) and any(
                theirs[k] != own.get(k) for k in spaces["notSameLabels"]
            )
        else:
            good = matches(spaces, theirs)
        return good and (near is None or matches(near, other["labels"]))

    @staticmethod
    def _admin_port(rule: dict[str, Any], dst: Peer, protocol: str, port: int) -> bool:
        said = rule.get("ports", rule.get("protocols"))
        if said is None:
            return True
        for item in said:
            match item:
                case {"portNumber": one}:
                    if (one["protocol"], one["port"]) == (protocol, port):
                        return True
                case {"portRange": one}:
                    if one["protocol"] == protocol and one["start"] <= port <= one["end"]:
                        return True
                case {"namedPort": name} | {"destinationNamedPort": name}:
                    ports = dst["ports"] if isinstance(dst, dict) else []
                    if (name, protocol, port) in ports:
                        return True
                case _:
                    ((spoken, one),) = item.items()
                    at = one.get("destinationPort", {"range": {"start": 1, "end": 65535}})
                    low = at["number"] if "number" in at else at["range"]["start"]
                    high = at["number"] if "number" in at else at["range"]["end"]
                    if spoken.upper() == protocol and low <= port <= high:
                        return True
        return False

    @staticmethod
    def _isolates(policy: dict[str, Any], pod: Pod, way: str) -> bool:
        spec = policy["spec"]
        types = spec.get("policyTypes") or (
            ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]
        )
        return (
            policy["namespace"] == pod["namespace"]
            and way.capitalize() in types
            and matches(spec["podSelector"], pod["labels"])
        )

    def _lets(self, policy: dict[str, Any], one: Try) -> bool:
        for rule in policy["spec"].get(one.way, []):
            peers = rule.get("from" if one.way == "ingress" else "to", [])
            if peers and not any(
                self._plain_peer(p, one.other, policy["namespace"]) for p in peers
            ):
                continue
            ports = rule.get("ports", [])
            if not ports or any(
                self._plain_port(p, one.dst, one.protocol, one.port) for p in ports
            ):
                return True
        return False

    def _plain_peer(self, peer: dict[str, Any], other: Peer, namespace: str) -> bool:
        if "ipBlock" in peer:
            block = peer["ipBlock"]
            return (
                not isinstance(other, dict)
                and inside(other, block["cidr"])
                and not any(inside(other, out) for out in block.get("except", []))
            )
        if not isinstance(other, dict):
            return False
        if "namespaceSelector" in peer:
            if not matches(peer["namespaceSelector"], self.namespaces[other["namespace"]]):
                return False
        elif other["namespace"] != namespace:
            return False
        return "podSelector" not in peer or matches(peer["podSelector"], other["labels"])

    @staticmethod
    def _plain_port(said: dict[str, Any], dst: Peer, protocol: str, port: int) -> bool:
        if said.get("protocol", "TCP") != protocol:
            return False
        want = said.get("port")
        if want is None:
            return True
        if isinstance(want, str):
            return isinstance(dst, dict) and (want, protocol, port) in dst["ports"]
        return bool(want <= port <= said.get("endPort", want))


def _orders(policies: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Return every order in which policies may be asked: by priority, and any among equals."""

    def priority(policy: dict[str, Any]) -> int:
        return int(policy["spec"].get("priority", 0))

    ranks = [list(those) for _, those in groupby(sorted(policies, key=priority), priority)]
    every = product(*(permutations(rank) for rank in ranks))
    return [[policy for rank in order for policy in rank] for order in every]


def inside(address: Address, cidr: str) -> bool:
    """Return whether an address lies in a block."""
    network = ipaddress.ip_network(cidr)
    return address.version == network.version and address in network


def matches(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """Return whether a label selector holds for labels."""
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    for item in selector.get("matchExpressions", []):
        value = labels.get(item["key"])
        match item["operator"]:
            case "In":
                good = value in item["values"]
            case "NotIn":
                good = value not in item["values"]
            case "Exists":
                good = value is not None
            case _:
                good = value is None
        if not good:
            return False
    return True
