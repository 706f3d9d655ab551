"""Manifest.toml of Julia, formats 1 and 2. Direct is what the Project.toml beside it names.

A package is its UUID; ``git-tree-sha1`` is of its tree in git, not of an archive. What has
neither that nor a path is of the standard library and comes with Julia.
"""

from keten.errors import InputError
from keten.formats import toml_lines
from keten.formats.toml_lines import Table, texts
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft, Entry


class _Lock:
    def __init__(self, source: Source) -> None:
        self.draft = Draft(source, ecosystem="julia", format="Manifest.toml", lock=True)
        self.named: dict[str, Entry | None] = {}  # None: several packages have the name
        self.known: dict[str, Entry] = {}  # by UUID
        self.made: list[tuple[Entry, Table]] = []

    def one(self, name: str, table: Table) -> None:
        uuid, tree = table.text("uuid").lower(), table.text("git-tree-sha1")
        if not uuid:
            self.draft.problem(f"{name[:60]!r} without a uuid", table.line)
            return
        if table.text("path"):
            self.draft.note("members", {"name": name, "path": table.text("path")}, table.line)
            return
        address = table.text("repo-url")
        source = f"git+{address}#{tree}" if address else "" if tree else "stdlib"
        entry = self.draft.add(
            name, table.text("version"), line=table.line, source=source, qualifiers={"uuid": uuid}
        )
        if entry is not None:
            same = self.named.setdefault(name, entry) is entry
            self.named[name] = entry if same else None
            self.known[uuid] = entry
            self.made.append((entry, table))

    def edges(self) -> None:
        for entry, table in self.made:
            deps = table.get("deps")
            pairs = list(deps.items()) if isinstance(deps, Table) else []
            pairs += [(name, "") for name, _ in texts(deps)]
            for name, uuid in pairs:
                target = self.known.get(uuid.lower()) if isinstance(uuid, str) and uuid else None
                target = target or self.named.get(name)
                if target is not None:
                    self.draft.require(entry, target)


def _direct(source: Source) -> set[str] | None:
    """Return the UUIDs that the Project.toml beside it names; None where there is none."""
    folder, _, own = source.path.rpartition("/")
    name = "JuliaProject.toml" if own.startswith("Julia") else "Project.toml"
    data = source.files.read(f"{folder}/{name}".lstrip("/"))
    try:
        root = toml_lines.parse(data) if data is not None else None
    except InputError:
        return None
    if root is None:
        return None
    return {uuid.lower() for uuid in root.table("deps").values() if isinstance(uuid, str)}


def read(source: Source) -> Facts:
    """Return the packages of one Manifest.toml; nothing where it is some other tool's."""
    root = toml_lines.parse(source.data)
    version = root.text("julia_version")
    deps = root.table("deps") if "manifest_format" in root else root
    lock = _Lock(source)
    if version:
        lock.draft.settings["julia"] = version
    for name in deps:
        for table in deps.tables(name):
            lock.one(name, table)
    if not lock.made and not version and "manifest_format" not in root:
        return Facts()
    lock.edges()
    direct = _direct(source)
    if direct is not None:
        lock.draft.rank(entry for uuid, entry in lock.known.items() if uuid in direct)
    return lock.draft.facts()


READER = Reader(
    title="Julia manifest",
    media_type="application/toml",
    read=read,
    link=Link.DEPENDENCIES,
    ceiling=8 << 20,
    names=("Manifest.toml", "JuliaManifest.toml", "Manifest-v*.toml"),
)
