"""The reading stage: each file offered to the readers that know its name, read once."""

from collections.abc import Callable, Iterable
from fnmatch import translate
from functools import cache
from hashlib import sha256
from re import Pattern
from re import compile as pattern

from keten import plugs
from keten.errors import InputError
from keten.model.evidence import Evidence, Origin, Problem
from keten.model.facts import Facts
from keten.model.plug import Effort, Files, Reader, Scope, Source
from keten.pipeline.guard import Broken, attempt

COLLECTOR = "dir"
NAMES = 4096
"""How many files' names it is remembered for who knows them."""


class Readers:
    """The readers of one *scope* (a project's tree or a root filesystem), and what they want."""

    def __init__(self, scope: Scope = Scope.SOURCE) -> None:
        found = ((name, plugs.load(Reader, name)) for name in plugs.names(Reader))
        self.all = tuple(item for item in found if item[1].scope in (scope, Scope.BOTH))
        self._by_name = [_globs(reader.names) for _, reader in self.all]
        self._by_path = [
            (number, _globs(reader.paths))
            for number, (_, reader) in enumerate(self.all)
            if reader.paths
        ]
        self._pathed = _globs(path for _, reader in self.all for path in reader.paths)
        self._by_magic = [
            (number, reader.magic) for number, (_, reader) in enumerate(self.all) if reader.magic
        ]
        self._known: dict[str, frozenset[int]] = {}
        # Most files of most trees nobody wants: one question says so, not one a reader.
        self._somebody = _sieve(
            [name for _, reader in self.all for name in reader.names],
            [path for _, reader in self.all for path in reader.paths],
        )
        self._magic = tuple(dict.fromkeys(m for _, reader in self.all for m in reader.magic))

    def wanted(self, path: str, head: bytes = b"") -> tuple[tuple[str, Reader], ...]:
        """Return the readers that know the file's name or its first bytes, with their ids."""
        name = path.rpartition("/")[2]
        named = self._somebody(path, name)
        marked = head.startswith(self._magic)
        if not named and not marked:
            return ()
        found = set(self._named(name)) if named else set()
        if named and self._pathed(path):
            found.update(number for number, wants in self._by_path if wants(path))
        if marked:
            found.update(number for number, magic in self._by_magic if head.startswith(magic))
        return tuple(self.all[number] for number in sorted(found))

    def _named(self, name: str) -> frozenset[int]:
        """Return which readers know a file's name: few names are those of most files."""
        known = self._known.get(name)
        if known is None:
            if len(self._known) >= NAMES:
                self._known.clear()
            found = (number for number, wants in enumerate(self._by_name) if wants(name))
            known = self._known[name] = frozenset(found)
        return known

    def read(self, path: str, data: bytes, files: Files, *, size: int) -> list[Facts]:
        """Return what each reader that wants the file says of it, and the file as evidence."""
        parts: list[Facts] = []
        kinds: list[str] = []
        for name, reader in self.wanted(path, data[:16]):
            facts = self.one(name, reader, Source(path, data, files), size=size)
            if facts is None:
                continue
            parts.append(facts)
            if facts.nodes or facts.problems:
                kinds.append(reader.media_type)
        if kinds:
            parts.append(Facts(evidence=(evidence(path, data, kinds[0]),)))
        return parts

    def one(self, name: str, reader: Reader, source: Source, *, size: int) -> Facts | None:
        """Return what one reader says of a whole file; None where it has nothing it wants."""
        if not all(mark in source.data for mark in reader.marks):
            return None
        if size > reader.ceiling:
            what = f"{size:,} bytes is more than the {reader.ceiling:,} that {name} reads"
            return _problem(reader, source.path, what)
        if reader.sift is not None:
            sifted = sift(name, reader, source.path, source.data)
            if isinstance(sifted, Facts) or not sifted:
                return sifted or None
            source = Source(source.path, sifted, source.files)
        return read_one(name, reader, source)


def sift(
    name: str, reader: Reader, path: str, data: bytes, *, effort: Effort | None = None
) -> bytes | Facts:
    """Return the bytes that matter to *reader*, or the Facts that say why there are none.

    *effort* is what it may take, where it counts that and not this file alone is sifted.
    """
    assert reader.sift is not None
    work = reader.sift
    more: list[object] = [path] if reader.sift_path else []
    if reader.effort is not None:
        more.append(effort or reader.effort())
    try:
        made = attempt(lambda: [work(data, *more)])
    except InputError as error:
        return _unread(reader, path, error)
    return _broke(name, reader, path, made.what) if isinstance(made, Broken) else made[0]


