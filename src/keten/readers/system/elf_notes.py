"""Packages that ELF files name themselves, where no package database stands beside them.

Distributions stamp what they build with the package it is from (systemd's ELF Package
Metadata, a note of the owner ``FDO``): what is left of it where the database was removed to
make an image smaller. The name is the source package's. Where there is a database it knows
better, and this reader says nothing.
"""

import msgspec
from msgspec import Struct

from keten.errors import InputError
from keten.formats.programs import elf
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Files, Reader, Scope, Source
from keten.readers.system._program import Program

CEILING = 512 << 20
"""The largest file that is read, in bytes."""
MAX_TEXT = 64 << 10
"""The longest note that is read, in bytes."""
_OWNER, _KIND = b"FDO", 0xCAFE1A7E
_DATABASES = {
    "deb": ("var/lib/dpkg/status",),
    "apk": ("lib/apk/db/installed", "usr/lib/apk/db/installed"),
    "rpm": tuple(
        f"{folder}/{name}"
        for folder in ("var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm")
        for name in ("rpmdb.sqlite", "Packages.db", "Packages")
    ),
    "alpm": ("var/lib/pacman/local/ALPM_DB_VERSION",),
}
_TYPES = {"deb": "deb", "rpm": "rpm", "apk": "apk", "pacman": "alpm", "alpm": "alpm"}


class _Note(Struct, frozen=True, rename="camel"):
    type: str = ""
    name: str = ""
    version: str = ""
    architecture: str = ""
    os: str = ""
    os_version: str = ""


def sift(data: bytes) -> bytes:
    """Keep the package note; nothing of a file that has none."""
    if not elf.has(data, b".note.package"):
        return b""
    for note in elf.notes(data):
        if note.name == _OWNER and note.kind == _KIND and len(note.data) <= MAX_TEXT:
            return note.data.rstrip(b"\0")
    return b""


def read(source: Source) -> Facts:
    """Return the package that one ELF file says it is from; see the module."""
    if not source.data:
        return Facts()
    try:
        note = msgspec.json.decode(source.data, type=_Note)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"a package note that is not JSON as its format says: {error}") from error
    kind = _TYPES.get(note.type.lower(), "")
    if not kind or not note.name or not note.version or _known(source.files, kind):
        return Facts()
    program = Program(source.path, by="system/elf-notes", ecosystem=kind)
    distro = note.os.lower()
    qualifiers = {
        "arch": note.architecture,
        "distro": f"{distro}-{note.os_version}" if distro and note.os_version else "",
    }
    program.add(kind, note.name, note.version, namespace=distro, qualifiers=qualifiers)
    return program.facts()


def _known(files: Files, kind: str) -> bool:
    """Return whether the package manager's own database is there."""
    return any(files.exists(path) for path in _DATABASES[kind])


READER = Reader(
    title="ELF package metadata",
    media_type="application/x-executable",
    read=read,
    link=Link.DEPENDENCIES,
    ceiling=CEILING,
    magic=(b"\x7fELF",),
    sift=sift,
    scope=Scope.SYSTEM,
)
