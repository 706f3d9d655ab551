"""A bill of materials in the words that the formats have in common.

Readers of the formats make a Document, writers write one. What one format alone knows stays
with the component as it was written (``Component.raw``), so that nothing is lost on the way.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

MAX_BYTES = 64 << 20
"""The largest document that is read."""
MAX_OBJECTS = 1_500_000
"""The most objects (or lines, or elements) of one document: each takes memory."""
MAX_COMPONENTS = 75_000
MAX_NESTING = 40
"""How deep components may lie inside each other; what lies deeper is told, not read."""
MAX_FAULTS = 100
"""The most faults of one document that are told one by one."""
INCOMPLETE = "Known unknowns: "
"""What the note begins with that says what is missing, where a format has notes alone."""


class Component(Struct, frozen=True, omit_defaults=True):
    """One thing that is listed. *ref* is unique in its document.

    *type* is CycloneDX's word (``library``, ``operating-system``, ``file``, ``container``).
    *hashes* are ``sha256:hex``; *licenses* SPDX expressions, or as written, all of which
    apply; *source* is where it was got from; *scope* is ``development``, ``optional`` or "".
    *paths* are where it was found, *parent* is the ref of what it lies in, *own* what keten
    alone says (``layer``), and *raw* the parts that only its format knows, as JSON.
    """

    ref: str
    name: str
    type: str = "library"
    group: str = ""
    version: str = ""
    purls: tuple[str, ...] = ()
    cpes: tuple[str, ...] = ()
    hashes: tuple[str, ...] = ()
    licenses: tuple[str, ...] = ()
    supplier: str = ""
    author: str = ""
    copyright: str = ""
    description: str = ""
    source: str = ""
    scope: str = ""
    paths: tuple[str, ...] = ()
    parent: str = ""
    own: Mapping[str, str] = {}
    raw: Mapping[str, bytes] = {}


class Relation(Struct, frozen=True, order=True):
    """*src* and *dst* are refs; *kind* is ``requires``, ``contains``, or the format's own word."""

    src: str
    kind: str
    dst: str


class Listed(Struct, frozen=True, order=True):
    """A file that the document lists, by *path*; *hashes* as of components."""

    path: str
    hashes: tuple[str, ...] = ()
    ref: str = ""


class Document(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A whole bill of materials.

    *format* is ``cyclonedx``, ``spdx`` or ``syft``, *version* its version and *encoding* how it
    was written (``json``, ``xml``, ``tag-value``, ``json-ld``). *id* is the serial number or
    namespace, *created* as written (RFC 3339), *tools* what made it, *lifecycles* in which
    phase (``build``, ``operations``). *completeness* pairs a ref with CycloneDX's aggregate
    (``complete``, ``incomplete``, ``unknown``). *notes* are what it says of itself in words,
    *faults* what of it could not be read, *vulnerabilities* its part about those, as JSON.
    *leaves* are refs of which it says that they depend on nothing.
    """

    format: str
    version: str
    encoding: str = "json"
    name: str = ""
    id: str = ""
    created: str = ""
    tools: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    supplier: str = ""
    lifecycles: tuple[str, ...] = ()
    subject: Component | None = None
    components: Sequence[Component] = ()
    relations: Sequence[Relation] = ()
    files: Sequence[Listed] = ()
    completeness: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    vulnerabilities: bytes = b""
    leaves: tuple[str, ...] = ()


class Faults:
    """What of a document could not be read: the first of them in words, the rest as a count."""

    def __init__(self) -> None:
        self._told: list[str] = []
        self._more = 0

    def tell(self, what: str) -> None:
        """Take in one fault."""
        if len(self._told) < MAX_FAULTS:
            self._told.append(what)
        else:
            self._more += 1

    def all(self) -> tuple[str, ...]:
        """Return them all."""
        more = (f"{self._more:,} more entries could not be read",) if self._more else ()
        return (*self._told, *more)


class Refs:
    """Hands out refs that are unique in a document: a repeated or absent one gets a number."""

    def __init__(self, faults: Faults) -> None:
        self._taken: set[str] = set()
        self._next: dict[str, int] = {}
        self._faults = faults

    def take(self, written: str, name: str) -> str:
        """Return *written* where it is free, else one made of it or of *name*."""
        if written and written not in self._taken:
            self._taken.add(written)
            return written
        if written:
            self._faults.tell(f"the reference {written[:80]!r} is given to several components")
        stem = written or name or "component"
        number = self._next.get(stem, 2 if written else 1)
        while f"{stem}#{number}" in self._taken:
            number += 1
        self._next[stem] = number + 1
        self._taken.add(f"{stem}#{number}")
        return f"{stem}#{number}"
