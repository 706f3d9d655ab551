"""The files of Debian packages: ``info/*.list``, or ``*.md5sums`` where there is no list."""

from keten.errors import CeilingError
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Scope, Source
from keten.readers.system import _dpkg
from keten.readers.system._dpkg import Entry
from keten.readers.system._installed import contents

INFO = "var/lib/dpkg/info"
SEPARATE = "var/lib/dpkg/status.d/"
"""Where distroless images have a file for each package, and its sums beside it."""
DIVERSIONS = "var/lib/dpkg/diversions"
"""Kept for who asks which of two packages has a file."""
MAX_FILES = 1_000_000
"""The most files of all packages together, and the most lines of one list."""
_MD5 = 32


def read(source: Source) -> Facts:
    """Return the files that each package brought; nothing for the lists themselves."""
    if (
        source.path == DIVERSIONS
        or source.path.startswith(INFO)
        or not _dpkg.is_status(source.path)
    ):
        return Facts()
    if source.path.startswith(SEPARATE) and not source.files.exists(f"{source.path}.md5sums"):
        return Facts()  # nothing tells of its files: who it is need not be read again
    _, entries = _dpkg.packages(source, licensed=False)
    found: dict[str, list[str]] = {}
    left = MAX_FILES
    for entry in entries:
        found[entry.key] = paths = _paths(source, entry)
        left -= len(paths)
        if left < 0:
            raise CeilingError(f"packages with more than {MAX_FILES:,} files")
    return contents(found)


def _paths(source: Source, entry: Entry) -> list[str]:
    if "/" in entry.name:
        return []
    if source.path.startswith(SEPARATE):
        # The file is called by the package, now and then by a shorter name.
        return _summed(source.files.read(f"{source.path}.md5sums"))
    # Of packages that may be there for several architectures the name says which.
    for name in (f"{entry.name}:{entry.arch}", entry.name):
        data = source.files.read(f"{INFO}/{name}.list")
        if data:
            return _listed(data)
    for name in (f"{entry.name}:{entry.arch}", entry.name):
        data = source.files.read(f"{INFO}/{name}.md5sums")
        if data:
            return _summed(data)
    return []


def _listed(data: bytes) -> list[str]:
    """Return the paths of a list, without the folders that have something in them."""
    if data.count(b"\n") > MAX_FILES:
        raise CeilingError(f"a list of more than {MAX_FILES:,} files")
    lines = data.decode("utf-8", "replace").split("\n")
    folders = {line[: line.rfind("/")] for line in lines}
    return [line[1:] for line in lines if line not in folders and line[:1] == "/" and line != "/."]


def _summed(data: bytes | None) -> list[str]:
    """Return the paths of ``md5sums`` lines: a digest, two blanks, a path."""
    if not data:
        return []
    if data.count(b"\n") > MAX_FILES:
        raise CeilingError(f"a list of more than {MAX_FILES:,} files")
    lines = data.decode("utf-8", "replace").split("\n")
    return [path for line in lines if (path := line[_MD5:].strip().lstrip("/"))]


READER = Reader(
    title="Files of Debian packages",
    media_type="text/plain",
    read=read,
    link=Link.IMAGE,
    scope=Scope.SYSTEM,
    anchors=(*_dpkg.STATUS, f"{INFO}/*.list", f"{INFO}/*.md5sums", DIVERSIONS),
)
