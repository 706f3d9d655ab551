"""TUF metadata, specification 1.0.34 (https://theupdateframework.github.io/specification/), typed.

Section 4: root, timestamp, snapshot and targets; what is signed is the canonical JSON of
``signed``. Fields that keten does not ask for stay part of what is signed. What is no metadata
raises InputError.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from keten.errors import CeilingError, InputError
from keten.formats import malformed

MAX_METADATA = 5 << 20
MAX_DEPTH = 32
MAX_SIGNATURES = 256
"""The most signatures of one file; real ones have some ten. Each may cost a look at all of it."""
MAX_KEYS = 1000
"""The most keys that a root lists, and that it names for one role."""
MAX_PUBLIC = 16 << 10
"""The longest public key, in characters: RSA of 16,384 bits has 3,000."""
ROLES = ("root", "targets", "snapshot", "timestamp")

Count = Annotated[int, Meta(ge=1, le=1 << 53)]
Size = Annotated[int, Meta(ge=0, le=1 << 53)]


class Key(Struct, frozen=True):
    """A public key: Ed25519 in hexadecimal, ECDSA and RSA as PEM."""

    keytype: str
    scheme: str
    keyval: dict[str, Any]

    @property
    def public(self) -> str:
        """Return the key itself."""
        found = self.keyval.get("public")
        return found if isinstance(found, str) and len(found) <= MAX_PUBLIC else ""


class Role(Struct, frozen=True):
    """Whose signatures count for a role, and how many it takes."""

    keyids: tuple[str, ...]
    threshold: Count


class Signature(Struct, frozen=True):
    """A signature in hexadecimal."""

    keyid: str
    sig: str


class Listed(Struct, frozen=True):
    """What one metadata file says of another."""

    version: Count
    length: Size | None = None
    hashes: dict[str, str] = {}


class Target(Struct, frozen=True):
    """A file that is shipped; *custom* is ours to fill."""

    length: Size
    hashes: dict[str, str]
    custom: dict[str, Any] = {}


class Root(Struct, frozen=True, kw_only=True, tag_field="_type", tag="root"):
    """Section 4.3."""

    spec_version: str
    version: Count
    expires: str
    keys: dict[str, Key]
    roles: dict[str, Role]
    consistent_snapshot: bool = False


class Timestamp(Struct, frozen=True, kw_only=True, tag_field="_type", tag="timestamp"):
    """Section 4.6."""

    spec_version: str
    version: Count
    expires: str
    meta: dict[str, Listed]


class Snapshot(Struct, frozen=True, kw_only=True, tag_field="_type", tag="snapshot"):
    """Section 4.4."""

    spec_version: str
    version: Count
    expires: str
    meta: dict[str, Listed]


class Targets(Struct, frozen=True, kw_only=True, tag_field="_type", tag="targets"):
    """Section 4.5, without delegations: keten's database has one author."""

    spec_version: str
    version: Count
    expires: str
    targets: dict[str, Target]


Signed = Root | Timestamp | Snapshot | Targets
S = TypeVar("S", Root, Timestamp, Snapshot, Targets)


class Metadata(Struct, frozen=True):
    """Metadata as it came: *signed* as JSON, for the signature and for reading."""

    signatures: tuple[Signature, ...]
    signed: dict[str, Any]

    @property
    def payload(self) -> bytes:
        """Return the bytes that are signed."""
        return canonical(self.signed)


_DECODER = msgspec.json.Decoder(Metadata)


def read(data: bytes, name: str) -> Metadata:
    """Return the metadata in *data*; *name* is what errors call it."""
    if len(data) > MAX_METADATA:
        raise CeilingError(f"{name} has {len(data)} bytes; at most {MAX_METADATA} are read")
    try:
        found = _DECODER.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{name} is no TUF metadata: {malformed.why(error)}") from error
    if len(found.signatures) > MAX_SIGNATURES:
        what = f"{name} has {len(found.signatures):,} signatures; at most {MAX_SIGNATURES} are read"
        raise CeilingError(what)
    return found


def typed(found: Metadata, kind: type[S], name: str) -> S:
    """Return what is signed as a record; InputError where it is of another role or form."""
    try:
        made = msgspec.convert(found.signed, kind)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise InputError(
            f"{name} is no TUF metadata of its role: {malformed.why(error)}"
        ) from error
    if made.spec_version.partition(".")[0] != "1":
        raise InputError(f"{name} follows version {made.spec_version[:20]!r} of TUF; keten reads 1")
    moment(made.expires, name)
    return made


def moment(text: str, name: str) -> datetime:
    """Return the time of *expires* (section 4.2.1: UTC, to the second)."""
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise InputError(f"{name} does not say when it expires: {text[:40]!r}") from None


def canonical(value: Any) -> bytes:
    """Return *value* as canonical JSON (https://wiki.laptop.org/go/Canonical_JSON)."""
    parts: list[str] = []
    _write(value, parts, 0)
    return "".join(parts).encode("utf-8", "surrogatepass")


def _write(value: Any, parts: list[str], depth: int) -> None:
    if depth > MAX_DEPTH:
        raise CeilingError(f"TUF metadata that is more than {MAX_DEPTH} levels deep")
    match value:
        case str():
            parts.append(_text(value))
        case None | bool():
            parts.append({None: "null", True: "true", False: "false"}[value])
        case int():
            parts.append(str(value))
        case list():
            parts.append("[")
            for at, item in enumerate(value):
                parts.append("," if at else "")
                _write(item, parts, depth + 1)
            parts.append("]")
        case dict():
            parts.append("{")
            for at, key in enumerate(sorted(value)):
                parts.append(("," if at else "") + _text(key) + ":")
                _write(value[key], parts, depth + 1)
            parts.append("}")
        case _:
            raise InputError(f"canonical JSON has no {type(value).__name__}")


def _text(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
