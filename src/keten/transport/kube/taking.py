"""A cluster's resources, listed into a folder: at cluster scope, or namespace by namespace.

Four lists at a time; what is written does not depend on which answers first. Where the
account may not list a resource of namespaces at cluster scope, the namespaces are asked that
it can know of; where the user named some, these only. What stays unseen is in the manifest.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from msgspec import Struct

from keten import __version__
from keten.errors import InputError, NetworkError, UsageError
from keten.formats.kubernetes import snapshot
from keten.formats.kubernetes.listed import SECRETS, Row
from keten.formats.kubernetes.snapshot import File, Listed, Manifest, Missed
from keten.transport.kube.client import Client
from keten.transport.kube.discovery import Discovery, Served
from keten.transport.kube.lists import LIMIT, AbsentError, DeniedError, pages, refused, whole
from keten.transport.kube.provider import provider
from keten.transport.kube.spool import Spool
from keten.transport.kube.wanted import aside, further, names, untold, wanted

PARALLEL = 4
SPACES = 1_000
"""The most namespaces that are tried one by one where nobody named any."""
CLOSED = 40
"""So many of them in a row that show nothing, and no more are tried."""
_NAMESPACES = "namespaces"
_NOBODY = '"system:anonymous"'
_TAKEN_FOR_NOBODY = (
    "the server took us for system:anonymous: it does not know the credentials of the "
    "kubeconfig (names and passwords are no longer known since Kubernetes 1.19)"
)
Progress = Callable[[str, int, int], None]


class Options(Struct, frozen=True):
    """How a cluster is asked. *taken* is the time that is told, RFC 3339 in UTC.

    *limit* is the objects of a page; *configz*: ask each kubelet for its configuration too.
    *further* are resources to list that keten does not know (``certificates.cert-manager.io``).
    """

    taken: str
    kubeconfig: str = ""
    limit: int = LIMIT
    configz: bool = False
    further: tuple[str, ...] = ()


class _Outcome(Struct):
    """What became of one resource; *gone*: it is not served after all."""

    row: Row
    served: Served
    listed: Listed | None = None
    denied: list[Missed] = []
    failed: list[Missed] = []
    gone: bool = False


class Taking:
    """One collection, as it gathers."""

    def __init__(
        self, client: Client, folder: Path, options: Options, found: Discovery, progress: Progress
    ) -> None:
        self._client = client
        self._folder = folder
        self._options = options
        self._found = found
        self._progress = progress
        self._done = self._of = 0

    def run(self) -> Manifest:
        """Return what was taken; UsageError where a namespace that was named is not there."""
        account, found = self._client.account, self._found
        only = account.only
        for space in only:
            self._confirm(space)
        rows, lost = further(found, self._options.further)
        asked = list(wanted(found, rows))
        absent = {row.name for row in rows} - {row.name for row, _ in asked}
        with ThreadPoolExecutor(PARALLEL) as pool:
            results = self._round(
                pool, [(row, served, _spaces(row, only)) for row, served in asked]
            )
            if not only:
                self._narrow(pool, results)
        absent |= {one.row.name for one in results if one.gone}
        absent -= {row.name for row, _ in asked if untold(found, row.group)}
        listed = tuple(one.listed for one in results if one.listed is not None)
        denied = [missed for one in results for missed in one.denied]
        failed = [*lost, *(missed for one in results for missed in one.failed)]
        denied += [
            Missed("", path, f"get {path}", "the server does not tell what it serves")
            for path in found.denied
        ]
        stale = {name.rpartition("/")[0] for name in found.stale}
        silent = [row for row in rows if row.group in stale and row.name in absent]
        failed += [_missed(row, "its API service does not answer") for row in silent]
        absent -= {row.name for row in silent}
        configz = self._configz(listed, denied, failed) if self._options.configz else ()
        return Manifest(
            schema=snapshot.SCHEMA,
            taken=self._options.taken,
            keten=__version__,
            context=account.context,
            server={key: found.version[key] for key in sorted(found.version)},
            provider=provider(found, self._folder, listed),
            groups=found.groups,
            listed=listed,
            denied=tuple(sorted(denied, key=lambda item: item.right)),
            failed=tuple(sorted(failed, key=lambda item: item.right)),
            absent=tuple(sorted(absent)),
            notes=(*account.notes, *self._nobody(denied)),
            configz=configz,
            namespaces=only,
            aside=tuple(aside(found, rows)),
        )

    def _configz(
        self, listed: Sequence[Listed], denied: list[Missed], failed: list[Missed]
    ) -> tuple[File, ...]:
        from keten.transport.kube.configz import RIGHT, kubelets

        files, missed = kubelets(self._client, self._folder, listed)
        denied += [item for item in missed if item.right == RIGHT]
        failed += [item for item in missed if item.right != RIGHT]
        return files

    def _nobody(self, denied: Sequence[Missed]) -> tuple[str, ...]:
        """Tell that the server took us for nobody though we showed who we are."""
        if self._client.account.identity.shows and any(_NOBODY in item.why for item in denied):
            return (_TAKEN_FOR_NOBODY,)
        return ()

    def _confirm(self, space: str) -> None:
        """Raise UsageError where there is no such namespace: its empty lists would say nothing."""
        try:
            self._namespace(space)
        except DeniedError:
            pass  # told with the lists
        except AbsentError:
            raise UsageError(
                f"{self._client.account.context}: there is no namespace {space!r}",
                advice="kubectl get namespaces tells which there are.",
            ) from None

    def _namespace(self, space: str) -> bytes:
        """Return the namespace itself, which may be read by whom its lists may not."""
        path = f"/api/v1/namespaces/{space}"
        try:
            reply = self._client.get(path)
        except NetworkError as error:
            if not error.status:
                raise
            raise InputError(error.what) from error
        refused(reply, path)
        return reply.body

    def _round(
        self, pool: ThreadPoolExecutor, asked: Sequence[tuple[Row, Served, Sequence[str]]]
    ) -> list[_Outcome]:
        self._of += len(asked)
        work = [pool.submit(self._list, row, served, spaces) for row, served, spaces in asked]
        try:
            return [item.result() for item in work]
        finally:
            for item in work:
                item.cancel()

    def _narrow(self, pool: ThreadPoolExecutor, results: Sequence[_Outcome]) -> None:
        """Ask the namespaces one by one for what was refused at cluster scope.

        Secrets alone are no reason to: their right is often withheld on purpose.
        """
        shut = [one for one in results if one.denied and one.row.namespaced]
        probes = [one for one in shut if not _values(one.row)]
        if not probes:
            return
        spaces = self._open(pool, probes, self._known(results))
        if not spaces:
            return
        shut += [one for one in results if one.denied and one.row.name == _NAMESPACES]
        again = self._round(pool, [(one.row, one.served, spaces) for one in shut])
        for one, narrowed in zip(shut, again, strict=True):
            if narrowed.listed is not None:
                one.listed = narrowed.listed
                one.denied += narrowed.denied
                one.failed += narrowed.failed

    def _known(self, results: Sequence[_Outcome]) -> list[str]:
        """Return the namespaces that the account can know of, its context's own first.

        They are those that it may list; of OpenShift, the projects that it takes part in.
        """
        own = self._client.account.namespace or "default"
        found: list[str] = []
        for one in results:
            if one.row.name == _NAMESPACES and one.listed is not None:
                found = names(self._folder, one.listed)
        if not found:
            found = self._projects()
        return list(dict.fromkeys([own, *found]))[:SPACES]

    def _projects(self) -> list[str]:
        group = "project.openshift.io"
        for served in self._found.resources:
            if (served.group, served.plural) == (group, "projects"):
                with Spool("Project") as spool:
                    try:
                        why = whole(self._client, served, spool.take)
                    except InputError:
                        return []
                    return [] if why else [name for _, name in spool.names]
        return []

    def _open(
        self, pool: ThreadPoolExecutor, probes: Sequence[_Outcome], spaces: Sequence[str]
    ) -> list[str]:
        """Return those of *spaces* in which anything may be listed."""
        found: list[str] = []
        closed = 0
        for at in range(0, len(spaces), PARALLEL):
            some = spaces[at : at + PARALLEL]
            for space, may in zip(
                some, pool.map(lambda s: self._may(probes, s), some), strict=True
            ):
                closed = 0 if may else closed + 1
                found += [space] if may else []
            if closed >= CLOSED:
                break
        return sorted(found)

    def _may(self, probes: Sequence[_Outcome], space: str) -> bool:
        for one in probes:
            try:
                next(pages(self._client, one.served, namespace=space, limit=1))
            except InputError:
                continue  # refused, most often
            except NetworkError as error:
                if not error.status:
                    raise
                continue
            return True
        return False

    def _list(self, row: Row, served: Served, spaces: Sequence[str]) -> _Outcome:
        """List a resource in each of *spaces*; "" is the whole cluster."""
        made = _Outcome(row, served)
        try:
            with Spool(row.kind) as spool:
                done = [space for space in spaces if self._into(spool, made, space)]
                if done:
                    files = tuple(spool.write(self._folder, served))
                    within = tuple(space for space in done if space)
                    made.listed = Listed(
                        row.group, served.version, row.plural, row.kind, len(spool), files, within
                    )
        finally:
            self._done += 1
            self._progress(f"listing {self._done} of {self._of} resources", 0, 0)
        return made

    def _into(self, spool: Spool, made: _Outcome, space: str) -> bool:
        """Keep what *space* has; return whether that is all of it, else note why not."""
        row = made.row
        spool.begin()
        try:
            if space and not row.namespaced:
                spool.add(self._namespace(space))
                return True
            why = whole(
                self._client, made.served, spool.take,
                namespace=space, limit=self._options.limit, table=_values(row),
            )  # fmt: skip
            if not why:
                return True
            made.failed.append(_missed(row, why, space))
        except DeniedError as error:
            made.denied.append(_missed(row, error.what, space))
        except AbsentError:
            made.gone = not space
        except InputError as error:
            made.failed.append(_missed(row, error.what, space))
        spool.forget()
        return False


def _spaces(row: Row, only: Sequence[str]) -> Sequence[str]:
    """Return where a row is listed: in the namespaces that were named, if it is of any."""
    return only if only and (row.namespaced or row.name == _NAMESPACES) else ("",)


def _values(row: Row) -> bool:
    """Return whether whoever lists it may read values that nobody needs."""
    return row.plural == SECRETS and not row.group


def _missed(row: Row, why: str, space: str = "") -> Missed:
    return Missed(row.group, row.plural, row.within(space) if space else row.right, why)
