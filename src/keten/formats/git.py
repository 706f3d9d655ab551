"""Git's own formats as typed records: commits, tags, packed refs, the index, the config file.

Sources: git-scm.com, gitformat-index(5), gitformat-signature(5), git-config(1) SYNTAX,
git-pack-refs(1). Nothing here opens a file or runs a program.
"""

import io
import re
from hashlib import sha1, sha256

from msgspec import Struct

from keten.errors import CeilingError, InputError

OBJECT_BYTES = 1 << 20
"""The largest commit or tag that is read, in bytes."""
PARENTS = 1000
"""The most parents of one commit."""
REFS = 500_000
"""The most refs of one repository."""
INDEX_BYTES = 256 << 20
"""The largest index, in bytes."""
INDEX_ENTRIES = 500_000
"""The most entries of an index."""
CONFIG_BYTES = 1 << 20
"""The largest config file, in bytes."""

_HASH = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")
_PERSON = re.compile(rb"(.*?) ?<([^>]*)> ?(-?\d{1,18})?(?: ([+-]\d{4}))?\Z", re.DOTALL)
_SIGNED = (
    (b"-----BEGIN PGP SIGNATURE-----", "openpgp"),
    (b"-----BEGIN PGP MESSAGE-----", "openpgp"),
    (b"-----BEGIN SSH SIGNATURE-----", "ssh"),
    (b"-----BEGIN SIGNED MESSAGE-----", "x509"),
)
_SKIP, _INTENT = 1 << 14, 1 << 13


class Person(Struct, frozen=True):
    """Author, committer or tagger: *name*, *email*, *when* in seconds since 1970."""

    name: str = ""
    email: str = ""
    when: int = 0


class Signed(Struct, frozen=True):
    """What an object says of its signing: *kind*, the *armored* signature, the signed *payload*.

    *kind* is ``none``, ``ssh``, ``openpgp``, ``x509`` or ``unknown``.
    """

    kind: str = "none"
    armored: bytes = b""
    payload: bytes = b""


class CommitObject(Struct, frozen=True):
    """A commit object."""

    tree: str
    parents: tuple[str, ...]
    author: Person
    committer: Person
    subject: str
    signed: Signed


class TagObject(Struct, frozen=True):
    """An annotated tag: *target* is the hash it names, *kind* that object's type."""

    target: str
    kind: str
    name: str
    tagger: Person
    subject: str
    signed: Signed


class IndexEntry(Struct, frozen=True):
    """A tracked file: its stat data when it was last found unchanged, and its blob's hash."""

    path: bytes
    mode: int
    size: int
    seconds: int
    nanoseconds: int
    hash: str
    skipped: bool = False


def is_hash(text: str) -> bool:
    """Return whether *text* is a full SHA-1 or SHA-256 object name."""
    return _HASH.match(text) is not None


def name_of(kind: str, data: bytes, *, algorithm: str) -> str:
    """Return the object name of *data* in a repository of that hash *algorithm*."""
    hasher = sha256 if algorithm == "sha256" else sha1
    return hasher(b"%s %d\0" % (kind.encode(), len(data)) + data).hexdigest()


def commit(data: bytes, *, algorithm: str = "sha1") -> CommitObject:
    """Parse a commit; the signature is that of the header for the repository's *algorithm*.

    What is signed is the object without every signature header (gpgsig, gpgsig-sha256), as
    git's parse_signed_commit has it.
    """
    headers, body, payload = _headers(data)
    wanted = b"gpgsig-sha256" if algorithm == "sha256" else b"gpgsig"
    parents = [_hash(value) for name, value in headers if name == b"parent"]
    if len(parents) > PARENTS:
        raise CeilingError(f"a commit with more than {PARENTS:,} parents")
    found = dict(reversed(headers))
    if sum(name == wanted for name, _ in headers) > 1:
        raise InputError("a commit with two signatures of one kind")
    if b"tree" not in found or b"committer" not in found:
        raise InputError("a commit without tree or committer")
    armored = found.get(wanted, b"")
    return CommitObject(
        _hash(found[b"tree"]), tuple(parents), _person(found.get(b"author", b"")),
        _person(found[b"committer"]), _subject(body), _signed(armored, payload),
    )  # fmt: skip


