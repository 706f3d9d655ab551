"""What the database keeps of an OSV record: compact rows, and how they are made.

A record becomes one Row and, for each package it names, an Entry. Ranges are kept as written;
they are put in order when they are asked, because the order is the ecosystem's.
"""

from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from typing import Annotated, Any

from msgspec import Meta, Struct

from keten import plugs
from keten.errors import InputError
from keten.formats import osv
from keten.model.finding import Severity
from keten.model.plug import Ecosystem

MAX_LISTED = 100_000
MAX_SYMBOLS = 2000
_URGENCIES = frozenset({"unimportant", "end-of-life"})
Import = tuple[str, tuple[str, ...], tuple[str, ...]]
_WORDS = {
    "CRITICAL": Severity.CRITICAL,
    "IMPORTANT": Severity.HIGH,
    "HIGH": Severity.HIGH,
    "MODERATE": Severity.MEDIUM,
    "MEDIUM": Severity.MEDIUM,
    "LOW": Severity.LOW,
    "NEGLIGIBLE": Severity.LOW,
    "UNIMPORTANT": Severity.INFO,
}
# RustSec's advisories that tell of no vulnerability; they would drown those that do.
_INFORMATIONAL = {
    "unmaintained": Severity.INFO,
    "notice": Severity.INFO,
    "unsound": Severity.LOW,
}


class Rating(Struct, frozen=True, array_like=True):
    """*severity* is None where nothing says; *tenths* is the CVSS score times ten, or -1."""

    severity: Annotated[int, Meta(ge=0, le=4)] | None = None
    tenths: int = -1
    vector: str = ""


class Row(Struct, frozen=True, array_like=True):
    """A record without its packages. *source* is the number of its source."""

    id: str
    source: int = 0
    aliases: tuple[str, ...] = ()
    upstream: tuple[str, ...] = ()
    title: str = ""
    rating: Rating = Rating()
    published: date | None = None
    malicious: bool = False
    informational: str = ""


class Entry(Struct, frozen=True, array_like=True):
    """What one record says of one package. *row* is the number of its Row.

    A range is its type's letter (``S`` SEMVER, ``E`` ECOSYSTEM, ``G`` GIT) and its events, each
    a letter (``i`` introduced, ``f`` fixed, ``a`` last_affected, ``l`` limit) and a version.
    *custom* are the ranges of Go records that fit no module version. *rating* replaces the Row's.
    *urgency* is Debian's word where it takes weight away (``unimportant``, ``end-of-life``).
    *imports* are Go's (import path, symbols, operating systems): what of the module is
    affected; no symbols: all of the package, no systems: on all.
    """

    row: int
    ranges: tuple[tuple[str, ...], ...] = ()
    versions: tuple[str, ...] = ()
    custom: tuple[tuple[str, ...], ...] = ()
    rating: Rating | None = None
    urgency: str = ""
    imports: tuple[Import, ...] = ()


@cache
def order(purl_type: str) -> Ecosystem | None:
    """Return the plug of an ecosystem by its PURL type, or None where there is none."""
    if purl_type not in plugs.names(Ecosystem):
        return None
    return plugs.load(Ecosystem, purl_type)


def spell(ecosystem: str, name: str) -> str:
    """Return a package's name as the database spells it; *ecosystem* is OSV's."""
    kind, normalise = _speller(ecosystem)
    if kind == "maven" and ":" not in name:
        name = name.replace("/", ":", 1)
    try:
        return normalise(name)
    except InputError:
        return name


@cache
def _speller(ecosystem: str) -> tuple[str, Callable[[str], str]]:
    """Return an ecosystem's PURL type, and how its names are normalised."""
    kind = osv.PURL_TYPES.get(osv.base(ecosystem), "")
    plug = order(kind)
    return kind, str if plug is None else plug.normalise


