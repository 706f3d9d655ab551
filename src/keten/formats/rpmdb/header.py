"""The header of one package as rpm's database keeps it.

Two counts, an index of (tag, type, offset, count), the data; all big-endian
(https://rpm-software-management.github.io/rpm/manual/format_header.html, without the leading
magic). Entries of a region and those added at installation stand in one index: each points into
the same data.
"""

from bisect import bisect_right
from struct import Struct as Layout
from struct import unpack, unpack_from

from msgspec import Struct

from keten.errors import CeilingError, InputError

MAX_ENTRIES = 0xFFFF
MAX_DATA = 64 << 20
MAX_STRINGS = 500_000

NAME, VERSION, RELEASE, EPOCH = 1000, 1001, 1002, 1003
VENDOR, LICENSE, ARCH, SOURCE_RPM = 1011, 1014, 1022, 1044
PROVIDES, REQUIRES = 1047, 1049
FILE_MODES, OLD_FILES, DIR_INDEXES, BASE_NAMES, DIR_NAMES = 1030, 1027, 1116, 1117, 1118
MODULARITY = 5096
_WANTED = frozenset({
    NAME, VERSION, RELEASE, EPOCH, VENDOR, LICENSE, ARCH, SOURCE_RPM, PROVIDES, REQUIRES,
    FILE_MODES, OLD_FILES, DIR_INDEXES, BASE_NAMES, DIR_NAMES, MODULARITY,
})  # fmt: skip

_INT16, _INT32, _STRING, _STRINGS, _I18N = 3, 4, 6, 8, 9
_ENTRY = Layout(">IIII")
_FOLDER = 0o040000
_KIND = 0o170000
OBJECT = 60
_TOO_MANY = "more files than a system has: of these and later packages they are left out"


class Header:
    """One header, its values read when they are asked for. InputError where it is damaged."""

    def __init__(self, blob: bytes) -> None:
        if len(blob) < 8:  # noqa: PLR2004 two counts
            raise InputError(f"a header of {len(blob)} bytes")
        entries, size = unpack_from(">II", blob)
        if not 0 < entries <= MAX_ENTRIES or size > MAX_DATA:
            raise CeilingError(f"a header of {entries:,} entries and {size:,} bytes")
        start = 8 + entries * _ENTRY.size
        if start + size > len(blob):
            raise InputError(f"a header of {len(blob):,} bytes that says it has {start + size:,}")
        self._data = blob[start : start + size]
        self._found: dict[int, tuple[int, int, int]] = {}
        offsets = set()
        for tag, kind, offset, count in _ENTRY.iter_unpack(blob[8:start]):
            offsets.add(offset)
            if tag in _WANTED:
                self._found.setdefault(tag, (kind, offset, count))
        self._ends = sorted(offsets)

    def text(self, tag: int) -> str:
        """Return a string, "" where there is none (of several languages the first)."""
        kind, offset, _ = self._found.get(tag, (0, 0, 0))
        if kind not in {_STRING, _STRINGS, _I18N}:
            return ""
        end = self._data.find(b"\0", offset)
        if end < 0:
            raise InputError(f"tag {tag} points outside of its header")
        return self._data[offset:end].decode("utf-8", "replace")

    def texts(self, tag: int) -> list[bytes]:
        """Return the strings of an array, none where there is none."""
        kind, offset, count = self._found.get(tag, (0, 0, 0))
        if kind not in {_STRING, _STRINGS, _I18N} or not count:
            return []
        if count > MAX_STRINGS:
            raise CeilingError(f"tag {tag} has {count:,} strings")
        # What follows belongs to the next entry: found by offset, so that no copy is large.
        after = bisect_right(self._ends, offset)
        end = self._ends[after] if after < len(self._ends) else len(self._data)
        parts = self._data[offset:end].split(b"\0", count)
        if len(parts) <= count:
            parts = self._data[offset:].split(b"\0", count)  # two entries may share their data
        if len(parts) <= count:
            raise InputError(f"tag {tag} has fewer strings than it says")
        return parts[:count]

    def numbers(self, tag: int) -> tuple[int, ...]:
        """Return an array of 16 or 32-bit numbers, none where there is none."""
        kind, offset, count = self._found.get(tag, (0, 0, 0))
        width = {_INT16: 2, _INT32: 4}.get(kind, 0)
        if not width or not count:
            return ()
        if offset + count * width > len(self._data):
            raise InputError(f"tag {tag} points outside of its header")
        letter = "H" if width == 2 else "I"  # noqa: PLR2004 16 bits
        found: tuple[int, ...] = unpack(
            f">{count}{letter}", self._data[offset : offset + count * width]
        )
        return found

    def files(self, *, most: int) -> list[str]:
        """Return the paths from the root that are no folders.

        CeilingError where they need more than *most* bytes: a folder stands once in a header
        and once in each of the paths.
        """
        names = self.texts(BASE_NAMES)
        if not names:
            return _within(self.texts(OLD_FILES), most)
        indexes, folders = self.numbers(DIR_INDEXES), self.texts(DIR_NAMES)
        modes = self.numbers(FILE_MODES)
        if len(indexes) != len(names) or (indexes and max(indexes) >= len(folders)):
            raise InputError("a list of files whose folders are not listed")
        if len(modes) != len(names):
            modes = (0,) * len(names)
        found: list[str] = []
        for name, index, mode in zip(names, indexes, modes, strict=True):
            if mode & _KIND == _FOLDER:
                continue
            most -= len(name) + len(folders[index]) + OBJECT
            if most < 0:
                raise CeilingError(_TOO_MANY)
            found.append((folders[index] + name).decode("utf-8", "replace").lstrip("/"))
        return found


def _within(paths: list[bytes], most: int) -> list[str]:
    found = []
    for path in paths:
        most -= len(path) + OBJECT
        if most < 0:
            raise CeilingError(_TOO_MANY)
        found.append(path.decode("utf-8", "replace").lstrip("/"))
    return found


class Installed(Struct, frozen=True, array_like=True, omit_defaults=True):
    """One installed package. *requires* are positions of other packages of the database."""

    name: str
    version: str
    release: str
    epoch: int | None = None
    arch: str = ""
    source: str = ""
    license: str = ""
    vendor: str = ""
    module: str = ""
    requires: tuple[int, ...] = ()
    files: tuple[str, ...] = ()
