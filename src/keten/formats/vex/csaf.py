"""CSAF 2.0 and 2.1 documents as VEX (OASIS, sections 3.2 and 4.5).

Products stand in a tree of branches, as full names, or as relationships: a component *of*
another product is a part of it. Flags and threats say why somebody is not affected,
remediations what to do.
"""

from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Struct

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

MAX_DEPTH = 40
_STATUSES = {
    "known_not_affected": Status.NOT_AFFECTED,
    "fixed": Status.FIXED,
    "first_fixed": Status.FIXED,
    "recommended": Status.FIXED,
    "known_affected": Status.AFFECTED,
    "first_affected": Status.AFFECTED,
    "last_affected": Status.AFFECTED,
    "under_investigation": Status.UNDER_INVESTIGATION,
}


class _Hash(Struct, frozen=True):
    algorithm: str
    value: str


class _Hashes(Struct, frozen=True):
    file_hashes: list[_Hash]


class _Helper(Struct, frozen=True):
    purl: str = ""
    purls: list[str] | None = None
    cpe: str = ""
    hashes: list[_Hashes] | None = None


class _Name(Struct, frozen=True):
    product_id: str
    name: str = ""
    product_identification_helper: _Helper | None = None


class _Branch(Struct, frozen=True):
    category: str = ""
    name: str = ""
    product: _Name | None = None
    branches: list["_Branch"] | None = None


class _Relationship(Struct, frozen=True):
    category: str
    product_reference: str
    relates_to_product_reference: str
    full_product_name: _Name


class _Group(Struct, frozen=True):
    group_id: str
    product_ids: list[str]


class _Tree(Struct, frozen=True):
    branches: list[_Branch] | None = None
    full_product_names: list[_Name] | None = None
    relationships: list[_Relationship] | None = None
    product_groups: list[_Group] | None = None


class _Note(Struct, frozen=True):
    """A flag, a threat or a remediation."""

    label: str = ""
    category: str = ""
    details: str = ""
    date: str | None = None
    product_ids: list[str] | None = None
    group_ids: list[str] | None = None


class _Id(Struct, frozen=True):
    text: str


class _Vulnerability(Struct, frozen=True):
    cve: str = ""
    ids: list[_Id] | None = None
    product_status: dict[str, list[str]] | None = None
    flags: list[_Note] | None = None
    threats: list[_Note] | None = None
    remediations: list[_Note] | None = None


class _Publisher(Struct, frozen=True):
    name: str = ""


class _Tracking(Struct, frozen=True):
    id: str = ""
    version: str = ""
    current_release_date: str = ""


class _Head(Struct, frozen=True):
    csaf_version: str
    publisher: _Publisher = _Publisher()
    tracking: _Tracking = _Tracking()


class _Document(Struct, frozen=True):
    document: _Head
    product_tree: _Tree = _Tree()
    vulnerabilities: list[_Vulnerability] | None = None


_DECODER = msgspec.json.Decoder(_Document)


def read(data: bytes) -> Document:
    """Return the document in *data*; what the standard forbids is left out, and said."""
    found: _Document = opened(_DECODER, data, "CSAF")
    head = found.document
    if head.csaf_version not in ("2.0", "2.1"):
        raise InputError(f"CSAF {head.csaf_version[:20]!r} is not read; 2.0 and 2.1 are")
    products = _products(found.product_tree)
    groups = {g.group_id: g.product_ids for g in found.product_tree.product_groups or ()}
    at = head.tracking.current_release_date
    made: list[Statement] = []
    faults: list[str] = []
    for item in found.vulnerabilities or ():
        made += _Reader(item, products, groups, at).statements(faults)
        if len(made) > MAX_STATEMENTS:
            raise CeilingError(f"more than {MAX_STATEMENTS:,} statements")
    return Document(
        f"csaf {head.csaf_version}",
        id=head.tracking.id,
        author=short(head.publisher.name),
        at=at,
        version=head.tracking.version,
        statements=tuple(made),
        left_out=tuple(faults),
    )


