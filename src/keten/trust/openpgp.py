"""OpenPGP signatures over a message, judged against a keyring (RFC 9580; version 4 only).

pysequoia takes armor and packets apart; the rules are here, because extending a key's life
replaces its self-signature, and a verifier that wants a self-signature older than the
message then refuses every earlier one. Here a key's creation, expiry and revocation count.
"""

from hashlib import new as hasher

from msgspec import Struct, field

from keten.errors import InputError, TrustError
from keten.trust.openpgp_keys import check_digest

BYTES = 64 << 20
"""The largest keyring, in bytes."""
PACKETS = 1_000_000
"""The most packets of a keyring."""
SIGNATURE_BYTES = 64 << 10
"""The largest armored signature, in bytes."""

_HASHES = {2: "sha1", 8: "sha256", 9: "sha384", 10: "sha512", 11: "sha224"}
_WEAK = {1: "MD5", 3: "RIPEMD-160"}
_KEY_TAGS, _USER, _SIG, _SUBKEY = (6, 5), 13, 2, (14, 7)
_CERTIFIES = range(0x10, 0x14)


class Signature(Struct, frozen=True):
    """A version 4 signature packet; *subpackets* are hashed ones, *loose* the unhashed."""

    kind: int
    algorithm: int
    hash: int
    hashed: bytes
    left: bytes
    values: bytes
    subpackets: tuple[tuple[int, bytes], ...]
    loose: tuple[tuple[int, bytes], ...]

    @property
    def created(self) -> int:
        """Return when it says it was made, in seconds since 1970; 0 where it does not."""
        return _number(self.subpackets, 2)

    @property
    def issuer(self) -> str:
        """Return the issuer's fingerprint or key id in hex, "" where it names none."""
        for parts in (self.subpackets, self.loose):
            if found := _first(parts, 33):
                return found[1:].hex()
        for parts in (self.subpackets, self.loose):
            if found := _first(parts, 16):
                return found.hex()
        return ""


class Key(Struct):
    """A primary key or subkey of a keyring. *expires* and *created* in seconds, 0 for never."""

    body: bytes
    fingerprint: str
    created: int
    expires: int = 0
    revoked: bool = False
    bound: bool = False
    signs: bool = True


class Holder(Struct):
    """A certificate: its primary *key*, *subkeys*, and the *emails* of its user ids."""

    key: Key
    subkeys: list[Key] = field(default_factory=list)
    users: list[str] = field(default_factory=list)


class Keyring(Struct):
    """Certificates by the last 16 hex digits of each of their keys' fingerprints."""

    holders: dict[str, list[tuple[Holder, Key]]]


class Held(Struct, frozen=True):
    """Who made a signature that holds: the primary *fingerprint*, the *emails* it may use.

    *doubt* is why it is no proof all the same: expired, revoked, weak.
    """

    fingerprint: str
    emails: tuple[str, ...]
    doubt: str = ""


class UnknownKeyError(TrustError):
    """The keyring does not hold the key, so nothing can be said of the signature."""


def keyring(data: bytes) -> Keyring:
    """Read exported public keys, armored or not; InputError where there are none."""
    if len(data) > BYTES:
        raise InputError(f"a keyring of more than {BYTES:,} bytes")
    holders: list[Holder] = []
    parts: list[tuple[int, bytes]] = []
    for tag, body in _packets(data):
        if tag in _KEY_TAGS and parts:
            _take(parts, holders)
            parts = []
        parts.append((tag, body))
    _take(parts, holders)
    if not holders:
        raise InputError(
            "no OpenPGP certificate in the keyring", advice="Export it with gpg --export --armor."
        )
    index: dict[str, list[tuple[Holder, Key]]] = {}
    for holder in holders:
        for key in (holder.key, *holder.subkeys):
            index.setdefault(key.fingerprint[-16:], []).append((holder, key))
    return Keyring(index)


def _packets(data: bytes) -> list[tuple[int, bytes]]:
    from pysequoia.packet import PacketPile

    found: list[tuple[int, bytes]] = []
    for block in _blocks(data):
        try:
            pile = PacketPile.from_bytes(block)
            for packet in pile:
                raw = bytes(packet)
                tag = raw[0] & 0x3F if raw[0] & 0x40 else (raw[0] >> 2) & 0xF
                found.append((tag, bytes(packet.body)))
        except (RuntimeError, ValueError, TypeError, IndexError) as error:
            what = str(error).split("\n", 1)[0][:100]
            raise InputError(f"not OpenPGP: {what}") from None
        if len(found) > PACKETS:
            raise InputError(f"more than {PACKETS:,} OpenPGP packets")
    return found


def _blocks(data: bytes) -> list[bytes]:
    """Return each armored block by itself: a keyring may be several files joined."""
    mark = b"-----BEGIN PGP "
    if mark not in data:
        return [data]
    return [mark + part for part in data.split(mark)[1:]]


