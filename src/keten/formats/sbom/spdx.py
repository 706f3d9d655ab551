"""SPDX 2.2 and 2.3 (https://spdx.github.io/spdx-spec/v2.3/), read from the JSON form.

The tag-value form is brought into the same shape first (keten.formats.sbom.spdx_tags).
"""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Raw, Struct

from keten.errors import CeilingError, InputError
from keten.formats.sbom.opening import ERRORS, hashes, opened
from keten.formats.sbom.records import (
    INCOMPLETE,
    MAX_COMPONENTS,
    Component,
    Document,
    Faults,
    Listed,
    Refs,
    Relation,
)
from keten.formats.sbom.terms import all_of

VERSIONS = ("SPDX-2.0", "SPDX-2.1", "SPDX-2.2", "SPDX-2.3")
DOCUMENT = "SPDXRef-DOCUMENT"
OWN = "keten: "
"""What an annotation begins with that holds what keten alone says, as a JSON object."""
NOTHING = frozenset({"", "NOASSERTION", "NONE"})
PURPOSES = {
    "APPLICATION": "application", "FRAMEWORK": "framework", "LIBRARY": "library",
    "CONTAINER": "container", "OPERATING-SYSTEM": "operating-system", "DEVICE": "device",
    "FIRMWARE": "firmware", "FILE": "file",
}  # fmt: skip
_TURNED = {
    "DEPENDENCY_OF": "requires", "CONTAINED_BY": "contains", "DESCRIBED_BY": "describes",
    "PREREQUISITE_FOR": "requires", "RUNTIME_DEPENDENCY_OF": "requires",
    "PROVIDED_DEPENDENCY_OF": "requires", "BUILD_DEPENDENCY_OF": "requires",
}  # fmt: skip
_STRAIGHT = {
    "DEPENDS_ON": "requires", "CONTAINS": "contains", "DESCRIBES": "describes",
    "HAS_PREREQUISITE": "requires",
}  # fmt: skip
_SCOPES = {
    "DEV_DEPENDENCY_OF": "development", "TEST_DEPENDENCY_OF": "development",
    "OPTIONAL_DEPENDENCY_OF": "optional", "DEV_TOOL_OF": "development",
}  # fmt: skip


class _Checksum(Struct, frozen=True):
    algorithm: str = ""
    checksumValue: str = ""  # noqa: N815 as the format spells it


class _External(Struct, frozen=True):
    referenceType: str = ""  # noqa: N815 as the format spells it
    referenceLocator: str = ""  # noqa: N815 as the format spells it


class _Annotation(Struct, frozen=True):
    comment: str = ""


class _Package(Struct, frozen=True):
    name: str = ""
    SPDXID: str = ""
    versionInfo: str | None = None  # noqa: N815 as the format spells it
    supplier: str | None = None
    originator: str | None = None
    downloadLocation: str | None = None  # noqa: N815 as the format spells it
    checksums: tuple[_Checksum, ...] | None = None
    licenseConcluded: str | None = None  # noqa: N815 as the format spells it
    licenseDeclared: str | None = None  # noqa: N815 as the format spells it
    copyrightText: str | None = None  # noqa: N815 as the format spells it
    externalRefs: tuple[_External, ...] | None = None  # noqa: N815 as the format spells it
    primaryPackagePurpose: str | None = None  # noqa: N815 as the format spells it
    sourceInfo: str | None = None  # noqa: N815 as the format spells it
    description: str | None = None
    annotations: tuple[_Annotation, ...] | None = None


class _File(Struct, frozen=True):
    fileName: str = ""  # noqa: N815 as the format spells it
    SPDXID: str = ""
    checksums: tuple[_Checksum, ...] | None = None


class _Relationship(Struct, frozen=True):
    spdxElementId: str = ""  # noqa: N815 as the format spells it
    relationshipType: str = ""  # noqa: N815 as the format spells it
    relatedSpdxElement: str = ""  # noqa: N815 as the format spells it


class _Extracted(Struct, frozen=True):
    licenseId: str = ""  # noqa: N815 as the format spells it
    name: str | None = None


class _Creation(Struct, frozen=True):
    created: str | None = None
    creators: tuple[str, ...] | None = None
    comment: str | None = None


class _Spdx(Struct, frozen=True):
    spdxVersion: str = ""  # noqa: N815 as the format spells it
    name: str | None = None
    documentNamespace: str | None = None  # noqa: N815 as the format spells it
    creationInfo: Raw = Raw()  # noqa: N815 as the format spells it
    packages: list[Raw] | None = None
    files: list[Raw] | None = None
    relationships: list[Raw] | None = None
    documentDescribes: list[str] | None = None  # noqa: N815 as the format spells it
    annotations: list[Raw] | None = None
    hasExtractedLicensingInfos: list[Raw] | None = None  # noqa: N815 as the format spells it


