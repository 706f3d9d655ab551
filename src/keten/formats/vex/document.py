"""What the three formats of VEX say, in one form.

Minimum requirements for VEX, CISA 2023: who says (author), when, of which vulnerability and
which products (and parts of these), what (status), and why (justification or impact).
"""

from datetime import UTC, datetime
from enum import StrEnum

from msgspec import Struct

MAX_BYTES = 64 << 20
MAX_STATEMENTS = 200_000
MAX_PRODUCTS = 500_000
MAX_TEXT = 4000


class Status(StrEnum):
    """The four statuses of VEX."""

    NOT_AFFECTED = "not_affected"
    AFFECTED = "affected"
    FIXED = "fixed"
    UNDER_INVESTIGATION = "under_investigation"


JUSTIFICATIONS = (
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
)
"""The justifications of not_affected: OpenVEX's; CSAF's flags are the same words."""


class Product(Struct, frozen=True, omit_defaults=True, order=True):
    """What a statement is about. *ids* are purls, CPEs or other names, *hashes* ``sha256:…``.

    *versions* is a VERS range that the version must be in; *parts*, where there are any: the
    statement is only of these parts of the product.
    """

    ids: tuple[str, ...] = ()
    hashes: tuple[str, ...] = ()
    versions: str = ""
    parts: tuple["Product", ...] = ()


class Statement(Struct, frozen=True, omit_defaults=True):
    """One statement. *names* are the vulnerability's id and aliases, *at* RFC 3339.

    *justification* is one of JUSTIFICATIONS, or CycloneDX's own word; *impact* says why in
    words, *action* what to do.
    """

    names: tuple[str, ...]
    status: Status
    products: tuple[Product, ...]
    at: str = ""
    justification: str = ""
    impact: str = ""
    action: str = ""


class Document(Struct, frozen=True, omit_defaults=True):
    """One VEX document. *format* is ``openvex``, ``csaf`` or ``cyclonedx`` with its version."""

    format: str
    id: str = ""
    author: str = ""
    at: str = ""
    version: str = ""
    statements: tuple[Statement, ...] = ()
    left_out: tuple[str, ...] = ()


def moment(text: str) -> datetime:
    """Return an RFC 3339 time as a value to compare; the earliest there is for what is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    try:
        return found.astimezone(UTC)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def short(text: str | None) -> str:
    """Return free text as it is kept: one line, cut."""
    return " ".join((text or "")[:MAX_TEXT].split())


_HASHES = {
    "md5": "md5", "sha1": "sha1", "sha-1": "sha1", "sha256": "sha256", "sha-256": "sha256",
    "sha384": "sha384", "sha-384": "sha384", "sha512": "sha512", "sha-512": "sha512",
    "blake3": "blake3", "sha3-256": "sha3-256", "sha3-384": "sha3-384", "sha3-512": "sha3-512",
}  # fmt: skip


def digest(algorithm: str, value: str) -> str:
    """Return a hash as keten writes it: ``sha256:`` and lower-case hex."""
    name = algorithm.lower()
    return f"{_HASHES.get(name, name)}:{value.lower()}"
