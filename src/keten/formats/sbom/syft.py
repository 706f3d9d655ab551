"""Syft's own JSON (schema 16 and its neighbours), as far as others may understand it.

https://github.com/anchore/syft/tree/main/schema/json: ``artifacts``, ``source``, ``distro``.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Raw, Struct

from keten.errors import CeilingError
from keten.formats.sbom.opening import ERRORS, opened
from keten.formats.sbom.records import (
    MAX_COMPONENTS,
    Component,
    Document,
    Faults,
    Refs,
    Relation,
)
from keten.formats.sbom.terms import all_of


class _Location(Struct, frozen=True):
    path: str = ""
    layerID: str | None = None  # noqa: N815 as the format spells it


class _Artifact(Struct, frozen=True):
    id: str = ""
    name: str = ""
    version: str | None = None
    purl: str | None = None
    locations: tuple[_Location, ...] | None = None
    licenses: Any = None
    cpes: Any = None


class _Link(Struct, frozen=True):
    parent: str = ""
    child: str = ""
    type: str = ""


class _Named(Struct, frozen=True):
    name: str | None = None
    version: str | None = None


class _Source(Struct, frozen=True):
    id: str | None = None
    name: str | None = None
    version: str | None = None
    type: str | None = None


class _Distro(Struct, frozen=True):
    id: str | None = None
    versionID: str | None = None  # noqa: N815 as the format spells it
    prettyName: str | None = None  # noqa: N815 as the format spells it


class _Whole(Struct, frozen=True):
    artifacts: list[Raw] | None = None
    artifactRelationships: list[Raw] | None = None  # noqa: N815 as the format spells it
    source: Raw = Raw()
    distro: Raw = Raw()
    descriptor: Raw = Raw()
    schema: Raw = Raw()


_WHOLE = msgspec.json.Decoder(_Whole)
_ARTIFACT = msgspec.json.Decoder(_Artifact)
_LINK = msgspec.json.Decoder(_Link)


def parse(data: bytes) -> Document:
    """Return the document in *data*; InputError where nothing of it can be read."""
    whole = opened(_WHOLE, data, "Syft")
    if len(whole.artifacts or ()) > MAX_COMPONENTS:
        raise CeilingError(f"more than {MAX_COMPONENTS:,} packages in one document")
    faults = Faults()
    tool = _part(whole.descriptor, _Named, faults)
    source = _part(whole.source, _Source, faults)
    subject = Component(
        ref=source.id or "source",
        name=source.name or "source",
        version=source.version or "",
        type="container" if source.type == "image" else "application",
    )
    components = list(_components(whole, faults))
    distro = _part(whole.distro, _Distro, faults)
    if distro.id:
        components.append(
            Component(
                ref=f"os:{distro.id}", name=distro.id, version=distro.versionID or "",
                type="operating-system", description=distro.prettyName or "",
            )
        )  # fmt: skip
    return Document(
        format="syft",
        version=_part(whole.schema, _Named, faults).version or "",
        name=subject.name,
        tools=(f"{tool.name} {tool.version or ''}".strip(),) if tool.name else (),
        subject=subject,
        components=components,
        relations=sorted(set(_relations(whole, faults))),
        faults=faults.all(),
    )


def _part(raw: Raw, kind: Any, faults: Faults) -> Any:
    if not raw:
        return kind()
    try:
        return msgspec.json.decode(raw, type=kind)
    except ERRORS as error:
        faults.tell(f"{kind.__name__.strip('_').lower()} can not be read: {error}")
        return kind()


def _components(whole: _Whole, faults: Faults) -> Iterator[Component]:
    refs = Refs(faults)
    for number, raw in enumerate(whole.artifacts or ()):
        try:
            found = _ARTIFACT.decode(raw)
        except ERRORS as error:
            faults.tell(f"artifacts[{number}] can not be read: {error}")
            continue
        if not found.name:
            faults.tell(f"artifacts[{number}] has no name")
            continue
        layer = next((x.layerID for x in found.locations or () if x.layerID), "")
        yield Component(
            ref=refs.take(found.id, found.name),
            name=found.name,
            version=found.version or "",
            purls=(found.purl,) if found.purl else (),
            cpes=tuple(_texts(found.cpes, "cpe")),
            licenses=tuple(p for text in _texts(found.licenses, "value") for p in all_of(text)),
            paths=tuple(dict.fromkeys(x.path for x in found.locations or () if x.path)),
            own={"layer": layer} if layer else {},
        )


def _texts(items: Any, key: str) -> Iterator[str]:
    """Yield texts, which older versions have bare and newer ones as objects."""
    for item in items if isinstance(items, list) else ():
        text = item.get(key) if isinstance(item, dict) else item
        if isinstance(text, str) and text:
            yield text


def _relations(whole: _Whole, faults: Faults) -> Iterator[Relation]:
    for number, raw in enumerate(whole.artifactRelationships or ()):
        try:
            link = _LINK.decode(raw)
        except ERRORS as error:
            faults.tell(f"artifactRelationships[{number}] can not be read: {error}")
            continue
        if link.type == "dependency-of":
            yield Relation(link.child, "requires", link.parent)
        else:
            yield Relation(link.parent, link.type, link.child)
