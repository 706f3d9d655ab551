"""The reading stage: each file offered to the readers that know its name, read once."""

from collections.abc import Callable, Iterable
from fnmatch import translate
from hashlib import sha256
from re import compile as pattern

from keten import plugs
from keten.errors import InputError
from keten.model.evidence import Evidence, Origin, Problem
from keten.model.facts import Facts
from keten.model.plug import Files, Reader, Source
from keten.pipeline.guard import Broken, attempt

COLLECTOR = "dir"


class Readers:
    """The readers, and which of them want a file."""

    def __init__(self) -> None:
        self._readers = [(name, plugs.load(Reader, name)) for name in plugs.names(Reader)]
        self._wants = [_matcher(reader.names, reader.paths) for _, reader in self._readers]
        # Most files of most trees nobody wants: one question says so, not one a reader.
        self._somebody = _matcher(
            [name for _, reader in self._readers for name in reader.names],
            [path for _, reader in self._readers for path in reader.paths],
        )

    def wanted(self, path: str) -> tuple[tuple[str, Reader], ...]:
        """Return the readers that know the file's name, with their ids."""
        if not self._somebody(path):
            return ()
        return tuple(
            plug for plug, wants in zip(self._readers, self._wants, strict=True) if wants(path)
        )

    def read(self, path: str, data: bytes, files: Files, *, size: int) -> list[Facts]:
        """Return what each reader that wants the file says of it, and the file as evidence."""
        parts: list[Facts] = []
        kinds: list[str] = []
        for name, reader in self.wanted(path):
            if not all(mark in data for mark in reader.marks):
                continue
            if size > reader.ceiling:
                what = f"{size:,} bytes is more than the {reader.ceiling:,} that {name} reads"
                parts.append(_problem(reader, path, what))
                continue
            facts = _read(name, reader, Source(path, data, files))
            if facts.nodes or facts.problems:
                parts.append(facts)
                kinds.append(reader.media_type)
        if kinds:
            parts.append(Facts(evidence=(evidence(path, data, kinds[0]),)))
        return parts


def evidence(path: str, data: bytes, media_type: str) -> Evidence:
    """Return the record of bytes that facts were read from."""
    digest = f"sha256:{sha256(data).hexdigest()}"
    return Evidence(digest, media_type, len(data), Origin(COLLECTOR, ".", path))


def _read(name: str, reader: Reader, source: Source) -> Facts:
    try:
        facts = attempt(lambda: [reader.read(source)])
    except InputError as error:
        advice = error.advice or "Mend the file, or exclude it if it is not yours to judge."
        return _problem(reader, source.path, error.what, error=error, advice=advice)
    if isinstance(facts, Broken):
        what = f"keten's reader {name} broke on this file: {facts.what}"
        advice = "This is a fault of keten: please report it, with the file."
        return _problem(reader, source.path, what, advice=advice)
    return facts[0]


def _problem(
    reader: Reader, path: str, what: str, *, advice: str = "", error: InputError | None = None
) -> Facts:
    line, column = (error.line, error.column) if error else (0, 0)
    problem = Problem(
        path, what, line=line, column=column, advice=advice, link=reader.link, need="content"
    )
    return Facts(problems=(problem,))


def _matcher(names: Iterable[str], paths: Iterable[str]) -> Callable[[str], bool]:
    by_name, by_path = _globs(names), _globs(paths)

    def wants(path: str) -> bool:
        return by_name(path.rpartition("/")[2]) or by_path(path)

    return wants


def _globs(globs: Iterable[str]) -> Callable[[str], bool]:
    """Return what tells whether a text matches one of *globs*, as fnmatch reads them.

    Most are a whole name or ``*.ext``: only what is neither is worth compiling a regex.
    """
    exact: set[str] = set()
    ends: list[str] = []
    rest: list[str] = []
    for glob in dict.fromkeys(globs):
        if _WILD.isdisjoint(glob):
            exact.add(glob)
        elif glob[0] == "*" and _WILD.isdisjoint(glob[1:]):
            ends.append(glob[1:])
        else:
            rest.append(glob)
    suffixes = tuple(ends)
    if not rest:
        return lambda text: text in exact or text.endswith(suffixes)
    found = pattern("|".join(translate(glob) for glob in rest)).match
    return lambda text: text in exact or text.endswith(suffixes) or found(text) is not None


_WILD = frozenset("*?[")