def compact(record: osv.Record) -> tuple[Row, dict[tuple[str, str], list[Entry]]]:
    """Return a record's Row and its entries by (ecosystem, name)."""
    affected = [a for a in record.affected or () if a.package and a.package.name]
    shared = _rate(record.severity, (record.database_specific,))
    if shared.severity is None and _deprecates(record):
        shared = Rating(int(Severity.INFO))
    per_package: dict[tuple[str, str], list[Entry]] = {}
    informational = ""
    for item in affected:
        package = item.package
        assert package is not None
        specific = (item.database_specific, item.ecosystem_specific)
        told = _word(specific, "informational").lower()
        informational = informational or (told if told in _INFORMATIONAL else "")
        own = _rate(item.severity, specific)
        if told in _INFORMATIONAL and own.severity is None and shared.severity is None:
            own = Rating(int(_INFORMATIONAL[told]))
        word = _WORDS.get(_word(specific, "urgency").upper())
        if word is not None and own.severity is None and shared.severity is None:
            own = Rating(int(word))
        entry = Entry(
            0,
            tuple(_range(found) for found in item.ranges or ()),
            tuple(dict.fromkeys((item.versions or ())[:MAX_LISTED])),
            _custom(item.ecosystem_specific),
            own if own.severity is not None else None,
            urgency if (urgency := _word(specific, "urgency").lower()) in _URGENCIES else "",
            _imports(item.ecosystem_specific),
        )
        key = (package.ecosystem, spell(package.ecosystem, package.name))
        per_package.setdefault(key, []).append(entry)
    row = Row(
        record.id,
        aliases=_ids(record.aliases),
        upstream=_ids(record.upstream),
        title=record.title,
        rating=shared,
        published=date.fromisoformat(day) if (day := osv.day(record.published)) else None,
        malicious=record.id.startswith("MAL-"),
        informational=informational,
    )
    return row, per_package


def _deprecates(record: osv.Record) -> bool:
    """Return whether a record only tells that (a part of) a package is given up.

    Go's are of this form: nobody's id but their own, no version that is fixed.
    """
    if record.aliases or "unmaintained" not in record.title:
        return False
    ranges = [found for item in record.affected or () for found in item.ranges or ()]
    return not any(event.fixed or event.last_affected for r in ranges for event in r.events or ())


def _ids(names: list[str] | None) -> tuple[str, ...]:
    return tuple(sorted({name for name in names or () if name and name.isprintable()}))


def _range(found: osv.Range) -> tuple[str, ...]:
    return (found.type[:1].upper(), *_events(found.events or ()))


def _events(events: Any) -> Iterator[str]:
    for event in events:
        for letter, version in (
            ("i", event.introduced),
            ("f", event.fixed),
            ("a", event.last_affected),
            ("l", event.limit),
        ):
            if version is not None:
                yield letter + version


def _custom(specific: dict[str, Any] | None) -> tuple[tuple[str, ...], ...]:
    """Return a Go record's ``custom_ranges``; what is not such a list is left out."""
    listed = (specific or {}).get("custom_ranges")
    letters = {"introduced": "i", "fixed": "f", "last_affected": "a", "limit": "l"}
    found = []
    for item in listed if isinstance(listed, list) else ():
        events = item.get("events") if isinstance(item, dict) else None
        told = ["S"]
        for event in events if isinstance(events, list) else ():
            pairs = event.items() if isinstance(event, dict) else ()
            told += [letters[k] + v for k, v in pairs if k in letters and isinstance(v, str)]
        found.append(tuple(told))
    return tuple(found)


def _imports(specific: dict[str, Any] | None) -> tuple[Import, ...]:
    """Return what of a Go module is affected; what is not such a list is left out."""
    listed = (specific or {}).get("imports")
    found = []
    for item in listed[:MAX_SYMBOLS] if isinstance(listed, list) else ():
        path = item.get("path") if isinstance(item, dict) else None
        if isinstance(path, str) and path:
            found.append((path, _texts(item.get("symbols")), _texts(item.get("goos"))))
    return tuple(sorted(found))


def _texts(listed: object) -> tuple[str, ...]:
    texts = listed[:MAX_SYMBOLS] if isinstance(listed, list) else []
    return tuple(sorted({text for text in texts if isinstance(text, str) and text}))


def _rate(rated: list[osv.Rated] | None, specific: tuple[dict[str, Any] | None, ...]) -> Rating:
    """Return the worst of the CVSS vectors, or else what the database's own word says."""
    from keten.formats import cvss

    best = Rating()
    for item in rated or ():
        word = _WORDS.get(item.score.upper())
        if word is not None:
            found = Rating(int(word))
        else:
            try:
                value = cvss.score(item.score)
            except InputError:
                continue
            found = Rating(int(cvss.rating(value)), round(value * 10), item.score)
        best = max(best, found, key=weight)
    if best.severity is None:
        word = _WORDS.get(_word(specific, "severity").upper())
        best = Rating(int(word)) if word is not None else best
    return best


def weight(rating: Rating) -> tuple[int, int, str]:
    """Return the sort key of ratings: the worst is the greatest."""
    return (-1 if rating.severity is None else rating.severity, rating.tenths, rating.vector)


def _word(specific: tuple[dict[str, Any] | None, ...], key: str) -> str:
    for found in specific:
        value = (found or {}).get(key)
        if isinstance(value, str):
            return value
    return ""
