"""manifest.toml of Gleam: packages of Hex with what each requires; direct are ``requirements``."""

from keten.errors import InputError
from keten.formats import toml_lines
from keten.formats.toml_lines import Table, texts
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft, Entry


def _asked(source: Source) -> set[str]:
    """Return what the gleam.toml beside it names for development."""
    folder = source.path.rpartition("/")[0]
    data = source.files.read(f"{folder}/gleam.toml".lstrip("/"))
    try:
        root = toml_lines.parse(data) if data is not None else Table(1)
    except InputError:
        return set()
    names = set(root.table("dev-dependencies")) | set(root.table("dev_dependencies"))
    return names - set(root.table("dependencies"))


def read(source: Source) -> Facts:
    """Return the packages of one manifest.toml; nothing where it is some other tool's."""
    root = toml_lines.parse(source.data)
    packages = root.get("packages")
    if not isinstance(packages, list) or "requirements" not in root:
        return Facts()
    draft = Draft(source, ecosystem="hex", format="manifest.toml", lock=True)
    entries: dict[str, Entry] = {}
    needs: list[tuple[Entry, Table]] = []
    lines = getattr(packages, "lines", [])
    for index, item in enumerate(packages):
        line = lines[index] if index < len(lines) else 1
        if not isinstance(item, Table) or not item.text("name"):
            draft.problem("a package without a name", line)
            continue
        name, kind = item.text("name"), item.text("source")
        if kind == "local":
            draft.note("members", {"name": name, "path": item.text("path")}, line)
            continue
        digest = item.text("outer_checksum").lower()
        entry = draft.add(
            name,
            item.text("version"),
            line=line,
            source=f"git+{item.text('repo')}#{item.text('commit')}" if kind == "git" else "",
            hashes=[f"sha256:{digest}"] if digest else (),
        )
        if entry is not None:
            entries[name] = entry
            needs.append((entry, item))
    for entry, item in needs:
        for name, _ in texts(item.get("requirements")):
            if name in entries:
                draft.require(entry, entries[name])
    aside = _asked(source)
    direct = [name for name in root.table("requirements") if name in entries]
    draft.rank(
        [entries[name] for name in direct], [entries[name] for name in direct if name in aside]
    )
    fetched = [entry for entry in entries.values() if not entry.source]
    draft.hashed = all(entry.hashes for entry in fetched) if fetched else None
    return draft.facts()


READER = Reader(
    title="Gleam manifest",
    media_type="application/toml",
    read=read,
    link=Link.DEPENDENCIES,
    ceiling=8 << 20,
    names=("manifest.toml",),
    marks=(b"packages", b"[requirements]"),
)
