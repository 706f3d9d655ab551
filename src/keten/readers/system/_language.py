"""What the readers of installed language packages have in common: a package, and its facts.

An installed package has a file of its own that says what it is, so most of these readers make
one package of one file. Whom it requires is told by name (``Package.wants``): which installed
copy that is follows from where all of them lie, see keten.derive.requirements.
"""

from collections.abc import Iterable, Sequence

from keten.errors import InputError
from keten.formats.lazy_pattern import lazy
from keten.model.delivery import Package
from keten.model.evidence import Link, Place, Problem
from keten.model.facts import Edge, Facts, Looked, Node
from keten.model.image import Contents

MAX_NAME = 1000
MAX_VERSION = 500
MAX_TEXT = 300
MAX_WANTS = 2000
_TELLING = (
    "/METADATA", "/PKG-INFO", ".egg-info", "/package.json", ".gemspec", "/installed.json",
    "/DESCRIPTION", ".app", ".rockspec", ".jar", ".deps.json",
)  # fmt: skip
"""Files that tell of packages: who lists one of them would pass for its owner, and only the
operating system's packages are that (Package.owner), for only of them there are advisories.
"""
_UNPRINTABLE = lazy(r"[\x00-\x20\x7f]")
_USER = lazy(r"(\w://)[^/\s@?#]++@")


def package(
    path: str,
    kind: str,
    name: str,
    version: str = "",
    *,
    namespace: str = "",
    qualifiers: dict[str, str] | None = None,
    wants: Iterable[str] = (),
    **fields: object,
) -> Package:
    """Return the package of PURL type *kind* that the file *path* tells of.

    InputError where name or version can not be one. *fields* are those of Package.
    """
    from keten.formats import purl

    whole = f"{namespace}/{name}" if namespace else name
    if not name or len(whole) > MAX_NAME or _UNPRINTABLE.search(whole):
        raise InputError(f"a package whose name {whole[:40]!r} can not be one")
    if len(version) > MAX_VERSION or _UNPRINTABLE.search(version):
        raise InputError(f"a package whose version {version[:40]!r} can not be one")
    url = purl.make(kind, namespace, name, version, qualifiers)
    return Package(
        f"{path}#{url}",
        ecosystem=kind,
        name=whole,
        version=version,
        purl=url,
        path=path,
        installed=True,
        wants=tuple(sorted({want for want in wants if want}))[:MAX_WANTS],
        **fields,  # type: ignore[arg-type]
    )


def facts(
    packages: Sequence[Package],
    *,
    files: Iterable[str] | None = None,
    edges: Iterable[Edge] = (),
    problems: Sequence[Problem] = (),
    lines: Sequence[int] = (),
) -> Facts:
    """Return the facts of one file: its *packages*, the *files* that the first one brought.

    Of packages that are the same one stays. *lines* are where the packages stand.
    """
    kept: dict[str, Package] = {}
    places: dict[str, Place] = {}
    for index, one in enumerate(packages):
        if kept.setdefault(one.id, one) is one:
            line = lines[index] if index < len(lines) else 0
            places[one.id] = Place(one.ref, one.path, line)
    nodes: list[Node] = list(kept.values())
    if files is not None and packages:
        kept_files = {path for path in files if not path.endswith(_TELLING)}
        nodes.append(Contents(packages[0].id, tuple(sorted(kept_files))))
    return Facts(
        nodes=tuple(nodes),
        edges=tuple(sorted(set(edges))),
        looked=tuple(Looked(one.ref, "lockfile") for one in kept.values()),
        problems=tuple(problems),
        places=tuple(places.values()),
    )


def problem(path: str, what: str, *, line: int = 0, about: str = "", advice: str = "") -> Problem:
    """Return that something of a file could not be read; the rest of it stands."""
    advice = advice or "Install the package anew, or look at the file."
    return Problem(
        path, what, line=line, advice=advice, link=Link.DEPENDENCIES, about=about, need="lockfile"
    )


def licenses(written: Iterable[object]) -> tuple[str, ...]:
    """Return SPDX expressions of what stands in a package's own file, or it as written."""
    from keten.formats.licences.licenses import gather

    return gather(line(text) for text in written)


def line(text: object) -> str:
    """Return a short text on one line; "" for what is none, or is a whole document."""
    if not isinstance(text, str) or len(text) > MAX_TEXT or "\n" in text.strip():
        return ""
    return " ".join(text.split())


def anonymous(address: str) -> str:
    """Leave user and password out of a web address: facts are printed and kept."""
    return _USER.sub(r"\1", address) if "@" in address else address


def within(folder: str, name: str) -> str:
    """Return a path from the root: *name* as a file in *folder* says it, ``..`` resolved.

    "" where it leads out of the root.
    """
    if name.startswith("/"):
        folder = ""
    if "./" not in name and "//" not in name:
        return f"{folder}/{name}".lstrip("/")
    steps = folder.split("/") if folder else []
    for step in name.split("/"):
        if step == "..":
            if not steps:
                return ""
            steps.pop()
        elif step not in {"", "."}:
            steps.append(step)
    return "/".join(steps)
