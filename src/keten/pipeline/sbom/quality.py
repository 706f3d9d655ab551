"""How complete a bill of materials is, by the profiles that authorities ask for.

NTIA, "The Minimum Elements For a Software Bill of Materials" (July 2021), data fields; CISA's
draft revision of it (August 2025); BSI TR-03183-2 (2.0 and 2.1), required data fields. Each
element is had or not by the document, or by each component; the score of a profile is the
mean of its elements' shares, in percent, rounded down.
"""

from collections.abc import Callable, Sequence

from msgspec import Struct

from keten.formats.sbom.records import INCOMPLETE, Component, Document

GRADES = ((90, "A"), (75, "B"), (60, "C"), (40, "D"), (0, "F"))
"""The least score of each grade."""
MOST_NAMED = 5
_ADDRESSES = ("@", "https://", "http://")
_SHA512 = ("sha512:", "sha3-512:")
_VERSIONS = {"cyclonedx": (1, 6), "spdx": (3, 0)}


class Element(Struct, frozen=True):
    """One element of a profile: *had* of *of* have it; *lacking* names some that do not."""

    name: str
    had: int
    of: int
    lacking: tuple[str, ...] = ()
    how: str = ""

    @property
    def share(self) -> float:
        """Return how many have it, from 0 to 1; of nothing, nothing has it."""
        return self.had / self.of if self.of else 0.0


class Score(Struct, frozen=True):
    """What a profile says of a document: 0 to 100, a grade, and by which elements."""

    profile: str
    title: str
    score: int
    grade: str
    elements: tuple[Element, ...]


class _Facts:
    """What the elements ask about, worked out once."""

    def __init__(self, document: Document) -> None:
        self.document = document
        subject = document.subject
        self.components = [c for c in (subject, *document.components) if c is not None]
        ends = {ref for r in document.relations for ref in (r.src, r.dst)}
        self.related = ends | set(document.leaves)
        self.reached = _reached(document)


_Of = Callable[[_Facts, Component], bool]
_Whole = Callable[[_Facts], bool]


class _Rule(Struct, frozen=True):
    """An element: asked of each component, or of the whole document."""

    name: str
    how: str
    each: _Of | None = None
    whole: _Whole | None = None


def judge(document: Document, profiles: Sequence[str]) -> tuple[Score, ...]:
    """Return the scores of *document* by each of *profiles*, names of PROFILES."""
    facts = _Facts(document)
    return tuple(_score(facts, name) for name in profiles)


def _score(facts: _Facts, name: str) -> Score:
    title, rules = PROFILES[name]
    elements = tuple(_element(facts, rule) for rule in rules)
    score = int(100 * sum(e.share for e in elements) / len(elements) + 1e-9)
    grade = next(letter for least, letter in GRADES if score >= least)
    return Score(name, title, score, grade, elements)


def _element(facts: _Facts, rule: _Rule) -> Element:
    if rule.whole is not None:
        had = rule.whole(facts)
        return Element(rule.name, int(had), 1, () if had else ("the document",), rule.how)
    assert rule.each is not None
    lacking = [c for c in facts.components if not rule.each(facts, c)]
    named = tuple(sorted({_named(c) for c in lacking})[:MOST_NAMED])
    total = len(facts.components)
    return Element(rule.name, total - len(lacking), total, named, rule.how)


def _named(component: Component) -> str:
    name = component.name or component.ref
    return f"{name} {component.version}".strip()


def _reached(document: Document) -> set[str]:
    """Return the refs that relations lead to from what the document is about."""
    if document.subject is None:
        return set()
    after: dict[str, list[str]] = {}
    for relation in document.relations:
        after.setdefault(relation.src, []).append(relation.dst)
    reached, waiting = {document.subject.ref}, [document.subject.ref]
    while waiting:
        for ref in after.get(waiting.pop(), ()):
            if ref not in reached:
                reached.add(ref)
                waiting.append(ref)
    return reached


def _addressed(text: str) -> bool:
    return any(sign in text for sign in _ADDRESSES)


def _property(component: Component, name: bytes) -> bool:
    return name in component.raw.get("properties", b"")


def _supplier(_: _Facts, c: Component) -> bool:
    return bool(c.supplier or c.author)


def _name(_: _Facts, c: Component) -> bool:
    return bool(c.name)


def _version(_: _Facts, c: Component) -> bool:
    return bool(c.version)


def _identifier(_: _Facts, c: Component) -> bool:
    return bool(c.purls or c.cpes)


def _related(facts: _Facts, c: Component) -> bool:
    return c.ref in facts.related


def _covered(facts: _Facts, c: Component) -> bool:
    return c.ref in facts.reached


def _hashed(_: _Facts, c: Component) -> bool:
    return bool(c.hashes)


def _licensed(_: _Facts, c: Component) -> bool:
    return bool(c.licenses)


