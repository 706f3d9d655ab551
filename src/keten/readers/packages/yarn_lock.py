"""yarn.lock of Yarn 1 and of Yarn 2 and later ("berry").

Yarn 1 does not say which packages are for development, nor which are direct; the package.json
beside it does. Berry keeps the project's workspaces among the entries.
"""

from keten.errors import InputError
from keten.formats import json_index, yarn_lines
from keten.formats.lazy_pattern import lazy
from keten.formats.yarn_lines import Block
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft, Entry, decode

_SHA1 = lazy(r"[0-9a-f]{40}\Z")
_CHECKSUM = lazy(r"(?:[0-9a-z]+/)?([0-9a-f]{128})\Z")
_WANTED = ("dependencies", "devDependencies", "optionalDependencies")


class _Lock:
    def __init__(self, source: Source) -> None:
        self.draft = Draft(source, ecosystem="npm", format="yarn.lock", lock=True)
        self.root, faults = yarn_lines.parse(decode(source.data))
        for what, line in faults:
            self.draft.problem(what, line)
        self.berry = "__metadata" in self.root
        self.by_pattern: dict[str, Entry] = {}
        self.made: list[tuple[Entry, Block]] = []
        self.workspaces: list[Block] = []

    def read(self, wanted: dict[str, dict[str, str]] | None) -> Facts:
        draft = self.draft
        for key in self.root:
            block = self.root[key]
            if key == "__metadata" or not isinstance(block, Block):
                continue
            self.entry(key, block)
        for entry, block in self.made:
            for group in ("dependencies", "optionalDependencies"):
                self.edges(entry, block.block(group))
        self.classify(wanted)
        draft.settings["berry"] = self.berry
        draft.settings["patterns"] = sorted(self.by_pattern)
        fetched = [e for e in draft.entries.values() if e.source.startswith("http") or not e.source]
        draft.hashed = all(entry.hashes for entry in fetched) if fetched else None
        return draft.facts()

    def entry(self, key: str, block: Block) -> None:
        draft, version = self.draft, block.text("version")
        patterns = yarn_lines.patterns(key)
        name, wanted = yarn_lines.split(patterns[0]) if patterns else ("", "")
        if not name or not version:
            draft.problem(f"an entry without name or version: {key[:60]!r}", block.line)
            return
        if self.berry:
            name, source = self.resolution(block.text("resolution"), wanted)
            if source.startswith("workspace:"):
                self.workspaces.append(block)
                draft.note("members", {"name": name, "path": source[10:]}, block.line)
                return
            found = _CHECKSUM.match(block.text("checksum"))
            hashes = [f"sha512:{found.group(1)}"] if found else []
        else:
            name = _real(name, wanted)
            source, hashes = _resolved(block.text("resolved"), block.text("integrity"))
        entry = draft.add(name, version, line=block.line, source=source, hashes=hashes)
        if entry is None:
            return
        self.made.append((entry, block))
        for pattern in patterns:
            self.by_pattern[pattern] = entry

    def resolution(self, text: str, wanted: str) -> tuple[str, str]:
        """Return name and source of ``name@npm:1.0``, ``name@https://…#commit=…`` and so on."""
        name, reference = yarn_lines.split(text)
        protocol, colon, rest = reference.partition(":")
        if not colon or protocol == "npm":
            archive = rest.partition("::__archiveUrl=")[2]
            return name or wanted, archive.replace("%3A", ":").replace("%2F", "/")
        if protocol in ("workspace", "link", "portal", "file"):
            kind = "workspace:" if protocol == "workspace" else "path:"
            return name, f"{kind}{rest.partition('::')[0].partition('#')[0]}"
        if protocol in ("patch", "virtual"):
            self.draft.settings["patched"] = True
            return name, ""
        address, _, fragment = reference.partition("#")
        commit = fragment.rpartition("commit=")[2].partition("&")[0]
        if commit and "commit=" in fragment:
            return name, f"git+{address.removeprefix('git+')}#{commit}"
        return name, address

    def edges(self, entry: Entry, wanted: Block) -> None:
        for name, spec in wanted.items():
            target = self.find(name, spec) if isinstance(spec, str) else None
            if target is not None:
                self.draft.require(entry, target)

    def find(self, name: str, spec: str) -> Entry | None:
        return (
            self.by_pattern.get(f"{name}@{spec}")
            or self.by_pattern.get(f"{name}@npm:{spec}")
            or self.by_pattern.get(f"{name}@{spec.removeprefix('npm:')}")
        )

    def classify(self, wanted: dict[str, dict[str, str]] | None) -> None:
        asked: list[Entry] = []
        needed: list[Entry] = []
        if self.berry and self.workspaces:
            # Berry lists a workspace's requirements of both kinds together.
            pairs = [p for block in self.workspaces for p in block.block("dependencies").items()]
            found = [self.find(n, s) for n, s in pairs if isinstance(s, str)]
            asked = [entry for entry in found if entry is not None]
        if wanted is not None:
            for group, specs in wanted.items():
                entries = [e for n, s in specs.items() if (e := self.find(n, s)) is not None]
                asked += entries
                needed += entries if group != "devDependencies" else []
        if not asked:
            return
        direct = {entry.ref for entry in asked}
        for entry in self.draft.entries.values():
            entry.direct = entry.ref in direct
        if wanted is not None and len(self.workspaces) <= 1:
            reached = self.reach(needed)
            for entry in self.draft.entries.values():
                entry.development = entry.ref not in reached

    def reach(self, start: list[Entry]) -> set[str]:
        below: dict[str, list[Entry]] = {}
        for entry, block in self.made:
            for group in ("dependencies", "optionalDependencies"):
                for name, spec in block.block(group).items():
                    target = self.find(name, spec) if isinstance(spec, str) else None
                    if target is not None:
                        below.setdefault(entry.ref, []).append(target)
        seen: set[str] = set()
        waiting = list(start)
        while waiting:
            entry = waiting.pop()
            if entry.ref not in seen:
                seen.add(entry.ref)
                waiting += below.get(entry.ref, ())
        return seen


