"""Ports of TCP, UDP and SCTP as exact sets."""

from collections.abc import Iterable
from functools import lru_cache

from msgspec import Struct

from keten.cluster.network import spans as sets
from keten.cluster.network.spans import Span, Spans

FIRST, LAST = 1, 65535
PROTOCOLS = ("TCP", "UDP", "SCTP")
EVERY: Spans = ((FIRST, LAST),)


class Ports(Struct, frozen=True, order=True):
    """For each protocol the ports, as spans."""

    tcp: Spans = ()
    udp: Spans = ()
    sctp: Spans = ()

    def __bool__(self) -> bool:
        """Return whether there is a port."""
        return bool(self.tcp or self.udp or self.sctp)

    def of(self, protocol: str) -> Spans:
        """Return the ports of *protocol* (``TCP``, ``UDP``, ``SCTP``)."""
        match protocol:
            case "TCP":
                return self.tcp
            case "UDP":
                return self.udp
            case "SCTP":
                return self.sctp
        return ()

    def holds(self, protocol: str, port: int) -> bool:
        """Return whether *port* of *protocol* is one of them."""
        return sets.holds(self.of(protocol), port)

    @property
    def text(self) -> str:
        """Return them as people write them: ``All Connections``, ``TCP 80,443-444,UDP 53``."""
        if self == ALL:
            return "All Connections"
        parts = (("SCTP", self.sctp), ("TCP", self.tcp), ("UDP", self.udp))
        said = [f"{name} {','.join(map(_span, those))}" for name, those in parts if those]
        return ",".join(said) or "No Connections"

    @property
    def words(self) -> str:
        """Return them for eyes: ``all ports``, ``all ports but TCP 80``, ``TCP 80,443, UDP 53``."""
        if self == ALL:
            return "all ports"
        out = ALL - self
        few = sum(map(len, (out.tcp, out.udp, out.sctp))) < sum(
            map(len, (self.tcp, self.udp, self.sctp))
        )
        said = (out if few else self).text
        for protocol in PROTOCOLS:
            said = said.replace(f",{protocol}", f", {protocol}")
        return f"all ports but {said}" if few else said.replace(" 1-65535", "")

    def __or__(self, other: "Ports") -> "Ports":
        """Return what is in either."""
        return _union(self, other)

    def __and__(self, other: "Ports") -> "Ports":
        """Return what is in both."""
        return _common(self, other)

    def __sub__(self, other: "Ports") -> "Ports":
        """Return what is in the first only."""
        return _minus(self, other)


NONE = Ports()
ALL = Ports(EVERY, EVERY, EVERY)


def ports(protocol: str, items: Iterable[Span]) -> Ports:
    """Return ports of one protocol; of one that is not known, none."""
    these = sets.common(sets.spans(items), EVERY)
    match protocol:
        case "TCP":
            return Ports(tcp=these)
        case "UDP":
            return Ports(udp=these)
        case "SCTP":
            return Ports(sctp=these)
    return NONE


def every(protocol: str) -> Ports:
    """Return all ports of *protocol*; ``ANY`` is all three."""
    return ALL if protocol == "ANY" else ports(protocol, EVERY)


def _span(span: Span) -> str:
    return str(span[0]) if span[0] == span[1] else f"{span[0]}-{span[1]}"


@lru_cache(1 << 16)
def _union(a: Ports, b: Ports) -> Ports:
    if a in (NONE, b) or b == ALL:
        return b
    if b == NONE or a == ALL:
        return a
    return Ports(sets.union(a.tcp, b.tcp), sets.union(a.udp, b.udp), sets.union(a.sctp, b.sctp))


@lru_cache(1 << 16)
def _common(a: Ports, b: Ports) -> Ports:
    if b in (ALL, a):
        return a
    if a == ALL:
        return b
    return Ports(sets.common(a.tcp, b.tcp), sets.common(a.udp, b.udp), sets.common(a.sctp, b.sctp))


@lru_cache(1 << 16)
def _minus(a: Ports, b: Ports) -> Ports:
    if b == NONE:
        return a
    if b in (ALL, a):
        return NONE
    return Ports(sets.minus(a.tcp, b.tcp), sets.minus(a.udp, b.udp), sets.minus(a.sctp, b.sctp))
