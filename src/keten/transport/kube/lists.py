"""LIST by pages: consistent, bounded, told exactly what was refused.

Source: Kubernetes API concepts, "Retrieving large results sets in chunks". All pages are of
one resource version: where the server has forgotten it (410 Expired) the list begins anew,
in larger pages, so that it ends before it is forgotten again.
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
GROWTH = 4
"""How many times larger the pages are of a list that begins anew."""
MOST_LIMIT = 10_000
"""The largest page that is asked for, in objects."""
TOKEN = 1 << 16
"""The longest continue token, in characters."""
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
_OK, _UNAUTHORISED, _FORBIDDEN, _GONE, _ABSENT = 200, 401, 403, 410, (404, 405)


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
    remaining_item_count: int | None = None


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


def path_of(served: Served, namespace: str = "") -> str:
    """Return where a resource is listed: over all namespaces, or in one."""
    root = f"/apis/{served.group}" if served.group else "/api"
    within = f"namespaces/{namespace}/" if namespace else ""
    return f"{root}/{served.version}/{within}{served.plural}"


def pages(
    client: Client, served: Served, *, namespace: str = "", limit: int = LIMIT, table: bool = False
) -> Iterator[Page]:
    """Yield the objects of a resource, page by page; of all namespaces where none is named.

    With *table* the server is asked for the printed columns and the metadata only, so that
    the values of Secrets are not sent. DeniedError, AbsentError, InputError, NetworkError.
    """
    read = _rows if table else _objects
    path, accept = path_of(served, namespace), f"{TABLE},{JSON}" if table else JSON
    token, count, taken, size, restarts = "", 0, 0, 0, 0
    most = max(limit, MOST_LIMIT)
    seen: set[str] = set()
    while True:
        query = {"limit": str(limit), **({"continue": token} if token else {})}
        try:
            reply = client.get(path, query, accept=accept)
        except CeilingError:
            if limit == 1:
                raise
            limit = most = max(1, limit // GROWTH)  # a page of big objects: fewer at a time
            continue
        if reply.status == _GONE and token and restarts < RESTARTS:
            restarts += 1
            token, count, taken, size = "", 0, 0, 0
            limit = min(limit * GROWTH, most)
            seen.clear()
            continue
        refused(reply, path)
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


def refused(reply: Reply, path: str) -> None:
    """Raise what an answer says that gives nothing: DeniedError, AbsentError, InputError."""
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
    """Return the token of the next page, "" for none; InputError where one should be."""
    if meta is None:
        return ""
    if not meta.continue_ and (meta.remaining_item_count or 0) > 0:
        raise InputError(
            f"the server stops though {meta.remaining_item_count:,} objects remain (no continue)"
        )
    return meta.continue_ or ""


def whole(
    client: Client,
    served: Served,
    take: Callable[[Page], None],
    *,
    namespace: str = "",
    limit: int = LIMIT,
    table: bool = False,
) -> str:
    """Hand every page to *take*; return "" or why the list is not whole (a server in trouble).

    A list that fails where the server still answers is that list's trouble alone.
    """
    try:
        for page in pages(client, served, namespace=namespace, limit=limit, table=table):
            take(page)
    except NetworkError as error:
        if error.status == _UNAUTHORISED or not (error.status or client.answers()):
            raise  # nothing else comes either
        return error.what
    return ""
