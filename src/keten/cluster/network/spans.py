"""Sets of whole numbers as sorted, disjoint, non-adjacent spans (lowest, highest).

Ports and addresses are such sets: no set is ever written out number by number.
"""

from collections.abc import Iterable

Span = tuple[int, int]
Spans = tuple[Span, ...]


def spans(items: Iterable[Span]) -> Spans:
    """Return *items* in the one form that equal sets have; empty spans (low > high) are nothing."""
    made: list[Span] = []
    for low, high in sorted(item for item in items if item[0] <= item[1]):
        if made and low <= made[-1][1] + 1:
            if high > made[-1][1]:
                made[-1] = (made[-1][0], high)
        else:
            made.append((low, high))
    return tuple(made)


def union(a: Spans, b: Spans) -> Spans:
    """Return what is in *a* or in *b*."""
    if not a or a == b:
        return b
    return spans((*a, *b)) if b else a


def common(a: Spans, b: Spans) -> Spans:
    """Return what is in both."""
    made: list[Span] = []
    i = j = 0
    while i < len(a) and j < len(b):
        low, high = max(a[i][0], b[j][0]), min(a[i][1], b[j][1])
        if low <= high:
            made.append((low, high))
        if a[i][1] < b[j][1]:
            i += 1
        else:
            j += 1
    return tuple(made)


def minus(a: Spans, b: Spans) -> Spans:
    """Return what is in *a* and not in *b*."""
    if not a or not b:
        return a
    made: list[Span] = []
    j = 0
    for low, high in a:
        at = low
        while j < len(b) and b[j][1] < at:
            j += 1
        k = j
        while k < len(b) and b[k][0] <= high:
            if b[k][0] > at:
                made.append((at, b[k][0] - 1))
            at = b[k][1] + 1
            k += 1
        if at <= high:
            made.append((at, high))
    return tuple(made)


def holds(a: Spans, number: int) -> bool:
    """Return whether *number* is in *a*."""
    return any(low <= number <= high for low, high in a)
