"""One pass over the bytes for all heads at once: Hyperscan, or RE2 where it has no wheel.

Both say the same: the pairs (number of the head, offset where it ends), sorted. The compiled
Hyperscan database is kept in the user's cache folder, under a name that says which heads,
which version and which machine it is for.
"""

import os
import platform
import re
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

HIT_CEILING = 200_000  # hits in one block; what has more is no text that people wrote
_MAGIC = b"KETENHS2"

Finder = Callable[[bytes], tuple[list[tuple[int, int]], bool]]


Heads = tuple[tuple[int, str], ...]  # whose head it is, and the head


def finder(
    make: Callable[[], Heads], digest: str, *, fallback: bool = False
) -> tuple[Finder, Heads]:
    """Return the function that finds heads, and the heads in the order of their numbers.

    *make* gives them; it is called only when no database is kept under *digest*, as taking
    them from patterns costs more than loading. The function's flag says that HIT_CEILING
    cut it short.
    """
    if not fallback:
        try:
            import hyperscan
        except ImportError:
            pass
        else:
            return _hyperscan(hyperscan, make, digest)
    heads = make()
    return _re2(tuple(head for _, head in heads)), heads


class _Kept(msgspec.Struct, array_like=True):
    heads: Heads
    database: bytes


def _hyperscan(hyperscan: Any, make: Callable[[], Heads], digest: str) -> tuple[Finder, Heads]:
    database, heads = _database(hyperscan, make, digest)
    hits: list[tuple[int, int]] = []
    add = hits.append
    over = [False]

    def seen(number: int, _start: int, end: int, _flags: int, _context: object) -> bool | None:
        add((number, end))
        if len(hits) >= HIT_CEILING:
            over[0] = True
            return True
        return None

    def find(data: bytes) -> tuple[list[tuple[int, int]], bool]:
        hits.clear()
        over[0] = False
        with suppress(hyperscan.ScanTerminated):
            database.scan(data, match_event_handler=seen)
        return sorted(set(hits)), over[0]

    return find, heads


def _database(hyperscan: Any, make: Callable[[], Heads], digest: str) -> tuple[Any, Heads]:
    name = f"heads-{digest}-{_version(hyperscan)}.hsdb"
    path = folder() / name
    blob = _read(path)
    if blob is not None:
        try:
            kept: _Kept = msgspec.msgpack.decode(blob, type=_Kept)
            database = hyperscan.loadb(kept.database, hyperscan.HS_MODE_BLOCK)
            database.scratch = hyperscan.Scratch(database)
        except (hyperscan.HyperscanError, msgspec.DecodeError):
            pass
        else:
            return database, kept.heads
    heads = make()
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[head.encode() for _, head in heads],
        ids=list(range(len(heads))),
        elements=len(heads),
        flags=[0] * len(heads),
    )
    _write(path, msgspec.msgpack.encode(_Kept(heads, hyperscan.dumpb(database))))
    return database, heads


def _version(hyperscan: Any) -> str:
    """Return the engine's version and processor: a database fits no other."""
    text = f"{hyperscan.__version__} {platform.machine()} {_processor()}"
    return sha256(text.encode()).hexdigest()[:12]


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:  # noqa: PTH123 read in part
            for line in file:
                if line.startswith("flags"):
                    return line
    except OSError:
        pass
    return ""


def folder() -> Path:
    """Return where compiled databases are kept: ``$XDG_CACHE_HOME/keten``."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base else Path.home() / ".cache") / "keten"


def _read(path: Path) -> bytes | None:
    """Return a kept database, or None if it is not there, not ours or not whole.

    A database is machine tables that Hyperscan trusts, so a file of somebody else's is
    refused like a damaged one.
    """
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if hasattr(os, "getuid") and (status.st_uid != os.getuid() or status.st_mode & 0o022):
                return None
            raw = file.read()
    except OSError:
        return None
    mark, body = raw[:40], raw[40:]
    return body if mark == _MAGIC + sha256(body).digest() else None


def _write(path: Path, body: bytes) -> None:
    """Keep a database for the next run; a folder that can not be written is no fault."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(_MAGIC + sha256(body).digest() + body)
        part.replace(path)
    except OSError:
        return


def _re2(heads: tuple[str, ...]) -> Finder:
    import re2

    options = latin1()
    many = re2.Set.SearchSet(options)
    for head in heads:
        many.Add(head.encode())
    many.Compile()

    @cache
    def compiled(number: int) -> Any:
        return re2.compile(heads[number].encode(), options)

    def find(data: bytes) -> tuple[list[tuple[int, int]], bool]:
        hits: list[tuple[int, int]] = []
        for number in many.Match(data) or ():
            search = compiled(number).search
            at = 0
            while (match := search(data, at)) is not None:
                hits.append((number, match.end()))
                at = match.start() + 1
                if len(hits) >= HIT_CEILING:
                    return sorted(set(hits)), True
        return sorted(set(hits)), False

    return find


@cache
def latin1() -> Any:
    """Return RE2 options for bytes: one character a byte, and no words on stderr."""
    import re2

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    options.never_capture = False
    options.max_mem = 64 << 20
    return options


@cache
def pattern(text: str) -> Any:
    """Return *text* compiled by RE2, which is linear in what it reads."""
    import re2

    return re2.compile(text.encode(), latin1())


@cache
def plain(text: str) -> "re.Pattern[bytes]":
    """Return *text* compiled by Python, for subjects of a few dozen bytes."""
    return re.compile(text.encode())
