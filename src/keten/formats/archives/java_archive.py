"""What a Java archive says of itself and of the archives within it, in a few hundred bytes.

Of each archive, however deep: its SHA-1, the main section of META-INF/MANIFEST.MF (JAR File
Specification: continuation lines begin with a blank), every META-INF/maven/*/*/pom.properties
and pom.xml (a shaded jar has one for each library in it), and which known folders of classes it
has. Archives within are unpacked one in another up to ceilings on depth, number and bytes.
"""

from collections.abc import Iterator
from hashlib import sha1
from typing import Any

import msgspec

from keten.errors import CeilingError, InputError
from keten.formats.archives import java_groups, zip  # noqa: A004 the format's name
from keten.formats.lazy_pattern import lazy

ENDINGS = (".jar", ".war", ".ear", ".par", ".sar", ".jpi", ".hpi", ".nar", ".kar", ".lpkg", ".rar")
MAX_DEPTH = 8
MAX_ARCHIVES = 5000
MAX_ENTRIES = 1_000_000
IMAGE_ENTRIES = 2_000_000
"""The most entries of all archives of an image: a second for each million.

Large applications have 100,000 to 600,000; a server with every plugin there is some million.
"""
IMAGE_UNPACKED = 1536 << 20
"""The most bytes that are unpacked of all archives of an image."""
MAX_POMS = 20_000
MAX_UNPACKED = 640 << 20
"""The most bytes that are unpacked of one file, in all."""
MAX_HELD = 96 << 20
"""The most bytes that are held unpacked at a time; while they are unpacked it is twice that."""
MAX_MANIFEST = 128 << 10
MAX_POM = 1 << 20
MAX_TEXT = 300
MAX_PROBLEMS = 50

_MANIFEST = b"META-INF/MANIFEST.MF"
_PROPERTIES, _XML = b"/pom.properties", b"/pom.xml"
_NESTED = tuple(ending.encode() for ending in ENDINGS)
_WANTED = (_MANIFEST, _PROPERTIES, _XML, *_NESTED)
_POM = lazy(rb"(?:.*/)?META-INF/maven/[^/]+/[^/]+\Z")
_LICENSES = lazy(rb"<licenses>(.*?)</licenses>", 16)
_LICENSE = lazy(rb"<(name|url)>\s*([^<]{1,300}?)\s*</\1>")
_ODD = lazy(r"[\s/\\]|:.*:.*:")
_COMMENT = lazy(rb"<!--.*?-->", 16)
_KEPT = {
    "automatic-module-name", "bundle-license", "bundle-symbolicname", "bundle-vendor",
    "bundle-version", "extension-name", "group-id", "implementation-title",
    "implementation-vendor", "implementation-vendor-id", "implementation-version",
    "plugin-version", "short-name", "specification-vendor", "specification-version",
}  # fmt: skip


class Pom(msgspec.Struct, array_like=True):
    """Coordinates that stand in an archive; *licenses* as the pom names them."""

    group: str
    artifact: str
    version: str
    licenses: list[str] = []


class Archive(msgspec.Struct, array_like=True):
    """One archive: its *path* within the outermost (``a.jar!b.jar``), and what it says."""

    path: str
    sha1: str
    manifest: dict[str, str] = {}
    poms: list[Pom] = []
    folders: list[str] = []


class Found(msgspec.Struct, array_like=True):
    """The archives of one file, the outermost first; *problems* are pairs of path and words."""

    archives: list[Archive] = []
    problems: list[tuple[str, str]] = []


class Effort(msgspec.Struct):
    """What all archives of an image may still take: *entries* of theirs, bytes *unpacked*."""

    entries: int = IMAGE_ENTRIES
    unpacked: int = IMAGE_UNPACKED
    met: bool = False

    def enter(self, entries: int) -> None:
        """Take what a directory of so many *entries* takes. CeilingError."""
        if entries > self.entries:
            self._refuse(f"more than {IMAGE_ENTRIES:,} entries in the Java archives of an image")
        self.entries -= entries

    def unpack(self, size: int) -> None:
        """Take what unpacking *size* bytes takes. CeilingError."""
        if size > self.unpacked:
            self._refuse(f"more than {IMAGE_UNPACKED >> 20} MiB in the Java archives of an image")
        self.unpacked -= size

    def _refuse(self, what: str) -> None:
        self.met = True
        raise CeilingError(what, advice="Unpack it and scan the folder, in parts.")


