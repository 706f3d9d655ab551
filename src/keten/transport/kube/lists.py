"""LIST by pages: consistent, bounded, told exactly what was refused.

Source: Kubernetes API concepts, "Retrieving large results sets in chunks". All pages are of
one resource version: where the server has forgotten it (410 Expired) the list begins anew.
"""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from msgspec import Struct

from keten.errors import CeilingError, InputError, NetworkError
from keten.transport.kube.client import JSON, SAID, Client, Reply, decoded, said
from keten.transport.kube.discovery import Served

LIMIT = 500
"""Objects of a page."""
PAGES = 20_000
OBJECTS = 2_000_000
"""The most objects of one resource."""
TOTAL = 8 << 30
"""The most bytes of all objects of one resource."""
RESTARTS = 3
TOKEN = 1 << 16
"""The longest continue token, in characters."""
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
_OK, _FORBIDDEN, _GONE, _ABSENT = 200, 403, 410, (404, 405)


class DeniedError(InputError):
    """The server refuses (403)."""


class AbsentError(InputError):
    """The server does not serve it (404)."""


class Page(Struct):
    """Objects of a page, as JSON; *first* where the list begins, maybe anew."""

    items: list[bytes]
    first: bool


class _Meta(Struct, rename="camel"):
    continue_: str | None = msgspec.field(default=None, name="continue")


class _List(Struct, rename="camel"):
    kind: str = ""
    metadata: _Meta | None = None
    items: list[msgspec.Raw] | None = None


class _Column(Struct):
    name: str = ""


class _Row(Struct):
    cells: list[Any] | None = None
    object: dict[str, Any] | None = None


class _Table(Struct, rename="camel"):
    kind: str = ""
    metadata: _Meta | None = None
    column_definitions: list[_Column] | None = None
    rows: list[_Row] | None = None
    items: list[msgspec.Raw] | None = None


def path_of(served: Served) -> str:
    """Return where a resource is listed, over all namespaces."""
    if served.group:
        return f"/apis/{served.group}/{served.version}/{served.plural}"
    return f"/api/{served.version}/{served.plural}"


def pages(
    client: Client, served: Served, *, limit: int = LIMIT, table: bool = False
) -> Iterator[Page]:
    """Yield the objects of a resource, page by page.

    With *table* the server is asked for the printed columns and the metadata only, so that
    the values of Secrets are not sent. DeniedError, AbsentError, InputError, NetworkError.
    """
    read = _rows if table else _objects
    path, accept = path_of(served), f"{TABLE},{JSON}" if table else JSON
    token, count, taken, size, restarts = "", 0, 0, 0, 0
    seen: set[str] = set()
    while True:
        query = {"limit": str(limit), **({"continue": token} if token else {})}
        try:
            reply = client.get(path, query, accept=accept)
        except CeilingError:
            if limit == 1:
                raise
            limit = max(1, limit // 4)  # a page of big objects: fewer at a time
            continue
        if reply.status == _GONE and token and restarts < RESTARTS:
            restarts += 1
            token, count, taken, size = "", 0, 0, 0
            seen.clear()
            continue
        _refused(reply, path)
        items, following = read(reply, path)
        first, count, taken = count == 0, count + 1, taken + len(items)
        size += sum(map(len, items))
        if taken > OBJECTS or size > TOTAL:
            raise CeilingError(f"{path}: more than {OBJECTS:,} objects or {TOTAL:,} bytes")
        yield Page(items, first)
        if not following:
            return
        if following in seen or count >= PAGES or len(following) > TOKEN:
            raise InputError(f"{path}: the server's pages have no end")
        seen.add(following)
        token = following


def _refused(reply: Reply, path: str) -> None:
    if reply.status == _OK:
        return
    if reply.status == _FORBIDDEN:
        raise DeniedError(said(reply))
    if reply.status in _ABSENT:
        raise AbsentError(said(reply))
    raise InputError(f"{path}: status {reply.status}: {said(reply)}")


def _objects(reply: Reply, path: str) -> tuple[list[bytes], str]:
    told: _List = decoded(reply, _List, path)
    if not told.kind.endswith("List"):
        raise InputError(f"{path}: {told.kind[:SAID] or 'no kind'} is no list")
    return [bytes(item) for item in told.items or ()], _continue(told.metadata)


def _rows(reply: Reply, path: str) -> tuple[list[bytes], str]:
    """Return each row as an object: its metadata, and its columns as ``type``."""
    told: _Table = decoded(reply, _Table, path)
    if told.kind != "Table":  # a server that makes no tables sent all of it
        items = [bytes(item) for item in told.items or ()]
        return items, _continue(told.metadata)
    names = [column.name for column in told.column_definitions or ()]
    made = []
    for row in told.rows or ():
        cells = dict(zip(names, row.cells or (), strict=False))
        value: dict[str, Any] = {"metadata": (row.object or {}).get("metadata")}
        if isinstance(kind := cells.get("Type"), str):
            value["type"] = kind
        made.append(msgspec.json.encode(value))
    return made, _continue(told.metadata)


def _continue(meta: _Meta | None) -> str:
    return (meta.continue_ or "") if meta else ""


def whole(
    client: Client, served: Served, take: Callable[[Page], None], *, limit: int, table: bool
) -> str:
    """Hand every page to *take*; return "" or why the list is not whole (a server in trouble)."""
    try:
        for page in pages(client, served, limit=limit, table=table):
            take(page)
    except NetworkError as error:
        if not error.status or error.status == 401:  # noqa: PLR2004 then nothing else comes either
            raise
        return error.what
    return ""
