"""Addresses outside the cluster: CIDR blocks, and the address space cut at every edge of them.

Addresses of IPv4 and IPv6 are numbers of one line: IPv6 stands above IPv4. So one set of spans
holds both, and no block reaches from one into the other.
"""

import ipaddress
from collections.abc import Iterable, Iterator

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


def summary(those: Spans) -> str:
    """Return addresses as people write them: ``any address but 10.0.0.0/8``, or blocks."""
    fours, sixes = sets.common(those, FOURS), sets.common(those, SIXES)
    both = fours and sixes
    parts = []
    for mine, whole, name in ((fours, FOURS, "IPv4"), (sixes, SIXES, "IPv6")):
        if not mine:
            continue
        out = sets.minus(whole, mine)
        if not out:
            parts.append(f"any {name} address")
        elif len(list(_blocks(out))) < len(list(_blocks(mine))):
            parts.append(f"any {name} address but {_listed(out)}")
        else:
            parts.append(_listed(mine))
    if both and parts == ["any IPv4 address", "any IPv6 address"]:
        return "any address"
    return "; ".join(parts)


def _listed(those: Spans) -> str:
    parts = []
    for span in those:
        blocks = list(_blocks((span,)))
        parts.append(blocks[0] if len(blocks) == 1 else text(span))
    return ", ".join(parts)


def _blocks(those: Spans) -> Iterator[str]:
    for low, high in those:
        kind = ipaddress.IPv4Address if low < SIX else ipaddress.IPv6Address
        base = 0 if low < SIX else SIX
        for network in ipaddress.summarize_address_range(kind(low - base), kind(high - base)):
            yield str(network)


def _text(number: int) -> str:
    if number < SIX:
        return str(ipaddress.IPv4Address(number))
    return str(ipaddress.IPv6Address(number - SIX))
