"""A live cluster, listed into a folder that is scanned like any other.

Four lists at a time; what is written does not depend on which answers first. Nothing is
changed in the cluster, and of Secrets only the names and types are asked for.
"""

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, Self

import msgspec
from msgspec import Struct

from keten import __version__
from keten.errors import InputError, KetenError, UsageError
from keten.formats.kubernetes import snapshot
from keten.formats.kubernetes.listed import ROWS, SECRETS, Row
from keten.formats.kubernetes.snapshot import File, Listed, Manifest, Missed
from keten.model.evidence import Evidence, Origin
from keten.model.facts import Facts
from keten.model.plug import Collector
from keten.transport.kube import in_cluster, kubeconfig
from keten.transport.kube.account import Account
from keten.transport.kube.client import Client
from keten.transport.kube.discovery import Discovery, Served, discover, rank
from keten.transport.kube.lists import LIMIT, AbsentError, DeniedError, Page, whole
from keten.transport.kube.provider import provider

PREFIX = "k8s://"
PARALLEL = 4
HELD = 8 << 20
"""Bytes of one resource's objects that are held in memory; beyond, they lie in a file."""
IN_CLUSTER = "in-cluster"
Progress = Callable[[str, int, int], None]


class Options(Struct, frozen=True):
    """How a cluster is asked. *taken* is the time that is told, RFC 3339 in UTC.

    *limit* is the objects of a page; *configz*: ask each kubelet for its configuration too.
    """

    taken: str
    kubeconfig: str = ""
    limit: int = LIMIT
    configz: bool = False


def takes(target: str) -> bool:
    """Return whether *target* names a live cluster."""
    return target.startswith(PREFIX)


def account_of(target: str, file: str = "") -> Account:
    """Return how the cluster that *target* names is reached.

    ``k8s://`` is the kubeconfig's current context, or the cluster around where there is no
    kubeconfig; ``k8s://in-cluster`` that always; ``k8s://CONTEXT`` a context.
    """
    name = target.removeprefix(PREFIX)
    if name == IN_CLUSTER and not file:
        return in_cluster.account()
    config = kubeconfig.load(file)
    if not name and not config.found:
        try:
            return in_cluster.account()
        except UsageError:
            pass  # the kubeconfig's error says more
    return config.account(name)


def take(
    account: Account, folder: Path, options: Options, progress: Progress = lambda *_: None
) -> Manifest:
    """Write a snapshot of the cluster into *folder*, which is empty; return its manifest."""
    with Client(account) as client:
        found = discover(client)
        taking = _Taking(client, folder, options, found, progress)
        manifest = taking.run()
    data = msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"
    (folder / snapshot.NAME).write_bytes(data)
    return manifest


class _Taking:
    """One collection, as it gathers."""

    def __init__(
        self, client: Client, folder: Path, options: Options, found: Discovery, progress: Progress
    ) -> None:
        self._client = client
        self._folder = folder
        self._options = options
        self._found = found
        self._progress = progress
        self._done = 0

    def run(self) -> Manifest:
        from concurrent.futures import ThreadPoolExecutor

        wanted = list(_wanted(self._found))
        absent = {row.name for row in ROWS} - {row.name for row, _ in wanted}
        with ThreadPoolExecutor(PARALLEL) as pool:
            work = [pool.submit(self._list, row, served, len(wanted)) for row, served in wanted]
            try:
                results = [item.result() for item in work]
            finally:
                for item in work:
                    item.cancel()
        absent |= {result.name for result in results if isinstance(result, _Gone)}
        absent -= {row.name for row, _ in wanted if _untold(self._found, row.group)}
        listed = tuple(item for item in results if isinstance(item, Listed))
        denied = [item.missed for item in results if isinstance(item, _Refused) and item.denied]
        failed = [item.missed for item in results if isinstance(item, _Refused) and not item.denied]
        denied += [
            Missed("", path, f"get {path}", "the server does not tell what it serves")
            for path in self._found.denied
        ]
        stale = {name.rpartition("/")[0] for name in self._found.stale}
        silent = [row for row in ROWS if row.group in stale and row.name in absent]
        failed += [_missed(row, "its API service does not answer") for row in silent]
        absent -= {row.name for row in silent}
        configz: tuple[File, ...] = ()
        if self._options.configz:
            from keten.transport.kube.configz import RIGHT, kubelets

            configz, missed = kubelets(self._client, self._folder, listed)
            denied += [item for item in missed if item.right == RIGHT]
            failed += [item for item in missed if item.right != RIGHT]
        return Manifest(
            schema=snapshot.SCHEMA,
            taken=self._options.taken,
            keten=__version__,
            context=self._client.account.context,
            server={key: self._found.version[key] for key in sorted(self._found.version)},
            provider=provider(self._found, self._folder, listed),
            groups=self._found.groups,
            listed=listed,
            denied=tuple(sorted(denied, key=lambda item: item.right)),
            failed=tuple(sorted(failed, key=lambda item: item.right)),
            absent=tuple(sorted(absent)),
            notes=self._client.account.notes,
            configz=configz,
        )

    def _list(self, row: Row, served: Served, of: int) -> "Listed | _Refused | _Gone":
        table = row.plural == SECRETS and not row.group
        try:
            with _Spool(row) as spool:
                limit = self._options.limit
                why = whole(self._client, served, spool.take, limit=limit, table=table)
                if why:
                    return _Refused(_missed(row, why), denied=False)
                files = tuple(self._write(row, served, spool.sorted()))
                return Listed(
                    row.group, served.version, row.plural, row.kind, len(spool.index), files
                )
        except DeniedError as error:
            return _Refused(_missed(row, error.what), denied=True)
        except AbsentError:
            return _Gone(row.name)
        except InputError as error:
            return _Refused(_missed(row, error.what), denied=False)
        finally:
            self._done += 1
            self._progress(f"listing {self._done} of {of} resources", 0, 0)

    def _write(self, row: Row, served: Served, items: Iterable[bytes]) -> Iterator[File]:
        where = snapshot.folder_of(served.group, served.version)
        for number, batch in enumerate(_batches(items), 1):
            path = f"{where}/{served.plural}.{number:04}.json"
            data = snapshot.as_list(served.group, served.version, row.kind, batch)
            file = self._folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
            yield File(path, f"sha256:{hashlib.sha256(data).hexdigest()}", len(data))


