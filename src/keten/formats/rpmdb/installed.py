"""From the headers of rpm's database to the packages that are installed and what they require."""

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from keten.errors import CeilingError, InputError
from keten.formats import rpmdb
from keten.formats.rpmdb import header as tags
from keten.formats.rpmdb.header import Header, Installed

MAX_PACKAGES = 100_000
MAX_PROBLEMS = 100
MAX_CHARACTERS = 100_000_000
"""The most characters of files' paths of one database: folders are shared in it, not here."""
MAX_RELATIONS = 5_000_000
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
    characters, relations, count = MAX_CHARACTERS, MAX_RELATIONS, 0
    for blob in rpmdb.headers(data):
        if isinstance(blob, str):
            problems.append(blob)
            continue
        count += 1
        if count > MAX_PACKAGES:
            raise CeilingError(f"more than {MAX_PACKAGES:,} packages")
        try:
            part = _part(blob, characters)
        except InputError as error:
            problems.append(error.what)
            continue
        if part is None:
            continue
        characters -= sum(map(len, part.package.files))
        relations -= len(part.provides) + len(part.requires)
        if characters <= 0 or relations <= 0:
            raise CeilingError("more files or relations than a system has")
        yield part


def _part(blob: bytes, characters: int) -> _Part | None:
    found = Header(blob)
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
            files=tuple(found.files(most=characters)),
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
