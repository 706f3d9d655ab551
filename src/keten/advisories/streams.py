"""Release streams of rpm distributions: modules (AppStreams) and long-lived minor releases.

A module's packages are built from several streams at once (nodejs 18 and 20), whose versions
must not be compared with each other, nor with packages that are of no module. The fixes of a
long-lived minor release (EUS) have lower versions than those of the main release; what is
fixed there is fixed, though the main release's advisory calls a higher version fixed.
"""

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import structs

from keten.advisories.cluster import Hit, same
from keten.advisories.questions import Question
from keten.advisories.records import Entry, Row
from keten.errors import InputError
from keten.formats.lazy_pattern import lazy

_MODULE = lazy(r"\.module[+_]")
_STREAM = lazy(r"\b([A-Za-z0-9][\w.+-]{0,60}):([A-Za-z0-9][\w.+-]{0,40})")
_MINOR = lazy(r"\.el(\d{1,2})_(\d{1,2})(?:\.|$)")


def fitting(entry: Entry, question: Question, title: Callable[[], str]) -> Entry | None:
    """Return *entry* as it applies to what is asked about; None where it is of another stream.

    *title* is the record's, which names the stream (``nodejs:18 security update``).
    """
    fixed = [event[1:] for found in entry.ranges for event in found[1:] if event[0] == "f"]
    modular = [version for version in fixed if _MODULE.search(version)]
    if question.module is None:
        if fixed and len(modular) == len(fixed):
            return None
    elif fixed and not (modular and _same_stream(question, modular, title())):
        return None
    return _epochless(entry) if question.epochless else entry


def _same_stream(question: Question, fixed: Sequence[str], title: str) -> bool:
    """Return whether the fixed versions are of the stream that is installed.

    Where the advisory names no stream, or the package none, that of one major version counts.
    """
    name, _, stream = (question.module or "").partition(":")
    told = {f"{found[1]}:{found[2]}" for found in _STREAM.finditer(title[:500])}
    if stream:
        named = {one for one in told if one.partition(":")[0] == name}
        if named:
            return f"{name}:{stream}" in named
    major = _major(question.version)
    return any(_major(version) == major for version in fixed)


def _major(version: str) -> str:
    return bare(version).partition(".")[0].partition("-")[0]


def bare(version: str) -> str:
    """Return a version without its epoch."""
    head, colon, rest = version.partition(":")
    return rest if colon and head.isdigit() else version


def _epochless(entry: Entry) -> Entry:
    ranges = tuple(
        (found[0], *(event[0] + bare(event[1:]) for event in found[1:])) for found in entry.ranges
    )
    return structs.replace(entry, ranges=ranges, versions=tuple(map(bare, entry.versions)))


def kept(
    hits: Sequence[Hit],
    streamed: Sequence[tuple[Row, tuple[str, ...], str]],
    key: Callable[[str], Any],
) -> list[Hit]:
    """Return *hits* without those whose every vulnerability a minor release's stream has fixed.

    *streamed* are (record, its fixes, the installed version). A fix counts for a package that
    was built for the same minor release (``.el9_4``).
    """
    fixed: set[str] = set()
    for row, fixes, version in streamed:
        if _reached(version, fixes, key):
            fixed |= _vulnerabilities(row)
    return [hit for hit in hits if not (mine := _vulnerabilities(hit.row)) or not mine <= fixed]


def _reached(version: str, fixes: Sequence[str], key: Callable[[str], Any]) -> bool:
    built = _MINOR.search(version)
    if built is None:
        return False
    for fix in fixes:
        other = _MINOR.search(fix)
        try:
            if other and other.groups() == built.groups() and not key(version) < key(fix):
                return True
        except InputError:
            continue
    return False


def _vulnerabilities(row: Row) -> set[str]:
    return set(row.upstream) or {name for name in same(row) if name != row.id}
