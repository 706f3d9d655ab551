"""Addresses outside the cluster: CIDR blocks, and the address space cut at every edge of them.

Addresses of IPv4 and IPv6 are numbers of one line: IPv6 stands above IPv4. So one set of spans
holds both, and no block reaches from one into the other.
"""

import ipaddress
from collections.abc import Iterable

from keten.cluster.network import spans as sets
from keten.cluster.network.spans import Spans

SIX = 1 << 32
"""Where IPv6 begins on the line."""
_END = SIX + (1 << 128) - 1
FOURS: Spans = ((0, SIX - 1),)
SIXES: Spans = ((SIX, _END),)
METADATA = int(ipaddress.IPv4Address("169.254.169.254"))
"""Where clouds hand out the credentials of a node."""
LONGEST = 64  # characters of a CIDR


def block(cidr: object, besides: Iterable[object] = ()) -> Spans | None:
    """Return the addresses of *cidr* but those of *besides*; None where one is no CIDR.

    Kubernetes keeps bits behind the mask and reads them as the network; a lone address is
    taken as well, as Cilium takes it.
    """
    kept = _one(cidr)
    if kept is None:
        return None
    for item in besides:
        out = _one(item)
        if out is None:
            return None
        kept = sets.minus(kept, out)
    return kept


def address(text: str) -> int | None:
    """Return the number of one address on the line, None where it is none."""
    found = _one(text) if "/" not in text else None
    return found[0][0] if found else None


def _one(cidr: object) -> Spans | None:
    if not isinstance(cidr, str) or len(cidr) > LONGEST:
        return None
    try:
        network = ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        return None
    base = SIX if network.version == 6 else 0  # noqa: PLR2004 IPv6
    low = base + int(network.network_address)
    return ((low, low + network.num_addresses - 1),)


def cut(blocks: Iterable[Spans]) -> list[tuple[int, int]]:
    """Return the whole line in pieces, none of which lies partly in one of *blocks*."""
    edges = {0, SIX}
    for those in blocks:
        for low, high in those:
            edges.add(low)
            edges.add(high + 1)
    edges.discard(_END + 1)
    begins = sorted(edges)
    return [(low, high - 1) for low, high in zip(begins, [*begins[1:], _END + 1], strict=True)]


def text(piece: tuple[int, int]) -> str:
    """Return a piece as ``first-last``."""
    return f"{_text(piece[0])}-{_text(piece[1])}"


def _text(number: int) -> str:
    if number < SIX:
        return str(ipaddress.IPv4Address(number))
    return str(ipaddress.IPv6Address(number - SIX))