def _take(parts: list[tuple[int, bytes]], holders: list[Holder]) -> None:
    """Add the certificate that *parts* are, once its self-signatures were checked."""
    if not parts or parts[0][0] not in _KEY_TAGS:
        return
    primary = _key(parts[0][1])
    if primary is None:
        return
    primary.bound = True
    holder = Holder(primary)
    latest = 0
    below: tuple[int, bytes, Key | None] = (0, b"", None)
    for tag, body in parts[1:]:
        if tag in _SUBKEY:
            below = (tag, body, _key(body))
            if below[2] is not None:
                holder.subkeys.append(below[2])
        elif tag == _SIG:
            latest = _self_signature(holder, below, body, latest)
        else:
            below = (tag, body, None)
    holders.append(holder)


def _self_signature(
    holder: Holder, below: tuple[int, bytes, Key | None], body: bytes, latest: int
) -> int:
    tag, subject, subkey = below
    primary = holder.key
    try:
        signature = _signature(body)
        start = _framed(primary.body)
        if signature.kind in (0x20, 0x1F):
            _check(primary, signature, start)
        elif tag == _USER and (signature.kind in _CERTIFIES or signature.kind == 0x30):  # noqa: PLR2004 section 5.2.1
            _check(primary, signature, start + b"\xb4" + len(subject).to_bytes(4, "big") + subject)
        elif subkey is not None and signature.kind in (0x18, 0x28):
            _check(primary, signature, start + _framed(subject))
        else:
            return latest
    except TrustError:
        return latest
    match signature.kind:
        case 0x20:
            primary.revoked = True
        case 0x28 if subkey is not None:
            subkey.revoked = True
        case 0x18 if subkey is not None:
            _bind(subkey, signature, start + _framed(subject))
        case 0x30:
            _drop_user(holder, subject)
        case _:
            if tag == _USER:
                _add_user(holder, subject)
            if signature.created >= latest:
                latest = signature.created
                life = _number(signature.subpackets, 9)
                primary.expires = primary.created + life if life else 0
                primary.signs = _may_sign(signature, default=True)
    return latest


def _bind(subkey: Key, signature: Signature, data: bytes) -> None:
    """Take a subkey binding: one that signs must sign back (RFC 9580 section 5.2.1.8)."""
    life = _number(signature.subpackets, 9)
    subkey.expires = subkey.created + life if life else 0
    subkey.signs = _may_sign(signature, default=False)
    subkey.bound = not subkey.signs
    back = _first(signature.subpackets, 32) or _first(signature.loose, 32)
    if not (subkey.signs and back):
        return
    try:
        inner = _signature(back)
        if inner.kind == 0x19:  # noqa: PLR2004 primary key binding
            _check(subkey, inner, data)
            subkey.bound = True
    except TrustError:
        return


def _may_sign(signature: Signature, *, default: bool) -> bool:
    flags = _first(signature.subpackets, 27)
    return bool(flags[0] & 2) if flags else default


def _add_user(holder: Holder, body: bytes) -> None:
    name = body.decode("utf-8", "replace")
    email = name.rpartition("<")[2].partition(">")[0].strip()
    if "@" in email and email not in holder.users:
        holder.users.append(email)


def _drop_user(holder: Holder, body: bytes) -> None:
    email = body.decode("utf-8", "replace").rpartition("<")[2].partition(">")[0].strip()
    if email in holder.users:
        holder.users.remove(email)


def verify(armored: bytes, message: bytes, ring: Keyring) -> Held:
    """Return who made a detached signature over *message*; TrustError unless it holds.

    UnknownKeyError where the keyring lacks the key. Steps: RFC 9580 section 5.2.4 and 5.2.3.
    """
    if len(armored) > SIGNATURE_BYTES:
        raise TrustError(f"the OpenPGP signature is larger than {SIGNATURE_BYTES:,} bytes")
    # 1. One signature packet, of a binary or text document.
    try:
        bodies = [body for tag, body in _packets(armored) if tag == _SIG]
    except InputError as error:
        raise TrustError(f"the signature can not be read: {error.what}") from None
    if len(bodies) != 1:
        raise TrustError(f"{len(bodies)} OpenPGP signatures where one was expected")
    signature = _signature(bodies[0])
    if signature.kind not in (0, 1):
        raise TrustError("the OpenPGP signature is not one of a document")
    if signature.kind == 1:
        message = message.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    # 2. The issuer's key must be known; a key id of 64 bits may name several.
    issuer = signature.issuer
    known = [
        pair for pair in ring.holders.get(issuer[-16:], ())
        if pair[1].fingerprint.endswith(issuer)
    ]  # fmt: skip
    if not issuer or not known:
        raise UnknownKeyError(f"the keyring holds no key {issuer[-40:] or 'for it'}")
    # 3. It must hold over the exact bytes, with that key.
    fault = TrustError("the signature does not hold over these bytes")
    for holder, key in known:
        try:
            _check(key, signature, message)
        except TrustError as error:
            fault = error
            continue
        return Held(holder.key.fingerprint, tuple(holder.users), _doubt(holder, key, signature))
    raise fault


