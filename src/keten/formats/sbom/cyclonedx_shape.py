"""The shapes of CycloneDX's JSON, as far as they are read; what is Raw is left as bytes."""

from typing import Any

import msgspec
from msgspec import Raw, Struct


class Hash(Struct, frozen=True):
    """A hash."""

    alg: str = ""
    content: str = ""


class License(Struct, frozen=True):
    """A licence by identifier or by name."""

    id: str | None = None
    name: str | None = None
    url: str | None = None


class Choice(Struct, frozen=True):
    """A licence, or an expression."""

    license: License | None = None
    expression: str | None = None


class Reference(Struct, frozen=True):
    """Something elsewhere."""

    type: str = ""
    url: str = ""


class Entity(Struct, frozen=True):
    """Somebody: an organisation or a person."""

    name: str | None = None
    url: Any = None
    email: str | None = None
    contact: tuple["Entity", ...] | None = None


class Property(Struct, frozen=True):
    """A name and a value."""

    name: str = ""
    value: str | None = ""


class Component(Struct, frozen=True, rename="kebab"):
    """A component as it is written; what is Raw is left as bytes."""

    name: str = ""
    type: str = ""
    bom_ref: str | None = None
    group: str | None = None
    version: str | None = None
    purl: str | None = None
    cpe: str | None = None
    hashes: tuple[Hash, ...] | None = None
    licenses: tuple[Choice, ...] | None = None
    supplier: Entity | None = None
    manufacturer: Entity | None = None
    publisher: str | None = None
    author: str | None = None
    authors: tuple[Entity, ...] | None = None
    scope: str | None = None
    copyright: str | None = None
    description: str | None = None
    external_references: tuple[Reference, ...] | None = msgspec.field(
        default=None, name="externalReferences"
    )
    components: list[Raw] | None = None
    properties: Raw = Raw()
    evidence: Raw = Raw()
    pedigree: Raw = Raw()


class Dependency(Struct, frozen=True):
    """What something depends on, by reference."""

    ref: str = ""
    dependsOn: tuple[str, ...] | None = None  # noqa: N815 as the format spells it
    provides: tuple[str, ...] | None = None


class Composition(Struct, frozen=True):
    """How complete a part is."""

    aggregate: str = ""
    assemblies: tuple[str, ...] | None = None
    dependencies: tuple[str, ...] | None = None


class Annotation(Struct, frozen=True):
    """A remark."""

    text: str = ""


class Lifecycle(Struct, frozen=True):
    """A phase, of the list or of one's own."""

    phase: str | None = None
    name: str | None = None


class Metadata(Struct, frozen=True):
    """What is said of the document itself."""

    timestamp: str | None = None
    tools: Any = None
    authors: tuple[Entity, ...] | None = None
    component: Raw = Raw()
    supplier: Entity | None = None
    manufacture: Entity | None = None
    manufacturer: Entity | None = None
    lifecycles: tuple[Lifecycle, ...] | None = None


class Whole(Struct, frozen=True):
    """The document, with all of the many parts that it lists."""

    bomFormat: str = ""  # noqa: N815 as the format spells it
    specVersion: str = ""  # noqa: N815 as the format spells it
    serialNumber: str | None = None  # noqa: N815 as the format spells it
    metadata: Raw = Raw()
    components: list[Component] | None = None
    dependencies: list[Dependency] | None = None
    compositions: list[Raw] | None = None
    annotations: list[Raw] | None = None
    vulnerabilities: Raw = Raw()


class Bom(Struct, frozen=True):
    """The document, each part that it lists as bytes: where one of them is wrong."""

    bomFormat: str = ""  # noqa: N815 as the format spells it
    specVersion: str = ""  # noqa: N815 as the format spells it
    serialNumber: str | None = None  # noqa: N815 as the format spells it
    metadata: Raw = Raw()
    components: list[Raw] | None = None
    dependencies: list[Raw] | None = None
    compositions: list[Raw] | None = None
    annotations: list[Raw] | None = None
    vulnerabilities: Raw = Raw()


class Occurrence(Struct, frozen=True):
    """Where a component was found."""

    location: str = ""


class Evidence(Struct, frozen=True):
    """How a component was found."""

    occurrences: tuple[Occurrence, ...] | None = None
