"""conda: the order of ``conda.models.version.VersionOrder``.

``epoch!version+local``; components are parted by dots, dashes and underscores, and inside a
component numbers and texts alternate. ``dev`` is below every text, ``post`` above every number,
a text below a number, and what is missing counts as 0.
"""

import re
from typing import Any

from keten.errors import InputError
from keten.formats.versions.order import clean, number, refuse
from keten.model.plug import Ecosystem

_PIECE = re.compile(r"[0-9]+|[*]+|[^0-9*]+")
_BREAK = re.compile(r"[._-]")
_VALID = re.compile(r"[*.+!_0-9a-z-]+")
# Ranks. An end stands for zeros without end: what follows decides on which side it is.
_DEV, _TEXT, _END, _NUMBER, _POST = range(5)
_ZERO: tuple[tuple[int, Any], ...] = ((_END, 0),)


def key(version: str) -> tuple[Any, ...]:
    """Return the key of *version*: epoch, version, local version."""
    text = clean(version).lower()
    if not _VALID.fullmatch(text):
        raise refuse(version, "conda")
    epoch, mark, rest = text.rpartition("!")
    if mark and not epoch.isdecimal():
        raise InputError(f"{text[:60]!r} has an epoch that is no number")
    main, _, local = rest.partition("+")
    return (number(epoch) if mark else 0, _components(main), _components(local))


def _components(text: str) -> tuple[Any, ...]:
    """Return components of (rank, value) each, with an end that stands for the zeros."""
    closing = "_" if len(text) > 1 and text.endswith("_") else ""  # a part of what it follows
    parts = _BREAK.split(text.removesuffix(closing)) if text else []
    if closing:
        parts[-1] += closing
    found = [_pieces(part) for part in parts]
    side, ordered = 0, [_ZERO]
    for one in reversed(found):
        if one == _ZERO:
            if len(ordered) > 1:
                ordered.append(((_END, side),))
        else:
            side = 1 if one > _ZERO else -1
            ordered.append(one)
    return tuple(reversed(ordered))


def _pieces(part: str) -> tuple[tuple[int, Any], ...]:
    """Return a component; one that begins with a text has a zero before it."""
    pieces: list[tuple[int, Any]] = [] if part[:1].isdecimal() else [(_NUMBER, 0)]
    for piece in _PIECE.findall(part):
        if piece.isdecimal():
            pieces.append((_NUMBER, number(piece)))
        elif piece == "post":
            pieces.append((_POST, 0))
        elif piece == "dev":
            pieces.append((_DEV, 0))
        else:
            pieces.append((_TEXT, piece))
    while pieces and pieces[-1] == (_NUMBER, 0):
        pieces.pop()
    return tuple(_sided(pieces))


def _sided(pieces: list[tuple[int, Any]]) -> list[tuple[int, Any]]:
    """Give each zero inside, and the end, its place beside the end: by what follows it."""
    side, ordered = 0, [(_END, 0)]
    for rank, value in reversed(pieces):
        if rank == _NUMBER and not value:
            ordered.append((_END, side))
        else:
            side = 1 if rank > _END else -1
            ordered.append((rank, value))
    return ordered[::-1]


ECOSYSTEM = Ecosystem(title="conda", purl_type="conda", osv="", key=key, normalise=str.lower)