def sift(data: zip.Buffer, effort: Effort | None = None) -> bytes:
    """Return what *data* says, to be read by ``decode``; InputError where it is no archive.

    *effort* is what it may take together with others.
    """
    walk = _Walk(effort or Effort())
    walk.archive(memoryview(data), "", depth=0, held=0)
    return msgspec.msgpack.encode(walk.found)


def decode(data: bytes) -> Found:
    """Return what ``sift`` wrote; InputError where it did not."""
    try:
        return msgspec.msgpack.decode(data, type=Found)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"no sifted archive: {error}") from error


class _Walk:
    def __init__(self, effort: Effort) -> None:
        self.found = Found()
        self.effort = effort
        self.unpacked = 0
        self.entries = 0
        self.poms = 0

    def archive(self, whole: zip.Buffer, path: str, *, depth: int, held: int) -> None:
        """Take in one archive and those within it; InputError where it is none."""
        folders: set[bytes] = set()
        limit = min(zip.MAX_ENTRIES, MAX_ENTRIES - self.entries)
        count = zip.count(whole)
        if count <= limit:
            self.entries += count
            self.effort.enter(count)
        members = list(zip.members(whole, limit=limit, ends=_WANTED, folders=folders))
        if len(self.found.archives) >= MAX_ARCHIVES:
            raise CeilingError(f"more than {MAX_ARCHIVES} archives in one file")
        digest = sha1(whole, usedforsecurity=False).hexdigest()
        one = Archive(path, digest, {}, [], _known(folders))
        self.found.archives.append(one)
        poms: dict[bytes, list[zip.Member]] = {}
        for member in members:
            if member.raw == _MANIFEST:
                self._manifest(whole, one, member)
            elif member.raw.endswith((_PROPERTIES, _XML)):
                folder = member.raw.rpartition(b"/")[0]
                if _POM.match(folder):
                    poms.setdefault(folder, []).append(member)
        for folder in sorted(poms):
            self._poms(whole, one, poms[folder])
        for member in members:
            if member.raw.endswith(_NESTED):
                self._nested(whole, path, member, depth=depth + 1, held=held)

    def problem(self, path: str, what: str) -> None:
        if len(self.found.problems) < MAX_PROBLEMS:
            self.found.problems.append((path, what))

    def _nested(
        self, whole: zip.Buffer, path: str, member: zip.Member, *, depth: int, held: int
    ) -> None:
        name = _text(member.name)
        inner = f"{path}!{name}" if path else name
        try:
            self._refuse(member, depth, MAX_HELD - held)
            data = zip.unpack(whole, member, ceiling=MAX_UNPACKED)
            more = 0 if member.stored else member.size
            self.archive(memoryview(data), inner, depth=depth, held=held + more)
        except InputError as error:
            self.problem(inner, error.what)

    def _refuse(self, member: zip.Member, depth: int, room: int) -> None:
        """Raise CeilingError for an archive within that is not unpacked."""
        if depth > MAX_DEPTH:
            raise CeilingError(f"archives nested deeper than {MAX_DEPTH} are not read")
        if not member.stored and member.size > room:
            what = f"unpacks to {member.size:,} bytes where at most {room:,} more are held"
            raise CeilingError(what)
        self._count(member)

    def _count(self, member: zip.Member) -> None:
        self.unpacked += member.size
        self.effort.unpack(member.size)
        if self.unpacked > MAX_UNPACKED:
            raise CeilingError(f"more than {MAX_UNPACKED >> 20} MiB unpacked from one file")

    def _manifest(self, whole: zip.Buffer, one: Archive, member: zip.Member) -> None:
        try:
            one.manifest = manifest(zip.head(whole, member, most=MAX_MANIFEST))
        except InputError as error:
            self.problem(one.path, f"{member.name} {error.what}")

    def _poms(self, whole: zip.Buffer, one: Archive, members: list[zip.Member]) -> None:
        """Take in the poms of one folder: pom.properties, with the licences of pom.xml."""
        pom: Pom | None = None
        licenses: list[str] = []
        for member in sorted(members, key=lambda member: member.raw):
            try:
                self._count(member)
                data = bytes(zip.unpack(whole, member, ceiling=MAX_POM))
                if member.raw.endswith(_PROPERTIES):
                    pom = properties(data) or pom
                else:
                    licenses = list(_named(data))
                    pom = pom or project(data)
            except InputError as error:
                self.problem(one.path, f"{_text(member.name)} {error.what}")
        self.poms += 1
        if self.poms > MAX_POMS:
            raise CeilingError(f"more than {MAX_POMS:,} poms in one file")
        if pom is not None:
            pom.licenses = licenses
            one.poms.append(pom)


