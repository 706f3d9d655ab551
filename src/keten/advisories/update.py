"""Renew a database from a server that is laid out like OSV's bucket: what changed, no more.

``<URL>/<Ecosystem>/all.zip``, ``<URL>/ecosystems.txt``; CISA's catalog and EPSS from URLs of
their own. What arrived is imported, all in one step; what did not arrive, or could not be
read, keeps its old state and is told. Nothing but file names of ecosystems is sent.
"""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote

import msgspec
from msgspec import Struct

from keten.advisories import imports, intake, state
from keten.errors import InputError, KetenError, NetworkError, UsageError
from keten.formats import osv
from keten.transport.download import Download, Version
from keten.transport.http import Client

BUCKET = "https://storage.googleapis.com/osv-vulnerabilities"
KEV = "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"
EPSS = "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz"
MAX_ZIP = 4 << 30
MAX_LIST = 1 << 20
_GZIP = b"\x1f\x8b"
_NOT_FOUND = 404
Told = Callable[[str, int, int], None]


class Wanted(Struct, frozen=True):
    """What to renew. *ecosystems* as OSV names them; "" for *kev* and *epss*: not these."""

    base: str = BUCKET
    ecosystems: tuple[str, ...] = ()
    kev: str = ""
    epss: str = ""


class Failure(Struct, frozen=True):
    """What was not renewed, and why."""

    name: str
    what: str
    advice: str = ""


class Updated(Struct, frozen=True):
    """What came of it."""

    imported: imports.Imported
    same: tuple[str, ...]
    failed: tuple[Failure, ...]


class _Had(Struct, frozen=True):
    """A file that was imported: its version, and the digest that the database names it by."""

    version: Version
    digest: str


class Memory(Struct, frozen=True):
    """What earlier updates had: *files* by URL, and where they asked."""

    files: dict[str, _Had] = {}
    wanted: Wanted = Wanted()


class _Arrived(Struct, frozen=True):
    name: str
    url: str
    path: Path
    version: Version


def remembered(database: Path) -> Memory:
    """Return what earlier updates of a database had; nothing where that can not be read."""
    data = state.read(state.folder(database) / "update.json")
    try:
        return msgspec.json.decode(data or b"{}", type=Memory)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Memory()


def held(database: Path) -> Wanted:
    """Return what to renew where the user names nothing: what the database has."""
    old = remembered(database).wanted
    if not database.exists():
        return msgspec.structs.replace(old, ecosystems=())
    with imports.open_old(database) as opened:
        sources = opened.held()
    names = {source.name for source in sources if source.kind == "osv"}
    kinds = {source.kind for source in sources}
    return Wanted(
        old.base,
        tuple(sorted(name for name in names if osv.base(name) in osv.PURL_TYPES)),
        old.kev if "kev" in kinds else "",
        old.epss if "epss" in kinds else "",
    )


def run(database: Path, wanted: Wanted, client: Client, tell: Told) -> Updated:
    """Renew a database, which is made if need be. UsageError for names that OSV has not."""
    for name in wanted.ecosystems:
        if osv.base(name) not in osv.PURL_TYPES:
            names = ", ".join(sorted(osv.PURL_TYPES))
            raise UsageError(f"--ecosystem {name}: OSV has no such ecosystem; it has {names}")
    memory = remembered(database)
    parts = state.folder(database) / "parts"
    digests = _digests(database)
    arrived: list[_Arrived] = []
    same: list[str] = []
    failed: list[Failure] = []
    for name, url, path in _files(wanted, parts):
        had = memory.files.get(url)
        known = had.version if had is not None and digests.get(name) == had.digest else None
        download = Download(
            client,
            MAX_ZIP if path.suffix == ".zip" else intake.MAX_FILE,
            tell=lambda done, whole, name=name: tell(name, done, whole),  # type: ignore[misc]
        )
        try:
            version = download.get(url, path, known)
        except KetenError as error:
            failed.append(Failure(name, error.what, error.advice or _advice(error, wanted)))
            continue
        if version is None:
            same.append(name)
        else:
            arrived.append(_Arrived(name, url, path, version))
    done = _import(database, arrived, failed, tell)
    for source in done.sources:
        item = next(a for a in arrived if a.name == source.name)
        memory.files[item.url] = _Had(item.version, source.digest)
    kept = Memory(memory.files, wanted)
    state.write(state.folder(database) / "update.json", msgspec.json.encode(kept))
    _clear(parts)
    return Updated(done, tuple(same), tuple(sorted(failed, key=lambda f: f.name)))


