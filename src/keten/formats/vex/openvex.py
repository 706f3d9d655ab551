"""OpenVEX 0.2.0 (https://github.com/openvex/spec), read and written; 0.0.x is read too."""

from typing import Any

import msgspec
from msgspec import Struct, field

from keten.errors import CeilingError, InputError
from keten.formats.vex.document import (
    JUSTIFICATIONS,
    MAX_PRODUCTS,
    MAX_STATEMENTS,
    Document,
    Product,
    Statement,
    Status,
    digest,
    short,
)
from keten.formats.vex.opening import opened

CONTEXT = "https://openvex.dev/ns/v0.2.0"


class _Part(Struct, frozen=True):
    at_id: str = field(name="@id", default="")
    identifiers: dict[str, str] | None = None
    hashes: dict[str, str] | None = None


class _Product(Struct, frozen=True):
    at_id: str = field(name="@id", default="")
    identifiers: dict[str, str] | None = None
    hashes: dict[str, str] | None = None
    subcomponents: list[_Part | str] | None = None


class _Vulnerability(Struct, frozen=True):
    at_id: str = field(name="@id", default="")
    name: str = ""
    aliases: list[str] | None = None


class _Statement(Struct, frozen=True):
    vulnerability: _Vulnerability | str
    status: str
    products: list[_Product | str] | None = None
    subcomponents: list[str] | None = None
    timestamp: str | None = None
    last_updated: str | None = None
    status_notes: str | None = None
    justification: str | None = None
    impact_statement: str | None = None
    action_statement: str | None = None


class _Document(Struct, frozen=True):
    context: str = field(name="@context")
    statements: list[_Statement]
    at_id: str = field(name="@id", default="")
    author: str = ""
    timestamp: str | None = None
    last_updated: str | None = None
    version: int | str = ""


_DECODER = msgspec.json.Decoder(_Document)


def read(data: bytes) -> Document:
    """Return the document in *data*; what the specification forbids is left out, and said."""
    found: _Document = opened(_DECODER, data, "OpenVEX")
    if not found.context.startswith("https://openvex.dev/ns"):
        raise InputError(f"not OpenVEX: its @context is {found.context[:80]!r}")
    if len(found.statements) > MAX_STATEMENTS:
        raise CeilingError(f"more than {MAX_STATEMENTS:,} statements")
    if sum(len(item.products or ()) for item in found.statements) > MAX_PRODUCTS:
        raise CeilingError(f"more than {MAX_PRODUCTS:,} products")
    made = []
    faults = []
    at = found.last_updated or found.timestamp or ""
    for number, item in enumerate(found.statements, 1):
        fault = _fault(item)
        if fault:
            faults.append(f"statement {number}: {fault}")
        else:
            made.append(_statement(item, at))
    return Document(
        f"openvex {found.context.rpartition('/v')[2] if '/v' in found.context else '0.0'}",
        id=found.at_id,
        author=short(found.author),
        at=at,
        version=str(found.version),
        statements=tuple(made),
        left_out=tuple(faults),
    )


def _fault(item: _Statement) -> str:
    if item.status not in set(Status):
        return f"{item.status[:40]!r} is no status"
    if item.status == Status.NOT_AFFECTED and not (item.justification or item.impact_statement):
        return "not_affected without a justification or an impact statement"
    if item.justification and item.justification not in JUSTIFICATIONS:
        return f"{item.justification[:60]!r} is no justification"
    return ""


def _statement(item: _Statement, at: str) -> Statement:
    told = item.vulnerability
    if isinstance(told, str):
        names = [told]
    else:
        names = [told.name or told.at_id.rstrip("/").rpartition("/")[2], *(told.aliases or ())]
    parts = tuple(Product((one,)) for one in item.subcomponents or ())
    return Statement(
        tuple(dict.fromkeys(name for name in names if name)),
        Status(item.status),
        tuple(_product(one, parts) for one in item.products or ()),
        at=item.last_updated or item.timestamp or at,
        justification=item.justification or "",
        impact=short(item.impact_statement or item.status_notes),
        action=short(item.action_statement),
    )


def _product(item: _Product | str, parts: tuple[Product, ...]) -> Product:
    if isinstance(item, str):
        return Product((item,), parts=parts)
    own = tuple(
        Product((one,)) if isinstance(one, str) else Product(_ids(one), _hashes(one))
        for one in item.subcomponents or ()
    )
    return Product(_ids(item), _hashes(item), parts=own or parts)


def _ids(item: _Product | _Part) -> tuple[str, ...]:
    more = sorted((item.identifiers or {}).values())
    return tuple(dict.fromkeys(one for one in (item.at_id, *more) if one))


def _hashes(item: _Product | _Part) -> tuple[str, ...]:
    return tuple(sorted(digest(name, value) for name, value in (item.hashes or {}).items()))


def write(document: Document) -> bytes:
    """Return *document* as OpenVEX 0.2.0."""
    made: dict[str, Any] = {
        "@context": CONTEXT,
        "@id": document.id,
        "author": document.author,
        "timestamp": document.at,
        "version": int(document.version) if document.version.isdigit() else 1,
        "tooling": "keten",
        "statements": [_written(item) for item in document.statements],
    }
    return msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n"


def _written(item: Statement) -> dict[str, Any]:
    first, *aliases = item.names
    made: dict[str, Any] = {"vulnerability": {"name": first}}
    if aliases:
        made["vulnerability"]["aliases"] = aliases
    if item.at:
        made["timestamp"] = item.at
    made["products"] = [_component(one) for one in item.products]
    made["status"] = str(item.status)
    why = "impact_statement" if item.status is Status.NOT_AFFECTED else "status_notes"
    texts = {
        "justification": item.justification,
        why: item.impact,
        "action_statement": item.action,
    }
    made.update({key: text for key, text in texts.items() if text})
    return made


def _component(item: Product) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if item.ids:
        made["@id"] = item.ids[0]
    purl = next((one for one in item.ids if one.startswith("pkg:")), "")
    if purl:
        made["identifiers"] = {"purl": purl}
    for one in item.ids[1:]:
        if one.startswith("cpe:"):
            key = "cpe23" if one.startswith("cpe:2.3:") else "cpe22"
            made.setdefault("identifiers", {})[key] = one
    if item.hashes:
        pairs = (one.partition(":") for one in item.hashes)
        made["hashes"] = {_SPELLED.get(name, name): value for name, _, value in pairs}
    if item.parts:
        made["subcomponents"] = [_component(one) for one in item.parts]
    return made


_SPELLED = {
    "md5": "md5", "sha1": "sha1", "sha256": "sha-256", "sha384": "sha-384", "sha512": "sha-512",
    "blake3": "blake3",
}  # fmt: skip
