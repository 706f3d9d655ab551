"""Gemfile.lock and gems.locked of Bundler.

Sections GEM, GIT, PATH and PLUGIN SOURCE hold specs, each with what it requires below it;
DEPENDENCIES are the direct ones, CHECKSUMS the hashes (Bundler 2.5 and later).
"""

from keten.errors import InputError
from keten.formats.lazy_pattern import lazy
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft, Entry, decode

_SPEC = lazy(r"([^\s(),!]++)(?: \(([^()]*+)\))?(!?)")
_CHECKSUM = lazy(r"([^\s()]++) \(([^()]*+)\) (\S++)")
_PLATFORM = lazy(r"([0-9][^-]*+)-(.+)")
_RUBYGEMS = "https://rubygems.org"
_SECTIONS = {
    "GEM", "GIT", "PATH", "PLUGIN SOURCE", "PLATFORMS", "DEPENDENCIES", "CHECKSUMS",
    "RUBY VERSION", "BUNDLED WITH",
}  # fmt: skip
_CONFLICT = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")


class _Lock:
    def __init__(self, source: Source) -> None:
        self.draft = Draft(source, ecosystem="gem", format="Gemfile.lock", lock=True)
        self.section = ""
        self.options: dict[str, str] = {}
        self.last: list[Entry] = []
        self.entries: dict[str, list[Entry]] = {}
        self.needs: list[tuple[Entry, str]] = []
        self.direct: set[str] = set()
        self.checksums: dict[tuple[str, str], list[str]] = {}

    def line(self, raw: str, number: int) -> None:
        text = raw.strip()
        indent = len(raw) - len(raw.lstrip(" "))
        if indent == 0:
            if text.startswith(_CONFLICT):
                self.draft.problem(
                    "a merge conflict", number, advice="Resolve it, then bundle lock."
                )
                return
            self.section, self.options = text, {}
            if text not in _SECTIONS:
                self.draft.problem(f"no section of a Gemfile.lock: {text[:60]!r}", number)
        elif self.section in ("GEM", "GIT", "PATH", "PLUGIN SOURCE"):
            self.sourced(text, indent, number)
        elif self.section == "DEPENDENCIES":
            found = _SPEC.fullmatch(text)
            if found is None:
                self.draft.problem(f"no dependency: {text[:60]!r}", number)
            else:
                self.direct.add(found.group(1))
        elif self.section == "CHECKSUMS":
            self.checksum(text)
        elif self.section == "BUNDLED WITH":
            self.draft.settings["bundler"] = text

    def sourced(self, text: str, indent: int, number: int) -> None:
        if indent == 2:  # noqa: PLR2004 Bundler's indentation
            key, _, value = text.partition(":")
            self.options[key] = value.strip()
            if key == "remote" and self.section == "GEM":
                self.draft.note("indexes", {"url": value.strip(), "extra": False}, number)
            return
        found = _SPEC.fullmatch(text)
        if found is None:
            self.draft.problem(f"no gem: {text[:60]!r}", number)
        elif indent == 4:  # noqa: PLR2004 Bundler's indentation
            self.gem(found.group(1), found.group(2) or "", number)
        else:
            self.needs += [(entry, found.group(1)) for entry in self.last]

    def gem(self, name: str, version: str, number: int) -> None:
        self.last = []
        if self.section == "PATH":
            self.draft.note(
                "members", {"name": name, "path": self.options.get("remote", "")}, number
            )
            return
        if not version:
            self.draft.problem(f"gem {name[:60]} without a version", number)
            return
        platform = _PLATFORM.fullmatch(version)
        entry = self.draft.add(
            name,
            platform.group(1) if platform else version,
            line=number,
            column=5,
            direct=False,
            source=self.source(),
        )
        if entry is not None:
            self.last = [entry]
            known = self.entries.setdefault(name, [])
            if entry not in known:
                known.append(entry)

    def source(self) -> str:
        remote = self.options.get("remote", "")
        if self.section == "GIT":
            return f"git+{remote}#{self.options.get('revision', '')}"
        return "" if remote.rstrip("/") == _RUBYGEMS else f"registry+{remote}"

    def checksum(self, text: str) -> None:
        found = _CHECKSUM.fullmatch(text)
        if found is None:
            return  # a gem from git or a path has none
        name, version, digests = found.groups()
        platform = _PLATFORM.fullmatch(version)
        key = (name, platform.group(1) if platform else version)
        self.checksums.setdefault(key, []).extend(
            d.replace("=", ":", 1) for d in digests.split(",")
        )

    def finish(self) -> Facts:
        draft = self.draft
        for entry, name in self.needs:
            for target in self.entries.get(name, ()):
                draft.require(entry, target)
        for entry in draft.entries.values():
            entry.direct = entry.name in self.direct
            entry.hashes = tuple(dict.fromkeys(self.checksums.get((entry.name, entry.version), ())))
        fetched = [e for e in draft.entries.values() if not e.source.startswith("git+")]
        draft.hashed = all(e.hashes for e in fetched) if self.checksums and fetched else None
        draft.settings["direct"] = sorted(self.direct)
        return draft.facts()


def read(source: Source) -> Facts:
    """Return the gems of one lockfile of Bundler."""
    text = decode(source.data)
    lock = _Lock(source)
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.rstrip()
        if line:
            lock.line(line, number)
    if not lock.entries and lock.section not in _SECTIONS:
        raise InputError("no lockfile of Bundler", line=1)
    return lock.finish()


READER = Reader(
    title="Bundler lockfile",
    media_type="text/x-gemfile-lock",
    read=read,
    link=Link.DEPENDENCIES,
    ceiling=8 << 20,
    names=("Gemfile.lock", "gems.locked", "Gemfile.*.lock"),
)
