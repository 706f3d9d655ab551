"""CycloneDX 1.2 to 1.7 (https://cyclonedx.org/docs/), read from its JSON form.

Components are decoded one at a time, so that one that is wrong does not take the others with
it, and so that the parts nobody asks for (pedigree, evidence, properties) stay bytes.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Raw

from keten.errors import CeilingError, InputError
from keten.formats import malformed
from keten.formats.lazy_pattern import lazy
from keten.formats.sbom import cyclonedx_shape as shape
from keten.formats.sbom.records import (
    MAX_BYTES,
    MAX_COMPONENTS,
    MAX_NESTING,
    MAX_OBJECTS,
    Component,
    Document,
    Faults,
    Listed,
    Refs,
    Relation,
)

VERSIONS = ("1.2", "1.3", "1.4", "1.5", "1.6", "1.7")
OWN = "keten:"
"""What the names of keten's own properties begin with."""

_ALGORITHM = lazy(r"[^a-z0-9]")
_EXPORT = "Write it again with the tool that made it."


_BOM = msgspec.json.Decoder(shape.Bom)
_METADATA = msgspec.json.Decoder(shape.Metadata)
_COMPONENT = msgspec.json.Decoder(shape.Component)
_PROPERTIES = msgspec.json.Decoder(tuple[shape.Property, ...])
_EVIDENCE = msgspec.json.Decoder(shape.Evidence)
_DEPENDENCY = msgspec.json.Decoder(shape.Dependency)
_COMPOSITION = msgspec.json.Decoder(shape.Composition)
_ANNOTATION = msgspec.json.Decoder(shape.Annotation)
_ERRORS = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)


def parse(data: bytes, *, encoding: str = "json") -> Document:
    """Return the document in JSON *data*; InputError where nothing of it can be read."""
    bounded(data)
    try:
        bom = _BOM.decode(data)
    except _ERRORS as error:
        raise InputError(
            f"no CycloneDX document: {malformed.why(error)}", advice=_EXPORT
        ) from error
    if bom.specVersion not in VERSIONS:
        known = f"{VERSIONS[0]} to {VERSIONS[-1]}"
        raise InputError(
            f"CycloneDX {bom.specVersion[:20]!r} is not read, only {known}",
            advice="Convert it to a version that is read.",
        )
    return _Reading(bom, encoding).document()


def bounded(data: bytes) -> None:
    """Raise CeilingError for a document of more bytes or objects than are read."""
    if len(data) > MAX_BYTES:
        raise CeilingError(f"{len(data):,} bytes is more than the {MAX_BYTES:,} that are read")
    if data.count(b"{") > MAX_OBJECTS:
        raise CeilingError(f"more than {MAX_OBJECTS:,} objects in one document")