class _Refused(Struct):
    missed: Missed
    denied: bool


class _Gone(Struct):
    name: str


class _Spool:
    """Objects of one resource as they come, given back in order of namespace and name."""

    def __init__(self, row: Row) -> None:
        self._kind = row.kind
        self._stack = ExitStack()
        self.index: list[tuple[tuple[str, str], int, int]] = []
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(HELD)  # noqa: SIM115 closed on exit
        self._at = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def take(self, page: Page) -> None:
        """Keep a page; the first page of a list that began anew forgets what was kept."""
        if page.first:
            self.index.clear()
            self._file.seek(0)
            self._file.truncate()
            self._at = 0
        for item in page.items:
            try:
                value: Any = msgspec.json.decode(item)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                raise InputError(f"an object that is no JSON: {str(error)[:200]}") from error
            if not isinstance(value, dict):
                raise InputError("a list that holds something else than objects")
            key, kept = snapshot.lean(value, self._kind)
            data = msgspec.json.encode(kept)
            self._file.write(data)
            self.index.append((key, self._at, len(data)))
            self._at += len(data)

    def sorted(self) -> Iterator[bytes]:
        """Yield what was kept, in order."""
        for _, at, size in sorted(self.index):
            self._file.seek(at)
            yield self._file.read(size)


def _batches(items: Iterable[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for item in items:
        if batch and (len(batch) >= snapshot.ITEMS or size + len(item) > snapshot.BYTES):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += len(item)
    if batch:
        yield batch


def _wanted(found: Discovery) -> Iterator[tuple[Row, Served]]:
    """Yield what is to be listed, in which version: the one keten knows, else the best served.

    A server that does not tell what it serves is asked for everything.
    """
    by: dict[tuple[str, str], list[Served]] = {}
    for item in found.resources:
        if not item.verbs or "list" in item.verbs:
            by.setdefault((item.group, item.plural), []).append(item)
    for row in ROWS:
        served = by.get((row.group, row.plural), [])
        same = [item for item in served if item.version == row.version]
        if same or served:
            yield row, same[0] if same else max(served, key=lambda item: rank(item.version))
        elif _untold(found, row.group):
            yield row, Served(row.group, row.version, row.plural, row.kind, row.namespaced)


def _untold(found: Discovery, group: str) -> bool:
    """Return whether the server kept to itself what it serves of *group*."""
    root = "/apis" if group else "/api"
    under = f"{root}/{group}/" if group else "/api/"
    return any(path == root or path.startswith(under) for path in found.denied)


def _missed(row: Row, why: str) -> Missed:
    return Missed(row.group, row.plural, row.right, why)


def collect(target: str, folder: Path, options: Options) -> Facts:
    """Take a snapshot into *folder*; its manifest, which names all else, is the evidence."""
    try:
        take(account_of(target, options.kubeconfig), folder, options)
    except OSError as error:
        raise KetenError(f"{folder}: {error.strerror}") from error
    data = (folder / snapshot.NAME).read_bytes()
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    origin = Origin("cluster", target, snapshot.NAME)
    return Facts(evidence=(Evidence(digest, "application/json", len(data), origin),))


COLLECTOR = Collector(title="live cluster", takes=takes, collect=collect)
