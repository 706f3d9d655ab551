"""What collectors and clouds wrap around the events of an audit log.

Read are, one within another as they come:

- Amazon CloudWatch Logs (EKS): ``events`` and ``logEvents`` with the event as text in ``message``
  (the answers of ``aws logs``, what subscriptions and Firehose write, also without a line break
  between two), ``results`` with the field ``@message`` (Logs Insights), and exports to S3, whose
  lines begin with a time;
- Azure (AKS): ``records`` of diagnostic settings, ``properties.log``, the column ``log_s``;
- Google Cloud Logging (GKE): a LogEntry whose ``protoPayload`` is a cloud audit log of k8s.io. It
  names no groups: those that follow from the user are taken;
- Docker's and Fluent Bit's ``log``, CRI's and others' words before the event on a line.

Sources: the public references of these services.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Raw, Struct

MAX_DEPTH = 5
"""How many wrappers may lie around an event."""
MAX_PREFIX = 256
"""The most bytes before the event on a line."""
_ACCOUNT = "system:serviceaccount:"


class Wrapped(Struct, frozen=True):
    """An event as JSON (*event*), or what a cloud makes of one (*entry*), or neither (*fault*)."""

    event: bytes = b""
    entry: "LogEntry | None" = None
    fault: str = ""


class _Info(Struct, frozen=True, rename="camel"):
    principal_email: str = ""


class _Status(Struct, frozen=True):
    code: int = 0


class _Payload(Struct, frozen=True, rename="camel"):
    service_name: str = ""
    method_name: str = ""
    resource_name: str = ""
    authentication_info: _Info = _Info()
    status: _Status | None = None


class LogEntry(Struct, frozen=True, rename="camel"):
    """An entry of Cloud Logging, as far as it tells of a request to the API server."""

    proto_payload: _Payload
    labels: dict[str, str] = {}

    def event(self) -> dict[str, Any] | None:
        """Return the audit event that the entry was made of, as far as it tells; None: of none."""
        payload = self.proto_payload
        verb = payload.method_name.rpartition(".")[2]
        ref = _ref(payload.resource_name)
        if payload.service_name != "k8s.io" or ref is None or not verb:
            return None
        denied = payload.status is not None and payload.status.code == _DENIED
        said = self.labels.get("authorization.k8s.io/decision", "forbid" if denied else "allow")
        user = payload.authentication_info.principal_email
        return {
            "kind": "Event",
            "stage": "ResponseComplete",
            "verb": verb,
            "user": {"username": user, "groups": _groups(user)},
            "objectRef": ref,
            "requestURI": "" if verb != "create" else f"/{ref['resource']}",
            "responseStatus": {"code": 403 if denied else 200},
            "annotations": {**self.labels, "authorization.k8s.io/decision": said},
        }


_DENIED = 7
"""PERMISSION_DENIED, google.rpc.Code."""


def _ref(name: str) -> dict[str, str] | None:
    """Return what ``GROUP/VERSION/[namespaces/NAMESPACE/]RESOURCE[/NAME[/SUB]]`` names."""
    group, _, rest = name.partition("/")
    _, _, rest = rest.partition("/")
    parts = rest.split("/") if rest else []
    space = ""
    if len(parts) > 2 and parts[0] == "namespaces":  # noqa: PLR2004 not the namespace itself
        space, parts = parts[1], parts[2:]
    if not parts or not group:
        return None
    resource, name, sub = (*parts, "", "")[:3]
    found = {"resource": resource, "namespace": space, "name": name, "subresource": sub}
    if resource == "namespaces":
        found["namespace"] = name
    return {**found, "apiGroup": "" if group == "core" else group}


def _groups(user: str) -> list[str]:
    space, colon, _ = user.removeprefix(_ACCOUNT).partition(":")
    if user.startswith(_ACCOUNT) and colon:
        account = _ACCOUNT.removesuffix(":") + "s"
        return [account, f"{account}:{space}", "system:authenticated"]
    return ["system:unauthenticated" if user == "system:anonymous" else "system:authenticated"]


class _Wrapper(Struct, frozen=True, rename={
    "log_events": "logEvents", "entry": "protoPayload",
}):  # fmt: skip
    kind: Raw = Raw()
    message: Raw = Raw()
    log: Raw = Raw()
    log_s: Raw = Raw()
    properties: Raw = Raw()
    records: Raw = Raw()
    events: Raw = Raw()
    log_events: Raw = Raw()
    results: Raw = Raw()
    entry: Raw = Raw()


class _Field(Struct, frozen=True):
    field: str = ""
    value: str = ""


def unwrap(data: bytes, depth: int = 0) -> Iterator[Wrapped]:
    """Yield the events in *data*, as they are within what wraps them; nothing where none is known.

    Raises msgspec.MsgspecError, UnicodeDecodeError or RecursionError for what is no JSON.
    """
    if depth > MAX_DEPTH:
        return
    start = data.find(b"{", 0, MAX_PREFIX)
    array = data.lstrip()[:1] == b"["
    if start > 0 and not array:
        data = data[start:]  # a time, a stream, the name of a node
    if array:
        for item in msgspec.json.decode(data, type=list[Raw]):
            yield from _each_alone(bytes(item), depth)
        return
    for one in _each(data):
        yield from _inside(one, depth)


def _each_alone(data: bytes, depth: int) -> Iterator[Wrapped]:
    """Yield what is in *data*, one of several: what is wrong with it takes nothing else along."""
    try:
        yield from unwrap(data, depth + 1)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        yield Wrapped(fault=str(error))


def _each(data: bytes) -> Iterator[bytes]:
    """Yield each of the values that stand one after another in *data*."""
    try:
        msgspec.json.decode(data, type=Raw)
    except msgspec.DecodeError as fault:
        if "trailing" not in str(fault):
            raise
    else:
        yield data
        return
    import json  # which tells where a value ends

    text, decoder, at = data.decode(), json.JSONDecoder(), 0
    while at < len(text):
        try:
            _, end = decoder.raw_decode(text, at)
        except ValueError as error:
            raise msgspec.DecodeError(str(error)) from error
        yield text[at:end].encode()
        gap = text[end : end + MAX_PREFIX]
        at = end + len(gap) - len(gap.lstrip())


def _inside(data: bytes, depth: int) -> Iterator[Wrapped]:
    said = msgspec.json.decode(data, type=_Wrapper)
    if bytes(said.kind) in (b'"Event"', b'"EventList"'):
        yield Wrapped(data)
        return
    if bytes(said.entry):
        yield Wrapped(entry=msgspec.json.decode(data, type=LogEntry))
        return
    for raw in (said.message, said.log, said.log_s):
        text = bytes(raw)
        if text.startswith(b'"'):
            text = msgspec.json.decode(text, type=str).encode()
        if text:
            yield from unwrap(text, depth + 1)
    for raw in (said.properties, said.records, said.events, said.log_events):
        if bytes(raw):
            yield from unwrap(bytes(raw), depth + 1)
    rows = bytes(said.results)
    for row in msgspec.json.decode(rows, type=list[list[_Field]]) if rows else ():
        for column in row:
            if column.field == "@message":
                yield from _each_alone(column.value.encode(), depth)