def tag(data: bytes, *, algorithm: str = "sha1") -> TagObject:
    """Parse an annotated tag; its signature is the end of its message (gitformat-signature)."""
    headers, body, _ = _headers(data)
    found = dict(reversed(headers))
    if b"object" not in found or b"type" not in found:
        raise InputError("a tag without object or type")
    at = _signature_at(body)
    start = len(data) - len(body) + at
    armored, payload = data[start:], data[:start]
    if algorithm == "sha256" and b"gpgsig-sha256" in found:
        armored = found[b"gpgsig-sha256"]
    if b"gpgsig-sha256" in found or b"gpgsig" in found:
        payload = _headers(payload)[2]
    return TagObject(
        _hash(found[b"object"]), _text(found[b"type"]), _text(found.get(b"tag", b"")),
        _person(found.get(b"tagger", b"")), _subject(body[:at]), _signed(armored, payload),
    )  # fmt: skip


def _headers(data: bytes) -> tuple[list[tuple[bytes, bytes]], bytes, bytes]:
    """Return the headers, the body, and the object without its signature headers."""
    if len(data) > OBJECT_BYTES:
        raise CeilingError(f"a commit or tag of more than {OBJECT_BYTES:,} bytes")
    head, blank, body = data.partition(b"\n\n")
    if not blank:
        head, body = head.removesuffix(b"\n"), b""
    headers: list[tuple[bytes, list[bytes]]] = []
    kept: list[bytes] = []
    for line in head.split(b"\n"):
        if line.startswith(b" ") and headers:
            headers[-1][1].append(line[1:])
        else:
            name, _, value = line.partition(b" ")
            headers.append((name, [value]))
        if headers[-1][0] not in (b"gpgsig", b"gpgsig-sha256"):
            kept.append(line)
    rest = data[len(head) :]
    return [(n, b"\n".join(v)) for n, v in headers], body, b"\n".join(kept) + rest


def _signature_at(body: bytes) -> int:
    """Return where the last signature block of a tag's message begins, or the length."""
    found = [body.rfind(b"\n" + mark) + 1 for mark, _ in _SIGNED]
    starts = [at for at in found if at > 0]
    if starts:
        return max(starts)
    return 0 if any(body.startswith(mark) for mark, _ in _SIGNED) else len(body)


def _signed(armored: bytes, payload: bytes) -> Signed:
    if not armored.strip():
        return Signed()
    kind = next((kind for mark, kind in _SIGNED if armored.startswith(mark)), "unknown")
    return Signed(kind, armored, payload)


def _person(data: bytes) -> Person:
    found = _PERSON.match(data)
    if found is None:
        return Person(_text(data))
    return Person(_text(found[1]), _text(found[2]), int(found[3] or 0))


def _subject(body: bytes) -> str:
    return _text(body.lstrip(b"\n").split(b"\n", 1)[0])


def _hash(data: bytes) -> str:
    text = data.decode("ascii", "replace")
    if not is_hash(text):
        raise InputError(f"{text[:80]!r} is no object name")
    return text


def _text(data: bytes) -> str:
    return data[:1000].decode("utf-8", "backslashreplace")


def packed_refs(data: bytes) -> dict[str, tuple[str, str]]:
    """Return ref to ``(hash, peeled hash or "")`` of a packed-refs file."""
    if data.count(b" refs/") > REFS:  # before anything is built of them
        raise CeilingError(f"more than {REFS:,} refs")
    refs: dict[str, tuple[str, str]] = {}
    last = ""
    for raw in io.BytesIO(data):
        line = raw.decode("utf-8", "backslashreplace").removesuffix("\n")
        if line.startswith("^") and last and is_hash(line[1:]):
            refs[last] = (refs[last][0], line[1:])
        elif line and not line.startswith(("#", "^")):
            value, _, name = line.partition(" ")
            if not is_hash(value) or not is_refname(name):
                raise InputError(f"not a line of packed-refs: {line[:80]!r}")
            refs[name] = (value, "")
            last = name
        if len(refs) > REFS:
            raise CeilingError(f"more than {REFS:,} refs")
    return refs


def is_refname(name: str) -> bool:
    """Return whether *name* is a ref that stays below refs/ (git-check-ref-format(1))."""
    return (
        name.startswith("refs/")
        and len(name) <= 1000  # noqa: PLR2004 longer than a file system takes
        and not any(part in ("", ".", "..") for part in name.split("/"))
        and name.isprintable()
        and "\\" not in name
    )