def _products(tree: _Tree) -> dict[str, Product]:
    """Return every product by its id; relationships last, for they name the others."""
    found: dict[str, Product] = {}
    for name in tree.full_product_names or ():
        found[name.product_id] = _product(name, "")
    for name, versions in _leaves(tree.branches or (), 0):
        found[name.product_id] = _product(name, versions)
        if len(found) > MAX_PRODUCTS:
            raise CeilingError(f"more than {MAX_PRODUCTS:,} products")
    for item in tree.relationships or ():
        part = found.get(item.product_reference, Product((item.product_reference,)))
        whole = found.get(item.relates_to_product_reference)
        own = _product(item.full_product_name, "")
        bare = Product(part.ids or own.ids, part.hashes or own.hashes, part.versions)
        if whole is None:
            found[item.full_product_name.product_id] = bare
        else:
            found[item.full_product_name.product_id] = Product(
                whole.ids, whole.hashes, whole.versions, (bare,)
            )
    return found


def _leaves(branches: Iterable[_Branch], depth: int) -> Iterator[tuple[_Name, str]]:
    if depth > MAX_DEPTH:
        raise CeilingError(f"branches more than {MAX_DEPTH} deep")
    for branch in branches:
        ranged = branch.category == "product_version_range" and branch.name.startswith("vers:")
        if branch.product:
            yield branch.product, branch.name if ranged else ""
        yield from _leaves(branch.branches or (), depth + 1)


def _product(name: _Name, versions: str) -> Product:
    helper = name.product_identification_helper
    if helper is None:
        return Product((), versions=versions)
    ids = (helper.purl, *(helper.purls or ()), helper.cpe)
    hashes = sorted(
        digest(one.algorithm, one.value) for each in helper.hashes or () for one in each.file_hashes
    )
    return Product(tuple(dict.fromkeys(one for one in ids if one)), tuple(hashes), versions)


class _Reader:
    """The statements of one vulnerability."""

    def __init__(
        self,
        item: _Vulnerability,
        products: dict[str, Product],
        groups: dict[str, list[str]],
        at: str,
    ) -> None:
        self._item, self._products, self._groups, self._at = item, products, groups, at

    def statements(self, faults: list[str]) -> Iterator[Statement]:
        """Yield a statement for each status and reason; *faults* takes what is left out."""
        item = self._item
        names = tuple(dict.fromkeys(n for n in (item.cve, *(i.text for i in item.ids or ())) if n))
        flags = self._per_product(item.flags, "label")
        impacts = self._per_product(
            [note for note in item.threats or () if note.category == "impact"], "details"
        )
        actions = self._per_product(item.remediations, "details")
        for key, listed in (item.product_status or {}).items():
            status = _STATUSES.get(key)
            if status is None:
                continue
            alike: dict[tuple[str, str, str, str], list[Product]] = {}
            for product_id in listed:
                product = self._products.get(product_id)
                flag, dated = flags.get(product_id, flags.get("", ("", "")))
                impact, _ = impacts.get(product_id, impacts.get("", ("", "")))
                action, _ = actions.get(product_id, actions.get("", ("", "")))
                told = names[0] if names else "a vulnerability without a name"
                if product is None:
                    faults.append(f"{told}: no product {product_id[:80]!r} in the tree")
                elif not names:
                    faults.append(f"{told}: {key}")
                elif status is Status.NOT_AFFECTED and not (flag or impact):
                    faults.append(f"{told}: {product_id[:80]} not affected, with no flag or impact")
                else:
                    why = (flag, impact, action, dated)
                    alike.setdefault(why, []).append(product)
            for (flag, impact, action, dated), found in alike.items():
                yield Statement(
                    names,
                    status,
                    tuple(found),
                    dated or self._at,
                    flag,
                    short(impact),
                    short(action),
                )

    def _per_product(self, notes: Iterable[_Note] | None, field: str) -> dict[str, tuple[str, str]]:
        """Return (text, date) by product id; that of "" is for all."""
        found: dict[str, tuple[str, str]] = {}
        for note in notes or ():
            ids = [*(note.product_ids or ())]
            for group in note.group_ids or ():
                ids += self._groups.get(group, ())
            if not ids and note.product_ids is None and note.group_ids is None:
                ids = [""]
            for product_id in ids:
                found.setdefault(product_id, (getattr(note, field), note.date or ""))
        return found