_SPDX = msgspec.json.Decoder(_Spdx)
_PACKAGE = msgspec.json.Decoder(_Package)
_FILE = msgspec.json.Decoder(_File)
_RELATIONSHIP = msgspec.json.Decoder(_Relationship)
_CREATION = msgspec.json.Decoder(_Creation)
_NOTE = msgspec.json.Decoder(_Annotation)
_EXTRACTED = msgspec.json.Decoder(_Extracted)
_TABLE = msgspec.json.Decoder(dict[str, str])


def parse(data: bytes, *, encoding: str = "json") -> Document:
    """Return the document in JSON *data*; InputError where nothing of it can be read."""
    whole = opened(_SPDX, data, "SPDX")
    if whole.spdxVersion not in VERSIONS:
        raise InputError(
            f"{whole.spdxVersion[:20]!r} is not read, only SPDX-2.2 and SPDX-2.3",
            advice="Convert it to a version that is read.",
        )
    return _Reading(whole, encoding).document()


class _Reading:
    """One document while it is read."""

    def __init__(self, whole: _Spdx, encoding: str) -> None:
        self.whole = whole
        self.encoding = encoding
        self.faults = Faults()
        self.refs = Refs(self.faults)
        self.shared: dict[str, str] = {}
        self.scopes: dict[str, str] = {}
        self.described: set[str] = set(whole.documentDescribes or ())
        self.names: dict[str, str] = {}

    def document(self) -> Document:
        """Return all that the document says."""
        whole = self.whole
        if len(whole.packages or ()) > MAX_COMPONENTS:
            raise CeilingError(f"more than {MAX_COMPONENTS:,} packages in one document")
        creation = self._one(_CREATION, whole.creationInfo, "creationInfo") or _Creation()
        for found in self._every(_EXTRACTED, whole.hasExtractedLicensingInfos, "licence"):
            if found.name and found.name not in NOTHING:
                self.names[found.licenseId] = found.name
        relations = list(self._relations())
        made = list(self._packages())
        subject = _subject(made, self.described, relations)
        creators = creation.creators or ()
        notes = [item.comment for item in self._every(_NOTE, whole.annotations, "annotations")]
        return Document(
            format="spdx",
            version=whole.spdxVersion.removeprefix("SPDX-"),
            encoding=self.encoding,
            name=whole.name or "",
            id=whole.documentNamespace or "",
            created=creation.created or "",
            tools=tuple(_tool(c[6:]) for c in creators if c.startswith("Tool: ")),
            authors=tuple(agent(c) for c in creators if not c.startswith("Tool: ")),
            lifecycles=tuple(_lifecycles(creation.comment or "")),
            subject=subject,
            components=[c for c in made if c is not subject and not _is_file(c)],
            relations=relations,
            files=[*self._files(), *(Listed(c.name, c.hashes, c.ref) for c in made if _is_file(c))],
            completeness=((subject.ref if subject else "", "incomplete"),)
            if any(note.startswith(INCOMPLETE) for note in notes) else (),
            notes=tuple(notes),
            faults=self.faults.all(),
        )  # fmt: skip

    def _packages(self) -> Iterator[Component]:
        for found in self._every(_PACKAGE, self.whole.packages, "packages"):
            if not found.name and found.SPDXID in self.described:
                continue  # a tool that converts may lose the name of what it is all about
            if not found.name:
                self.faults.tell(f"the package {found.SPDXID[:80]!r} has no name")
                continue
            links = found.externalRefs or ()
            own = self._own(found)
            path = own.get("path", "")
            paths = [path] if path else list(_paths(found.sourceInfo or ""))
            source = found.downloadLocation or ""
            declared = _said(found.licenseDeclared) or _said(found.licenseConcluded)
            yield Component(
                ref=self.refs.take(found.SPDXID, found.name),
                name=found.name,
                type=PURPOSES.get(found.primaryPackagePurpose or "LIBRARY", "library"),
                version=_said(found.versionInfo),
                purls=_unique(x.referenceLocator for x in links if x.referenceType == "purl"),
                cpes=_unique(
                    x.referenceLocator for x in links if x.referenceType.startswith("cpe2")
                ),
                hashes=(*hashes((c.algorithm, c.checksumValue) for c in found.checksums or ()),
                        *own.pop("hash", "").split()),
                licenses=tuple(self.names.get(x, x) for x in all_of(declared)) if declared else (),
                supplier=agent(found.supplier or ""),
                author=agent(found.originator or ""),
                copyright=_said(found.copyrightText),
                description=found.description or "",
                source="" if source in NOTHING else source,
                scope=self.scopes.get(found.SPDXID, ""),
                paths=tuple(paths),
                own=own,
            )  # fmt: skip

    def _own(self, found: _Package) -> dict[str, str]:
        own: dict[str, str] = {}
        for note in found.annotations or ():
            if note.comment.startswith(OWN):
                try:
                    own.update(_TABLE.decode(note.comment.removeprefix(OWN)))
                except ERRORS:
                    self.faults.tell(f"an annotation of {found.SPDXID[:80]!r} can not be read")
        return own

    def _relations(self) -> Iterator[Relation]:
        for found in self._every(_RELATIONSHIP, self.whole.relationships, "relationships"):
            src, dst = self._same(found.spdxElementId), self._same(found.relatedSpdxElement)
            kind = found.relationshipType
            if kind in _TURNED:
                src, dst, word = dst, src, _TURNED[kind]
            elif kind in _SCOPES:
                self.scopes[src] = _SCOPES[kind]
                continue
            else:
                word = _STRAIGHT.get(kind, kind)
            if word == "describes" and src == DOCUMENT:
                self.described.add(dst)
            elif dst not in NOTHING and src:
                yield Relation(src, word, dst)

    def _files(self) -> Iterator[Listed]:
        for found in self._every(_FILE, self.whole.files, "files"):
            sums = ((c.algorithm, c.checksumValue) for c in found.checksums or ())
            yield Listed(found.fileName.removeprefix("./"), tuple(hashes(sums)), found.SPDXID)

    def _same(self, text: str) -> str:
        return self.shared.setdefault(text, text)

    def _every(self, decoder: Any, raws: list[Raw] | None, what: str) -> Iterator[Any]:
        for number, raw in enumerate(raws or ()):
            found = self._one(decoder, raw, f"{what}[{number}]")
            if found is not None:
                yield found

    def _one(self, decoder: Any, raw: Raw, at: str) -> Any:
        """Return what *raw* says, or None, with a fault."""
        if not raw:
            return None
        try:
            return decoder.decode(raw)
        except ERRORS as error:
            self.faults.tell(f"{at} can not be read: {error}")
            return None


