"""Read what a user has of advisories: OSV zips, folders and files, CISA KEV, EPSS.

Nothing here decides; it yields records and says what could not be read. A record that is
damaged is counted and named, the rest goes on.
"""

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from keten.advisories import archive
from keten.errors import CeilingError, InputError, UsageError
from keten.formats import osv

MAX_FILE = 256 << 20
MAX_FILES = 500_000
MAX_DEPTH = 12
_FOLDERS = {name.lower(): name for name in osv.PURL_TYPES} | {
    kind: name
    for name, kind in osv.PURL_TYPES.items()
    if kind not in ("apk", "deb", "rpm", "github")
}


class Found(Struct, frozen=True):
    """Something to import: *kind* is ``zip``, ``folder``, ``record``, ``kev`` or ``epss``.

    *whole* is the ecosystem that it covers completely by where it lies in OSV's bucket.
    """

    kind: str
    path: Path
    name: str
    whole: str = ""


class Item(Struct, frozen=True):
    """A record, or what is wrong with it."""

    name: str
    record: osv.Record | None = None
    fault: str = ""


def find(path: Path) -> list[Found]:
    """Return what there is to import at *path*; UsageError where there is nothing."""
    if path.is_dir():
        zips = sorted(path.glob("*/all.zip")) + sorted(path.glob("all.zip"))
        if zips:
            return [_zip(found) for found in zips]
        return [Found("folder", path, path.resolve().name)]
    if not path.is_file():
        raise UsageError(f"{path}: no such file or folder")
    if path.suffix == ".zip":
        return [_zip(path)]
    if path.name.endswith((".csv", ".csv.gz")):
        return [Found("epss", path, "epss")]
    return [_json(path)]


def _zip(path: Path) -> Found:
    folder = path.resolve().parent.name
    whole = ""
    if path.name == "all.zip":
        known = ":" in folder and osv.base(folder) in osv.PURL_TYPES  # as Ubuntu:22.04:LTS
        whole = folder if known else _FOLDERS.get(folder.lower(), "")
    return Found("zip", path, whole or path.stem, whole)


def _json(path: Path) -> Found:
    head = bounded(path)
    try:
        top = msgspec.json.decode(head, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{path.name} is neither an OSV record nor CISA's catalog: {error}") from (
            error
        )
    return (
        Found("kev", path, "cisa-kev")
        if "vulnerabilities" in top
        else Found("record", path, path.stem)
    )


def bounded(path: Path) -> bytes:
    """Return a file's bytes; CeilingError where it is larger than MAX_FILE."""
    size = path.stat().st_size
    if size > MAX_FILE:
        raise CeilingError(f"{path.name} has {size} bytes; at most {MAX_FILE} are read")
    with path.open("rb") as file:
        return file.read(MAX_FILE)


def digest(found: Found) -> str:
    """Return the digest of a file, or of the names and digests of a folder's records."""
    total = sha256()
    if found.kind == "folder":
        for path in _files(found.path):
            inner = sha256(bounded(path)).hexdigest()
            name = path.relative_to(found.path).as_posix().encode("utf-8", "surrogateescape")
            total.update(name + b"\0" + inner.encode() + b"\n")
    else:
        with found.path.open("rb") as file:
            while chunk := file.read(1 << 20):
                total.update(chunk)
    return f"sha256:{total.hexdigest()}"


def items(found: Found) -> Iterator[Item]:
    """Yield the records of a zip, a folder or a file, in a fixed order."""
    match found.kind:
        case "zip":
            for entry in archive.entries(found.path):
                if entry.name.endswith(".json"):
                    yield _item(entry.name, entry.data, entry.fault)
        case "folder":
            for path in _files(found.path):
                name = path.relative_to(found.path).as_posix()
                if path.stat().st_size > osv.MAX_RECORD:
                    yield Item(name, fault=f"is larger than {osv.MAX_RECORD} bytes")
                else:
                    yield _item(name, bounded(path))
        case _:
            yield _item(found.path.name, bounded(found.path))


def _item(name: str, data: bytes, fault: str = "") -> Item:
    if fault:
        return Item(name, fault=fault)
    try:
        return Item(name, osv.read(data))
    except InputError as error:
        return Item(name, fault=error.what)


def _files(folder: Path, depth: int = 0) -> Iterator[Path]:
    """Yield the .json files below *folder*, sorted; links are not followed."""
    if depth > MAX_DEPTH:
        raise CeilingError(f"{folder.name} lies deeper than {MAX_DEPTH} folders")
    with os.scandir(folder) as entries:
        listed = sorted(entries, key=lambda entry: entry.name)
    if len(listed) > MAX_FILES:
        raise CeilingError(f"{folder.name} holds more than {MAX_FILES} files")
    for entry in listed:
        if entry.is_dir(follow_symlinks=False):
            yield from _files(Path(entry.path), depth + 1)
        elif entry.name.endswith(".json") and entry.is_file(follow_symlinks=False):
            yield Path(entry.path)


class Catalog(Struct, frozen=True):
    """CISA's catalog of known exploited vulnerabilities, or EPSS: *rows* and its day."""

    as_of: str
    rows: dict[str, Any]
    unread: int = 0


class _Listed(Struct, frozen=True, rename={"cve": "cveID", "added": "dateAdded"}):
    cve: str = ""
    added: str = ""


class _Kev(Struct, frozen=True, rename={"released": "dateReleased"}):
    released: str = ""
    vulnerabilities: list[_Listed] = []


def kev(path: Path) -> Catalog:
    """Return CISA's catalog: CVE to the day on which it was added."""
    try:
        found = msgspec.json.decode(bounded(path), type=_Kev)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{path.name} is not CISA's catalog: {error}") from error
    rows = {item.cve: osv.day(item.added) for item in found.vulnerabilities if item.cve}
    as_of = max([osv.day(found.released), *rows.values()], default="")
    return Catalog(as_of, rows, len(found.vulnerabilities) - len(rows))


def epss(path: Path) -> Catalog:
    """Return EPSS: CVE to its probability in 1/100,000; a comment on line 1 tells the day."""
    rows: dict[str, int] = {}
    as_of, unread = "", 0
    for line in _text(path).splitlines():
        if line.startswith("#"):
            as_of = osv.day(line.partition("score_date:")[2]) or as_of
            continue
        cve, _, rest = line.partition(",")
        try:
            value = float(rest.partition(",")[0])
        except ValueError:
            unread += cve != "cve"
            continue
        if cve.startswith("CVE-") and 0 <= value <= 1:
            rows[cve] = round(value * 100_000)
        else:
            unread += 1
    if not rows:
        raise InputError(f"{path.name} is no EPSS file: no line of CVE,probability in it")
    return Catalog(as_of, rows, unread)


def _text(path: Path) -> str:
    data = bounded(path)
    if path.suffix == ".gz":
        import zlib

        unpack = zlib.decompressobj(31)
        try:
            data = unpack.decompress(data, MAX_FILE)
        except zlib.error as error:
            raise InputError(f"{path.name} can not be unpacked: {error}") from error
        if unpack.unconsumed_tail:
            raise CeilingError(f"{path.name} unpacks to more than {MAX_FILE} bytes")
    return data.decode("utf-8", "replace")