def read_one(name: str, reader: Reader, source: Source) -> Facts:
    """Return what *reader* says of bytes that it wants (sifted, where it sifts)."""
    try:
        facts = attempt(lambda: [reader.read(source)])
    except InputError as error:
        return _unread(reader, source.path, error)
    if isinstance(facts, Broken):
        return _broke(name, reader, source.path, facts.what)
    return facts[0]


def evidence(path: str, data: bytes, media_type: str) -> Evidence:
    """Return the record of bytes that facts were read from."""
    digest = f"sha256:{sha256(data).hexdigest()}"
    return Evidence(digest, media_type, len(data), Origin(COLLECTOR, ".", path))


def _unread(reader: Reader, path: str, error: InputError) -> Facts:
    advice = error.advice or "Mend the file, or exclude it if it is not yours to judge."
    return _problem(reader, path, error.what, error=error, advice=advice)


def _broke(name: str, reader: Reader, path: str, why: str) -> Facts:
    what = f"keten's reader {name} broke on this file: {why}"
    advice = "This is a fault of keten: please report it, with the file."
    return _problem(reader, path, what, advice=advice)


def _problem(
    reader: Reader, path: str, what: str, *, advice: str = "", error: InputError | None = None
) -> Facts:
    line, column = (error.line, error.column) if error else (0, 0)
    problem = Problem(
        path, what, line=line, column=column, advice=advice, link=reader.link, need="content"
    )
    return Facts(problems=(problem,))


def _sieve(names: Iterable[str], paths: Iterable[str]) -> Callable[[str, str], bool]:
    """Return what tells of a path and its last name whether one of the globs may match them.

    It looks at the ends alone: what it lets through must be asked for in full.
    """
    exact: set[str] = set()
    heads: dict[bool, set[str]] = {True: set(), False: set()}
    tails: set[str] = set()
    for named, globs in ((True, names), (False, paths)):
        for glob in globs:
            if named and (_WILD.isdisjoint(glob) or glob == "["):
                exact.add(glob)
            elif head := _literal(glob):
                heads[named].add(head)
            else:
                tails.add(_literal(glob[::-1])[::-1])
    (name_at, name_heads), (path_at, path_heads) = map(_cut, (heads[True], heads[False]))
    tail_at, reversed_tails = _cut({tail[::-1] for tail in tails})
    ends = {tail[::-1] for tail in reversed_tails}
    some = bool(tails)

    def may(path: str, name: str) -> bool:
        return (
            name in exact
            or name[:name_at] in name_heads
            or path[:path_at] in path_heads
            or (some and path[-tail_at or len(path) :] in ends)
        )

    return may


def _cut(texts: set[str]) -> tuple[int, set[str]]:
    """Return *texts* cut to the length of the shortest, and that length."""
    length = min(map(len, texts), default=0)
    return length, {text[:length] for text in texts}


def _globs(globs: Iterable[str]) -> Callable[[str], bool]:
    """Return what tells whether a text matches one of *globs*, as fnmatch reads them.

    Most are a whole name or ``*.ext``. Of the others a text must have the literal start of one
    before its regex is compiled at all; those that start with a sign are one regex, for texts
    that have the literal end of one.
    """
    exact: set[str] = set()
    ends: list[str] = []
    begun: dict[str, str] = {}
    open_: list[str] = []
    for glob in dict.fromkeys(globs):
        if _WILD.isdisjoint(glob) or glob == "[":  # a bracket that nothing closes is a character
            exact.add(glob)
        elif glob[0] == "*" and _WILD.isdisjoint(glob[1:]):
            ends.append(glob[1:])
        elif head := _literal(glob):
            begun[glob] = head
        else:
            open_.append(glob)
    suffixes, heads = tuple(ends), tuple(dict.fromkeys(begun.values()))
    if not begun and not open_:
        return lambda text: text in exact or text.endswith(suffixes)
    tails = tuple(dict.fromkeys(_literal(glob[::-1])[::-1] for glob in open_))
    found = pattern("|".join(translate(glob) for glob in open_)).match

    def matches(text: str) -> bool:
        if text in exact or text.endswith(suffixes):
            return True
        if text.startswith(heads):
            for glob, head in begun.items():
                if text.startswith(head) and _regex(glob).match(text):
                    return True
        return text.endswith(tails) and found(text) is not None

    return matches


@cache
def _regex(glob: str) -> Pattern[str]:
    return pattern(translate(glob))


def _literal(glob: str) -> str:
    """Return the characters of *glob* before its first sign."""
    for at, char in enumerate(glob):
        if char in _WILD or char == "]":
            return glob[:at]
    return glob


_WILD = frozenset("*?[")