LIFECYCLE = "Lifecycle: "
"""What says in the creator's comment in which phase the document was made."""


def _subject(
    made: list[Component], described: set[str], relations: list[Relation]
) -> Component | None:
    """Return what the document is about: the one package that it describes, and that holds more.

    A document that describes each of its packages lists them; none of them is its subject.
    """
    about = [component for component in made if component.ref in described]
    if len(about) != 1:
        return None
    leads = any(r.src == about[0].ref and r.kind in {"contains", "requires"} for r in relations)
    return about[0] if leads or len(made) > 1 else None


def _is_file(component: Component) -> bool:
    return component.type == "file" and not component.purls


def _lifecycles(comment: str) -> Iterator[str]:
    if comment.startswith(LIFECYCLE):
        yield from comment.removeprefix(LIFECYCLE).split(", ")


def _unique(items: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, items)))


def _said(text: str | None) -> str:
    return "" if text is None or text in NOTHING else text


def _tool(text: str) -> str:
    """Return ``name version`` of ``name-version``: how SPDX writes a tool."""
    name, _, version = text.rpartition("-")
    return f"{name} {version}" if name and version[:1].isdigit() else text


def agent(text: str) -> str:
    """Return ``Name <address>`` of ``Organization: Name (address)``."""
    if text in NOTHING:
        return ""
    kind, colon, name = text.partition(": ")
    if colon and kind in {"Organization", "Person"}:
        text = name
    text = text.strip()
    if text.endswith(")") and " (" in text:
        name, _, email = text[:-1].rpartition(" (")
        return f"{name} <{email}>" if "@" in email else name if not email else text
    return text


def _paths(info: str) -> Iterator[str]:
    """Yield where a package was found, as Syft and keten write it into the source information."""
    if info.startswith("found in "):
        yield from filter(None, map(str.strip, info.removeprefix("found in ").split(", ")))
    elif info.startswith("acquired package info from"):
        paths = map(str.strip, info.rpartition(": ")[2].split(", "))
        yield from (path for path in paths if path.startswith("/"))