def _doubt(holder: Holder, key: Key, signature: Signature) -> str:
    """Say why a signature that holds is no proof: section 5.2.3.13 (expiry), 5.2.1 (revocation)."""
    when = signature.created
    life = _number(signature.subpackets, 3)
    name = f"key {key.fingerprint}"
    if holder.key.revoked or key.revoked:
        return f"{name} is revoked"
    if not key.bound:
        return f"{name} is a subkey that its primary key does not own"
    if not key.signs:
        return f"{name} is not for signing"
    if not when or when < key.created:
        return f"{name} did not exist when the signature says it was made"
    for each in {holder.key.fingerprint: holder.key, key.fingerprint: key}.values():
        if each.expires and when >= each.expires:
            return f"key {each.fingerprint} had expired"
    if life:
        return "the signature carries an end of its own"
    if signature.hash == 2:  # noqa: PLR2004 SHA-1 (section 9.5)
        return "the signature rests on SHA-1"
    return ""


def _signature(body: bytes) -> Signature:
    """Take a version 4 signature packet apart (section 5.2.3)."""
    if not body or body[0] != 4:  # noqa: PLR2004 version
        raise TrustError(f"OpenPGP signatures of version {body[0] if body else 0} are not judged")
    try:
        size = int.from_bytes(body[4:6], "big")
        end = 6 + size
        loose_end = end + 2 + int.from_bytes(body[end : end + 2], "big")
        if loose_end + 2 > len(body):
            raise TrustError("the OpenPGP signature ends early")
        return Signature(
            body[1], body[2], body[3], body[:end], body[loose_end : loose_end + 2],
            body[loose_end + 2 :], _subpackets(body[6:end]), _subpackets(body[end + 2 : loose_end]),
        )  # fmt: skip
    except IndexError:
        raise TrustError("the OpenPGP signature ends early") from None


def _subpackets(data: bytes) -> tuple[tuple[int, bytes], ...]:
    found = []
    at = 0
    while at < len(data):
        size, at = data[at], at + 1
        if size == 255:  # noqa: PLR2004 section 5.2.3.7
            size, at = int.from_bytes(data[at : at + 4], "big"), at + 4
        elif size >= 192:  # noqa: PLR2004 section 5.2.3.7
            size, at = ((size - 192) << 8) + data[at] + 192, at + 1
        if size < 1 or at + size > len(data):
            raise TrustError("a subpacket of the OpenPGP signature ends early")
        found.append((data[at] & 0x7F, data[at + 1 : at + size]))
        at += size
    return tuple(found)


def _first(parts: tuple[tuple[int, bytes], ...], kind: int) -> bytes:
    return next((body for number, body in parts if number == kind), b"")


def _number(parts: tuple[tuple[int, bytes], ...], kind: int) -> int:
    return int.from_bytes(_first(parts, kind)[:4], "big")


def _framed(body: bytes) -> bytes:
    return b"\x99" + len(body).to_bytes(2, "big") + body if len(body) <= 0xFFFF else b""  # noqa: PLR2004 two octets


def _key(body: bytes) -> Key | None:
    """Return a version 4 key with its fingerprint (section 5.5.4.2), or None for another."""
    if len(body) < 6 or body[0] != 4:  # noqa: PLR2004 version, created, algorithm
        return None
    name = hasher("sha1", _framed(body), usedforsecurity=False).hexdigest()
    return Key(body, name, int.from_bytes(body[1:5], "big"))


def _check(key: Key, signature: Signature, data: bytes) -> None:
    """Raise TrustError unless *signature* is *key*'s over *data* (section 5.2.4)."""
    if signature.hash in _WEAK or signature.hash not in _HASHES:
        name = _WEAK.get(signature.hash, f"hash algorithm {signature.hash}")
        raise TrustError(f"{name} is not accepted in an OpenPGP signature")
    trailer = b"\x04\xff" + len(signature.hashed).to_bytes(4, "big")
    digest = hasher(_HASHES[signature.hash], usedforsecurity=False)
    for part in (data, signature.hashed, trailer):
        digest.update(part)
    hashed = digest.digest()
    if hashed[:2] != signature.left:
        raise TrustError("the signature does not hold over these bytes")
    check_digest(key.body, signature.algorithm, _HASHES[signature.hash], hashed, signature.values)
