"""Write VEX as CSAF 2.0, of the profile csaf_vex (OASIS, section 4.5)."""

from collections.abc import Iterator
from typing import Any

import msgspec

from keten.formats.vex.document import Document, Product, Statement, Status

_KEYS = {
    Status.NOT_AFFECTED: "known_not_affected",
    Status.FIXED: "fixed",
    Status.AFFECTED: "known_affected",
    Status.UNDER_INVESTIGATION: "under_investigation",
}


def write(document: Document, *, namespace: str) -> bytes:
    """Return *document* as CSAF 2.0 of the profile csaf_vex (section 4.5).

    *namespace* is an address under the publisher's control (section 3.2.1.8.5).
    """
    catalogue = _Catalogue()
    by_name: dict[tuple[str, ...], list[Statement]] = {}
    for item in document.statements:
        by_name.setdefault(item.names, []).append(item)
    vulnerabilities = [_vulnerability(n, said, catalogue) for n, said in by_name.items()]
    version = document.version or "1"
    made: dict[str, Any] = {
        "document": {
            "category": "csaf_vex",
            "csaf_version": "2.0",
            "publisher": {
                "category": "vendor", "name": document.author, "namespace": namespace,
            },
            "title": f"VEX {document.id}",
            "tracking": {
                "id": document.id,
                "status": "final",
                "version": version,
                "initial_release_date": document.at,
                "current_release_date": document.at,
                "revision_history": [
                    {"date": document.at, "number": version, "summary": "Written by keten."}
                ],
                "generator": {"engine": {"name": "keten"}},
            },
        },
    }  # fmt: skip
    if vulnerabilities:  # neither may be empty
        made |= {"product_tree": catalogue.tree(), "vulnerabilities": vulnerabilities}
    return msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n"


class _Catalogue:
    """The products of a document under ids of our own."""

    def __init__(self) -> None:
        self._names: dict[Product, str] = {}
        self._relationships: dict[str, dict[str, Any]] = {}
        self._plain: dict[str, dict[str, Any]] = {}

    def ids(self, product: Product) -> list[str]:
        """Return the ids of a product: one, or one for each of its parts."""
        whole = Product(product.ids, product.hashes, product.versions)
        base = self._one(whole)
        if not product.parts:
            return [base]
        found = []
        for part in product.parts:
            mine = self._one(part)
            both = f"{mine}:{base}"
            name = f"{self._plain[mine]['name']} in {self._plain[base]['name']}"
            self._relationships[both] = {
                "category": "default_component_of",
                "product_reference": mine,
                "relates_to_product_reference": base,
                "full_product_name": {"product_id": both, "name": name},
            }
            found.append(both)
        return found

    def _one(self, product: Product) -> str:
        known = self._names.get(product)
        if known is not None:
            return known
        name = self._names[product] = f"P{len(self._names) + 1}"
        helper: dict[str, Any] = {}
        for one in product.ids:
            if one.startswith("pkg:"):
                helper.setdefault("purl", one)
            elif one.startswith("cpe:"):
                helper.setdefault("cpe", one)
        if product.hashes:
            pairs = (one.partition(":") for one in product.hashes)
            listed = [{"algorithm": kind, "value": value} for kind, _, value in pairs]
            helper["hashes"] = [{"file_hashes": listed, "filename": "image"}]
        made: dict[str, Any] = {"product_id": name, "name": next(iter(product.ids), name)}
        if helper:
            made["product_identification_helper"] = helper
        self._plain[name] = made
        return name

    def tree(self) -> dict[str, Any]:
        made: dict[str, Any] = {"full_product_names": list(self._plain.values())}
        if self._relationships:
            made["relationships"] = list(self._relationships.values())
        return made


def _vulnerability(
    names: tuple[str, ...], said: list[Statement], catalogue: _Catalogue
) -> dict[str, Any]:
    made: dict[str, Any] = {}
    others = [name for name in names if not name.startswith("CVE-")]
    cve = next((name for name in names if name.startswith("CVE-")), "")
    if cve:
        made["cve"] = cve
    more = [*(n for n in names if n.startswith("CVE-") and n != cve), *others]
    if more:
        made["ids"] = [{"system_name": name.partition("-")[0], "text": name} for name in more]
    made["notes"] = [{"category": "summary", "text": names[0]}]
    status: dict[str, list[str]] = {}
    for item in said:
        ids = [one for product in item.products for one in catalogue.ids(product)]
        status.setdefault(_KEYS[item.status], []).extend(ids)
        for key, note in _notes(item):
            made.setdefault(key, []).append({**note, "product_ids": ids})
    made["product_status"] = status
    return made


def _notes(item: Statement) -> Iterator[tuple[str, dict[str, Any]]]:
    if item.justification:
        flag = {"label": item.justification, "date": item.at}
        yield "flags", {key: text for key, text in flag.items() if text}
    if item.impact:
        yield "threats", {"category": "impact", "details": item.impact}
    if item.action:
        kind = "none_available" if item.action.startswith("No ") else "vendor_fix"
        yield "remediations", {"category": kind, "details": item.action}