class _Reading:
    """One document while it is read."""

    def __init__(self, bom: shape.Bom, encoding: str) -> None:
        self.bom = bom
        self.encoding = encoding
        self.faults = Faults()
        self.refs = Refs(self.faults)
        self.shared: dict[str, str] = {}
        self.deep = 0
        self.leaves: list[str] = []
        self.made: list[Component] = []

    def document(self) -> Document:
        """Return all that the document says."""
        bom = self.bom
        about = self._one(_METADATA, bom.metadata, "metadata") or shape.Metadata()
        subject = None
        if about.component:
            self._component(about.component, "metadata.component")
            subject = self.made[0] if self.made else None
        for number, raw in enumerate(bom.components or ()):
            self._component(raw, "components", number)
        components = self.made[1:] if subject else self.made
        if self.deep:
            self.faults.tell(
                f"{self.deep:,} components nested deeper than {MAX_NESTING} levels are not read"
            )
        relations = [*self._relations(), *_nesting(components)]
        completeness = tuple(self._completeness())
        notes = tuple(self._notes())
        return Document(
            format="cyclonedx",
            version=bom.specVersion,
            encoding=self.encoding,
            name=subject.name if subject else "",
            id=bom.serialNumber or "",
            created=about.timestamp or "",
            tools=tuple(_tools(about.tools)),
            authors=tuple(filter(None, map(_entity, about.authors or ()))),
            supplier=_entity(about.supplier or about.manufacturer or about.manufacture),
            lifecycles=tuple(x.phase or x.name or "" for x in about.lifecycles or ()),
            subject=subject,
            components=[c for c in components if c.type != "file"],
            relations=relations,
            files=[Listed(c.name, c.hashes, c.ref) for c in components if c.type == "file"],
            completeness=completeness,
            notes=notes,
            faults=self.faults.all(),
            vulnerabilities=bytes(bom.vulnerabilities),
            leaves=tuple(self.leaves),
        )

    def _component(
        self, raw: Raw, at: str, where: int | None = None, *, parent: str = "", depth: int = 0
    ) -> None:
        """Take in a component and all that lie in it."""
        if depth >= MAX_NESTING:
            self.deep += 1
            return
        found = self._one(_COMPONENT, raw, at, where)
        if found is None:
            return
        if not found.name and not found.purl:
            place = at if where is None else f"{at}[{where}]"
            self.faults.tell(f"{place} has neither a name nor a package URL")
            return
        ref = self.refs.take(found.bom_ref or "", found.purl or found.name)
        self.made.append(self._made(found, ref, parent))
        if len(self.made) > MAX_COMPONENTS:
            raise CeilingError(f"more than {MAX_COMPONENTS:,} components in one document")
        for number, inner in enumerate(found.components or ()):
            inside = f"{at if where is None else f'{at}[{where}]'}.components"
            self._component(inner, inside, number, parent=ref, depth=depth + 1)

    def _made(self, found: shape.Component, ref: str, parent: str) -> Component:
        raw: dict[str, bytes] = {}
        if found.properties or found.evidence or found.pedigree:
            raw = {name: bytes(part) for name in _KEPT if (part := getattr(found, name))}
        told = _told(raw["properties"]) if found.properties else []
        own, paths = _own(told) if told else ({}, [])
        if found.evidence and b'"occurrences"' in raw["evidence"]:
            evidence = self._one(_EVIDENCE, found.evidence, "evidence")
            paths = [x.location for x in evidence.occurrences or ()] if evidence else paths
        purls: tuple[str, ...] = (found.purl,) if found.purl else ()
        source = ""
        if found.external_references:
            purls, source = _linked(purls, found.external_references)
        hashes = tuple(_hashes(found.hashes)) if found.hashes else ()
        if "hash" in own:
            hashes += tuple(own.pop("hash").split())
        more = _more(found, told, parent)
        if own or paths:
            path = own.get("path", "")
            more["own"], more["paths"] = (
                own,
                tuple(dict.fromkeys((path, *paths) if path else paths)),
            )
        return Component(
            ref=ref,
            name=found.name,
            version=found.version or "",
            purls=purls,
            hashes=hashes,
            licenses=_licences(found.licenses) if found.licenses else (),
            source=source,
            raw=raw,
            **more,
        )

    def _relations(self) -> Iterator[Relation]:
        same = self.shared.setdefault  # one string for all equal ones: there are few refs
        for number, raw in enumerate(self.bom.dependencies or ()):
            found = self._one(_DEPENDENCY, raw, "dependencies", number)
            if found is not None:
                src = same(found.ref, found.ref)
                if not found.dependsOn:
                    self.leaves.append(src)
                for dst in found.dependsOn or ():
                    yield Relation(src, "requires", same(dst, dst))
                for dst in found.provides or ():
                    yield Relation(src, "provides", same(dst, dst))

    def _completeness(self) -> Iterator[tuple[str, str]]:
        for number, raw in enumerate(self.bom.compositions or ()):
            found = self._one(_COMPOSITION, raw, f"compositions[{number}]")
            if found is not None:
                for ref in (*(found.assemblies or ()), *(found.dependencies or ())) or ("",):
                    yield ref, found.aggregate

    def _notes(self) -> Iterator[str]:
        for number, raw in enumerate(self.bom.annotations or ()):
            found = self._one(_ANNOTATION, raw, f"annotations[{number}]")
            if found is not None and found.text:
                yield found.text

    def _one(self, decoder: Any, raw: Raw, at: str, number: int | None = None) -> Any:
        """Return what *raw* says, or None, with a fault. *number*: which of those *at* it is."""
        if not raw:
            return None
        try:
            return decoder.decode(raw)
        except _ERRORS as error:
            where = at if number is None else f"{at}[{number}]"
            self.faults.tell(f"{where} can not be read: {error}")
            return None


_KEPT: tuple[str, ...] = ("properties", "evidence", "pedigree")
_SCOPES = {"excluded": "development", "optional": "optional"}
_GOT = frozenset({"distribution", "vcs", "source-distribution"})
_PATHS = re.compile(r"syft:location:\d+:path|aquasecurity:trivy:FilePath|internal:SrcFile|SrcFile")
_TRIVY = "aquasecurity:trivy:Src"
_DEVELOPMENT = frozenset({
    "cdx:npm:package:development", "cdx:composer:package:isDevRequirement",
    "cdx:pipenv:category:develop",
})  # fmt: skip


def _own(told: list[tuple[str, str]]) -> tuple[dict[str, str], list[str]]:
    """Return what keten alone says in properties, and the paths that tools name there."""
    own: dict[str, str] = {}
    paths = []
    sources: dict[str, str] = {}
    for name, value in told:
        if name.startswith(OWN):
            own[name.removeprefix(OWN)] = value
        elif _is_path(name):
            paths.append(value)
        elif name.startswith(_TRIVY) and value:
            sources[name.removeprefix(_TRIVY)] = value
    if sources:
        own.setdefault("upstream", _upstream(sources))
    return own, paths


