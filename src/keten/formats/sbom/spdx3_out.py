"""SPDX 3.0.1, written as JSON-LD: the same document gives the same bytes."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import msgspec

from keten.formats.lazy_pattern import lazy
from keten.formats.sbom.identity import identifier, short
from keten.formats.sbom.records import INCOMPLETE, Component, Document, Listed
from keten.formats.sbom.spdx import OWN
from keten.formats.sbom.spdx_out import fits
from keten.formats.sbom.terms import apart, joined, own_of

CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
_CREATION = "_:creation"
_PURPOSES = {"operating-system": "operatingSystem", "machine-learning-model": "model"}
_KINDS = frozenset({"application", "framework", "library", "container", "platform", "device",
                    "firmware", "data", "file"})  # fmt: skip
_STAGES = frozenset({"analyzed", "build", "deployed", "design", "runtime", "source"})
_PHASES = {"pre-build": "source", "post-build": "analyzed", "operations": "deployed",
           "discovery": "analyzed"}  # fmt: skip
_WORDS = {"requires": "dependsOn", "contains": "contains"}
_NOT_ID = lazy(r"[^A-Za-z0-9.-]+")
_URI = lazy(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
_KEPT = 40


def write(document: Document) -> bytes:
    """Return *document* as SPDX 3.0.1 JSON-LD, indented, with a line feed at its end."""
    # The namespace follows from the content, which holds it: one of no content stands in for it.
    name = _NOT_ID.sub("-", document.name)[:_KEPT] or "unnamed"
    blank = f"https://spdx.org/spdxdocs/{name}-{UUID(int=0)}"
    graph = _Writing(document, blank).graph()
    draft = msgspec.json.encode({"@context": CONTEXT, "@graph": graph})
    space = f"https://spdx.org/spdxdocs/{name}-{identifier(draft)}"
    data = draft.replace(f"{blank}#".encode(), f"{space}#".encode())
    return msgspec.json.format(data, indent=1) + b"\n"


class _Writing:
    """One graph while it is written."""

    def __init__(self, document: Document, space: str) -> None:
        self.document = document
        self.space = space
        subject = document.subject
        self.all = ([subject] if subject else []) + list(document.components)
        self.ids = {c.ref: self.id("Package", short(c.ref)) for c in self.all}
        self.ids |= {f.ref or f.path: self.id("File", short(f.path)) for f in document.files}
        self.agents: dict[str, dict[str, Any]] = {}
        self.licences: dict[str, dict[str, Any]] = {}
        self.relations: list[dict[str, Any]] = []
        self.notes: list[dict[str, Any]] = []

    def id(self, kind: str, name: str) -> str:
        """Return the identifier of an element."""
        return f"{self.space}#{kind}-{name}"

    def graph(self) -> list[dict[str, Any]]:
        """Return all elements, each kind together."""
        document, subject = self.document, self.document.subject
        things = [self.package(c) for c in self.all] + [self.file(f) for f in document.files]
        tools = [self.agent(t, "Tool") for t in document.tools or ("keten",)]
        makers = [self.agent(a, "Organization") for a in document.authors]
        # Somebody must have made it: where no one else is named, the tool as an agent.
        makers = makers or [self.agent(apart(next(iter(document.tools), "keten"))[0],
                                       "SoftwareAgent")]  # fmt: skip
        self.relate()
        self.remark()
        roots = [self.ids[subject.ref]] if subject else [self.ids[c.ref] for c in self.all]
        members = [*things, *self.licences.values(), *self.relations, *self.notes]
        listed = sorted(item["spdxId"] for item in [*members, *self.agents.values()])
        stages = [_PHASES.get(x, x) for x in document.lifecycles]
        sbom = {
            "type": "software_Sbom", "spdxId": self.id("Sbom", "1"), "creationInfo": _CREATION,
            "rootElement": roots, "element": listed,
            "software_sbomType": sorted({x for x in stages if x in _STAGES}),
        }  # fmt: skip
        top = {
            "type": "SpdxDocument", "spdxId": f"{self.space}#SPDXRef-DOCUMENT",
            "creationInfo": _CREATION, "name": document.name or "unnamed",
            "profileConformance": ["core", "software", "simpleLicensing"],
            "rootElement": [sbom["spdxId"]], "element": [*listed, sbom["spdxId"]],
        }  # fmt: skip
        creation = {
            "type": "CreationInfo", "@id": _CREATION, "specVersion": "3.0.1",
            "created": document.created or "1970-01-01T00:00:00Z",
            "createdBy": makers, "createdUsing": tools,
        }  # fmt: skip
        agents = [self.agents[key] for key in sorted(self.agents)]
        return [_filled(item) for item in (creation, top, sbom, *agents, *members)]

    def package(self, component: Component) -> dict[str, Any]:
        """Return one package; its licences and what keten alone says become elements too."""
        ref = self.ids[component.ref]
        purpose = component.type if component.type in _KINDS else "library"
        known = [("packageUrl", purl) for purl in component.purls]
        known += [("cpe23", cpe) for cpe in component.cpes if cpe.startswith("cpe:2.3:")]
        own = own_of(component, [text for text in component.hashes if not fits(text)])
        if component.paths and "path" not in own:
            own["path"] = component.paths[0]
        if own:
            self.annotate(ref, OWN + msgspec.json.encode(own, order="sorted").decode())
        self.license(ref, component.licenses)
        source = component.source
        return {
            "type": "software_Package",
            "spdxId": ref,
            "creationInfo": _CREATION,
            "name": component.name
            if not component.group
            else _joined(component.group, component.name, component.purls),
            "description": component.description,
            "software_packageVersion": component.version,
            "software_packageUrl": next(iter(component.purls), ""),
            "software_downloadLocation": source if _URI.fullmatch(source) else "",
            "software_primaryPurpose": _PURPOSES.get(component.type, purpose),
            "software_copyrightText": component.copyright,
            "externalIdentifier": [
                {"type": "ExternalIdentifier", "externalIdentifierType": kind, "identifier": text}
                for kind, text in known
            ],
            "verifiedUsing": _hashes(component.hashes),
            "suppliedBy": self.agent(component.supplier, "Organization")
            if component.supplier
            else "",
            "originatedBy": [self.agent(component.author, "Organization")]
            if component.author
            else [],
        }

    def file(self, file: Listed) -> dict[str, Any]:
        """Return one file."""
        return {
            "type": "software_File", "spdxId": self.ids[file.ref or file.path],
            "creationInfo": _CREATION, "name": file.path, "verifiedUsing": _hashes(file.hashes),
        }  # fmt: skip

    def agent(self, text: str, kind: str) -> str:
        """Return the identifier of who it is, an element of its own."""
        ref = self.id(kind, short(text))
        name, bracket, email = text.partition(" <")
        known = []
        if bracket and email.endswith(">"):
            known = [{"type": "ExternalIdentifier", "externalIdentifierType": "email",
                      "identifier": email[:-1]}]  # fmt: skip
        self.agents[ref] = {
            "type": kind, "spdxId": ref, "creationInfo": _CREATION,
            "name": name if known else text, "externalIdentifier": known,
        }  # fmt: skip
        return ref

    def license(self, ref: str, licenses: Sequence[str]) -> None:
        """Say under which licences a package is: one expression, all of whose parts apply."""
        if not licenses:
            return
        text, stand = joined(licenses)
        name = self.id("Licence", short(text))
        entries = []
        for word, written in sorted(stand.items()):
            uri = self.id("LicenceText", short(word))
            self.licences[uri] = {
                "type": "simplelicensing_SimpleLicensingText", "spdxId": uri,
                "creationInfo": _CREATION, "name": written, "simplelicensing_licenseText": written,
            }  # fmt: skip
            entries.append({"type": "DictionaryEntry", "key": word, "value": uri})
        self.licences[name] = {
            "type": "simplelicensing_LicenseExpression", "spdxId": name,
            "creationInfo": _CREATION, "simplelicensing_licenseExpression": text,
            "simplelicensing_customIdToUri": entries,
        }  # fmt: skip
        self.edge(ref, "hasDeclaredLicense", [name])

    def relate(self) -> None:
        """Say what holds what, and what requires what."""
        document, subject = self.document, self.document.subject
        lacking = any(aggregate == "incomplete" for _, aggregate in document.completeness)
        if subject:
            held = [c.ref for c in document.components] + [f.ref or f.path for f in document.files]
            if held:
                self.edge(
                    self.ids[subject.ref], "contains", [self.ids[ref] for ref in held],
                    completeness="incomplete" if lacking else "noAssertion",
                )  # fmt: skip
            for scope, kind in (
                ("development", "dependsOn"), ("optional", "hasOptionalDependency")
            ):  # fmt: skip
                some = [self.ids[c.ref] for c in document.components if c.scope == scope]
                if some:
                    self.edge(self.ids[subject.ref], kind, some,
                              scope="development" if scope == "development" else "")  # fmt: skip
        table: dict[tuple[str, str], list[str]] = {}
        for relation in sorted(set(document.relations)):
            src, dst = self.ids.get(relation.src), self.ids.get(relation.dst)
            word = _WORDS.get(relation.kind)
            repeated = subject and relation.src == subject.ref and word == "contains"
            if src and dst and word and not repeated:
                table.setdefault((src, word), []).append(dst)
        for (src, word), dsts in sorted(table.items()):
            self.edge(src, word, sorted(dsts))

    def edge(
        self, src: str, kind: str, dsts: list[str], *, scope: str = "", completeness: str = ""
    ) -> None:
        """Take in one relationship."""
        name = short("\0".join((src.rpartition("#")[2], kind, scope)))
        self.relations.append({
            "type": "LifecycleScopedRelationship" if scope else "Relationship",
            "spdxId": self.id("Relationship", name), "creationInfo": _CREATION,
            "from": src, "relationshipType": kind, "to": dsts, "scope": scope,
            "completeness": completeness,
        })  # fmt: skip

    def annotate(self, ref: str, text: str) -> None:
        """Take in one annotation."""
        name = short("\0".join((ref.rpartition("#")[2], text)))
        self.notes.append({
            "type": "Annotation", "spdxId": self.id("Annotation", name),
            "creationInfo": _CREATION, "annotationType": "other", "subject": ref,
            "statement": text,
        })  # fmt: skip

    def remark(self) -> None:
        """Say what is said of the whole document."""
        about = self.document.subject
        ref = self.ids[about.ref] if about else f"{self.space}#SPDXRef-DOCUMENT"
        notes = list(self.document.notes)
        lacking = any(aggregate == "incomplete" for _, aggregate in self.document.completeness)
        if lacking and not any(note.startswith(INCOMPLETE) for note in notes):
            notes.append(f"{INCOMPLETE}not all components are listed")
        for text in notes:
            self.annotate(ref, text)


def _filled(table: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in table.items() if value}


def _joined(group: str, name: str, purls: Sequence[str]) -> str:
    if name.startswith(group):
        return name
    return f"{group}{':' if any(p.startswith('pkg:maven/') for p in purls) else '/'}{name}"


def _hashes(hashes: Sequence[str]) -> list[dict[str, str]]:
    return list(_verified(hashes))


def _verified(hashes: Sequence[str]) -> Iterator[dict[str, str]]:
    for text in hashes:
        if fits(text):
            algorithm, _, value = text.partition(":")
            word = algorithm.replace("blake2b-", "blake2b").replace("-", "_")
            yield {"type": "Hash", "algorithm": word, "hashValue": value}
