"""What ``helm template`` prints: documents, each under a line that names the file it is from.

A document begins with ``---`` and ``# Source: CHART/templates/x.yaml``; the path begins with the
chart's name, not with its folder. A file of crds/ is printed whole, with further documents that
name nothing.
"""

from collections.abc import Iterator

from msgspec import Struct

_BEGIN = b"---\n# Source: "
LONG = 4_096
"""A longer path is none."""


class Piece(Struct, frozen=True):
    """What one file made: from *start* to *end* of the output, from the line *line* on.

    *source* is its path in the chart (``templates/x.yaml``, ``charts/SUB/templates/x.yaml``).
    """

    source: str
    start: int
    end: int
    line: int


def pieces(data: bytes) -> Iterator[Piece]:
    """Yield what of *data* comes from which file; what stands before the first is of none."""
    found = 0 if data.startswith(_BEGIN) else data.find(b"\n" + _BEGIN) + 1
    line = 1 + data.count(b"\n", 0, found)
    while data.startswith(_BEGIN, found):
        start = found + len(_BEGIN)
        stop = data.find(b"\n", start)
        stop = len(data) if stop < 0 else stop
        following = data.find(b"\n" + _BEGIN, stop)
        end = len(data) if following < 0 else following + 1
        path = data[start : min(stop, start + LONG)].decode("utf-8", "replace").strip()
        yield Piece(path.partition("/")[2], found, end, line)
        line += data.count(b"\n", found, end)
        if following < 0:
            return
        found = end


def source_at(data: bytes, line: int) -> str:
    """Return which file of the chart made *line* of the output, "" where none is said."""
    said = ""
    for piece in pieces(data):
        if piece.line > line:
            break
        said = piece.source
    return said


def documents(text: bytes) -> frozenset[bytes]:
    """Return what helm prints of a file that is no template: the file, or its documents."""
    parts = [part.strip() for part in (b"\n" + text).split(b"\n---")]
    return frozenset([text.strip(), *parts])


def without(data: bytes, gone: list[Piece]) -> bytes:
    """Return *data* with blank lines for the pieces *gone*: all others keep their lines."""
    parts = []
    at = 0
    for piece in gone:
        parts += [data[at : piece.start], b"\n" * data.count(b"\n", piece.start, piece.end)]
        at = piece.end
    return b"".join([*parts, data[at:]])