def _linked(
    purls: tuple[str, ...], links: tuple[shape.Reference, ...]
) -> tuple[tuple[str, ...], str]:
    """Return *purls* with those among the references, and where it was got from."""
    source = ""
    for link in links:
        if link.url.startswith("pkg:"):
            if link.url not in purls:
                purls = (*purls, link.url)
        elif not source and link.type in _GOT:
            source = link.url
    return purls, source


def _more(found: shape.Component, told: list[tuple[str, str]], parent: str) -> dict[str, Any]:
    """Return what few components tell."""
    more: dict[str, Any] = {}
    if found.type and found.type != "library":
        more["type"] = found.type
    if found.group:
        more["group"] = found.group
    if found.cpe:
        more["cpes"] = (found.cpe,)
    if found.supplier or found.manufacturer or found.publisher:
        more["supplier"] = _entity(found.supplier or found.manufacturer) or found.publisher or ""
    if found.author or found.authors:
        more["author"] = found.author or _authors(found)
    if found.copyright:
        more["copyright"] = found.copyright
    if found.description:
        more["description"] = found.description
    if scope := _scope(found.scope, told):
        more["scope"] = scope
    if parent:
        more["parent"] = parent
    return more


def _authors(found: shape.Component) -> str:
    return ", ".join(filter(None, map(_entity, found.authors))) if found.authors else ""


def _upstream(sources: dict[str, str]) -> str:
    """Return ``name@version`` of the source package, as Trivy's properties tell it."""
    version = "-".join(filter(None, (sources.get("Version"), sources.get("Release"))))
    epoch = sources.get("Epoch", "")
    version = f"{epoch}:{version}" if epoch and version else version
    return "@".join(filter(None, (sources.get("Name", ""), version)))


@lru_cache(1024)
def _is_path(name: str) -> bool:
    return _PATHS.fullmatch(name) is not None


def _told(data: bytes) -> list[tuple[str, str]]:
    """Return the properties that keten may understand."""
    if not (b":path" in data or b"keten:" in data or b"FilePath" in data or b"cdx:" in data
            or b"trivy:Src" in data or b"SrcFile" in data):  # fmt: skip
        return []
    try:
        return [(p.name, p.value or "") for p in _PROPERTIES.decode(data)]
    except _ERRORS:
        return []


def _scope(written: str | None, told: list[tuple[str, str]]) -> str:
    if told and any(name in _DEVELOPMENT and value == "true" for name, value in told):
        return "development"
    return _SCOPES.get(written or "", "")


def _licences(choices: tuple[shape.Choice, ...]) -> tuple[str, ...]:
    found: tuple[str, ...] = ()
    for choice in choices:
        if text := _licence(choice):
            found += _all_of(text) if " " in text else (text,)
    return found


@lru_cache(4096)
def _all_of(text: str) -> tuple[str, ...]:
    from keten.formats.sbom.terms import all_of

    return all_of(text)


def _licence(choice: shape.Choice) -> str:
    if choice.license is not None:
        return choice.license.id or choice.license.name or choice.license.url or ""
    return choice.expression or ""


def _entity(entity: shape.Entity | None) -> str:
    """Return who it is, in a line: ``Name <address>``, or the contact's, or an address."""
    if entity is None:
        return ""
    contact = next(iter(entity.contact or ()), None)
    email = entity.email or (contact.email if contact else None)
    name = entity.name or (contact.name if contact else None) or ""
    if not name:
        urls = entity.url if isinstance(entity.url, list) else [entity.url]
        return email or next((u for u in urls if isinstance(u, str)), "")
    return f"{name} <{email}>" if email else name


def _tools(tools: Any) -> Iterator[str]:
    """Yield ``name version``: a list until 1.4, an object with components and services after."""
    listed: list[Any] = []
    if isinstance(tools, dict):
        for key in ("components", "services"):
            part = tools.get(key)
            listed += part if isinstance(part, list) else []
    elif isinstance(tools, list):
        listed = tools
    for tool in listed[:1000]:
        if isinstance(tool, dict) and isinstance(tool.get("name"), str):
            version = tool.get("version")
            yield f"{tool['name']} {version}" if isinstance(version, str) else tool["name"]


def _nesting(components: list[Component]) -> Iterator[Relation]:
    for component in components:
        if component.parent:
            yield Relation(component.parent, "contains", component.ref)


def hashes(pairs: Any) -> Iterator[str]:
    """Yield ``sha256:hex`` for each (algorithm, value), whatever the algorithm's spelling."""
    for algorithm, value in pairs:
        if algorithm and value:
            yield f"{_algorithm(algorithm)}:{value.lower()}"


def _hashes(found: tuple[shape.Hash, ...]) -> list[str]:
    return [f"{_algorithm(h.alg)}:{h.content.lower()}" for h in found if h.alg and h.content]


@lru_cache(256)
def _algorithm(written: str) -> str:
    name = _ALGORITHM.sub("", written.lower())
    if name.startswith("sha3") and name != "sha384":
        return f"sha3-{name[4:]}"
    return f"blake2b-{name[7:]}" if name.startswith("blake2b") else name
