"""poetry.lock, formats 1.0 to 2.1. Direct is what the pyproject.toml beside it names."""

from typing import Any

from keten.errors import InputError
from keten.formats import toml_lines
from keten.formats.toml_lines import Table
from keten.formats.versions import requirement as pep508
from keten.model.evidence import Link
from keten.model.facts import Facts, Trust
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft, Entry


def read(source: Source) -> Facts:
    """Return the packages of one poetry.lock."""
    root = toml_lines.parse(source.data)
    draft = Draft(source, ecosystem="pypi", format="poetry.lock", lock=True)
    metadata = root.table("metadata")
    older = metadata.table("files")  # before 2.0 the hashes stood together at the end
    direct = _direct(source)
    made: list[tuple[Entry, Table]] = []
    for package in root.tables("package"):
        name, version = package.text("name"), package.text("version")
        line = package.at("name")
        if not name or not version:
            draft.problem("a package without name or version", line)
            continue
        files = package.get("files", older.get(name))
        groups = _groups(package)
        entry = draft.add(
            pep508.normalise(name),
            version,
            line=line,
            direct=None if direct is None else pep508.normalise(name) in direct,
            development=bool(groups) and "main" not in groups,
            optional=package.get("optional") is True,
            source=_source(package.table("source")),
            hashes=_hashes(files),
        )
        if entry is not None:
            made.append((entry, package))
    _edges(draft, made)
    draft.hashed = all(entry.hashes for entry, _ in made if not entry.source) if made else None
    draft.settings["content_hash"] = metadata.text("content-hash")
    return draft.facts()


def _groups(package: Table) -> list[str]:
    groups = package.get("groups")
    if isinstance(groups, list):
        return [group for group in groups if isinstance(group, str)]
    return [package.text("category")] if package.text("category") else []


def _source(table: Table) -> str:
    """Return where a package comes from, "" for the public index."""
    url = table.text("url")
    match table.text("type"):
        case "git":
            ref = table.text("resolved_reference") or table.text("reference")
            return f"git+{url}#{ref}" if ref else f"git+{url}"
        case "directory" | "file":
            return f"path:{url}"
        case "legacy":
            return f"registry+{url}"
        case _:
            return url


def _hashes(files: Any) -> list[str]:
    if not isinstance(files, list):
        return []
    return [item.text("hash") for item in files if isinstance(item, Table) and item.text("hash")]


def _edges(draft: Draft, made: list[tuple[Entry, Table]]) -> None:
    known: dict[str, list[Entry]] = {}
    for entry, _ in made:
        known.setdefault(entry.name, []).append(entry)
    for entry, package in made:
        for name in package.table("dependencies"):
            targets = known.get(pep508.normalise(name), [])
            # Of several versions a marker chooses, which is not evaluated here.
            trust = Trust.OBSERVED if len(targets) == 1 else Trust.CLAIMED
            for target in targets:
                draft.require(entry, target, trust)


def _direct(source: Source) -> set[str] | None:
    """Return what the pyproject.toml beside it asks for; None where there is none to read."""
    folder = source.path.rpartition("/")[0]
    data = source.files.read(f"{folder}/pyproject.toml".lstrip("/"))
    if data is None:
        return None
    try:
        root = toml_lines.parse(data)
    except InputError:
        return None  # its own reader says so
    poetry = root.table("tool").table("poetry")
    names = set(poetry.table("dependencies")) | set(poetry.table("dev-dependencies"))
    for group in poetry.table("group").values():
        if isinstance(group, Table):
            names |= set(group.table("dependencies"))
    project = root.table("project")
    lists = [project.get("dependencies"), *project.table("optional-dependencies").values()]
    lists += root.table("dependency-groups").values()
    for items in lists:
        for text, _ in toml_lines.texts(items):
            try:
                names.add(pep508.parse(text).name)
            except InputError:
                continue
    return {pep508.normalise(name) for name in names}


READER = Reader(
    title="Poetry lockfile",
    media_type="application/toml",
    read=read,
    link=Link.DEPENDENCIES,
    ceiling=8 << 20,
    names=("poetry.lock",),
)
