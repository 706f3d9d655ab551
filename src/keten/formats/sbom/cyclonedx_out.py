"""CycloneDX 1.6 and 1.7, written as JSON: the same document gives the same bytes."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from keten.formats.sbom.identity import identifier
from keten.formats.sbom.records import Component, Document
from keten.formats.sbom.terms import apart, declared, named

VERSIONS = ("1.6", "1.7")
OWN = "keten:"
_ALGORITHMS = {
    "md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512",
    "sha3-256": "SHA3-256", "sha3-384": "SHA3-384", "sha3-512": "SHA3-512", "blake3": "BLAKE3",
    "blake2b-256": "BLAKE2b-256", "blake2b-384": "BLAKE2b-384", "blake2b-512": "BLAKE2b-512",
}  # fmt: skip
_LENGTHS = frozenset({32, 40, 64, 96, 128})
_HEX = frozenset("0123456789abcdef")
_TYPES = frozenset({
    "application", "framework", "library", "container", "platform", "operating-system", "device",
    "device-driver", "firmware", "file", "machine-learning-model", "data", "cryptographic-asset",
})  # fmt: skip
_PHASES = frozenset({
    "design", "pre-build", "build", "post-build", "operations", "discovery", "decommission",
})  # fmt: skip
_AGGREGATES = frozenset({
    "complete", "incomplete", "incomplete_first_party_only", "incomplete_third_party_only",
    "unknown", "not_specified",
})  # fmt: skip
_SCOPES = {"development": "excluded", "optional": "optional"}


def write(document: Document, *, version: str = "1.6") -> bytes:
    """Return *document* as CycloneDX *version*, indented, with a line feed at its end."""
    assert version in VERSIONS, version
    body: dict[str, Any] = {
        "$schema": f"http://cyclonedx.org/schema/bom-{version}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": version,
        "version": 1,
        "metadata": _metadata(document),
        "components": list(_components(document)),
        "dependencies": _dependencies(document),
        "compositions": _compositions(document),
        "annotations": _annotations(document),
    }
    if document.vulnerabilities:
        body["vulnerabilities"] = msgspec.Raw(document.vulnerabilities)
    body = {key: value for key, value in body.items() if value or key == "components"}
    body["serialNumber"] = f"urn:uuid:{identifier(msgspec.json.encode(body))}"
    return msgspec.json.format(msgspec.json.encode(body), indent=1) + b"\n"


def _metadata(document: Document) -> dict[str, Any]:
    tools = [_filled({"type": "application", "name": name, "version": version})
             for name, version in map(apart, document.tools)]  # fmt: skip
    lifecycles = [
        {"phase": name} if name in _PHASES else {"name": name}
        for name in document.lifecycles if name
    ]  # fmt: skip
    subject = document.subject
    return _filled({
        "timestamp": document.created,
        "lifecycles": lifecycles,
        "tools": {"components": tools} if tools else None,
        "authors": [_entity(author) for author in document.authors],
        "component": _component(subject) if subject else None,
        "supplier": _organization(document.supplier),
    })  # fmt: skip


def _components(document: Document) -> Iterator[dict[str, Any]]:
    for component in document.components:
        yield _component(component)
    for file in document.files:
        yield _filled({
            "type": "file", "bom-ref": file.ref or f"file:{file.path}", "name": file.path,
            "hashes": list(_hashes(file.hashes)),
        })  # fmt: skip


def _component(component: Component) -> dict[str, Any]:
    purl, *others = component.purls or ("",)
    links = [{"url": other, "type": "other"} for other in others]
    if component.source:
        kind = "vcs" if component.source.startswith("git+") else "distribution"
        links.insert(0, {"url": component.source, "type": kind})
    return _filled({
        "type": component.type if component.type in _TYPES else "library",
        "bom-ref": component.ref,
        "supplier": _organization(component.supplier),
        "author": component.author,
        "group": component.group,
        "name": component.name,
        "version": component.version,
        "description": component.description,
        "scope": _SCOPES.get(component.scope),
        "hashes": list(_hashes(component.hashes)),
        "licenses": _licenses(component.licenses),
        "copyright": component.copyright,
        "cpe": next(iter(component.cpes), ""),
        "purl": purl,
        "pedigree": _raw(component, "pedigree"),
        "externalReferences": links,
        "evidence": _evidence(component),
        "properties": list(_properties(component)),
    })  # fmt: skip


def _filled(table: dict[str, Any]) -> dict[str, Any]:
    """Leave out what says nothing."""
    return {key: value for key, value in table.items() if value or key in {"name", "type"}}


def _raw(component: Component, part: str) -> msgspec.Raw | None:
    found = component.raw.get(part)
    return msgspec.Raw(found) if found else None


def _evidence(component: Component) -> Any:
    found = _raw(component, "evidence")
    if found is not None or not component.paths:
        return found
    return {"occurrences": [{"location": path} for path in component.paths]}


def _properties(component: Component) -> Iterator[dict[str, str]]:
    written = component.raw.get("properties", b"")
    listed = msgspec.json.decode(written) if written else ()
    for item in listed if isinstance(listed, list) else ():
        if isinstance(item, dict) and not str(item.get("name", "")).startswith(OWN):
            yield item
    own = dict(component.own)
    left = [text for text in component.hashes if not list(_hashes((text,)))]
    if left:
        own["hash"] = " ".join(left)
    for name in sorted(own):
        yield {"name": f"{OWN}{name}", "value": own[name]}


def _hashes(hashes: Sequence[str]) -> Iterator[dict[str, str]]:
    """Yield those that the format has an algorithm for; the others are properties."""
    for text in hashes:
        algorithm, _, value = text.partition(":")
        name = _ALGORITHMS.get(algorithm)
        if name and len(value) in _LENGTHS and _HEX.issuperset(value):
            yield {"alg": name, "content": value}


def _licenses(licenses: Sequence[str]) -> list[dict[str, Any]]:
    """Return single licences by id, a compound as the one expression, others by name."""
    found = [declared(text) for text in licenses]
    if any(item is not None and not named(item) for item in found) and all(found):
        parts = [f"({item})" if " OR " in str(item) else str(item) for item in found]
        return [{"expression": str(found[0]) if len(parts) == 1 else " AND ".join(parts)}]
    return [
        {"license": {"id": named(item)} if item is not None and named(item) else {"name": text}}
        for text, item in zip(licenses, found, strict=True)
    ]


def _organization(text: str) -> dict[str, Any] | None:
    if not text:
        return None
    name, email = _addressed(text)
    return _filled({"name": name, "contact": [{"email": email}] if email else None})


def _entity(text: str) -> dict[str, Any]:
    name, email = _addressed(text)
    return _filled({"name": name, "email": email})


def _addressed(text: str) -> tuple[str, str]:
    """Split ``Name <address>``."""
    name, bracket, email = text.partition(" <")
    if bracket and email.endswith(">") and "@" in email and " " not in email:
        return name, email[:-1]
    return text, ""


def _dependencies(document: Document) -> list[dict[str, Any]]:
    table: dict[str, list[str]] = {}
    if document.subject:
        table[document.subject.ref] = []
    for relation in document.relations:
        if relation.kind == "requires":
            table.setdefault(relation.src, []).append(relation.dst)
    return [
        {"ref": ref, "dependsOn": sorted(set(table[ref]))} if table[ref] else {"ref": ref}
        for ref in sorted(table)
    ]


def _compositions(document: Document) -> list[dict[str, Any]]:
    table: dict[str, list[str]] = {}
    for ref, aggregate in document.completeness:
        if aggregate in _AGGREGATES:
            table.setdefault(aggregate, []).append(ref)
    return [
        _filled({"aggregate": aggregate, "assemblies": sorted(set(filter(None, refs)))})
        for aggregate, refs in sorted(table.items())
    ]


def _annotations(document: Document) -> list[dict[str, Any]]:
    if document.subject is None or not document.created:
        return []
    who = next(iter(document.tools), "keten")
    return [
        {
            "subjects": [document.subject.ref],
            "annotator": {"component": {"type": "application", "name": apart(who)[0]}},
            "timestamp": document.created,
            "text": note,
        }
        for note in document.notes
    ]
