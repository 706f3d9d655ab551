"""CycloneDX 1.2 to 1.7 (https://cyclonedx.org/docs/), read from its JSON form.

Components are decoded one at a time, so that one that is wrong does not take the others with
it, and so that the parts nobody asks for (pedigree, evidence, properties) stay bytes.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Raw

from keten.errors import CeilingError, InputError
from keten.formats.sbom import cyclonedx_shape as shape
from keten.formats.sbom.cyclonedx_properties import in_development, own_of, told_of
from keten.formats.sbom.opening import ERRORS, algorithm, bounded, hashes, opened
from keten.formats.sbom.records import (
    MAX_COMPONENTS,
    MAX_NESTING,
    Component,
    Document,
    Faults,
    Listed,
    Refs,
    Relation,
)

VERSIONS = ("1.2", "1.3", "1.4", "1.5", "1.6", "1.7")
_WHOLE = msgspec.json.Decoder(shape.Whole)
_BOM = msgspec.json.Decoder(shape.Bom)
_METADATA = msgspec.json.Decoder(shape.Metadata)
_COMPONENT = msgspec.json.Decoder(shape.Component)
_EVIDENCE = msgspec.json.Decoder(shape.Evidence)
_DEPENDENCY = msgspec.json.Decoder(shape.Dependency)
_COMPOSITION = msgspec.json.Decoder(shape.Composition)
_ANNOTATION = msgspec.json.Decoder(shape.Annotation)


def parse(data: bytes, *, encoding: str = "json") -> Document:
    """Return the document in JSON *data*; InputError where nothing of it can be read."""
    bom: shape.Whole | shape.Bom
    bounded(data)
    try:
        bom = _WHOLE.decode(data)  # at one go, which a part that is wrong ends
    except ERRORS:
        bom = opened(_BOM, data, "CycloneDX")
    if bom.specVersion not in VERSIONS:
        known = f"{VERSIONS[0]} to {VERSIONS[-1]}"
        raise InputError(
            f"CycloneDX {bom.specVersion[:20]!r} is not read, only {known}",
            advice="Convert it to a version that is read.",
        )
    return _Reading(bom, encoding).document()


class _Reading:
    """One document while it is read."""

    def __init__(self, bom: shape.Whole | shape.Bom, encoding: str) -> None:
        self.bom = bom
        self.encoding = encoding
        self.faults = Faults()
        self.refs = Refs(self.faults)
        self.deep = 0
        self.leaves: list[str] = []
        self.made: list[Component] = []

    def document(self) -> Document:
        """Return all that the document says."""
        bom = self.bom
        about = self._one(_METADATA, bom.metadata, "metadata") or shape.Metadata()
        subject = None
        if about.component:
            found = self._one(_COMPONENT, about.component, "metadata.component")
            if found is not None:
                self._component(found, "metadata.component")
            subject = self.made[0] if self.made else None
        for number, found in self._every(_COMPONENT, bom.components, "components"):
            self._component(found, "components", number)
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
        self,
        found: shape.Component,
        at: str,
        where: int | None = None,
        *,
        parent: str = "",
        depth: int = 1,
    ) -> None:
        """Take in a component and all that lie in it."""
        if not found.name and not found.purl:
            place = at if where is None else f"{at}[{where}]"
            self.faults.tell(f"{place} has neither a name nor a package URL")
            return
        ref = self.refs.take(found.bom_ref or "", found.purl or found.name)
        self.made.append(self._made(found, ref, parent))
        if len(self.made) > MAX_COMPONENTS:
            raise CeilingError(f"more than {MAX_COMPONENTS:,} components in one document")
        if not found.components:
            return
        if depth >= MAX_NESTING:
            self.deep += len(found.components)
            return
        inside = f"{at if where is None else f'{at}[{where}]'}.components"
        for number, inner in self._every(_COMPONENT, found.components, inside):
            self._component(inner, inside, number, parent=ref, depth=depth + 1)

    def _made(self, found: shape.Component, ref: str, parent: str) -> Component:
        properties = self._kept(found.properties)
        raw = {"properties": properties} if properties else {}
        told = told_of(properties) if properties else []
        own, paths = own_of(told) if told else ({}, [])
        if found.evidence or found.pedigree:
            parts = ((name, self._kept(getattr(found, name))) for name in _KEPT)
            raw |= {name: part for name, part in parts if part}
            if b'"occurrences"' in raw.get("evidence", b""):
                evidence = self._one(_EVIDENCE, found.evidence, "evidence")
                paths = [x.location for x in evidence.occurrences or ()] if evidence else paths
        if own.get("path"):
            paths = [own["path"], *paths]
        purls: tuple[str, ...] = (found.purl,) if found.purl else ()
        source = ""
        if found.external_references:
            purls, source = _linked(purls, found.external_references)
        hashed = _hashes(found.hashes) if found.hashes else ()
        if "hash" in own:
            hashed += tuple(own.pop("hash").split())
        scope = _SCOPES.get(found.scope, "") if found.scope else ""
        return Component(  # in the order of its fields: names cost more than all else here
            ref,
            found.name,
            found.type or "library",
            found.group or "",
            found.version or "",
            purls,
            (found.cpe,) if found.cpe else (),
            hashed,
            _licences(found.licenses) if found.licenses else (),
            _supplier(found),
            found.author or (_authors(found) if found.authors else ""),
            found.copyright or "",
            found.description or "",
            source,
            "development" if told and in_development(told) else scope,
            tuple(dict.fromkeys(paths)) if paths else (),
            parent,
            own,
            raw,
        )

    def _relations(self) -> list[Relation]:
        made: list[Relation] = []
        # One string for all equal ones: there are few refs, and they are looked up again.
        same = {component.ref: component.ref for component in self.made}.setdefault
        for _, found in self._every(_DEPENDENCY, self.bom.dependencies, "dependencies"):
            src = same(found.ref, found.ref)
            if found.dependsOn:
                made += [Relation(src, "requires", same(dst, dst)) for dst in found.dependsOn]
            else:
                self.leaves.append(src)
            if found.provides:
                made += [Relation(src, "provides", same(dst, dst)) for dst in found.provides]
        return made

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

    def _every(self, decoder: Any, listed: list[Any] | None, at: str) -> Iterator[tuple[int, Any]]:
        """Yield what is *listed* at *at* with its number; what can not be read is a fault.

        What was yielded is let go of: a document's parts are many.
        """
        for number in range(len(listed or ())):
            assert listed is not None
            found = listed[number]
            listed[number] = None
            if isinstance(found, Raw):
                found = self._one(decoder, found, at, number)
            if found is not None:
                yield number, found

    def _kept(self, raw: Raw) -> bytes:
        """Return a part as it was written, nothing where it is no UTF-8: no decoder saw it."""
        part = bytes(raw)
        if not part.isascii():
            try:
                part.decode()
            except UnicodeDecodeError as error:
                self.faults.tell(f"a part of a component can not be read: {error}")
                return b""
        return part

    def _one(self, decoder: Any, raw: Raw, at: str, number: int | None = None) -> Any:
        """Return what *raw* says, or None, with a fault. *number*: which of those *at* it is."""
        if not raw:
            return None
        try:
            return decoder.decode(raw)
        except ERRORS as error:
            where = at if number is None else f"{at}[{number}]"
            self.faults.tell(f"{where} can not be read: {error}")
            return None


_KEPT: tuple[str, ...] = ("evidence", "pedigree")
_SCOPES = {"excluded": "development", "optional": "optional"}
_GOT = frozenset({"distribution", "vcs", "source-distribution"})


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


def _supplier(found: shape.Component) -> str:
    if found.supplier or found.manufacturer:
        return _entity(found.supplier or found.manufacturer) or found.publisher or ""
    return found.publisher or ""


def _authors(found: shape.Component) -> str:
    return ", ".join(filter(None, map(_entity, found.authors))) if found.authors else ""


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


def _hashes(found: tuple[shape.Hash, ...]) -> tuple[str, ...]:
    if len(found) == 1 and (one := found[0]).alg and one.content:
        return (f"{algorithm(one.alg)}:{one.content.lower()}",)
    return tuple(hashes((h.alg, h.content) for h in found))
