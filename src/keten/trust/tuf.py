"""Which TUF metadata to believe: a state machine, bytes in, a verdict or TrustError out.

The client workflow of the specification (section 5), without what touches the world: the
caller fetches, bounds and keeps. *now* is fixed when the machine is made (5.1). Metadata is
given in the order root, timestamp, snapshot, targets; what was kept from earlier is given
first, so that nothing older is believed after it.
"""

from datetime import datetime
from hashlib import sha256, sha512
from typing import Any

from keten.errors import CeilingError, InputError, TrustError
from keten.formats import tuf
from keten.formats.tuf import Key, Listed, Role, Root, Snapshot, Target, Targets, Timestamp

RSA_BITS = 8192
"""The longest RSA key that counts: what is longer costs a second for some hundred signatures."""
RSA_EXPONENT = 0xFFFFFFFF
"""The largest public exponent that counts; 65537 is everyone's."""
SIGNATURE = 4096
"""The longest signature that is looked at, in bytes."""
_HASHES: dict[str, Any] = {"sha256": sha256, "sha512": sha512}
_SNAPSHOT, _TARGETS = "snapshot.json", "targets.json"
_OLDER = "Someone may be serving old data again. Nothing of it was taken."


class Trusted:
    """What is believed so far; begin with a root that the user gave or that was kept."""

    def __init__(self, root: bytes, now: datetime) -> None:
        self.now = now
        found = tuf.read(root, "root.json")
        self.root = tuf.typed(found, Root, "root.json")
        self._complete(self.root)
        verify(found, self.root, "root", name="root.json")
        self.timestamp: Timestamp | None = None
        self.snapshot: Snapshot | None = None
        self.targets: Targets | None = None

    def renew(self, data: bytes) -> bool:
        """Take the next root (5.3.4 to 5.3.7): signed by the keys of the old and its own.

        Return whether the keys of timestamp or snapshot changed, so that what was kept of them
        is to be forgotten (5.3.11: recovery from a fast-forward attack).
        """
        name = f"{self.root.version + 1}.root.json"
        found = tuf.read(data, name)
        root = tuf.typed(found, Root, name)
        self._complete(root)
        # 5.3.4 an arbitrary software attack: the threshold of both
        verify(found, self.root, "root", name=name)
        verify(found, root, "root", name=name)
        # 5.3.5 a rollback attack: exactly the next version
        if root.version != self.root.version + 1:
            raise TrustError(
                f"{name} says that it is version {root.version}: not the next root after "
                f"{self.root.version}",
                advice=_OLDER,
            )
        old, self.root = self.root, root
        return any(_keys(old, role) != _keys(root, role) for role in ("timestamp", "snapshot"))

    def settle(self) -> None:
        """End the roots: the last must not have expired (5.3.10)."""
        self._fresh(self.root, "root")

    def stamp(self, data: bytes, *, kept: bool = False) -> bool:
        """Take a timestamp (5.4); return whether it is a new one. *kept*: it may have expired."""
        found = tuf.read(data, "timestamp.json")
        new = tuf.typed(found, Timestamp, "timestamp.json")
        verify(found, self.root, "timestamp", name="timestamp.json")  # 5.4.2
        if _SNAPSHOT not in new.meta:
            raise InputError("timestamp.json does not name a snapshot")
        old = self.timestamp
        if old is not None:
            _not_older(new.version, old.version, "timestamp")  # 5.4.3.1
            if new.version == old.version:
                self._fresh(old, "timestamp")
                return False
            _not_older(new.meta[_SNAPSHOT].version, old.meta[_SNAPSHOT].version, "snapshot")
        self.timestamp = new
        if not kept:
            self._fresh(new, "timestamp")  # 5.4.4 a freeze attack
        return True

    def snap(self, data: bytes, *, kept: bool = False) -> None:
        """Take the snapshot that the timestamp names (5.5). *kept*: it may be an earlier one."""
        assert self.timestamp is not None
        said = self.timestamp.meta[_SNAPSHOT]
        if not kept:
            matches(data, said, _SNAPSHOT)  # 5.5.2
        found = tuf.read(data, _SNAPSHOT)
        new = tuf.typed(found, Snapshot, _SNAPSHOT)
        verify(found, self.root, "snapshot", name=_SNAPSHOT)  # 5.5.3
        if _TARGETS not in new.meta:
            raise InputError("snapshot.json does not name targets.json")
        if not kept:
            _same(new.version, said.version, "snapshot")  # 5.5.4 a mix-and-match attack
            self._remembered(new)
            self._fresh(new, "snapshot")  # 5.5.6
        self.snapshot = new

    def aim(self, data: bytes) -> None:
        """Take the targets that the snapshot names (5.6)."""
        assert self.snapshot is not None
        said = self.snapshot.meta[_TARGETS]
        matches(data, said, _TARGETS)  # 5.6.2
        found = tuf.read(data, _TARGETS)
        new = tuf.typed(found, Targets, _TARGETS)
        verify(found, self.root, "targets", name=_TARGETS)  # 5.6.3
        _same(new.version, said.version, "targets")  # 5.6.4
        self._fresh(new, "targets")  # 5.6.5
        self.targets = new

    @property
    def until(self) -> datetime:
        """Return when the first of what is believed expires."""
        roles = (self.root, self.timestamp, self.snapshot, self.targets)
        return min(tuf.moment(role.expires, "metadata") for role in roles if role is not None)

    def _remembered(self, new: Snapshot) -> None:
        """5.5.5 a rollback attack: nothing that was listed is gone or older."""
        if self.snapshot is None:
            return
        _not_older(new.version, self.snapshot.version, "snapshot")
        for name, old in self.snapshot.meta.items():
            if name not in new.meta:
                raise TrustError(f"the new snapshot no longer names {name}", advice=_OLDER)
            _not_older(new.meta[name].version, old.version, name)

    def _fresh(self, role: tuf.Signed, name: str) -> None:
        if tuf.moment(role.expires, name) <= self.now:
            raise TrustError(
                f"the {name} metadata, version {role.version}, expired on {role.expires}",
                advice="Whoever publishes it must sign anew; or someone keeps newer data from you.",
            )

    @staticmethod
    def _complete(root: Root) -> None:
        most = max(len(root.keys), *(len(role.keyids) for role in root.roles.values()), 0)
        if most > tuf.MAX_KEYS:
            raise CeilingError(f"the root names {most:,} keys; at most {tuf.MAX_KEYS:,} are read")
        for role in tuf.ROLES:
            found = root.roles.get(role)
            if found is None or any(key not in root.keys for key in found.keyids):
                raise InputError(f"the root names no keys, or not all, of the role {role}")


