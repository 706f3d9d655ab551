"""OSV records, version 1.7 and before (https://ossf.github.io/osv-schema/), typed.

Only what keten asks for is decoded. Real files have ``null`` where the schema has a list, and
no ``modified``: both are read. What is no record at all raises InputError.
"""

from datetime import date
from typing import Any

import msgspec
from msgspec import Struct

from keten.errors import CeilingError, InputError
from keten.formats.lazy_pattern import lazy

MAX_RECORD = 16 << 20
MAX_TEXT = 2000
_EARLIEST = date(1990, 1, 1)

# OSV's ecosystem names and the PURL types of their packages.
PURL_TYPES: dict[str, str] = {
    "AlmaLinux": "rpm",
    "Alpaquita": "apk",
    "Alpine": "apk",
    "Azure Linux": "rpm",
    "BellSoft Hardened Containers": "apk",
    "Bioconductor": "bioconductor",
    "Bitnami": "bitnami",
    "CRAN": "cran",
    "Chainguard": "apk",
    "ConanCenter": "conan",
    "Debian": "deb",
    "Echo": "deb",
    "GitHub Actions": "github",
    "Go": "golang",
    "Hackage": "hackage",
    "Hex": "hex",
    "Julia": "julia",
    "Mageia": "rpm",
    "Maven": "maven",
    "MinimOS": "apk",
    "NuGet": "nuget",
    "Packagist": "composer",
    "Photon OS": "rpm",
    "Pub": "pub",
    "PyPI": "pypi",
    "Red Hat": "rpm",
    "Rocky Linux": "rpm",
    "RubyGems": "gem",
    "SUSE": "rpm",
    "SwiftURL": "swift",
    "Ubuntu": "deb",
    "Wolfi": "apk",
    "crates.io": "cargo",
    "npm": "npm",
    "openEuler": "rpm",
    "opam": "opam",
    "openSUSE": "rpm",
}


class Event(Struct, frozen=True):
    """One event of a range; one of the four is set."""

    introduced: str | None = None
    fixed: str | None = None
    last_affected: str | None = None
    limit: str | None = None


class Range(Struct, frozen=True):
    """A range: *type* is SEMVER, ECOSYSTEM or GIT."""

    type: str = ""
    events: list[Event] | None = None


class Name(Struct, frozen=True):
    """A package: *ecosystem* with its suffix (``Debian:12``)."""

    ecosystem: str = ""
    name: str = ""
    purl: str | None = None


class Rated(Struct, frozen=True):
    """A severity: a CVSS vector in *score*, or another scheme's word."""

    type: str = ""
    score: str = ""


class Affected(Struct, frozen=True):
    """What of one package is affected."""

    package: Name | None = None
    ranges: list[Range] | None = None
    versions: list[str] | None = None
    severity: list[Rated] | None = None
    ecosystem_specific: dict[str, Any] | None = None
    database_specific: dict[str, Any] | None = None


class Record(Struct, frozen=True):
    """An OSV record."""

    id: str
    modified: str | None = None
    published: str | None = None
    withdrawn: str | None = None
    aliases: list[str] | None = None
    upstream: list[str] | None = None
    summary: str | None = None
    details: str | None = None
    severity: list[Rated] | None = None
    affected: list[Affected] | None = None
    database_specific: dict[str, Any] | None = None

    @property
    def title(self) -> str:
        """Return the summary, or else the first sentence of the details that tells of the
        vulnerability rather than of the package; one line, without markup.
        """  # noqa: D205 one sentence
        text = _LINK.sub(r"\1", (self.summary or self.details or "")[:MAX_TEXT])
        text = " ".join(text.translate(_MARKUP).split())
        if self.summary:
            return _cut(text)
        sentences = text.split(". ")[:4]
        told = next((s for s in sentences if not _INTRODUCTION.match(s)), sentences[0])
        return _cut(told.removesuffix("."))

    @property
    def newest(self) -> str:
        """Return the latest day that the record names, as YYYY-MM-DD; "" where it names none."""
        return max(day(self.modified), day(self.published), day(self.withdrawn))


_MARKUP = str.maketrans("", "", "#`*")
_LINK = lazy(r"\[([^\[\]]{1,200})\]\([^()]{0,500}\)")
_INTRODUCTION = lazy(
    r"(?:The )?[\w./-]+(?: \([^)]*\))?(?: package| library| module| project)? (?:is|are|provides) "
    r"(?:an? |the )?(?!vulnerable|affected|prone|subject|susceptible|possible)|(?:Impact|Summary)$"
)
_DECODER = msgspec.json.Decoder(Record)


def read(data: bytes) -> Record:
    """Return the record in *data*."""
    if len(data) > MAX_RECORD:
        raise CeilingError(f"a record of {len(data)} bytes; at most {MAX_RECORD} are read")
    try:
        record = _DECODER.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"not an OSV record: {error}") from error
    if not record.id or not record.id.isprintable() or len(record.id) > 100:  # noqa: PLR2004 an id
        raise InputError(f"not an OSV id: {record.id[:40]!r}")
    return record


def day(text: str | None) -> str:
    """Return the day of an RFC 3339 time; "" for none, or for Go's zero time (year 1)."""
    try:
        found = date.fromisoformat((text or "")[:10])
    except ValueError:
        return ""
    return found.isoformat() if found >= _EARLIEST else ""


def base(ecosystem: str) -> str:
    """Return an ecosystem's name without its suffix: ``Debian`` of ``Debian:12``."""
    return ecosystem.partition(":")[0]


def _cut(text: str, most: int = 200) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