def _real(name: str, wanted: str) -> str:
    if wanted.startswith("npm:"):
        return yarn_lines.split(wanted[4:])[0]
    return name


def _resolved(resolved: str, integrity: str) -> tuple[str, list[str]]:
    """Return source and hashes of Yarn 1's ``resolved`` (its fragment is a SHA-1)."""
    address, _, fragment = resolved.partition("#")
    hashes = [part.replace("-", ":", 1) for part in integrity.split()]
    if address.startswith(("git+", "git://", "git@", "ssh://")) or address.endswith(".git"):
        return f"git+{address.removeprefix('git+')}#{fragment}", hashes
    if not hashes and _SHA1.match(fragment):
        hashes = [f"sha1:{fragment}"]
    return (f"path:{address[5:]}" if address.startswith("file:") else address), hashes


def _wanted(source: Source) -> dict[str, dict[str, str]] | None:
    """Return what the package.json beside it asks for; None where workspaces ask as well."""
    folder = source.path.rpartition("/")[0]
    data = source.files.read(f"{folder}/package.json".lstrip("/"))
    if data is None:
        return None
    try:
        root = json_index.table(json_index.parse(data, depth=1).value)
    except InputError:
        return None  # its own reader says so
    if root.get("workspaces"):
        return None
    return {key: json_index.strings(root.get(key)) for key in _WANTED}


def read(source: Source) -> Facts:
    """Return the packages of one yarn.lock."""
    return _Lock(source).read(_wanted(source))


READER = Reader(
    title="Yarn lockfile",
    media_type="text/x-yarn-lock",
    read=read,
    link=Link.DEPENDENCIES,
    ceiling=8 << 20,
    names=("yarn.lock",),
)
