"""What dpkg's database says: read by the reader of packages and by that of their files."""

from msgspec import Struct

from keten.formats import deb822
from keten.formats.licences import debian_copyright
from keten.model.plug import Source
from keten.readers.system._installed import Installed

STATUS = ("var/lib/dpkg/status", "var/lib/dpkg/status.d/*")
_FIELDS = (
    "Package", "Status", "Version", "Architecture", "Source", "Maintainer", "Depends",
    "Pre-Depends", "Provides",
)  # fmt: skip
# dpkg(1), package states: what has files on disk, and what has them only in part.
_THERE = frozenset({"installed", "triggers-awaited", "triggers-pending"})
_PARTLY = frozenset({"half-installed", "half-configured", "unpacked"})


class Entry(Struct, frozen=True):
    """One package: its id and what its dependencies and files are found by."""

    key: str
    name: str
    arch: str
    fields: dict[str, str]


def is_status(path: str) -> bool:
    """Return whether a file below dpkg's folder tells of packages (and not of their files)."""
    return not path.endswith((".md5sums", ".list", ".preinst", ".postinst", ".conffiles"))


def packages(source: Source, *, licensed: bool = True) -> tuple[Installed, list[Entry]]:
    """Return what is installed. *licensed*: read the packages' copyright files too."""
    draft = Installed(source, ecosystem="deb", by="system/dpkg", fallback="debian")
    entries = []
    line = 0
    for line, fields in deb822.stanzas(source.data, _FIELDS):
        if not _installed(draft, fields, line):
            continue
        name, version = fields.get("package", ""), fields.get("version", "")
        arch = fields.get("architecture", "")
        names = _licenses(source, name) if licensed else ()
        key = draft.add(
            name,
            version,
            line=line,
            arch=arch,
            upstream=_upstream(fields.get("source", "")),
            licenses=names,
            supplier=fields.get("maintainer", ""),
        )
        if key:
            entries.append(Entry(key, name, arch, fields))
    if not line and source.data.strip():
        draft.problem("nothing in it is an entry of a package")
    return draft, entries


def _installed(draft: Installed, fields: dict[str, str], line: int) -> bool:
    """Return whether a package is there; what is there only in part is told."""
    status = fields.get("status")
    if status is None:
        return "package" in fields  # status.d of distroless images has no states
    state = status.split()[-1] if status.split() else ""
    if state in _PARTLY:
        draft.problem(
            f"package {fields.get('package', '')[:80]} is {state}: not all of it may be there",
            line,
            advice="Finish the installation (dpkg --configure -a), or build the image anew.",
        )
    return state in _THERE or state in _PARTLY


def _upstream(source: str) -> str:
    """``glibc (2.36-9)``: the version stands there only if it is not the package's."""
    name, bracket, rest = source.partition("(")
    name = name.strip()
    version = rest.partition(")")[0].strip() if bracket else ""
    return f"{name}@{version}" if name and version else name


def _licenses(source: Source, name: str) -> tuple[str, ...]:
    if not name or "/" in name:
        return ()
    data = source.files.read(f"usr/share/doc/{name}/copyright")
    return debian_copyright.licenses(data) if data else ()
