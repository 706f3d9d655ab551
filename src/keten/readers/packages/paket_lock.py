"""paket.lock of .NET's Paket: groups of packages, each with what it requires below it.

``NUGET`` packages are told; files from ``GITHUB``, ``GIT``, ``GIST`` and ``HTTP`` are sources
of code, told with their commit.
"""

import re

from keten.errors import InputError
from keten.formats.lazy_pattern import lazy
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft, Entry, decode

_PACKAGE = lazy(r"([^\s()]++) \(([^()\s]++)\)(?: .*)?")
_NEED = lazy(r"([^\s()]++)(?: .*)?")
_SECTIONS = ("NUGET", "GITHUB", "GIT", "GIST", "HTTP", "CLITOOL")
_PUBLIC = ("https://www.nuget.org/api/v2", "https://nuget.org/api/v2",
           "https://api.nuget.org/v3/index.json")  # fmt: skip
_ASIDE = {"build", "test", "tests", "tools", "docs", "dev", "development", "benchmark"}
_DIRECT = lazy(r"(?:nuget|clitool)\s+(\S++).*", re.DOTALL | re.IGNORECASE)


class _Lock:
    def __init__(self, source: Source) -> None:
        self.draft = Draft(source, ecosystem="nuget", format="paket.lock", lock=True)
        self.section = self.remote = ""
        self.group = "main"
        self.last: Entry | None = None
        self.entries: dict[tuple[str, str], Entry] = {}  # by group and lower-case name
        self.needs: list[tuple[Entry, tuple[str, str]]] = []
        self.known = False

    def line(self, raw: str, number: int) -> None:
        text = raw.strip()
        indent = len(raw) - len(raw.lstrip(" "))
        if indent == 0:
            word, _, rest = text.partition(" ")
            if word == "GROUP":
                self.group, self.section = rest.strip().lower(), ""
            elif word in _SECTIONS:
                self.section, self.remote, self.known = word, "", True
        elif text.startswith("remote:"):
            self.remote, self.last = text[7:].strip(), None
            if self.section == "NUGET" and "://" in self.remote:
                self.draft.note("indexes", {"url": self.remote, "extra": False}, number)
        elif self.section in ("NUGET", "CLITOOL"):
            self.nuget(text, number, nested=indent > 4)  # noqa: PLR2004 Paket's indentation
        elif self.section in ("GITHUB", "GIT") and indent == 4:  # noqa: PLR2004 Paket's indentation
            self.file(text, number)

    def nuget(self, text: str, number: int, *, nested: bool) -> None:
        if nested:
            found = _NEED.fullmatch(text)
            if found is not None and self.last is not None:
                self.needs.append((self.last, (self.group, found.group(1).lower())))
            return
        found = _PACKAGE.fullmatch(text)
        if found is None:
            self.draft.problem(f"no package of Paket: {text[:60]!r}", number)
            self.last = None
            return
        name, version = found.groups()
        public = not self.remote or self.remote.rstrip("/") in _PUBLIC
        local = "://" not in self.remote
        self.last = self.draft.add(
            name,
            version,
            line=number,
            column=5,
            development=self.group in _ASIDE,
            source="" if public else f"path:{self.remote}" if local else f"registry+{self.remote}",
        )
        if self.last is not None:
            self.entries[self.group, name.lower()] = self.last

    def file(self, text: str, number: int) -> None:
        path, _, rest = text.rpartition(" (")
        commit = rest.rstrip(")")
        host = "" if "://" in self.remote or self.section == "GIT" else "https://github.com/"
        item = {"path": path or text, "source": f"git+{host}{self.remote}#{commit if path else ''}"}
        self.draft.note("files", item, number)

    def finish(self, asked: dict[str, set[str]] | None) -> Facts:
        for entry, key in self.needs:
            target = self.entries.get(key)
            if target is not None:
                self.draft.require(entry, target)
        if asked is not None:
            for entry in self.entries.values():
                entry.direct = False
            for (group, name), entry in self.entries.items():
                entry.direct = entry.direct or name in asked.get(group, ())
        return self.draft.facts()


def _asked(source: Source) -> dict[str, set[str]] | None:
    """Return what the paket.dependencies beside it asks for, by group; None where there is none."""
    folder = source.path.rpartition("/")[0]
    data = source.files.read(f"{folder}/paket.dependencies".lstrip("/"))
    if data is None:
        return None
    group, found = "main", dict[str, set[str]]()
    for raw in data.decode("utf-8", "replace").split("\n"):
        line = raw.strip()
        if line.lower().startswith("group "):
            group = line[6:].strip().lower()
        match = _DIRECT.fullmatch(line)
        if match:
            found.setdefault(group, set()).add(match.group(1).lower())
    return found


def read(source: Source) -> Facts:
    """Return the packages of one paket.lock."""
    lock = _Lock(source)
    for number, raw in enumerate(decode(source.data).split("\n"), 1):
        line = raw.rstrip()
        if line:
            lock.line(line, number)
    if not lock.known:
        raise InputError("no lockfile of Paket", line=1)
    return lock.finish(_asked(source))


READER = Reader(
    title="Paket lockfile",
    media_type="text/x-paket-lock",
    read=read,
    link=Link.DEPENDENCIES,
    ceiling=8 << 20,
    names=("paket.lock",),
)
