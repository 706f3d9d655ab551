"""Network of the objects of one cluster: who reaches whom, on which ports.

Two answers at once: the ports that are open for *sure*, and those that *may* be, where a
policy of a plugin that is not read, a host of unknown address or a pod in its node's network
leaves it open. What may be and is not sure is UNKNOWN, never unreachable. That the cluster's
network plugin enforces policies at all is taken for granted; no object says so.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from keten.cluster.network import reading
from keten.cluster.network.covers import Covers, Reach, parted
from keten.cluster.network.deciding import Parts
from keten.cluster.network.entries import CONTROLLER, SPACE, Entry, entries
from keten.cluster.network.judge import Judge
from keten.cluster.network.networks import Net, networks
from keten.cluster.network.peers import Peer, peers
from keten.cluster.network.policies import Policy
from keten.cluster.network.ports import ALL, NONE, Ports
from keten.cluster.network.selection import Pods
from keten.model.kube import Namespace, Object, Service, Workload

if TYPE_CHECKING:
    from keten.cluster.network.spans import Span

_CLUSTERWIDE = ("Cluster", "CiliumClusterwide", "Global", "Admin", "Baseline")

Row = dict[tuple[Ports, Ports], int]
"""Who, by what is open: (for sure, perhaps) to bits of shapes."""


class Flow(Struct, frozen=True):
    """The ports from one peer to another: open for *sure*, and what *may* be."""

    sure: Ports
    may: Ports

    @property
    def unknown(self) -> Ports:
        """Return the ports of which it is not known."""
        return self.may - self.sure


NO = Flow(NONE, NONE)


class Network:
    """What the policies of a cluster say together.

    *unlisted* are the rights that listing the cluster lacked (``list networkpolicies... at
    cluster scope``): what policies of such a kind say is unknown.
    *hosts_are_pods*: take pods in their node's network for pods with an address of their own,
    as some analysers do; Kubernetes leaves it open, and plugins take them for their node.
    *closed*: what no object tells is taken not to be, as such analysers do: labels of namespaces,
    and addresses of pods that networks of administrators' policies may hold. *hosts* are names
    that are asked for, so that rules with patterns are matched with them.
    """

    def __init__(
        self,
        objects: Iterable[Object],
        *,
        unlisted: Iterable[str] = (),
        hosts_are_pods: bool = False,
        closed: bool = False,
        hosts: Iterable[str] = (),
    ) -> None:
        self.objects = tuple(objects)
        policies = [item for item in self.objects if reading.is_policy(item)]
        namespaces = [item for item in self.objects if isinstance(item, Namespace)]
        found = peers(
            self.objects,
            reading.label_keys(policies),
            addressed=not closed and reading.by_address(policies),
        )
        self.controller = Peer(SPACE, "ingress-controller", CONTROLLER, {})
        self.pods = Pods(
            [*found, self.controller], namespaces,
            hosts_are_pods=hosts_are_pods, closed=closed,
        )  # fmt: skip
        self._asked = frozenset(hosts)
        self.peers: Sequence[Peer] = found
        services = [item for item in self.objects if isinstance(item, Service)]
        self.policies: list[Policy] = [
            *reading.unlisted(unlisted, self.pods),
            *reading.unread(self.objects),
            *reading.read(policies, services, self.pods),
        ]
        self._unseen = 1 << self.place(self.controller)
        self._hosts = 0 if hosts_are_pods else self.pods.hosts

    def place(self, peer: Peer) -> int:
        """Return the position of *peer*'s shape."""
        return self.pods.place[id(peer)]

    @cached_property
    def networks(self) -> list[Net]:
        """Return the networks, the pods' own first."""
        made = networks(self.objects, self.pods)
        own = structs.replace(made[0], members=made[0].members & ~self._unseen)
        return [own, *made[1:]]

    @cached_property
    def judge(self) -> Judge:
        """Return what holds on primary networks."""
        those = [policy for policy in self.policies if not policy.network]
        return Judge(self.pods, those, hosts=self._hosts, unseen=self._unseen, names=self._asked)

    @cached_property
    def entries(self) -> list[Entry]:
        """Return what lets traffic of the outside in."""
        return entries(self.objects, self.pods)

    def judge_of(self, net: Net) -> Judge:
        """Return what holds on *net*."""
        if net.primary:
            return self.judge
        known = self._further.get(net.title)
        if known is None:
            those = [p for p in self.policies if p.network and p.network in net.attachments]
            known = self._further[net.title] = Judge(self.pods, those)
        return known

    @cached_property
    def _further(self) -> dict[str, Judge]:
        return {}

    @cached_property
    def settled(self) -> bool:
        """Return whether every workload and policy says its namespace.

        One that does not may meet those of any namespace: here it is taken for ``default``.
        """
        return all(
            item.namespace or item.kind.startswith(_CLUSTERWIDE)
            for item in self.objects
            if isinstance(item, Workload) or item.kind.endswith("NetworkPolicy")
        )

    @cached_property
    def told(self) -> frozenset[str]:
        """Return the namespaces of which an object tells the labels."""
        return frozenset(item.name for item in self.objects if isinstance(item, Namespace))

    @cached_property
    def _made_by(self) -> dict[str, list[Peer]]:
        made: dict[str, list[Peer]] = {}
        for peer in self.peers:
            for ref in peer.refs:
                made.setdefault(ref, []).append(peer)
        return made

    @cached_property
    def held(self) -> int:
        """Return the shapes that some policy holds, or may, in some direction."""
        found = 0
        for policy in self.policies:
            found |= policy.subjects | policy.perhaps
        return found

    def peers_of(self, item: Object) -> Sequence[Peer]:
        """Return the peers that an object makes; none where its pods speak for it."""
        return self._made_by.get(item.ref, ())

    @cached_property
    def notes(self) -> list[str]:
        """Return what of the policies is not judged, once each."""
        return sorted({note for policy in self.policies for note in policy.notes})

    def sends(self, net: Net, place: int) -> Parts:
        """Return whom the pods of a shape may send to."""
        return self.judge_of(net).parts("egress", place)

    def hears(self, net: Net, place: int) -> Parts:
        """Return whom the pods of a shape may hear from."""
        return self.judge_of(net).parts("ingress", place)

    def between(self, src: Peer, dst: Peer) -> Flow:
        """Return what is open from the pods of *src* to those of *dst*, over any network."""
        a, b = self.place(src), self.place(dst)
        sure, may = NONE, NONE
        for net in self.networks:
            inside = net.members | (self._unseen if not net.kind else 0)
            if not (inside >> a & 1 and inside >> b & 1):
                continue
            out = at(self.sends(net, a), b)
            into = at(self.hears(net, b), a)
            sure |= out.sure & into.sure
            may |= out.may & into.may
        return Flow(sure, may)

    def from_outside(self, dst: Peer, address: int | None = None) -> list[tuple["Span", Flow]]:
        """Return what policies let in from outside addresses (from one, where it is said)."""
        universe = self.judge.universes["ingress"]
        found = []
        parts = self.judge.parts("ingress", self.place(dst))
        for span, bit in _pieces(universe.pieces, universe.count):
            if address is None or span[0] <= address <= span[1]:
                found.append((span, _bit(parts, bit)))
        return found

    def to_outside(self, src: Peer, address: int | None = None) -> list[tuple["Span", Flow]]:
        """Return what policies let out to outside addresses (to one, where it is said)."""
        universe = self.judge.universes["egress"]
        found = []
        parts = self.judge.parts("egress", self.place(src))
        for span, bit in _pieces(universe.pieces, universe.count):
            if address is None or span[0] <= address <= span[1]:
                found.append((span, _bit(parts, bit)))
        return found

    def to_entity(self, src: Peer, name: str) -> Flow:
        """Return what is open to a named host or entity; what no rule names is an address."""
        universe = self.judge.universes["egress"]
        bit = universe.entity(name)
        if bit:
            return _bit(self.judge.parts("egress", self.place(src)), bit)
        flows = [flow for _, flow in self.to_outside(src)]
        sure, may = ALL, NONE
        for flow in flows:
            sure, may = sure & flow.sure, may | flow.may
        return Flow(sure, may)

    def covers(self, net: Net) -> Iterator[tuple[int, Reach]]:
        """Yield (shape of the sender, whom it reaches) for each class of senders in *net*.

        The pods of one class differ only in which they are; see ``same``. A receiver may stand
        in several places of the answer: all their ports are open to it.
        """
        judge = self.judge_of(net)
        inside = {rep: those & net.members for rep, those in judge.of_class.items()}
        inside = {rep: those for rep, those in inside.items() if those}
        there = net.members
        for rep, found in Covers(judge, inside):
            sure = [(those, who & there) for those, who in found.sure if who & there]
            same = found.may is found.sure
            may = sure if same else [(p, who & there) for p, who in found.may if who & there]
            yield rep, Reach(sure, may)

    def rows(self, net: Net) -> Iterator[tuple[int, Row]]:
        """Yield the same with every receiver in one place: by all that is open to it."""
        for rep, found in self.covers(net):
            yield rep, parted(found, net.members)

    def same(self, net: Net, place: int) -> int:
        """Return the shapes that *net*'s policies can not tell from the one at *place*."""
        judge = self.judge_of(net)
        return judge.of_class[judge.representatives[judge.classes[place]]] & net.members


def at(parts: Parts, place: int) -> Flow:
    """Return what is open to the pods of a shape."""
    return _bit(parts, 1 << place)


def _bit(parts: Parts, bit: int) -> Flow:
    for sure, may, who in parts:
        if who & bit:
            return Flow(sure, may)
    return NO


def _pieces(pieces: "Sequence[Span]", count: int) -> Iterator[tuple["Span", int]]:
    first = count - len(pieces)
    for i, span in enumerate(pieces):
        yield span, 1 << (first + i)
