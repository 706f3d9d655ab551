"""Flows that Cilium's Hubble observed, as JSON lines (``hubble observe -o json``).

Source: github.com/cilium/cilium api/v1/flow/flow.proto, in its JSON form.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec import Struct

from keten.errors import CeilingError, InputError

LONGEST = 1 << 20  # bytes of a line
MOST = 5_000_000  # lines
_PROTOCOLS = ("TCP", "UDP", "SCTP")


class End(Struct, frozen=True):
    """One end: a pod of a workload, or an address. *reserved*: ``world``, ``host`` and such."""

    namespace: str = ""
    pod: str = ""
    workload: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    reserved: str = ""
    address: str = ""
    names: tuple[str, ...] = ()


class Observed(Struct, frozen=True):
    """A connection that was opened, and let through."""

    src: End
    dst: End
    protocol: str
    port: int


def read(lines: Iterable[bytes]) -> Iterator[Observed]:
    """Yield the connections that were forwarded; answers and drops are none.

    InputError for a line that is no JSON object, CeilingError for too much of it.
    """
    decoder = msgspec.json.Decoder(dict[str, Any])
    for number, line in enumerate(lines, 1):
        if number > MOST:
            raise CeilingError(f"more than {MOST} flows", line=number)
        if len(line) > LONGEST:
            raise CeilingError(f"a flow of more than {LONGEST} bytes", line=number)
        if not line.strip():
            continue
        try:
            value = decoder.decode(line)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            raise InputError(f"no flow of Hubble: {error}", line=number) from error
        flow = value.get("flow")
        found = _flow(flow if isinstance(flow, dict) else value)
        if found is not None:
            yield found


def _flow(flow: dict[str, Any]) -> Observed | None:
    if flow.get("verdict") != "FORWARDED" or _answers(flow):
        return None
    spoken = _dict(flow.get("l4"))
    for protocol in _PROTOCOLS:
        port = _dict(spoken.get(protocol)).get("destination_port")
        if isinstance(port, int) and 0 < port < 1 << 16:
            ip = _dict(flow.get("IP"))
            return Observed(
                _end(flow.get("source"), ip.get("source"), flow.get("source_names")),
                _end(flow.get("destination"), ip.get("destination"), flow.get("destination_names")),
                protocol,
                port,
            )
    return None


def _answers(flow: dict[str, Any]) -> bool:
    """Return whether the packet is part of an answer; of TCP its first packet tells as well."""
    said = flow.get("is_reply", flow.get("reply"))
    if isinstance(said, bool):
        return said
    flags = _dict(_dict(_dict(flow.get("l4")).get("TCP")).get("flags"))
    return bool(flags) and not (flags.get("SYN") and not flags.get("ACK"))


def _end(said: Any, address: Any, names: Any) -> End:
    end = _dict(said)
    labels: list[tuple[str, str]] = []
    reserved = ""
    for label in _list(end.get("labels")):
        if not isinstance(label, str):
            continue
        if label.startswith("reserved:"):
            reserved = reserved or label.removeprefix("reserved:")
        elif label.startswith("k8s:") and "=" in label:
            key, _, value = label.removeprefix("k8s:").partition("=")
            if not key.startswith(("io.cilium.", "io.kubernetes.")):
                labels.append((key, value))
    workload = ""
    for item in _list(end.get("workloads")):
        if isinstance(item, dict) and isinstance(item.get("name"), str):
            workload = f"{item.get('kind') or ''}/{item['name']}"
            break
    return End(
        _text(end.get("namespace")), _text(end.get("pod_name")), workload,
        tuple(sorted(labels)), reserved, _text(address),
        tuple(name for name in _list(names) if isinstance(name, str)),
    )  # fmt: skip


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
