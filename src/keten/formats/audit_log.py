"""The audit log of a Kubernetes API server: one JSON event a line, plain or gzipped.

Read are events (audit.k8s.io/v1 and v1beta1) of the stage ResponseComplete, and ResponseStarted
for watches that go on; also lists of events, as webhooks are sent, what collectors and clouds
wrap around events (audit_wrapped), and one JSON document over many lines. What an event says of its
request is what the authorizer was asked, with one exception: the name in ``objectRef`` of an
object that is created is not from the URL, and the authorizer was asked without it.
Source: Kubernetes, "Auditing"; staging/src/k8s.io/apiserver/pkg/audit/request.go.
"""

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import msgspec
from msgspec import Struct

from keten.errors import CeilingError

MAX_LINE = 8 << 20
"""The most bytes of one event: objects are 3 MB at the most, and an event may hold two."""
MAX_BYTES = 64 << 30
"""The most bytes of one log, unpacked."""
MAX_DOCUMENT = 256 << 20
"""The most bytes of a log that is one JSON document."""
MAX_FAULTS = 20
"""How many lines that are no events are told one by one."""
_GZIP = b"\x1f\x8b"
_CHUNK = 1 << 20


class User(Struct, frozen=True):
    """Who asks."""

    username: str = ""
    uid: str = ""
    groups: tuple[str, ...] | None = ()
    extra: dict[str, tuple[str, ...]] | None = None


class ObjectRef(Struct, frozen=True, rename="camel"):
    """What is asked for; ``uid`` and versions are left out."""

    resource: str = ""
    namespace: str = ""
    name: str = ""
    api_group: str = ""
    subresource: str = ""


class Authentication(Struct, frozen=True, rename="camel"):
    """How it was told who asks: the verb of constrained impersonation, where that was used."""

    impersonation_constraint: str = ""


class Status(Struct, frozen=True):
    """The answer's HTTP status."""

    code: int = 0


class Event(Struct, frozen=True, rename={
    "request_uri": "requestURI", "object_ref": "objectRef", "audit_id": "auditID",
    "impersonated": "impersonatedUser", "status": "responseStatus",
    "received": "requestReceivedTimestamp", "authentication": "authenticationMetadata",
}):  # fmt: skip
    """One event of the log."""

    kind: str = ""
    stage: str = ""
    verb: str = ""
    audit_id: str = ""
    request_uri: str = ""
    user: User | None = None
    impersonated: User | None = None
    object_ref: ObjectRef | None = None
    status: Status | None = None
    received: str = ""
    authentication: Authentication | None = None
    annotations: dict[str, str] | None = None

    @property
    def decision(self) -> str:
        """Return what the server's authorizers decided: allow, forbid, or "" where not told."""
        return (self.annotations or {}).get("authorization.k8s.io/decision", "")

    @property
    def reason(self) -> str:
        """Return on what ground they did."""
        return (self.annotations or {}).get("authorization.k8s.io/reason", "")

    @property
    def code(self) -> int:
        """Return the answer's HTTP status, 0 where it is not told."""
        return self.status.code if self.status else 0

    @property
    def constraint(self) -> str:
        """Return the verb of constrained impersonation (impersonate:user-info), or ""."""
        return self.authentication.impersonation_constraint if self.authentication else ""

    @property
    def path(self) -> str:
        """Return the URL's path."""
        return self.request_uri.partition("?")[0]

    @property
    def name(self) -> str:
        """Return the name that the authorizer was asked with."""
        ref = self.object_ref
        if ref is None:
            return ""
        if self.verb == "create" and not ref.subresource:
            last = self.path.rstrip("/").rpartition("/")[2]
            return "" if last == ref.resource else ref.name
        return ref.name


class _List(Struct, frozen=True):
    kind: str = ""
    items: tuple[Event, ...] = ()


class Fault(Struct, frozen=True):
    """A line that is no event: its number and what is wrong with it."""

    line: int
    what: str