def manifest(data: bytes) -> dict[str, str]:
    """Return the main attributes that matter, by lower-case name."""
    found: dict[str, str] = {}
    last = ""
    for line in (
        data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    ):
        if not line:
            break  # sections of single entries follow
        if line[0] == " ":
            if last and len(found[last]) < MAX_TEXT:
                found[last] += line[1:]
            continue
        name, colon, value = line.partition(":")
        last = name.strip().lower() if colon else ""
        if last not in _KEPT:
            last = ""
        else:
            found[last] = value.strip()
    return {name: _text(value) for name, value in found.items() if value}


def properties(data: bytes) -> Pom | None:
    """Return the coordinates in a pom.properties; None where they are not all there."""
    found: dict[str, str] = {}
    for line in data.decode("latin-1").split("\n")[:1000]:
        name, sign, value = line.partition("=" if "=" in line else ":")
        if sign and not line.startswith(("#", "!")):
            found[name.strip()] = value.strip()
    return _pom(found.get("groupId", ""), found.get("artifactId", ""), found.get("version", ""))


def project(data: bytes) -> Pom | None:
    """Return the coordinates in a pom.xml, what it lacks taken from the parent it names."""
    from keten.formats import xml_safe

    root = xml_safe.parse(data)
    group = root.read("groupId") or root.read("parent", "groupId")
    version = root.read("version") or root.read("parent", "version")
    return _pom(group, root.read("artifactId"), version)


def _pom(group: str, artifact: str, version: str) -> Pom | None:
    whole = f"{group}:{artifact}:{version}"
    if not (group and artifact and version) or len(whole) > MAX_TEXT:
        return None
    if "${" in whole or "@" in whole or _ODD.search(whole):
        return None  # a template, or nothing that Maven takes
    return Pom(group, artifact, version)


def _named(data: bytes) -> Iterator[str]:
    """Yield the names of a pom's licences, or the addresses of those without a name."""
    at = data.find(b"<licenses>")
    block = _LICENSES.match(data, at) if at >= 0 else None
    if block is None:
        return
    for part in _COMMENT.sub(b"", block.group(1)).split(b"</license>")[:20]:
        texts: dict[bytes, bytes] = {}
        for key, value in _LICENSE.findall(part):
            texts.setdefault(key, value)
        text = texts.get(b"name") or texts.get(b"url")
        if text:
            yield _text(text.decode("utf-8", "replace"))


def _known(folders: set[bytes]) -> list[str]:
    """Return those of the known folders of classes that the archive has."""
    seen: set[str] = set()
    for folder in folders:
        steps = folder.decode("utf-8", "replace").split("/", java_groups.DEPTH)
        for depth in range(1, min(len(steps), java_groups.DEPTH) + 1):
            seen.add("/".join(steps[:depth]))
    return sorted(seen & java_groups.FOLDERS)


def _text(text: Any) -> str:
    return " ".join(str(text)[:MAX_TEXT].split())
