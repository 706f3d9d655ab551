"""SPDX 2.3, written as JSON: the same document gives the same bytes."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from keten.formats.lazy_pattern import lazy
from keten.formats.sbom.identity import identifier, short
from keten.formats.sbom.records import INCOMPLETE, Component, Document, Listed
from keten.formats.sbom.spdx import DOCUMENT, LIFECYCLE, OWN, PURPOSES
from keten.formats.sbom.terms import apart, joined, own_of

ALGORITHMS = {
    "md5": "MD5", "sha1": "SHA1", "sha224": "SHA224", "sha256": "SHA256", "sha384": "SHA384",
    "sha512": "SHA512", "sha3-256": "SHA3-256", "sha3-384": "SHA3-384", "sha3-512": "SHA3-512",
    "blake2b-256": "BLAKE2b-256", "blake2b-384": "BLAKE2b-384", "blake2b-512": "BLAKE2b-512",
    "blake3": "BLAKE3",
}  # fmt: skip
_PURPOSES = {word: purpose for purpose, word in PURPOSES.items()}
_LINES = {
    "md5": 32, "sha1": 40, "sha224": 56, "sha256": 64, "sha384": 96, "sha512": 128,
    "sha3-256": 64, "sha3-384": 96, "sha3-512": 128, "blake2b-256": 64, "blake2b-384": 96,
    "blake2b-512": 128, "blake3": 64,
}  # fmt: skip
_HEX = frozenset("0123456789abcdef")
_NOT_ID = lazy(r"[^A-Za-z0-9.-]+")
_ADDRESS = lazy(r"(?:git\+|hg\+|svn\+|bzr\+)?(?:https?|ssh|git|ftp)://[^\s]+")
_WORDS = {"requires": "DEPENDS_ON", "contains": "CONTAINS"}
_SCOPES = {"development": "DEV_DEPENDENCY_OF", "optional": "OPTIONAL_DEPENDENCY_OF"}
_KEPT = 40


def write(document: Document) -> bytes:
    """Return *document* as SPDX 2.3 JSON, indented, with a line feed at its end."""
    return _Writing(document).bytes()


class _Writing:
    """One document while it is written."""

    def __init__(self, document: Document) -> None:
        self.document = document
        subject = document.subject
        self.all = ([subject] if subject else []) + list(document.components)
        self.ids = {c.ref: _identify("Package", c.name, c.ref) for c in self.all}
        self.ids |= {f.ref or f.path: _identify("File", "", f.path) for f in document.files}
        self.extracted: dict[str, str] = {}
        tool = next(iter(document.tools), "keten")
        self.tool = "Tool: " + "-".join(filter(None, apart(tool)))

    def bytes(self) -> bytes:
        """Return the document."""
        document = self.document
        packages = [self.package(component) for component in self.all]
        # A file must have a SHA-1 and can not lie in a package that was not analysed whole;
        # a package may be one file.
        packages += [self.package(_as_package(file)) for file in document.files]
        creation: dict[str, Any] = {
            "created": document.created or "1970-01-01T00:00:00Z",
            "creators": [
                *(_organization(a) for a in document.authors),
                *("Tool: " + "-".join(filter(None, apart(t))) for t in document.tools),
            ] or [self.tool],
        }  # fmt: skip
        if document.lifecycles:
            creation["comment"] = LIFECYCLE + ", ".join(document.lifecycles)
        body: dict[str, Any] = {
            "spdxVersion": "SPDX-2.3",
            "dataLicense": "CC0-1.0",
            "SPDXID": DOCUMENT,
            "name": document.name or "unnamed",
            "creationInfo": creation,
            "packages": packages,
            "relationships": list(self.relationships()),
            "annotations": [self.note(text) for text in self.notes()],
            "hasExtractedLicensingInfos": [
                {"licenseId": name, "name": text, "extractedText": text}
                for name, text in sorted(self.extracted.items())
            ],
        }
        body = {key: value for key, value in body.items() if value or key == "packages"}
        name = _NOT_ID.sub("-", document.name)[:_KEPT] or "unnamed"
        made = identifier(msgspec.json.encode(body))
        body["documentNamespace"] = f"https://spdx.org/spdxdocs/{name}-{made}"
        return msgspec.json.format(msgspec.json.encode(body), indent=1) + b"\n"

    def package(self, component: Component) -> dict[str, Any]:
        """Return one package."""
        links = [_link("SECURITY", "cpe23Type", cpe) for cpe in component.cpes
                 if cpe.startswith("cpe:2.3:")]  # fmt: skip
        links += [_link("PACKAGE-MANAGER", "purl", purl) for purl in component.purls]
        source = component.source
        made: dict[str, Any] = {
            "name": _full_name(component),
            "SPDXID": self.ids[component.ref],
            "versionInfo": component.version,
            "supplier": _organization(component.supplier),
            "originator": _organization(component.author),
            "downloadLocation": source if _ADDRESS.fullmatch(source) else "NOASSERTION",
            "filesAnalyzed": False,
            "checksums": list(_checksums(component.hashes)),
            "sourceInfo": f"found in {', '.join(component.paths)}" if component.paths else "",
            "licenseConcluded": "NOASSERTION",
            "licenseDeclared": self.licence(component.licenses),
            "copyrightText": component.copyright or "NOASSERTION",
            "description": component.description,
            "externalRefs": links,
            "primaryPackagePurpose": _PURPOSES.get(component.type, "LIBRARY"),
            "annotations": [self.note(text) for text in _own(component)],
        }
        return {key: value for key, value in made.items() if value or key == "filesAnalyzed"}

    def licence(self, licenses: Sequence[str]) -> str:
        """Return one expression; what is no expression becomes a LicenseRef with its text."""
        text, stand = joined(licenses)
        self.extracted |= stand
        return text or "NOASSERTION"

    def relationships(self) -> Iterator[dict[str, str]]:
        """Yield what holds what, and what requires what."""
        document, subject = self.document, self.document.subject
        tops = [subject] if subject else document.components
        for component in tops:
            yield _relationship(DOCUMENT, "DESCRIBES", self.ids[component.ref])
        if not tops:
            yield _relationship(DOCUMENT, "DESCRIBES", "NONE")
        if subject:
            for component in document.components:
                yield _relationship(self.ids[subject.ref], "CONTAINS", self.ids[component.ref])
                if component.scope in _SCOPES:
                    yield _relationship(
                        self.ids[component.ref], _SCOPES[component.scope], self.ids[subject.ref]
                    )
            for file in document.files:
                yield _relationship(
                    self.ids[subject.ref], "CONTAINS", self.ids[file.ref or file.path]
                )
        for relation in sorted(set(document.relations)):
            src, dst = self.ids.get(relation.src), self.ids.get(relation.dst)
            word = _WORDS.get(relation.kind)
            repeated = subject and relation.src == subject.ref and word == "CONTAINS"
            if src and dst and word and not repeated:
                yield _relationship(src, word, dst)

    def notes(self) -> Iterator[str]:
        """Yield what is said of the whole document."""
        yield from self.document.notes
        lacking = any(aggregate == "incomplete" for _, aggregate in self.document.completeness)
        if lacking and not any(note.startswith(INCOMPLETE) for note in self.document.notes):
            yield f"{INCOMPLETE}not all components are listed"

    def note(self, text: str) -> dict[str, str]:
        """Return an annotation."""
        return {
            "annotationDate": self.document.created or "1970-01-01T00:00:00Z",
            "annotationType": "OTHER",
            "annotator": self.tool,
            "comment": text,
        }


def _as_package(file: Listed) -> Component:
    return Component(ref=file.ref or file.path, name=file.path, type="file", hashes=file.hashes)


def _full_name(component: Component) -> str:
    """Return the name with its group, which SPDX has no field for, as others write it."""
    if not component.group or component.name.startswith(component.group):
        return component.name
    maven = any(purl.startswith("pkg:maven/") for purl in component.purls)
    return f"{component.group}{':' if maven else '/'}{component.name}"


def _own(component: Component) -> Iterator[str]:
    own = own_of(component, list(_lacking(component.hashes)))
    if own:
        yield OWN + msgspec.json.encode(own, order="sorted").decode()


def _identify(kind: str, name: str, ref: str) -> str:
    word = _NOT_ID.sub("-", name)[:_KEPT].strip("-")
    return "-".join(filter(None, ("SPDXRef", kind, word, short(ref))))


def _link(category: str, kind: str, locator: str) -> dict[str, str]:
    return {
        "referenceCategory": category, "referenceType": kind, "referenceLocator": locator,
    }  # fmt: skip


def _relationship(src: str, kind: str, dst: str) -> dict[str, str]:
    return {"spdxElementId": src, "relationshipType": kind, "relatedSpdxElement": dst}


def _checksums(hashes: Sequence[str]) -> Iterator[dict[str, str]]:
    for text in hashes:
        if fits(text):
            algorithm, _, value = text.partition(":")
            yield {"algorithm": ALGORITHMS[algorithm], "checksumValue": value}


def fits(text: str) -> bool:
    """Return whether SPDX has the algorithm of a hash, and its value is one of it."""
    algorithm, _, value = text.partition(":")
    return _LINES.get(algorithm) == len(value) and _HEX.issuperset(value)


def _lacking(hashes: Sequence[str]) -> Iterator[str]:
    return (text for text in hashes if not fits(text))


def _organization(text: str) -> str:
    if not text:
        return ""
    name, bracket, email = text.partition(" <")
    if bracket and email.endswith(">"):
        return f"Organization: {name} ({email[:-1]})"
    return f"Organization: {text}"
