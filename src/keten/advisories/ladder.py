"""How many records a later version still has, without asking each of them.

Most records say "all versions before X": of these it is enough to know how many X are higher.
A kernel has thousands, and each of their fixes is a version that one could go to.
"""

from bisect import bisect_right
from typing import Any

from keten.advisories.ranges import Order, fixes
from keten.advisories.records import Entry
from keten.errors import InputError

_SIMPLE = 3
"""A range's kind, ``i0`` and one fix."""


class Ladder:
    """The steps of simple records, by the kind of their ranges."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._steps: dict[str, list[Any]] = {}
        self._sorted = True

    def take(self, entries: tuple[Entry, ...]) -> bool:
        """Take in what a record says, by all of its entries; return whether it was simple."""
        keys = []
        kinds = {entry.ranges[0][0] if entry.ranges else "" for entry in entries}
        if len(kinds) != 1 or not all(map(_simple, entries)):
            return False
        for entry in entries:
            kind, _, fixed = entry.ranges[0]
            if fixed == "f0":
                continue  # it affects nothing
            try:
                keys.append(self._order.key(fixed[1:], kind))
            except InputError:
                return False
        if keys:
            self._steps.setdefault(kinds.pop(), []).append(max(keys))
            self._sorted = False
        return True

    def above(self, version: str) -> int:
        """Return how many of the records affect *version*: all, where it has no order."""
        if not self._sorted:
            for steps in self._steps.values():
                steps.sort()
            self._sorted = True
        count = 0
        for kind, steps in self._steps.items():
            try:
                count += len(steps) - bisect_right(steps, self._order.key(version, kind))
            except InputError:
                count += len(steps)
        return count


def _simple(entry: Entry) -> bool:
    if entry.versions or entry.custom or len(entry.ranges) != 1:
        return False
    found = entry.ranges[0]
    return len(found) == _SIMPLE and found[0] != "G" and found[1] == "i0" and found[2][0] == "f"


def always(entries: tuple[Entry, ...]) -> bool:
    """Return whether a record affects every version there is or will be."""
    return not any(map(fixes, entries)) and any(
        found[1:] == ("i0",) and found[0] != "G"
        for entry in entries
        if not entry.custom
        for found in entry.ranges
    )


def of_module(entry: Entry) -> bool:
    """Return whether an entry is of packages that are built as part of a module."""
    return any(".module" in event for found in entry.ranges for event in found[1:])
