"""Two lists laid beside each other: which items stay or change, which go, which are new."""

from typing import Any

import msgspec

from keten.formats.yaml.fields import same

PRODUCT = 250_000  # of the lengths that are compared item by item; beyond, by position

_Pairs = list[tuple[int, int]]


def aligned(
    old: list[Any], new: list[Any]
) -> tuple[_Pairs, list[int], list[tuple[int, list[Any]]]]:
    """Return (pairs, gone, fresh).

    They are pairs of indexes (old, new) in order, the indexes of the old that go, and what is
    new as (the number of old items before it, values).
    """
    if len(old) == len(new):
        return [(i, i) for i in range(len(old))], [], []
    head = 0
    while head < min(len(old), len(new)) and same(old[head], new[head]):
        head += 1
    tail = 0
    most = min(len(old), len(new)) - head
    while tail < most and same(old[len(old) - 1 - tail], new[len(new) - 1 - tail]):
        tail += 1
    pairs: _Pairs = [(i, i) for i in range(head)]
    gone: list[int] = []
    fresh: list[tuple[int, list[Any]]] = []
    for a, b, c, d in _blocks(old, new, (head, len(old) - tail), (head, len(new) - tail)):
        both = min(b - a, d - c)
        pairs += [(a + k, c + k) for k in range(both)]
        gone += range(a + both, b)
        if d - c > both:
            fresh.append((b, new[c + both : d]))
    pairs += [(len(old) - k, len(new) - k) for k in range(tail, 0, -1)]
    return pairs, gone, fresh


def _blocks(
    old: list[Any], new: list[Any], mine: tuple[int, int], theirs: tuple[int, int]
) -> list[tuple[int, int, int, int]]:
    """Return the blocks in which the middles correspond, as difflib finds them."""
    (a, b), (c, d) = mine, theirs
    if (b - a) * (d - c) > PRODUCT or a == b or c == d:
        return [(a, b, c, d)]
    from difflib import SequenceMatcher

    left, right = [_seal(v) for v in old[a:b]], [_seal(v) for v in new[c:d]]
    codes = SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
    return [(a + i, a + j, c + k, c + m) for _, i, j, k, m in codes]


def _seal(value: Any) -> bytes:
    """Return bytes that are the same for the same value alone."""
    try:
        return msgspec.json.encode(value, order="sorted")
    except (OverflowError, ValueError):  # a number of more than 64 bits
        return repr(value).encode()
