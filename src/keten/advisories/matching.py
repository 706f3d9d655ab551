"""Which records speak of a package, and which of them affect a version of it."""

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from keten.advisories import streams
from keten.advisories.cluster import Hit
from keten.advisories.database import Database
from keten.advisories.questions import Question
from keten.advisories.ranges import Doubt, Order, affected, canonical, fixes
from keten.advisories.records import Entry, Row, spell
from keten.advisories.said import Said, hit
from keten.formats import osv

Doubtful = tuple[str, str]
Judgement = tuple[Entry, ...] | Doubt | None


class Asked(Struct):
    """A question made ready: *versions* as the records spell them, one for each name."""

    question: Question
    versions: tuple[str, ...]
    order: Order
    rpm: bool


class Matching:
    """The records of one database, matched with what is asked; what was read once is kept."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._orders: dict[str, Order] = {}
        self._gathered: dict[tuple[object, ...], tuple[Said, ...]] = {}
        self._held: frozenset[str] | None = None
        self._numbers: dict[tuple[str, int], int] = {}

    def order(self, ecosystem: str) -> Order:
        """Return the order of an ecosystem's versions."""
        base = osv.base(ecosystem)
        found = self._orders.get(base)
        if found is None:
            found = self._orders[base] = Order(base)
        return found

    def hits(self, question: Question) -> tuple[list[Hit], list[Doubtful]]:
        """Return which records affect what is asked about, and which can not be judged."""
        return self.weigh(question, self.say(question))

    def weigh(self, question: Question, every: Sequence[Said]) -> tuple[list[Hit], list[Doubtful]]:
        """Return which of the records affect what is asked about, and which can not be judged."""
        if not every:
            return [], []
        hits: list[Hit] = []
        doubts: list[Doubtful] = []
        asked = self.ready(question)
        for said in every:
            judged = self.judge(said, asked)
            if judged is None:
                continue
            row = self._database.row(said.number)
            if isinstance(judged, Doubt):
                doubts.append((row.id, judged.why))
            else:
                self._numbers[row.id, row.source] = said.number
                hits.append(hit(said, row, judged))
        if hits and question.streams:
            hits = streams.kept(hits, self._streamed(question), self.order(question.ecosystem).key)
        return hits, doubts

    def say(self, question: Question) -> tuple[Said, ...]:
        """Return what each record says of the package, whatever its version."""
        names = [name for name, _ in question.names]
        bare = (question.ecosystems, question.paid, *names)
        found = self._gathered.get(bare)
        if found is None:
            found = self._gathered[bare] = self._gather(question)
        return found

    def prepare(self, questions: Iterable[Question]) -> list[bool]:
        """Read what is said of the packages of many *questions*, which are then asked.

        Returns of each whether anything may be said: of most packages no record speaks.
        """
        every = [(self._keys(question), bool(question.paid)) for question in questions]
        wanted: dict[str, set[str]] = {}
        for keys, _ in every:
            for ecosystem, name in keys:
                if ecosystem not in wanted:
                    wanted[ecosystem] = set()
                wanted[ecosystem].add(name)
        for ecosystem, names in wanted.items():
            self._database.prepare(ecosystem, names)
        entries = self._database.entries
        return [paid or any(entries(*key) for key in keys) for keys, paid in every]

    def _keys(self, question: Question) -> list[tuple[str, str]]:
        """Return under what the database has the entries of a question, but for paid ones."""
        keys = []
        for ecosystem in self._asked(question.ecosystems):
            base = osv.base(ecosystem)
            for name, _ in question.names:
                spelled = spell(ecosystem, name)
                keys.append((ecosystem, spelled))
                if base != ecosystem:
                    keys.append((base, spelled))
        return keys

    def _gather(self, question: Question) -> tuple[Said, ...]:
        plain = len(question.names) == len(question.ecosystems) == 1 and not question.paid
        if plain and not self._entries(question.ecosystems[0], question.names[0][0]):
            return ()  # most are this
        free: dict[int, list[tuple[Entry, int]]] = {}
        paid: dict[int, list[tuple[Entry, int, str]]] = {}
        for place, (name, _) in enumerate(question.names):
            for ecosystem in self._asked(question.ecosystems):
                for entry in self._entries(ecosystem, name):
                    free.setdefault(entry.row, []).append((entry, place))
            for ecosystem, label in question.paid:
                for entry in self._entries(ecosystem, name, alone=True):
                    if entry.ranges or entry.versions:
                        paid.setdefault(entry.row, []).append((entry, place, label))
        return tuple(
            Said(number, tuple(free.get(number, ())), tuple(paid.get(number, ())))
            for number in sorted({*free, *paid})
        )

    def _asked(self, ecosystems: tuple[str, ...]) -> tuple[str, ...]:
        """Return those of several ecosystems that the database holds anything of."""
        if len(ecosystems) < 2:  # noqa: PLR2004 one needs no sieve
            return ecosystems
        if self._held is None:
            held = self._database.held()
            self._held = frozenset(item.ecosystem for one in held for item in one.ecosystems)
        return tuple(one for one in ecosystems if one in self._held) or ecosystems[:1]

    def _entries(self, ecosystem: str, name: str, *, alone: bool = False) -> tuple[Entry, ...]:
        spelled = spell(ecosystem, name)
        found = self._database.entries(ecosystem, spelled)
        base = osv.base(ecosystem)
        if alone or base == ecosystem:
            return found
        return found + self._database.entries(base, spelled)

    def _streamed(self, question: Question) -> list[tuple[Row, tuple[str, ...], str]]:
        """Return (record, its fixes, our version) of the streams of a minor release."""
        found: list[tuple[Row, tuple[str, ...], str]] = []
        for ecosystem in self._asked(question.streams):
            for name, version in question.names:
                entries = self._entries(ecosystem, name, alone=True)
                found += [(self._database.row(e.row), fixes(e), version) for e in entries]
        return found

    def ready(self, question: Question) -> Asked:
        """Return a question with its versions as the records spell them."""
        base = osv.base(question.ecosystem)
        mark = marking(question)
        return Asked(
            question,
            tuple(mark(canonical(base, spell(base, n), version)) for n, version in question.names),
            self.order(question.ecosystem),
            osv.PURL_TYPES.get(base) == "rpm",
        )

    def judge(self, said: Said, asked: Asked) -> Judgement:
        """Return the entries by which a record affects what is asked about, or None, or why
        that can not be said. What a paid update has fixed is fixed.
        """  # noqa: D205 one sentence
        doubt: Doubt | None = None
        yes: list[Entry] = []
        for entry, place in said.free:
            judged = self._one(said, entry, asked, place)
            if judged is True:
                yes.append(entry)
            elif judged is not False:
                doubt = doubt or judged
        bought = [(e, self._one(said, e, asked, place)) for e, place, _ in said.paid]
        if bought and all(judged is False for _, judged in bought):
            return None
        if not said.free:
            yes += [entry for entry, judged in bought if judged is True]
        return tuple(yes) or doubt

    def _one(self, said: Said, entry: Entry, asked: Asked, place: int) -> bool | Doubt:
        if asked.rpm:
            title = self._title(said.number)
            found = streams.fitting(entry, asked.question, title)
            if found is None:
                return False
            entry = found
        malicious = False
        if not entry.ranges and not entry.versions:
            malicious = self._database.row(entry.row).malicious
        return affected(asked.versions[place], entry, asked.order, malicious=malicious)

    def _title(self, number: int) -> Callable[[], str]:
        return lambda: self._database.row(number).title

    def number(self, row: Row) -> int:
        """Return the number of a record that was found to affect something."""
        return self._numbers[row.id, row.source]


def marking(question: Question) -> Callable[[str], str]:
    """Return what makes of a version the one to compare: without its epoch where none counts."""
    return streams.bare if question.epochless else _same


def _same(version: str) -> str:
    return version
