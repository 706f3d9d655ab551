"""mix.lock of Elixir's Mix: a map of the lock of each dependency.

``{:hex, name, version, inner hash, managers, [{dependency, requirement, options}], repository,
outer hash}``; the last four came with time (Hex.SCM, ``lock``). Direct and for development is
what the mix.exs beside it says, which is read as text, for it is a program.
"""

from keten.errors import InputError
from keten.formats import beam_terms
from keten.formats.beam_terms import Term
from keten.formats.lazy_pattern import lazy
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft, Entry, decode

MAX_MIXFILE = 1 << 20
MAX_ASKED = 2000
_NAME, _VERSION, _INNER, _DEPENDENCIES, _REPOSITORY, _OUTER = 1, 2, 3, 5, 6, 7
_ASKED = lazy(r"\{\s*:([a-z_][a-z0-9_]*+)\s*,([^{}]*+)")
_ONLY = lazy(r"\bonly:\s*(:[a-z_]++|\[[^\]]*+\])")
_COMMENT = lazy(r"(?m)^[ \t]*+#.*$")


class _Lock:
    def __init__(self, source: Source) -> None:
        self.draft = Draft(source, ecosystem="hex", format="mix.lock", lock=True)
        self.entries: dict[str, Entry] = {}
        self.needs: list[tuple[Entry, list[str]]] = []
        self.fetched: list[Entry] = []

    def one(self, key: str, lock: Term, line: int) -> None:
        match lock.text(0):
            case "hex":
                self.hex(key, lock, line)
            case "git" | "hg":
                self.repository(key, lock, line)
            case other:
                self.draft.problem(f"{key[:60]!r} is locked in an unknown way: {other[:30]}", line)

    def hex(self, key: str, lock: Term, line: int) -> None:
        name, version = lock.text(_NAME), lock.text(_VERSION)
        if not name or not version:
            self.draft.problem(f"{key[:60]!r} without name or version", line)
            return
        where = lock.text(_REPOSITORY)
        organisation = where.partition(":")[2] if where.startswith("hexpm:") else ""
        foreign = where not in ("", "hexpm") and not organisation
        digest = lock.text(_OUTER) or lock.text(_INNER)
        entry = self.draft.add(
            f"{organisation}/{name}" if organisation else name,
            version,
            line=line,
            source=f"registry+{where}" if foreign else "",
            hashes=[f"sha256:{digest.lower()}"] if digest else (),
        )
        if entry is not None:
            self.entries.setdefault(key, entry)
            self.fetched.append(entry)
            needs = [need.text(0) for need in lock.term(_DEPENDENCIES).terms()]
            self.needs.append((entry, needs))

    def repository(self, key: str, lock: Term, line: int) -> None:
        entry = self.draft.add(
            key, line=line, source=f"{lock.text(0)}+{lock.text(1)}#{lock.text(2)}"
        )
        if entry is not None:
            self.entries.setdefault(key, entry)

    def finish(self, asked: dict[str, bool] | None) -> Facts:
        draft = self.draft
        for entry, names in self.needs:
            for name in names:
                target = self.entries.get(name)
                if target is not None:
                    draft.require(entry, target)
        draft.hashed = all(entry.hashes for entry in self.fetched) if self.fetched else None
        if asked is not None:
            draft.rank(
                [self.entries[name] for name in asked if name in self.entries],
                [self.entries[name] for name, dev in asked.items() if dev and name in self.entries],
            )
        return draft.facts()


def _asked(source: Source) -> dict[str, bool] | None:
    """Return what the mix.exs beside it names, and whether for development or tests only."""
    folder = source.path.rpartition("/")[0]
    data = source.files.read(f"{folder}/mix.exs".lstrip("/"))
    if data is None or len(data) > MAX_MIXFILE or b"apps_path" in data:
        return None  # an umbrella: its parts ask, each in a file of its own
    text = _COMMENT.sub("", data.decode("utf-8", "replace"))
    found: dict[str, bool] = {}
    for match in _ASKED.finditer(text):
        only = _ONLY.search(match.group(2), 0, MAX_ASKED)
        development = only is not None and ":prod" not in only.group(1)
        found[match.group(1)] = found.get(match.group(1), True) and development
    return found


def read(source: Source) -> Facts:
    """Return the packages of one mix.lock."""
    terms = beam_terms.parse(decode(source.data), elixir=True)
    if len(terms) != 1 or not isinstance(terms[0], Term) or terms[0].kind != "%{":
        raise InputError("no lockfile of Mix: it is not one map", line=1)
    lock = _Lock(source)
    for pair in terms[0].terms():
        value = pair.term(1)
        if pair.kind == ":" and value.kind == "{":
            lock.one(pair.text(0), value, pair.line)
        else:
            lock.draft.problem("an entry that is no lock", pair.line)
    return lock.finish(_asked(source))


READER = Reader(
    title="Mix lockfile",
    media_type="text/x-elixir",
    read=read,
    link=Link.DEPENDENCIES,
    ceiling=8 << 20,
    names=("mix.lock",),
)
