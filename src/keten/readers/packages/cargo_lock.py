"""Cargo.lock, versions 1 to 4. A package without a source is the project itself."""

from keten.formats import toml_lines
from keten.formats.toml_lines import Table
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft, Entry

_CRATES_IO = (
    "registry+https://github.com/rust-lang/crates.io-index",
    "sparse+https://index.crates.io/",
)


class _Lock:
    def __init__(self, source: Source, root: Table) -> None:
        self.draft = Draft(source, ecosystem="cargo", format="Cargo.lock", lock=True)
        self.entries: list[tuple[Entry, Table]] = []
        self.members: list[Table] = []
        self.known: dict[str, list[tuple[Entry, str]]] = {}
        older = root.table("metadata")  # version 1 kept the checksums there
        for package in root.tables("package"):
            self.take(package, older)

    def take(self, package: Table, older: Table) -> None:
        draft, line = self.draft, package.at("name")
        name, version = package.text("name"), package.text("version")
        origin = package.text("source")
        if not name or not version:
            draft.problem("a package without name or version", line)
            return
        if not origin:
            self.members.append(package)
            draft.note("members", {"name": name, "version": version}, line)
            return
        checksum = package.text("checksum") or older.text(f"checksum {name} {version} ({origin})")
        entry = draft.add(
            name,
            version,
            line=line,
            direct=False,
            source="" if origin in _CRATES_IO else origin,
            hashes=[f"sha256:{checksum}"] if checksum not in ("", "<none>") else (),
        )
        if entry is not None:
            self.entries.append((entry, package))
            self.known.setdefault(name, []).append((entry, origin))

    def targets(self, package: Table) -> list[Entry]:
        """Return what a package's ``dependencies`` name: as far apart as they have to be told."""
        found: list[Entry] = []
        for text, _ in toml_lines.texts(package.get("dependencies")):
            name, _, rest = text.partition(" ")
            version, _, origin = rest.partition(" ")
            origin = origin.removeprefix("(").removesuffix(")")
            for entry, source in self.known.get(name, ()):
                if version in ("", entry.version) and origin in ("", source):
                    found.append(entry)
                    break
        return found


def read(source: Source) -> Facts:
    """Return the packages of one Cargo.lock."""
    root = toml_lines.parse(source.data)
    lock = _Lock(source, root)
    for entry, package in lock.entries:
        for target in lock.targets(package):
            lock.draft.require(entry, target)
    for member in lock.members:
        for target in lock.targets(member):
            target.direct = True
    draft = lock.draft
    version = root.get("version")
    draft.settings["version"] = version if isinstance(version, int) else 1
    fetched = [entry for entry, _ in lock.entries if not entry.source.startswith("git+")]
    draft.hashed = all(entry.hashes for entry in fetched) if fetched else None
    return draft.facts()


READER = Reader(
    title="Cargo lockfile",
    media_type="application/toml",
    read=read,
    link=Link.DEPENDENCIES,
    ceiling=8 << 20,
    names=("Cargo.lock",),
)
