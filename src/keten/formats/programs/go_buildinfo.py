"""Go build information: what the Go linker writes into each program since Go 1.13.

A header of 32 bytes, then (since Go 1.18) both texts inline, or pointers to them in the
program's memory (before). See debug/buildinfo and runtime/debug in Go's source.
"""

from msgspec import Struct

from keten.errors import InputError
from keten.formats.programs import elf
from keten.formats.programs.executable import Buffer, Layout, Span, find

MAGIC = b"\xff Go buildinf:"
MAX_VERSION = 1000
MAX_TEXT = 8 << 20
"""The largest module information, in bytes; a program of 1,000 modules has about 100 KB."""
MAX_SEARCH = 16 << 20
"""How far into a data segment the header is searched, where no section names the place."""
MAX_MODULES = 50_000
_HEAD = 32
_ALIGN = 16
_FRAME = 16
# What cmd/go puts around the module information.
_START = bytes.fromhex("3077af0c9274080241e1c107e6d618e6")
_END = bytes.fromhex("f932433186182072008242104116d8f2")


class Module(Struct, frozen=True):
    """One module as written. *replaced* is the path and version that it stands in for."""

    path: str
    version: str = ""
    sum: str = ""
    replaced: tuple[str, str] = ("", "")


class Build(Struct, frozen=True):
    """The module information: *package* path of main, *main* module, dependencies, settings."""

    package: str = ""
    main: Module | None = None
    modules: tuple[Module, ...] = ()
    settings: dict[str, str] = {}
    faults: tuple[str, ...] = ()


def present(data: Buffer) -> bool:
    """Return whether a look into the full headers is worth it: a few microseconds for ELF."""
    if bytes(data[:4]) == b"\x7fELF":
        return elf.has(data, b".go.buildinfo") or elf.unnamed(data)
    return True


def raw(data: Buffer, parts: Layout) -> tuple[str, str] | None:
    """Return Go's version and the module information's text, or None for no Go program."""
    for span in _places(parts):
        at = _header(data, span)
        if at >= 0:
            found = _inline(data, at, span) or _pointed(data, at, parts) or _framed(data, span)
            if found is not None and found[0]:
                return found
    return None


def _places(parts: Layout) -> list[Span]:
    named = parts.section(".go.buildinfo", "__go_buildinfo")
    if named is not None:
        return [named]
    return [span for span in parts.segments if span.writable and not span.code][:2]


def _header(data: Buffer, span: Span) -> int:
    """Return where the header is: the magic, at an address that 16 divides."""
    start, end = span.offset, span.offset + min(span.size, MAX_SEARCH)
    at = find(data, MAGIC, start, end)
    tried = 0
    while at >= 0 and (at - start + span.address) % _ALIGN and tried < 100:  # noqa: PLR2004 more are made to cost time
        at, tried = find(data, MAGIC, at + 1, end), tried + 1
    return at if 0 <= at <= end - _HEAD else -1


def _inline(data: Buffer, at: int, span: Span) -> tuple[str, str] | None:
    if not data[at + 15] & 2:
        return None
    end = span.offset + span.size
    version, at = _counted(data, at + _HEAD, end, MAX_VERSION)
    text, _ = _counted(data, at, end, MAX_TEXT)
    return version.decode("utf-8", "replace"), _unframed(text)


def _counted(data: Buffer, at: int, end: int, most: int) -> tuple[bytes, int]:
    """Return the bytes after a varint of their number, and where they end."""
    size = shift = 0
    while True:
        if at >= end or shift > 63:  # noqa: PLR2004 no varint is longer
            raise InputError("Go build information that ends in a length")
        byte = data[at]
        at += 1
        size |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 the last byte of a varint
            break
        shift += 7
    if size > most or at + size > end:
        raise InputError(f"Go build information whose text of {size} bytes does not fit")
    return bytes(data[at : at + size]), at + size


