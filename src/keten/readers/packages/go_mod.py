"""go.mod, with the hashes of the go.sum beside it: https://go.dev/ref/mod#go-mod-file.

The ``toolchain`` line, else the ``go`` line, is the package ``stdlib`` with a constraint: the
standard library that it is built with at least. A replaced module is listed as what it is
replaced by; a replacement by a folder is no package.
"""

from typing import NamedTuple

from keten.formats.lazy_pattern import lazy
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft, decode
from keten.readers.packages._go_words import MAX_LINE
from keten.readers.packages._go_words import words as words_of

_BLOCKS = {"require", "exclude", "replace", "retract", "tool", "ignore", "godebug"}
_GO = lazy(r"[0-9]+(?:\.[0-9]+)*(?:(?:rc|beta)[0-9]+)?\Z")


class _Require(NamedTuple):
    path: str
    version: str
    indirect: bool
    line: int
    column: int


class _Module:
    def __init__(self, source: Source) -> None:
        self.draft = Draft(source, ecosystem="golang", format="go.mod", lock=True)
        self.requires: list[_Require] = []
        self.replaces: dict[tuple[str, str], tuple[str, str]] = {}
        self.go = ("", 0)
        self.toolchain = ("", 0)

    def parse(self, text: str) -> None:
        block = ""
        for number, raw in enumerate(text.split("\n"), 1):
            code, _, comment = raw.rstrip("\r").partition("//")
            if len(code) > MAX_LINE:
                self.draft.problem("a line too long to be a directive", number)
                continue
            words = words_of(code)
            if not words:
                continue
            if block:
                if words == [")"]:
                    block = ""
                    continue
                verb = block
            else:
                verb, words = words[0], words[1:]
                if words == ["("] or verb.endswith("("):
                    block = verb.removesuffix("(")
                    if block not in _BLOCKS:
                        self.draft.problem(f"no block is called {block[:40]!r}", number)
                    continue
            column = len(raw) - len(raw.lstrip()) + 1
            self.directive(verb, words, comment.strip(), number, column)
        if block:
            self.draft.problem(f"the block {block[:40]} does not end", text.count("\n") + 1)

    def directive(self, verb: str, words: list[str], comment: str, line: int, column: int) -> None:
        draft = self.draft
        match verb, words:
            case "module", [path]:
                draft.settings["module"] = path
            case "go", [version] if _GO.match(version):
                self.go = (version, line)
            case "toolchain", [name]:
                self.toolchain = (name.removeprefix("go").partition("-")[0], line)
            case "require", [path, version]:
                indirect = comment == "indirect" or comment.startswith("indirect;")
                self.requires.append(_Require(path, version, indirect, line, column))
            case "replace", [old, "=>", new, *rest] if len(rest) <= 1:
                self.replace(old, "", new, rest, line)
            case "replace", [old, version, "=>", new, *rest] if len(rest) <= 1:
                self.replace(old, version, new, rest, line)
            case "exclude", [path, version]:
                draft.note("excludes", f"{path}@{version}", line)
            case "retract" | "tool" | "ignore" | "godebug", [_, *_]:
                if verb == "tool":
                    draft.note("tools", words[0], line)
            case _:
                text = " ".join([verb, *words])
                draft.problem(f"no directive of go.mod: {text[:60]!r}", line, column)

    def replace(self, old: str, version: str, new: str, rest: list[str], line: int) -> None:
        self.replaces[old, version] = (new, rest[0] if rest else "")
        item = {"old": old, "version": version, "new": new, "with": rest[0] if rest else ""}
        self.draft.note("replaces", item, line)

    def packages(self, sums: dict[tuple[str, str], str] | None) -> None:
        draft = self.draft
        for item in self.requires:
            path, version, source = item.path, item.version, ""
            new = self.replaces.get((path, version)) or self.replaces.get((path, ""))
            if new is not None:
                if new[0].startswith(("./", "../", "/")) or new[0] in (".", ".."):
                    continue
                source = f"replaces {path}"
                path, version = new
            found = (sums or {}).get((path, version), "")
            draft.add(
                path,
                version,
                line=item.line,
                column=item.column,
                direct=not item.indirect,
                source=source,
                hashes=[found] if found else (),
            )
        version, line = self.toolchain if self.toolchain[0] not in ("", "default") else self.go
        draft.hashed = None if sums is None else all(e.hashes for e in draft.entries.values())
        if version:
            draft.add("stdlib", line=line, direct=True, constraint=f">={version}")
        draft.settings["go"] = self.go[0]
        draft.settings["toolchain"] = self.toolchain[0]
        draft.settings["sums"] = sums is not None


def _sums(source: Source) -> dict[tuple[str, str], str] | None:
    """Return the hash of each module in go.sum: of its files, else of its go.mod."""
    data = source.files.read(source.path.removesuffix(".mod") + ".sum")
    if data is None:
        return None
    sums: dict[tuple[str, str], str] = {}
    for line in data.decode("utf-8", "replace").split("\n"):
        words = line.split()
        if len(words) == 3:  # noqa: PLR2004 module, version, hash
            path, version, digest = words
            if version.endswith("/go.mod"):
                sums.setdefault((path, version.removesuffix("/go.mod")), digest)
            else:
                sums[path, version] = digest
    return sums


def read(source: Source) -> Facts:
    """Return the modules that one go.mod requires."""
    module = _Module(source)
    module.parse(decode(source.data))
    module.packages(_sums(source))
    return module.draft.facts()


READER = Reader(
    title="Go module",
    media_type="text/x-go-mod",
    read=read,
    link=Link.DEPENDENCIES,
    ceiling=8 << 20,
    names=("go.mod",),
)