def config(data: bytes) -> dict[str, str]:
    """Return the plain values of a config file: ``section.subsection.name``, the last wins.

    Includes are not followed, and nothing that a value names is used.
    """
    if len(data) > CONFIG_BYTES:
        raise CeilingError(f"a git config of more than {CONFIG_BYTES:,} bytes")
    values: dict[str, str] = {}
    section = ""
    pending = ""
    for raw in data.decode("utf-8", "backslashreplace").split("\n"):
        line = pending + raw.strip()
        pending = ""
        if line.endswith("\\") and not line.endswith("\\\\"):
            pending = line[:-1]
            continue
        if line.startswith("["):
            head, _, line = line[1:].partition("]")
            name, _, sub = head.partition(" ")
            section = name.strip().lower() + (f".{sub.strip().strip(chr(34))}" if sub else "")
            line = line.strip()
        if line and section and not line.startswith(("#", ";")):
            name, equals, value = line.partition("=")
            values[f"{section}.{name.strip().lower()}"] = _value(value) if equals else "true"
    return values


def _value(text: str) -> str:
    out: list[str] = []
    quoted = escaped = False
    for char in text.strip():
        if escaped:
            out.append({"n": "\n", "t": "\t", "b": "\b"}.get(char, char))
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == '"':
            quoted = not quoted
        elif char in "#;" and not quoted:
            break
        else:
            out.append(char)
    return "".join(out).rstrip() if not text.rstrip().endswith('"') else "".join(out)


def index(data: bytes, *, algorithm: str = "sha1") -> tuple[IndexEntry, ...]:
    """Parse an index of version 2, 3 or 4 (gitformat-index(5)); InputError for a split one."""
    if len(data) > INDEX_BYTES:
        raise CeilingError(f"an index of more than {INDEX_BYTES:,} bytes")
    if data[:4] != b"DIRC":
        raise InputError("not a git index")
    version, count = int.from_bytes(data[4:8], "big"), int.from_bytes(data[8:12], "big")
    if version not in (2, 3, 4):
        raise InputError(f"a git index of version {version}")
    if count > INDEX_ENTRIES:
        raise CeilingError(f"an index of more than {INDEX_ENTRIES:,} entries")
    size = 32 if algorithm == "sha256" else 20
    entries: list[IndexEntry] = []
    at, last, paths = 12, b"", 0
    for _ in range(count):
        entry, at = _entry(data, at, version=version, size=size, last=last)
        last = entry.path
        entries.append(entry)
        paths += len(last)
        if paths > INDEX_BYTES // 4:
            raise CeilingError("a git index whose paths have too many bytes")
    while at + 8 + size <= len(data):
        if data[at : at + 4] == b"link":
            raise InputError("a split git index")
        at += 8 + int.from_bytes(data[at + 4 : at + 8], "big")
    return tuple(entries)


def _entry(data: bytes, at: int, *, version: int, size: int, last: bytes) -> tuple[IndexEntry, int]:
    start, name = at, at + 42 + size
    number = int.from_bytes
    flags = number(data[name - 2 : name], "big")
    extended = 0
    if flags & 0x4000 and version > 2:  # noqa: PLR2004 version 2 has no extended flags
        extended, name = number(data[name : name + 2], "big"), name + 2
    if name >= len(data):
        raise InputError("the git index ends early")
    prefix = b""
    if version == 4:  # noqa: PLR2004 paths are compressed
        strip, name = _varint(data, name)
        if strip > len(last):
            raise InputError("the git index has a path that can not be")
        prefix = last[: len(last) - strip]
    end = data.find(b"\0", name)
    if end < 0:
        raise InputError("the git index ends early")
    after = end + 1 if version == 4 else start + ((end - start + 8) & ~7)  # noqa: PLR2004 padding
    path = prefix + data[name:end]
    if len(path) > 65536:  # noqa: PLR2004 a ceiling against growing prefixes
        raise CeilingError("a path of more than 65,536 bytes in the git index")
    entry = IndexEntry(
        path,
        number(data[start + 24 : start + 28], "big"),
        number(data[start + 36 : start + 40], "big"),
        number(data[start + 8 : start + 12], "big"),
        number(data[start + 12 : start + 16], "big"),
        data[start + 40 : start + 40 + size].hex(),
        skipped=bool(extended & (_SKIP | _INTENT)) or bool(flags & 0x3000),
    )
    return entry, after


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Read the offset encoding of pack files, which index version 4 uses."""
    value = 0
    for step in range(5):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        value = ((value + 1) << 7 if step else 0) | (byte & 0x7F)
        if not byte & 0x80:
            return value, at
    raise InputError("the git index has a length that can not be")