def _author(facts: _Facts) -> bool:
    return bool(facts.document.authors or facts.document.supplier)


def _maker(facts: _Facts) -> bool:
    """Return whether an author is named, or the tool that made it by itself: NTIA takes both."""
    return _author(facts) or bool(facts.document.tools)


def _dated(facts: _Facts) -> bool:
    return bool(facts.document.created)


def _tool(facts: _Facts) -> bool:
    return any(tool.strip("- ") for tool in facts.document.tools)


def _context(facts: _Facts) -> bool:
    return bool(facts.document.lifecycles)


def _unknowns(facts: _Facts) -> bool:
    document = facts.document
    told = any(aggregate != "not_specified" for _, aggregate in document.completeness)
    return told or any(note.startswith(INCOMPLETE) for note in document.notes)


def _new_enough(facts: _Facts) -> bool:
    parts = facts.document.version.split(".")[:2]
    if not all(part.isdecimal() and len(part) < 4 for part in parts):  # noqa: PLR2004 a version
        return False
    return tuple(map(int, parts)) >= _VERSIONS.get(facts.document.format, (999, 0))


def _creator_addressed(facts: _Facts) -> bool:
    return any(map(_addressed, (*facts.document.authors, facts.document.supplier)))


def _component_addressed(_: _Facts, c: Component) -> bool:
    return _addressed(c.supplier) or _addressed(c.author)


def _filename(_: _Facts, c: Component) -> bool:
    return bool(c.paths) or _property(c, b"bsi:component:filename")


def _deployable(_: _Facts, c: Component) -> bool:
    return any(text.startswith(_SHA512) for text in c.hashes)


def _kind(word: bytes) -> _Of:
    return lambda _, c: _property(c, b"bsi:component:" + word)


_NAME = _Rule("Component name", "Name each component.", each=_name)
_VERSION = _Rule("Component version", "Lock versions, so that the tool knows them.", each=_version)
_TIME = _Rule("Timestamp", "Say when the document was made.", whole=_dated)
_IDENTIFIED = _Rule("Unique identifier", "Give each a package URL or CPE.", each=_identifier)
_DEPENDS = _Rule("Dependency relationship", "Say what depends on what.", each=_related)
_LICENCE = _Rule("Licence", "Say under which licence each is.", each=_licensed)

PROFILES: dict[str, tuple[str, tuple[_Rule, ...]]] = {
    "ntia": (
        "NTIA minimum elements, 2021",
        (
            _Rule("Supplier name", "Say who supplies each component.", each=_supplier),
            _NAME,
            _VERSION,
            _IDENTIFIED,
            _DEPENDS,
            _Rule("Author of the SBOM data", "Say who or what made it.", whole=_maker),
            _TIME,
        ),
    ),
    "cisa-2025": (
        "CISA minimum elements, draft of August 2025",
        (
            _Rule("SBOM author", "Say who answers for it, not only which tool.", whole=_author),
            _Rule("Software producer", "Say who makes each component.", each=_supplier),
            _NAME,
            _VERSION,
            _Rule("Software identifier", "Give each a package URL or CPE.", each=_identifier),
            _Rule("Component hash", "Give a hash of each component.", each=_hashed),
            _LICENCE,
            _DEPENDS,
            _Rule("Tool name", "Say which tool made it.", whole=_tool),
            _TIME,
            _Rule("Generation context", "Say in which phase it was made.", whole=_context),
            _Rule("Coverage", "Relate each to what the document is about.", each=_covered),
            _Rule("Known unknowns", "Say what is missing, or that nothing is.", whole=_unknowns),
        ),
    ),
    "bsi": (
        "BSI TR-03183-2, 2.1",
        (
            _Rule("Format", "Write CycloneDX 1.6 or SPDX 3.0.1, or newer.", whole=_new_enough),
            _Rule(
                "Creator of the SBOM", "Give an e-mail address or URL.", whole=_creator_addressed
            ),
            _TIME,
            _Rule("Component creator", "Give an e-mail address or URL.", each=_component_addressed),
            _NAME,
            _VERSION,
            _Rule("Filename", "Say which file it is, or is in.", each=_filename),
            _DEPENDS,
            _Rule("Completeness", "Say whether the list is complete.", whole=_unknowns),
            _LICENCE,
            _Rule(
                "Hash (SHA-512)",
                "Give the SHA-512 of the component as it is deployed.",
                each=_deployable,
            ),
            _Rule(
                "Executable property",
                "Set the property bsi:component:executable.",
                each=_kind(b"executable"),
            ),
            _Rule(
                "Archive property",
                "Set the property bsi:component:archive.",
                each=_kind(b"archive"),
            ),
            _Rule(
                "Structured property",
                "Set the property bsi:component:structured.",
                each=_kind(b"structured"),
            ),
        ),
    ),
}
