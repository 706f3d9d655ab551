"""Keys of an npm registry, and what it signs with them: packages, and that it published them.

Formats: the registry's answer at ``/-/npm/v1/keys`` and the TUF target ``keys.json`` of the same
keys; signatures of packages (``dist.signatures``, over ``name@version:integrity``) and publish
attestations (npm/attestation, specs/publish/v0.1). Verifying raises TrustError.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from keten.errors import CeilingError, InputError, TrustError
from keten.trust import members, public_key
from keten.trust.members import octets, table
from keten.trust.sigstore import pae
from keten.trust.sigstore_bundle import Bundle, Envelope
from keten.trust.trusted_root import Span

BYTES = 1 << 20
"""The largest file, in bytes."""
KEYS = 1000
"""The most keys of one file."""
_SMALL = 64 << 10
_NAMED = 500
_USES = ("npm:signatures", "npm:attestations", "")


class Key(Struct, frozen=True):
    """A key by the *id* that signatures name, when it signed, and what (*use*, "" for all)."""

    id: str
    key: Any
    span: Span
    use: str = ""


def read(data: bytes, name: str = "npm-keys.json") -> tuple[Key, ...]:
    """Return the keys in *data*; InputError says what is wrong with it."""
    if len(data) > BYTES:
        raise CeilingError(f"{name} has {len(data):,} bytes; at most {BYTES:,} are read")
    try:
        items = table(msgspec.json.decode(data), "the whole").get("keys")
        found = tuple(_key(table(i, "a key")) for i in members.listed(items, "keys", KEYS))
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise InputError(f"{name} is no JSON: {error}") from error
    except TrustError as error:
        raise InputError(f"{name} holds no keys of an npm registry: {error.what}") from error
    if not found:
        raise InputError(
            f"{name} holds no keys of an npm registry",
            advice="Save what the registry answers at /-/npm/v1/keys.",
        )
    return found


def _key(item: dict[str, Any]) -> Key:
    inner = item.get("publicKey")
    if isinstance(inner, dict):  # as the TUF target has it
        name = members.text(item.get("keyId"), "id of a key", _NAMED)
        spoken = table(inner.get("validFor") or {}, "a time range")
        span = Span(
            members.moment(spoken.get("start"), "start of a time range"),
            members.moment(spoken.get("end"), "end of a time range"),
        )
        raw, use = inner.get("rawBytes"), members.text(item.get("keyUsage"), "use", _NAMED)
    else:
        name = members.text(item.get("keyid"), "id of a key", _NAMED)
        span = Span(None, members.moment(item.get("expires"), "end of a key"))
        raw, use = item.get("key"), ""
    key = public_key.load(octets(raw, "key", _SMALL), f"the key {name[:80]}")
    if not name or use not in _USES:
        raise TrustError(f"a key without a name, or of a use that is not known: {use[:40]!r}")
    return Key(name, key, span, use)


def find(keys: Sequence[Key], name: str, use: str) -> list[Key]:
    """Return the keys of that name and use, of which there is one; TrustError for none.

    One key may be listed for several times.
    """
    known = [key for key in keys if key.id == name and key.use in (use, "")]
    if not known:
        raise TrustError(f"the registry is not known to have the key it is signed with, {name}")
    return [key for key in known if public_key.spki(key.key) == public_key.spki(known[0].key)]


def used(known: Sequence[Key], when: int) -> None:
    """Raise TrustError unless one of *known* was in use at *when* (seconds since 1970)."""
    if not any(key.span.holds(when) for key in known):
        raise TrustError(f"the key {known[0].id} was not in use when it signed")


def package(name: str, version: str, integrity: str, *, signature: bytes, key: Any) -> None:
    """Raise TrustError unless *signature* is of the package (npm, "ECDSA registry signatures")."""
    data = f"{name}@{version}:{integrity}".encode()
    public_key.check(key, signature, data, whose="the registry's")


def envelope(bundle: Bundle, key: Any) -> None:
    """Raise TrustError unless the envelope of *bundle* is signed with *key* (DSSE, "Verify")."""
    content = bundle.content
    if not isinstance(content, Envelope):
        raise TrustError("the bundle holds no envelope")
    data = pae(content.kind, content.payload)
    public_key.check(key, content.signature, data, whose="the registry's")