def _pointed(data: Buffer, at: int, parts: Layout) -> tuple[str, str] | None:
    """Follow the pointers of Go 1.13 to 1.17; None where they lead nowhere."""
    width, order = data[at + 14], "big" if data[at + 15] & 1 else "little"
    if width not in (4, 8) or data[at + 15] & 2:
        return None
    texts = []
    for index, most in ((0, MAX_VERSION), (1, MAX_TEXT)):
        place = at + 16 + index * width
        pointer = int.from_bytes(data[place : place + width], order)  # type: ignore[arg-type]
        texts.append(_string(data, parts, pointer, width, order, most))
    if not texts[0]:
        return None
    return texts[0].decode("utf-8", "replace"), _unframed(texts[1])


def _string(  # noqa: PLR0917 one call
    data: Buffer, parts: Layout, pointer: int, width: int, order: str, most: int
) -> bytes:
    """Return the Go string (pointer, length) whose header is at *pointer*."""
    head = parts.offset(pointer)
    if head is None or head[1] < 2 * width:
        return b""
    start = int.from_bytes(data[head[0] : head[0] + width], order)  # type: ignore[arg-type]
    size = int.from_bytes(data[head[0] + width : head[0] + 2 * width], order)  # type: ignore[arg-type]
    text = parts.offset(start)
    if text is None or size > min(most, text[1]):
        return b""
    return bytes(data[text[0] : text[0] + size])


def _framed(data: Buffer, span: Span) -> tuple[str, str] | None:
    """Find the module information by its frame: where the pointers are filled in when loaded.

    The version is then not known, and said to be ``unknown``.
    """
    del span
    at = find(data, _START)
    end = find(data, _END, at, at + MAX_TEXT) if at >= 0 else -1
    if end < 0:
        return None
    return "unknown", bytes(data[at + _FRAME : end]).decode("utf-8", "replace")


def _unframed(text: bytes) -> str:
    if len(text) > 2 * _FRAME and text[-_FRAME - 1] == 10:  # noqa: PLR2004 a line feed
        return text[_FRAME:-_FRAME].decode("utf-8", "replace")
    return ""


def parse(text: str) -> Build:
    """Return the module information in *text*; lines that are not understood are *faults*."""
    package, main = "", None
    modules: list[Module] = []
    settings: dict[str, str] = {}
    faults: list[str] = []
    lines = text.split("\n")
    if len(lines) > MAX_MODULES:
        raise InputError(f"Go build information of more than {MAX_MODULES:,} lines")
    last = ""
    for line in lines:
        word, _, rest = line.partition("\t")
        match word, rest.split("\t"):
            case "path", [path]:
                package = path
            case "mod", [path, version, *more] if len(more) <= 1:
                main = Module(path, version, "".join(more))
            case "dep", [path, version, *more] if len(more) <= 1:
                modules.append(Module(path, version, "".join(more)))
            case "=>", [path, version, *more] if len(more) <= 1 and last in ("dep", "mod"):
                new = _replacement(main if last == "mod" else modules.pop(), path, version, more)
                if last == "mod":
                    main = new
                else:
                    modules.append(new)
            case "build", [*parts]:
                key, value = _setting("\t".join(parts))
                settings[key] = value
            case "", _:
                pass
            case _:
                faults.append(line[:80])
                word = ""
        last = word
    return Build(package, main, tuple(modules), settings, tuple(faults[:10]))


def _replacement(old: Module | None, path: str, version: str, more: list[str]) -> Module:
    assert old is not None
    return Module(path, version, "".join(more), (old.path, old.version))


def _setting(text: str) -> tuple[str, str]:
    """Split ``key=value``, either of which may be quoted as in Go (strconv.Quote)."""
    key, _, value = text.partition("=")
    return _plain(key), _plain(value)


def _plain(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] == "`":
        return text[1:-1]
    if len(text) > 1 and text[0] == text[-1] == '"':
        import msgspec

        try:
            return msgspec.json.decode(text.encode(), type=str)
        except msgspec.MsgspecError:
            return text[1:-1]
    return text
