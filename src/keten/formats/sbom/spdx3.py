"""SPDX 3.0.1 (https://spdx.github.io/spdx-spec/v3.0.1/), read from its JSON-LD form.

Elements are read as the published context spells them (``software_Package``). What refers to
another element by its identifier may hold it in its place: both are read.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Raw, Struct

from keten.errors import CeilingError
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
from keten.formats.sbom.spdx import NOTHING, OWN
from keten.formats.sbom.terms import all_of

PURPOSES = {"operatingSystem": "operating-system", "model": "machine-learning-model"}
_KINDS = frozenset({"application", "framework", "library", "container", "platform", "device",
                    "firmware", "data", "file"})  # fmt: skip
_STRAIGHT = {
    "dependsOn": "requires", "contains": "contains", "describes": "describes",
    "hasPrerequisite": "requires", "hasRequirement": "requires",
    "hasStaticLink": "requires", "hasDynamicLink": "requires",
}  # fmt: skip
_SCOPED = {"hasOptionalDependency": "optional", "hasOptionalComponent": "optional"}
_LICENCES = frozenset({"hasDeclaredLicense", "hasConcludedLicense"})
_NO_LICENCE = ("NoAssertionLicense", "NoneLicense", "NoAssertionElement", "NoneElement")


class _Hash(Struct, frozen=True):
    algorithm: str = ""
    hashValue: str = ""  # noqa: N815 as the format spells it


class _Identifier(Struct, frozen=True):
    externalIdentifierType: str = ""  # noqa: N815 as the format spells it
    identifier: str = ""


class _Entry(Struct, frozen=True):
    key: str = ""
    value: str = ""


class _Element(Struct, frozen=True):
    """Any element: a graph holds many kinds."""

    type: str = ""
    spdxId: str = ""  # noqa: N815 as the format spells it
    id: str = msgspec.field(default="", name="@id")
    name: str | None = None
    description: str | None = None
    comment: str | None = None
    version: str | None = msgspec.field(default=None, name="software_packageVersion")
    purl: str | None = msgspec.field(default=None, name="software_packageUrl")
    download: str | None = msgspec.field(default=None, name="software_downloadLocation")
    purpose: str | None = msgspec.field(default=None, name="software_primaryPurpose")
    copyright: str | None = msgspec.field(default=None, name="software_copyrightText")
    source: str | None = msgspec.field(default=None, name="software_sourceInfo")
    stages: Any = msgspec.field(default=None, name="software_sbomType")
    expression: str | None = msgspec.field(default=None, name="simplelicensing_licenseExpression")
    texts: tuple[_Entry, ...] | None = msgspec.field(
        default=None, name="simplelicensing_customIdToUri"
    )
    identifiers: tuple[_Identifier, ...] | None = msgspec.field(
        default=None, name="externalIdentifier"
    )
    verified: tuple[_Hash, ...] | None = msgspec.field(default=None, name="verifiedUsing")
    supplied: Any = msgspec.field(default=None, name="suppliedBy")
    originated: Any = msgspec.field(default=None, name="originatedBy")
    src: Any = msgspec.field(default=None, name="from")
    to: Any = None
    relation: str = msgspec.field(default="", name="relationshipType")
    completeness: str | None = None
    scope: str | None = None
    subject: Any = None
    statement: str | None = None
    roots: Any = msgspec.field(default=None, name="rootElement")
    created: str | None = None
    by: Any = msgspec.field(default=None, name="createdBy")
    using: Any = msgspec.field(default=None, name="createdUsing")

    @property
    def ref(self) -> str:
        """Return what others call it by."""
        return self.spdxId or self.id


class _Whole(Struct, frozen=True):
    graph: list[Raw] | None = msgspec.field(default=None, name="@graph")


_WHOLE = msgspec.json.Decoder(_Whole)
_ELEMENT = msgspec.json.Decoder(_Element)
_TABLE = msgspec.json.Decoder(dict[str, str])


def parse(data: bytes) -> Document:
    """Return the document in JSON-LD *data*; InputError where nothing of it can be read."""
    whole = opened(_WHOLE, data, "SPDX 3")
    if whole.graph is None:
        whole = _Whole([Raw(data)])  # one element may stand without a graph around it
    return _Reading(whole).document()


class _Reading:
    """One graph while it is read."""

    def __init__(self, whole: _Whole) -> None:
        self.faults = Faults()
        self.refs = Refs(self.faults)
        self.packages: list[_Element] = []
        self.files: list[_Element] = []
        self.relations: list[_Element] = []
        self.notes: list[_Element] = []
        self.documents: list[_Element] = []
        self.creations: list[_Element] = []
        self.expressions: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        self.stand: dict[str, dict[str, str]] = {}
        self.names: dict[str, str] = {}
        self.licences: dict[str, list[str]] = {}
        self.scopes: dict[str, str] = {}
        self.own: dict[str, dict[str, str]] = {}
        for number, raw in enumerate(whole.graph or ()):
            try:
                self._sort(_ELEMENT.decode(raw))
            except ERRORS as error:
                self.faults.tell(f"@graph[{number}] can not be read: {error}")
        if len(self.packages) > MAX_COMPONENTS:
            raise CeilingError(f"more than {MAX_COMPONENTS:,} packages in one document")

    def _sort(self, element: _Element) -> None:
        match element.type.rpartition(":")[2].rpartition("/")[2]:
            case "software_Package" | "ai_AIPackage" | "dataset_DatasetPackage":
                self.packages.append(element)
            case "software_File":
                self.files.append(element)
            case "Relationship" | "LifecycleScopedRelationship":
                self.relations.append(element)
            case "Annotation":
                self.notes.append(element)
            case "SpdxDocument" | "software_Sbom" | "Bom" | "Bundle":
                self.documents.append(element)
            case "CreationInfo":
                self.creations.append(element)
            case "simplelicensing_LicenseExpression":
                self.expressions[element.ref] = element.expression or ""
                self.stand[element.ref] = {x.key: x.value for x in element.texts or ()}
            case "simplelicensing_SimpleLicensingText":
                self.texts[element.ref] = element.name or ""
            case kind if kind in _AGENTS:
                self.names[element.ref] = _agent(element)
            case kind if kind.startswith("expandedlicensing_") and element.name:
                self.expressions[element.ref] = element.name

    def document(self) -> Document:
        """Return all that the graph says."""
        relations = sorted(set(self._edges()))
        notes = tuple(self._annotations())
        made = [self._component(found) for found in self.packages if found.name or self._lost()]
        roots = {ref for item in self.documents for ref in _refs(item.roots)}
        inner = {item.ref for item in self.documents}
        about = [c for c in made if c.ref in roots - inner]
        subject = about[0] if len(about) == 1 else None
        creation = next(iter(self.creations), _Element())
        stages = [x for item in self.documents for x in _refs(item.stages)]
        top = next((d for d in self.documents if d.type == "SpdxDocument"), None)
        incomplete = any(note.startswith(INCOMPLETE) for note in notes) or any(
            r.completeness == "incomplete" for r in self.relations
        )
        return Document(
            format="spdx",
            version="3.0",
            encoding="json-ld",
            name=(top.name or "") if top else "",
            id=top.ref if top else "",
            created=creation.created or "",
            tools=tuple(self.names.get(x, x) for x in _refs(creation.using)),
            authors=tuple(self.names.get(x, x) for x in _refs(creation.by)),
            lifecycles=tuple(dict.fromkeys(stages)),
            subject=subject,
            components=[c for c in made if c is not subject],
            relations=relations,
            files=[Listed(f.name or "", tuple(_hashes(f)), f.ref) for f in self.files if f.name],
            completeness=((subject.ref if subject else "", "incomplete"),) if incomplete else (),
            notes=notes,
            faults=self.faults.all(),
        )

    def _lost(self) -> bool:
        self.faults.tell("a package has no name")
        return False

    def _component(self, found: _Element) -> Component:
        own = self.own.get(found.ref, {})
        known = found.identifiers or ()
        purls = [found.purl or "", *(x.identifier for x in known
                 if x.externalIdentifierType in {"packageUrl", "packageURL"})]  # fmt: skip
        cpes = [x.identifier for x in known if x.externalIdentifierType in {"cpe22", "cpe23"}]
        purpose = found.purpose or "library"
        path = own.get("path", "")
        told = self.licences.get(found.ref, [])
        return Component(
            ref=self.refs.take(found.ref, found.name or ""),
            name=found.name or "",
            type=PURPOSES.get(purpose, purpose if purpose in _KINDS else "library"),
            version=found.version or "",
            purls=tuple(dict.fromkeys(filter(None, purls))),
            cpes=tuple(dict.fromkeys(cpes)),
            hashes=(*_hashes(found), *own.pop("hash", "").split()),
            licenses=tuple(dict.fromkeys(told)),
            supplier=self._who(found.supplied),
            author=self._who(found.originated),
            copyright="" if found.copyright in NOTHING else found.copyright or "",
            description=found.description or "",
            source="" if found.download in NOTHING else found.download or "",
            scope=self.scopes.get(found.ref, ""),
            paths=(path,) if path else (),
            own=own,
        )

    def _who(self, value: Any) -> str:
        return ", ".join(filter(None, (self.names.get(x, "") for x in _refs(value))))

    def _edges(self) -> Iterator[Relation]:
        inner = {item.ref for item in self.documents}
        for found in self.relations:
            src = next(iter(_refs(found.src)), "")
            for dst in _refs(found.to):
                if found.relation in _LICENCES:
                    if not dst.endswith(_NO_LICENCE):
                        self._licence(src, dst, declared=found.relation == "hasDeclaredLicense")
                    continue
                kind = _STRAIGHT.get(found.relation, found.relation)
                if found.relation in _SCOPED or found.scope in {"development", "test"}:
                    self.scopes[dst] = _SCOPED.get(found.relation, "development")
                    kind = "requires"
                if src not in inner and src:
                    yield Relation(src, kind, dst)

    def _licence(self, src: str, ref: str, *, declared: bool) -> None:
        """Take in a licence: what is declared goes before what somebody concluded."""
        text = self.expressions.get(ref, "") or self.texts.get(ref, "")
        if text in NOTHING or (src in self.licences and not declared):
            return
        stand = self.stand.get(ref, {})
        names = {word: self.texts.get(uri, "") for word, uri in stand.items()}
        self.licences[src] = [names.get(part) or part for part in all_of(text)]

    def _annotations(self) -> Iterator[str]:
        for note in self.notes:
            text = note.statement or ""
            if not text.startswith(OWN):
                yield text
                continue
            try:
                own = _TABLE.decode(text.removeprefix(OWN))
            except ERRORS:
                self.faults.tell("an annotation of keten can not be read")
                continue
            for ref in _refs(note.subject):
                self.own.setdefault(ref, {}).update(own)


_AGENTS = frozenset({"Agent", "Organization", "Person", "SoftwareAgent", "Tool"})


def _agent(element: _Element) -> str:
    known = element.identifiers or ()
    email = next((x.identifier for x in known if x.externalIdentifierType == "email"), "")
    name = element.name or email
    return f"{name} <{email}>" if email and email != name else name


def _refs(value: Any) -> list[str]:
    """Return the identifiers in a property: one or several, alone or with what they name."""
    items = value if isinstance(value, list) else [value]
    found = []
    for item in items:
        ref = (item.get("spdxId") or item.get("@id")) if isinstance(item, dict) else item
        if isinstance(ref, str):
            found.append(ref)
    return found


def _hashes(element: _Element) -> Iterator[str]:
    pairs = [(x.algorithm.replace("_", "-"), x.hashValue) for x in element.verified or ()]
    return hashes(pairs)
