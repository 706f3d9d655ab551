"""pylock.toml (PEP 751), and pylock.NAME.toml.

https://packaging.python.org/en/latest/specifications/pylock-toml/
"""

from keten.errors import InputError
from keten.formats import toml_lines
from keten.formats.toml_lines import Table
from keten.formats.versions import requirement as pep508
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft, Entry


def read(source: Source) -> Facts:
    """Return the packages of one pylock.toml."""
    root = toml_lines.parse(source.data)
    if not root.text("lock-version").startswith("1."):
        raise InputError(
            f"no pylock.toml of version 1: lock-version {root.text('lock-version')[:20]!r}",
            line=root.at("lock-version"),
        )
    draft = Draft(source, ecosystem="pypi", format="pylock.toml", lock=True)
    made: list[tuple[Entry, Table]] = []
    for package in root.tables("packages"):
        name, line = package.text("name"), package.at("name")
        if not name:
            draft.problem("a package without a name", line)
            continue
        if package.table("directory"):
            draft.note(
                "members", {"name": name, "path": package.table("directory").text("path")}, line
            )
            continue
        entry = draft.add(
            pep508.normalise(name),
            package.text("version"),
            line=line,
            source=_source(package),
            hashes=_hashes(package),
        )
        if entry is not None:
            made.append((entry, package))
    known: dict[str, list[Entry]] = {}
    for entry, _ in made:
        known.setdefault(entry.name, []).append(entry)
    for entry, package in made:
        for wanted in package.tables("dependencies"):
            for target in known.get(pep508.normalise(wanted.text("name")), ()):
                if wanted.text("version") in ("", target.version):
                    draft.require(entry, target)
    files = [entry for entry, _ in made if not entry.source.startswith("git+")]
    draft.hashed = all(entry.hashes for entry in files) if files else None
    draft.settings["created_by"] = root.text("created-by")
    return draft.facts()


def _source(package: Table) -> str:
    vcs = package.table("vcs")
    if vcs:
        where = vcs.text("url") or f"path:{vcs.text('path')}"
        return f"{vcs.text('type') or 'git'}+{where}#{vcs.text('commit-id')}"
    archive = package.table("archive")
    if archive:
        return archive.text("url") or f"path:{archive.text('path')}"
    index = package.text("index")
    return "" if index.rstrip("/") in ("", "https://pypi.org/simple") else f"registry+{index}"


def _hashes(package: Table) -> list[str]:
    files = [package.table("archive"), package.table("sdist"), *package.tables("wheels")]
    return [
        f"{algorithm}:{value}"
        for item in files
        for algorithm, value in item.table("hashes").items()
        if isinstance(value, str)
    ]


READER = Reader(
    title="pylock.toml (PEP 751)",
    media_type="application/toml",
    read=read,
    link=Link.DEPENDENCIES,
    ceiling=8 << 20,
    names=("pylock.toml", "pylock.*.toml"),
)
