"""pdm.lock, formats 4.x; 3.x kept its hashes in a table at the end."""

from keten.errors import InputError
from keten.formats import toml_lines
from keten.formats.toml_lines import Table
from keten.formats.versions import requirement as pep508
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft, Entry


def read(source: Source) -> Facts:
    """Return the packages of one pdm.lock; an entry for a package's extras is that package."""
    root = toml_lines.parse(source.data)
    draft = Draft(source, ecosystem="pypi", format="pdm.lock", lock=True)
    older = root.table("metadata").table("files")
    made: list[tuple[Entry, Table]] = []
    for package in root.tables("package"):
        name, version = package.text("name"), package.text("version")
        line = package.at("name")
        if not name or not version:
            draft.problem("a package without name or version", line)
            continue
        files = package.tables("files") or older.tables(f"{name} {version}")
        groups = [group for group, _ in toml_lines.texts(package.get("groups"))]
        entry = draft.add(
            pep508.normalise(name),
            version,
            line=line,
            development=bool(groups) and "default" not in groups,
            source=_source(package),
            hashes=[item.text("hash") for item in files if item.text("hash")],
        )
        if entry is not None:
            made.append((entry, package))
    known: dict[str, list[Entry]] = {}
    for entry, _ in made:
        known.setdefault(entry.name, []).append(entry)
    for entry, package in made:
        for text, line in toml_lines.texts(package.get("dependencies")):
            try:
                wanted = pep508.parse(text)
            except InputError as error:
                draft.problem(error.what, line)
                continue
            for target in known.get(wanted.name, ()):
                if wanted.pinned in ("", target.version):
                    draft.require(entry, target)
    draft.hashed = all(entry.hashes for entry, _ in made if not entry.source) if made else None
    draft.settings["content_hash"] = root.table("metadata").text("content_hash")
    return draft.facts()


def _source(package: Table) -> str:
    if package.text("git"):
        ref = package.text("revision") or package.text("ref")
        return f"git+{package.text('git')}" + (f"#{ref}" if ref else "")
    if package.text("path"):
        return f"path:{package.text('path')}"
    return package.text("url")


READER = Reader(
    title="PDM lockfile",
    media_type="application/toml",
    read=read,
    link=Link.DEPENDENCIES,
    ceiling=8 << 20,
    names=("pdm.lock",),
)
