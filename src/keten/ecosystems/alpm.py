"""Arch Linux packages: the order of ``vercmp`` (libalpm), which is an older ``rpmvercmp``.

Two of its habits are no order at all. A version without a release equals every release of
it; that is kept, since dependencies rely on it. And separators behind the last segment are
ranked here right after the end, where libalpm would go in a circle.
"""

import re
from functools import total_ordering
from typing import Any

from keten.formats.versions.order import clean, number, refuse
from keten.model.plug import Ecosystem

_SEGMENT = re.compile(r"([^0-9A-Za-z]*)([0-9]+|[A-Za-z]+|)")
# Within one length of separator: letters, the end, separators at the end, a number.
_LETTERS, _END, _TRAILING, _NUMBER = range(4)


@total_ordering
class Key:
    """Epoch and version, and a release that is compared only where both have one."""

    __slots__ = ("head", "release")

    def __init__(self, head: tuple[Any, ...], release: tuple[Any, ...] | None) -> None:
        self.head = head
        self.release = release

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Key):
            return NotImplemented
        return self.head == other.head and (
            self.release is None or other.release is None or self.release == other.release
        )

    def __lt__(self, other: "Key") -> bool:
        if self.head != other.head:
            return self.head < other.head
        if self.release is None or other.release is None:
            return False
        return self.release < other.release

    def __hash__(self) -> int:
        return hash(self.head)


def key(version: str) -> Key:
    """Return the key of ``[epoch:]version[-release]``."""
    text = clean(version)
    epoch, colon, rest = text.partition(":")
    if not colon:
        epoch, rest = "", text
    elif epoch and (not epoch.isdecimal() or not epoch.isascii()):
        raise refuse(version, "Arch Linux: its epoch is not a number")
    upstream, dash, release = rest.rpartition("-")
    if not dash:
        return Key((number(epoch), _walk(rest)), None)
    return Key((number(epoch), _walk(upstream)), _walk(release))


def _walk(text: str) -> tuple[Any, ...]:
    found: list[Any] = []
    for match in _SEGMENT.finditer(text):
        separator, part = match.groups()
        # The separator before the very first segment counts as any other does.
        if not part:
            if separator:
                found += (0, _TRAILING)
                return tuple(found)
            break
        if part[0] <= "9":
            found += (len(separator), _NUMBER, number(part))
        else:
            found += (len(separator), _LETTERS, part)
    found += (0, _END)
    return tuple(found)


ECOSYSTEM = Ecosystem(
    title="Arch Linux",
    purl_type="alpm",
    osv="",
    key=key,
    normalise=str.strip,
    vers=("alpm", "arch", "archlinux"),
)
