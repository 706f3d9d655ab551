"""The values that plugs export, beside Check. Each is data and functions, never a base class."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any, Protocol

from msgspec import Struct

from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.finding import Severity


class Files(Protocol):
    """The target's files, for a reader that must look beside the one it reads.

    Paths are relative to the target, with ``/``. Nothing outside the target is ever opened.
    """

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, or None where there is no such file within the ceilings."""
        ...

    def exists(self, path: str) -> bool:
        """Return whether a regular file stands there."""
        ...


class Scope(StrEnum):
    """Where a reader's files mean what it says: a project's tree, a root filesystem, or both."""

    SOURCE = "source"
    SYSTEM = "system"
    BOTH = "both"


class Source(Struct, frozen=True):
    """One file as a reader gets it: *path* relative to the target, its *data*, its *files*.

    In a root filesystem *files* follows symbolic links as a process there would, and answers
    for what some reader asks for (``etc/os-release``); all else is not kept.
    """

    path: str
    data: bytes
    files: Files


class Effort(Protocol):
    """What sifting may still take; whoever sifts takes of it, and raises CeilingError past it.

    *met*: it was refused, so what was sifted since depends on what was sifted before.
    """

    met: bool


class Reader(Struct, frozen=True, kw_only=True):
    """Turns the bytes of one file into facts.

    *names* are shell patterns of base names, *paths* of whole relative paths (``*`` crosses
    ``/``); a file that matches either is offered. *marks*: byte strings of which each must
    occur in the file, a cheap filter before dear work. *read* returns Facts; it raises
    InputError for a file of which nothing can be said, and puts what it could not read of
    an otherwise readable file into ``Facts.problems``. *version* rises when the facts change.
    *link* is the link of the chain that a file left unread makes UNKNOWN.

    *scope* says in which trees the file is offered. *anchors* are paths from the root of a
    root filesystem, found through its links (``var/lib/dpkg/status``; the last part may be a
    pattern). *magic*: a file that begins with one of these is offered whatever its name; with
    *names* or *paths* too, either is enough. *sift* makes of a large file the few bytes that
    *read* needs, none where there is nothing in it; it sees nothing else, so that what it
    makes can be kept by the file's layer. It must hold its own ceilings, and raises InputError.
    *sift_path*: it is handed the file's path too, ``sift(data, path)``. *effort* makes an Effort:
    what sifting all files of an image may take; sift is handed it after the others.
    """

    title: str
    media_type: str
    read: Callable[[Source], Facts]
    link: Link
    names: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    marks: tuple[bytes, ...] = ()
    ceiling: int = 64 << 20
    version: int = 1
    scope: Scope = Scope.SOURCE
    anchors: tuple[str, ...] = ()
    magic: tuple[bytes, ...] = ()
    sift: Callable[..., bytes] | None = None
    sift_path: bool = False
    effort: Callable[[], "Effort"] | None = None


class Ecosystem(Struct, frozen=True, kw_only=True):
    """A package ecosystem: how its names are spelled and its versions ordered.

    *purl_type* as in PURL; *osv* the name in OSV (``PyPI``; before any ``:``), empty where
    OSV has none, and *osv_more* other OSV names with the same order. *key* turns a
    version into a value that compares as the ecosystem does; it raises InputError for what
    is no version there. *normalise* spells a name as the ecosystem's registry does.
    *vers* are the names of VERS schemes with this order. *native* turns the ecosystem's
    own range notation into VERS constraints, ``((comparator, version), ...)``, or is None.
    """

    title: str
    purl_type: str
    osv: str
    key: Callable[[str], Any]
    normalise: Callable[[str], str]
    vers: tuple[str, ...] = ()
    native: Callable[[str], tuple[tuple[str, str], ...]] | None = None
    osv_more: tuple[str, ...] = ()


class Match(Struct, frozen=True):
    """What a detector's own check says of a candidate: *confidence* 0-100 and why (*proof*)."""

    confidence: int
    proof: str = ""


class Detector(Struct, frozen=True, kw_only=True):
    """How one kind of secret looks.

    *pattern* is an RE2 pattern over bytes; the group ``secret`` is the value, or the whole
    match. *keywords*, lower case, one of which must stand within the window. *entropy* is the
    least Shannon entropy in bits per character. *judge* checks the structure offline and
    returns None to refuse. *refs* name the vendor's page that the format is from.

    *heads* are RE2 patterns of one fixed width each with which a match begins, or that stand
    within *back* bytes behind its start; empty: taken from the pattern. *reach* is the most
    bytes from the head to the match's end. *names*, where given, makes it a detector of
    assignments: what is assigned to must match it, and the value must match *pattern* in
    full; *strict* then keeps the generic detectors silent when the value does not.
    *kind* is ``token``, ``key``, ``password``, ``url``, ``hash`` or ``identifier``.
    """

    id: str
    title: str
    pattern: str
    severity: Severity = Severity.HIGH
    keywords: tuple[str, ...] = ()
    entropy: float = 0.0
    judge: Callable[[bytes], Match | None] | None = None
    shown: int = 0
    refs: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()
    back: int = 0
    reach: int = 512
    names: str = ""
    strict: bool = False
    kind: str = "token"


class Collector(Struct, frozen=True, kw_only=True):
    """Brings bytes in and changes nothing. *takes* says whether a target is its kind."""

    title: str
    takes: Callable[[str], bool]
    collect: Callable[..., Facts]


class Report(Struct, frozen=True, kw_only=True):
    """Writes a result in one format; *write* yields text, *media_type* is what it is."""

    title: str
    media_type: str
    write: Callable[..., Iterable[str]]