class Log:
    """The events of a log; iterate once. *faults* and *skipped* are known when that ended.

    *faults* are the first lines that could not be read, *skipped* how many there are in all.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.faults: list[Fault] = []
        self.skipped = 0
        self.events = 0

    def __iter__(self) -> Iterator[Event]:
        """Yield the events; CeilingError for a log that is too long."""
        for number, line in _whole(_lines(_plain(self._stream))):
            if line is None:
                self._fault(number, f"longer than {MAX_LINE} bytes")
                continue
            if not line.strip():
                continue
            try:
                found = self._events(number, line)
            except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
                self._fault(number, _said(error))
                continue
            if found is None:
                self._fault(number, "not an audit event (kind is not Event)")
                continue
            for one in found:
                if one.stage in ("ResponseComplete", "ResponseStarted") and one.user is not None:
                    self.events += 1
                    yield one

    def _events(self, number: int, line: bytes) -> Sequence[Event] | None:
        """Return the events of a line; None where it is JSON and holds none."""
        try:
            event = _event(line)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            found = self._wrapped(number, line)
            if found is None:
                raise
            return found
        if event.kind == "Event":
            return (event,)
        if event.kind == "EventList":
            return msgspec.json.decode(line, type=_List).items
        return self._wrapped(number, line)

    def _wrapped(self, number: int, line: bytes) -> Sequence[Event] | None:
        from keten.formats.audit_wrapped import unwrap  # seldom there

        found: list[Event] = []
        known = False
        for one in unwrap(line):
            known = True
            if one.fault:
                self._fault(number, f"one of several is not an audit event ({one.fault[:120]})")
            elif one.entry is None:
                found.extend(self._events(number, one.event) or ())
            else:
                made = one.entry.event()
                if made is not None:
                    found.append(msgspec.convert(made, Event))
        return found if known else None

    def _fault(self, number: int, what: str) -> None:
        self.skipped += 1
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(Fault(number, what))


_event = msgspec.json.Decoder(Event).decode


def _whole(lines: Iterator[tuple[int, bytes | None]]) -> Iterator[tuple[int, bytes | None]]:
    """Yield *lines*, or all of them as one where the first only opens a JSON document."""
    for number, line in lines:
        opens = line is not None and line.strip() in (b"[", b"{")
        if number > 1 or not opens or line is None:
            yield number, line
            continue
        parts, size = [line], len(line)
        for at, more in lines:
            size += len(more or b"") + 1
            if more is None or size > MAX_DOCUMENT:
                raise CeilingError(f"one JSON document of more than {MAX_DOCUMENT} bytes", line=at)
            parts.append(more)
        yield 1, b"\n".join(parts)


def _said(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return f"not an audit event ({str(error)[:120]})"


def _plain(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the log's bytes, unpacked; what is broken off or damaged ends it."""
    head = stream.read(len(_GZIP))
    if head != _GZIP:
        yield head
        yield from iter(lambda: stream.read(_CHUNK), b"")
        return
    yield from _gunzip(head, stream)


def _gunzip(head: bytes, stream: BinaryIO) -> Iterator[bytes]:
    import zlib

    unpack: Any = zlib.decompressobj(31)
    data = head + stream.read(_CHUNK)
    while data:
        try:
            yield unpack.decompress(data, _CHUNK)
        except zlib.error:
            yield b"\n(the gzip stream is damaged here)\n"
            return
        data = unpack.unconsumed_tail
        if unpack.eof:
            data = unpack.unused_data or stream.read(_CHUNK)
            unpack = zlib.decompressobj(31)
        elif not data:
            data = stream.read(_CHUNK)
            if not data:
                yield unpack.flush()
                if not unpack.eof:
                    yield b"\n(the gzip stream is cut off here)\n"


def _lines(chunks: Iterator[bytes]) -> Iterator[tuple[int, bytes | None]]:
    """Yield each line with its number; None for one that is too long."""
    number, rest, size, total = 0, [], 0, 0
    for chunk in chunks:
        total += len(chunk)
        if total > MAX_BYTES:
            raise CeilingError(f"longer than {MAX_BYTES} bytes", line=number)
        first, *others = chunk.split(b"\n")
        rest.append(first)
        size += len(first)
        if size > MAX_LINE:
            rest.clear()  # nothing of it is kept, nor of what follows
        for part in others:
            number += 1
            yield number, None if size > MAX_LINE else b"".join(rest)
            rest, size = [part], len(part)
    if size:
        yield number + 1, None if size > MAX_LINE else b"".join(rest)