def listed(base: str, client: Client) -> tuple[str, ...]:
    """Return the ecosystems that a server names in ``ecosystems.txt``, sorted."""
    with client.get(f"{base.rstrip('/')}/ecosystems.txt") as answer:
        if answer.status != 200:  # noqa: PLR2004 OK
            raise NetworkError(f"{answer.url}: {answer.status}", status=answer.status)
        text = answer.read(MAX_LIST).decode("utf-8", "replace")
    names = {line.strip() for line in text.splitlines()}
    return tuple(sorted(name for name in names if osv.base(name) in osv.PURL_TYPES))


def _files(wanted: Wanted, parts: Path) -> list[tuple[str, str, Path]]:
    """Return (source, URL, file to bring it to) of all that is wanted."""
    base = wanted.base.rstrip("/")
    found = [
        (name, f"{base}/{quote(name, safe='')}/all.zip", parts / name / "all.zip")
        for name in sorted(set(wanted.ecosystems))
    ]
    if wanted.kev:
        found.append(("cisa-kev", wanted.kev, parts / "known_exploited_vulnerabilities.json"))
    if wanted.epss:
        found.append(("epss", wanted.epss, parts / "epss.csv"))
    return found


def _digests(database: Path) -> dict[str, str]:
    """Return the digest of each source that the database has now."""
    if not database.exists():
        return {}
    with imports.open_old(database) as opened:
        return {source.name: source.digest for source in opened.held()}


def _import(
    database: Path, arrived: Sequence[_Arrived], failed: list[Failure], tell: Told
) -> imports.Imported:
    """Import what arrived; what can not be read at all is left out, and told."""
    paths = {_named(item.path): item for item in arrived}
    while paths:
        broken: list[tuple[Path, InputError]] = []
        try:
            return imports.run(
                list(paths),
                database,
                imports.Claim(),
                lambda what: tell(f"importing {what}", 0, 0),
                broken=broken,
            )
        except InputError:
            if not broken:
                raise
            path, error = broken[0]
            failed.append(Failure(paths.pop(path).name, error.what, error.advice))
    return imports.Imported((), ())


def _named(path: Path) -> Path:
    """Return the file, named .gz where it is packed: EPSS comes so from some servers."""
    if path.suffix != ".csv":
        return path
    with path.open("rb") as file:
        if file.read(2) != _GZIP:
            return path
    return path.replace(path.with_name(f"{path.name}.gz"))


def _advice(error: KetenError, wanted: Wanted) -> str:
    if isinstance(error, NetworkError) and error.status == _NOT_FOUND:
        return f"Is {wanted.base} laid out like OSV's bucket: <Ecosystem>/all.zip?"
    return "What the database had of it stays, and ages. Try again."


def _clear(parts: Path) -> None:
    """Remove what was imported; what was cut off stays, to be continued."""
    for folder in sorted(parts.iterdir()) if parts.is_dir() else ():
        if folder.is_dir() and not list(folder.glob("*.part")):
            shutil.rmtree(folder)
        elif folder.is_file() and folder.suffix not in (".part", ".json"):
            folder.unlink()
    for name in ("known_exploited_vulnerabilities.json", "epss.csv", "epss.csv.gz"):
        (parts / name).unlink(missing_ok=True)
