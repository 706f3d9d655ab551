"""VEX in CycloneDX (1.4 to 1.7, JSON): embedded in an SBOM or alone; read, and written as 1.6.

What a vulnerability affects is a ``bom-ref`` of this document, a BOM-Link
(``urn:cdx:serial/version#ref``) into another, or, as many tools write, a purl.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import msgspec
from msgspec import Struct, field, structs

from keten.errors import CeilingError, InputError
from keten.formats.vex.document import (
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

MAX_DEPTH = 200
_STATES = {
    "resolved": Status.FIXED,
    "resolved_with_pedigree": Status.FIXED,
    "exploitable": Status.AFFECTED,
    "in_triage": Status.UNDER_INVESTIGATION,
    "false_positive": Status.NOT_AFFECTED,
    "not_affected": Status.NOT_AFFECTED,
}
_JUSTIFICATIONS = {
    "code_not_present": "vulnerable_code_not_present",
    "code_not_reachable": "vulnerable_code_not_in_execute_path",
    "protected_by_mitigating_control": "inline_mitigations_already_exist",
}
_LINK = "urn:cdx:"


class _Hash(Struct, frozen=True):
    alg: str
    content: str


class _Component(Struct, frozen=True):
    ref: str = field(name="bom-ref", default="")
    purl: str = ""
    cpe: str = ""
    hashes: list[_Hash] | None = None
    components: list["_Component"] | None = None


class _Analysis(Struct, frozen=True):
    state: str = ""
    justification: str = ""
    response: list[str] | None = None
    detail: str | None = None
    issued: str = field(name="firstIssued", default="")
    updated: str = field(name="lastUpdated", default="")


class _Version(Struct, frozen=True):
    version: str = ""
    range: str = ""
    status: str = "affected"


class _Affected(Struct, frozen=True):
    ref: str
    versions: list[_Version] | None = None


class _Reference(Struct, frozen=True):
    id: str = ""


class _Vulnerability(Struct, frozen=True):
    id: str = ""
    references: list[_Reference] | None = None
    analysis: _Analysis | None = None
    affects: list[_Affected] | None = None
    recommendation: str | None = None
    updated: str | None = None
    published: str | None = None


class _Party(Struct, frozen=True):
    name: str = ""


class _Metadata(Struct, frozen=True):
    timestamp: str = ""
    component: _Component | None = None
    authors: list[_Party] | None = None
    supplier: _Party | None = None
    manufacturer: _Party | None = None


class _Document(Struct, frozen=True):
    format: str = field(name="bomFormat")
    version_of: str = field(name="specVersion", default="")
    serial: str = field(name="serialNumber", default="")
    version: int = 1
    metadata: _Metadata = _Metadata()
    components: list[_Component] | None = None
    vulnerabilities: list[_Vulnerability] | None = None


_DECODER = msgspec.json.Decoder(_Document)


def read(data: bytes) -> Document:
    """Return the statements in *data*; a vulnerability without an analysis says nothing."""
    found: _Document = opened(_DECODER, data, "CycloneDX")
    if found.format != "CycloneDX":
        raise InputError(f"not CycloneDX: its bomFormat is {found.format[:40]!r}")
    metadata = found.metadata
    products: dict[str, Product] = {}
    whole = _whole(metadata.component)
    tops = [*((metadata.component,) if metadata.component else ()), *(found.components or ())]
    for component in _flat(tops, 0):
        if component.ref:
            products.setdefault(component.ref, _product(component))
        if len(products) > MAX_PRODUCTS:
            raise CeilingError(f"more than {MAX_PRODUCTS:,} components")
    link = f"{_LINK}{found.serial.removeprefix('urn:uuid:')}/{found.version}#"
    parties = [*(metadata.authors or ()), metadata.supplier, metadata.manufacturer]
    made: list[Statement] = []
    faults: list[str] = []
    for item in found.vulnerabilities or ():
        if len(made) > MAX_STATEMENTS:
            raise CeilingError(f"more than {MAX_STATEMENTS:,} statements")
        if item.analysis is None or not item.analysis.state or not item.id:
            continue
        if item.analysis.state not in _STATES:
            faults.append(f"{item.id[:80]}: {item.analysis.state[:40]!r} is no state")
            continue
        said = _statement(item, item.analysis, products, link=link, at=metadata.timestamp)
        made.append(said if whole is None else _within(said, whole))
    return Document(
        f"cyclonedx {found.version_of}",
        id=found.serial,
        author=short(next((party.name for party in parties if party and party.name), "")),
        at=metadata.timestamp,
        version=str(found.version),
        statements=tuple(made),
        left_out=tuple(faults),
    )


def _whole(component: _Component | None) -> Product | None:
    """Return the product that all is said of, where it can be told from others: an image."""
    if component is None:
        return None
    product = _product(component)
    image = any(name.startswith("pkg:oci/") for name in product.ids)
    return product if image or product.hashes else None


def _within(said: Statement, whole: Product) -> Statement:
    products = tuple(
        one if one.ids == whole.ids else Product(whole.ids, whole.hashes, parts=(one,))
        for one in said.products
    )
    return structs.replace(said, products=products)


def _flat(components: list[_Component], depth: int) -> Iterator[_Component]:
    if depth > MAX_DEPTH:
        raise CeilingError(f"components more than {MAX_DEPTH} deep")
    for component in components:
        yield component
        if component.components:
            yield from _flat(component.components, depth + 1)


def _product(component: _Component) -> Product:
    ids = tuple(one for one in (component.purl, component.cpe) if one)
    hashes = sorted(digest(one.alg, one.content) for one in component.hashes or ())
    return Product(ids, tuple(hashes))


def _statement(
    item: _Vulnerability,
    analysis: _Analysis,
    products: dict[str, Product],
    *,
    link: str,
    at: str,
) -> Statement:
    names = (item.id, *(one.id for one in item.references or () if one.id))
    word = analysis.justification
    impact = short(analysis.detail)
    if analysis.state == "false_positive":
        impact = impact or "a false positive"
    actions = [item.recommendation or "", ", ".join(analysis.response or ())]
    return Statement(
        tuple(dict.fromkeys(names)),
        _STATES[analysis.state],
        tuple(found for one in item.affects or () for found in _affected(one, products, link)),
        at=analysis.updated or analysis.issued or item.updated or at,
        justification=_JUSTIFICATIONS.get(word, word),
        impact=impact,
        action=short(next((text for text in actions if text), "")),
    )


def _affected(item: _Affected, products: dict[str, Product], link: str) -> Iterator[Product]:
    """Yield what is meant; each version or range that is told makes one product."""
    ref = item.ref.removeprefix(link)
    fragment = unquote(ref.partition("#")[2]) if ref.startswith(_LINK) else ""
    product = products.get(ref) or products.get(unquote(ref))
    if product is None or not (product.ids or product.hashes):
        product = Product((fragment if fragment.startswith("pkg:") else unquote(ref),))
    told = [one for one in item.versions or () if one.status in ("affected", "unknown", "")]
    if not told:
        yield product
    for one in told:
        if one.range:
            yield Product(product.ids, product.hashes, one.range)
        else:
            bare = tuple(_versioned(name, one.version) for name in product.ids)
            yield Product(bare, product.hashes)


def _versioned(name: str, version: str) -> str:
    """Return a purl with *version* where it has none; anything else as it is."""
    head, mark, query = name.partition("?")
    if not name.startswith("pkg:") or "@" in head.rpartition("/")[2] or not version:
        return name
    return f"{head}@{version}{mark}{query}"


_OUT = {
    Status.FIXED: "resolved",
    Status.AFFECTED: "exploitable",
    Status.UNDER_INVESTIGATION: "in_triage",
    Status.NOT_AFFECTED: "not_affected",
}
_WORDS = {
    "component_not_present": "code_not_present",
    "vulnerable_code_cannot_be_controlled_by_adversary": "code_not_reachable",
    **{ours: theirs for theirs, ours in _JUSTIFICATIONS.items()},
}
_ALGORITHMS = {
    "md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512",
}  # fmt: skip


def write(document: Document) -> bytes:
    """Return *document* as a CycloneDX 1.6 VEX; of products with parts, the parts are affected.

    The product that has the parts is the metadata's component, where all have the same.
    """
    components: dict[str, dict[str, Any]] = {}
    wholes = {
        Product(p.ids, p.hashes) for item in document.statements for p in item.products if p.parts
    }
    made: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": document.id,
        "version": int(document.version) if document.version.isdigit() else 1,
        "metadata": {"timestamp": document.at, "authors": [{"name": document.author}]},
    }
    if len(wholes) == 1:
        (whole,) = wholes
        made["metadata"]["component"] = _written(whole, kind="container")
    rows = [_row(item, components) for item in document.statements]
    made["components"] = list(components.values())
    made["vulnerabilities"] = rows
    return msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n"


def _row(item: Statement, components: dict[str, dict[str, Any]]) -> dict[str, Any]:
    first, *more = item.names
    analysis: dict[str, Any] = {"state": _OUT[item.status]}
    if item.justification:
        analysis["justification"] = _WORDS.get(item.justification, item.justification)
    if item.impact:
        analysis["detail"] = item.impact
    if item.at:
        analysis["lastUpdated"] = item.at
    row: dict[str, Any] = {"id": first}
    if more:
        row["references"] = [{"id": name, "source": {"name": _of(name)}} for name in more]
    if item.action:
        row["recommendation"] = item.action
    row["analysis"] = analysis
    affected = [part for product in item.products for part in product.parts or (product,)]
    row["affects"] = []
    for product in affected:
        written = _written(product, kind="library")
        components.setdefault(written["bom-ref"], written)
        row["affects"].append({"ref": written["bom-ref"]})
    return row


def _of(name: str) -> str:
    return "NVD" if name.startswith("CVE-") else "GitHub" if name.startswith("GHSA-") else "OSV"


def _written(product: Product, *, kind: str) -> dict[str, Any]:
    ref = next(iter((*product.ids, *product.hashes)), "")
    name = ref.partition("?")[0].partition("@")[0].rpartition("/")[2] or ref
    made: dict[str, Any] = {"type": kind, "bom-ref": ref, "name": name}
    for one in product.ids:
        if one.startswith("pkg:"):
            made.setdefault("purl", one)
        elif one.startswith("cpe:"):
            made.setdefault("cpe", one)
    if product.hashes:
        pairs = (one.partition(":") for one in product.hashes)
        made["hashes"] = [
            {"alg": _ALGORITHMS[name], "content": text}
            for name, _, text in pairs
            if name in _ALGORITHMS
        ]
    return made