def verify(found: tuf.Metadata, root: Root, role: str, *, name: str) -> tuple[str, ...]:
    """Return the ids of the keys that signed; TrustError where they are fewer than it takes.

    Each key counts once, under however many ids it is listed.
    """
    wanted = root.roles[role]
    payload = found.payload
    signed: dict[str, str] = {}
    tried: set[str] = set()
    keyids = frozenset(wanted.keyids)
    for one in found.signatures:
        key = root.keys.get(one.keyid)
        if one.keyid not in keyids or key is None:
            continue
        # each keyid counts once; who repeats it makes the same bytes be hashed again and again
        if one.keyid in tried:
            raise InputError(f"{name} has two signatures by the key {one.keyid[:16]}")
        tried.add(one.keyid)
        if _identity(key) not in signed and _holds(key, one.sig, payload):
            signed[_identity(key)] = one.keyid
    if len(signed) < wanted.threshold:
        raise TrustError(
            f"{name} has {len(signed)} valid signatures of the role {role}; it takes "
            f"{wanted.threshold}",
            advice="It is not from whom you trust, or was changed on the way. Nothing was taken.",
        )
    return tuple(sorted(signed.values()))


def matches(data: bytes, said: Listed | Target, name: str) -> None:
    """Raise TrustError where *data* is not what *said* tells of it."""
    if said.length is not None and len(data) != said.length:
        raise TrustError(f"{name} has {len(data)} bytes; {said.length} were signed for")
    for kind, digest in said.hashes.items():
        make = _HASHES.get(kind)
        if make is not None and make(data).hexdigest() != digest:
            raise TrustError(f"{name} has another {kind} than was signed for")


def _same(version: int, said: int, role: str) -> None:
    if version != said:
        raise TrustError(
            f"the {role} metadata has version {version}, but version {said} belongs to the others",
            advice="Files of different days were mixed. Nothing of it was taken.",
        )


def _not_older(version: int, known: int, name: str) -> None:
    if version < known:
        raise TrustError(
            f"{name} has version {version}, which is older than version {known}, known already",
            advice=_OLDER,
        )


def _keys(root: Root, role: str) -> set[str]:
    found: Role = root.roles[role]
    return {_identity(root.keys[key]) for key in found.keyids}


def _identity(key: Key) -> str:
    public = key.public.strip()
    return f"{key.keytype}\0{public.lower() if key.keytype == 'ed25519' else public}"


def _holds(key: Key, signature: str, payload: bytes) -> bool:
    """Return whether a signature holds; of a scheme that keten does not know none does."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

    try:
        raw = bytes.fromhex(signature)
        if key.scheme == "ed25519":
            ed25519.Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.public)).verify(
                raw, payload
            )
            return True
        if len(raw) > SIGNATURE:
            return False
        public = serialization.load_pem_public_key(key.public.encode())
        if key.scheme == "ecdsa-sha2-nistp256" and isinstance(public, ec.EllipticCurvePublicKey):
            public.verify(raw, payload, ec.ECDSA(hashes.SHA256()))
            return True
        if key.scheme == "rsassa-pss-sha256" and isinstance(public, rsa.RSAPublicKey):
            if public.key_size > RSA_BITS or public.public_numbers().e > RSA_EXPONENT:
                return False
            scheme = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO)
            public.verify(raw, payload, scheme, hashes.SHA256())
            return True
    except (ValueError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return False
