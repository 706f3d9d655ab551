"""From the headers of rpm's database to the packages that are installed and what they require."""

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from keten.errors import CeilingError, InputError
from keten.formats import rpmdb
from keten.formats.rpmdb import header as tags
from keten.formats.rpmdb.header import OBJECT, Header, Installed

MAX_PACKAGES = 60_000
MAX_PROBLEMS = 100
MAX_PATHS = 120_000_000
"""The most bytes that the files' paths of one database take: folders are shared in it, not here."""
MAX_RELATIONS = 1_000_000
MAX_PROVIDERS = 5
_KEYS = "gpg-pubkey"


class Database(Struct, frozen=True, array_like=True):
    """What is kept of a database."""

    packages: tuple[Installed, ...] = ()
    problems: tuple[str, ...] = ()


def read(data: bytes) -> Database:
    """Return what is installed, in order of the names; InputError where nothing can be read."""
    problems: list[str] = []
    found = sorted(_parts(data, problems), key=lambda part: part.order)
    return Database(tuple(_resolved(found)), tuple(problems[:MAX_PROBLEMS]))


def sift(data: bytes) -> bytes:
    """Return ``read`` of a database as MessagePack; nothing of an empty file."""
    return msgspec.msgpack.encode(read(data)) if data else b""


def restore(data: bytes) -> Database:
    """Return what ``sift`` made; InputError where it did not."""
    try:
        return msgspec.msgpack.decode(data, type=Database)
    except msgspec.MsgspecError as error:
        raise InputError("not what was kept of rpm's database") from error


class _Part(Struct, frozen=True):
    package: Installed
    provides: list[bytes]
    requires: list[bytes]

    @property
    def order(self) -> tuple[str, ...]:
        package = self.package
        return package.name, package.version, package.release, package.arch, package.source


def _parts(data: bytes, problems: list[str]) -> Iterator[_Part]:
    left, relations, count = MAX_PATHS, MAX_RELATIONS, 0
    for blob in rpmdb.headers(data):
        if isinstance(blob, str):
            problems.append(blob)
            continue
        count += 1
        if count > MAX_PACKAGES:
            raise CeilingError(f"more than {MAX_PACKAGES:,} packages")
        try:
            found = Header(blob)
            part = _part(found)
        except InputError as error:
            problems.append(error.what)
            continue
        if part is None:
            continue
        relations -= len(part.provides) + len(part.requires)
        if relations < 0:
            raise CeilingError(f"more than {MAX_RELATIONS:,} relations of packages")
        files: tuple[str, ...] = ()
        try:
            files = tuple(found.files(most=left)) if left else ()
        except InputError as error:
            problems.append(f"{part.package.name[:80]}: {error.what}")
            left = 0 if isinstance(error, CeilingError) else left
        left = max(0, left - sum(map(len, files)) - OBJECT * len(files))
        yield _Part(
            msgspec.structs.replace(part.package, files=files), part.provides, part.requires
        )


def _part(found: Header) -> _Part | None:
    name = found.text(tags.NAME)
    if name == _KEYS:
        return None  # a key that rpm trusts, not a package
    version, release = found.text(tags.VERSION), found.text(tags.RELEASE)
    if not name or not version:
        raise InputError(f"a header without a {'version' if name else 'name'}")
    epoch = found.numbers(tags.EPOCH)
    return _Part(
        Installed(
            name,
            version,
            release,
            epoch[0] if epoch else None,
            found.text(tags.ARCH),
            _told(found.text(tags.SOURCE_RPM)),
            _told(found.text(tags.LICENSE)),
            _told(found.text(tags.VENDOR)),
            _told(found.text(tags.MODULARITY)),
        ),
        found.texts(tags.PROVIDES),
        found.texts(tags.REQUIRES),
    )


def _told(text: str) -> str:
    return "" if text == "(none)" else text


def _resolved(parts: list[_Part]) -> Iterator[Installed]:
    """Yield the packages with the positions of what they require."""
    providers: dict[bytes, list[int]] = {}
    asked = {name for part in parts for name in part.requires if name[:1] == b"/"}
    owners: dict[bytes, int] = {}
    for number, part in enumerate(parts):
        for name in part.provides:
            providers.setdefault(name, []).append(number)
        if asked:
            for path in part.package.files:
                if (told := b"/" + path.encode()) in asked:
                    owners.setdefault(told, number)
    for number, part in enumerate(parts):
        wanted: set[int] = set()
        for name in set(part.requires):
            wanted.update(providers.get(name, ())[:MAX_PROVIDERS])
            if name in owners:
                wanted.add(owners[name])
        wanted.discard(number)
        yield msgspec.structs.replace(part.package, requires=tuple(sorted(wanted)))
