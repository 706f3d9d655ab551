"""Which vulnerabilities does a package have? The database, the ranges and the clusters, asked."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from msgspec import Struct

from keten.advisories import streams
from keten.advisories.cluster import Cluster, Hit, clusters
from keten.advisories.database import Database
from keten.advisories.ladder import Ladder, always, of_module
from keten.advisories.questions import Question, at
from keten.advisories.ranges import Doubt, Order, affected, canonical, fixes
from keten.advisories.records import Entry, Row, spell
from keten.advisories.said import Said, hit
from keten.errors import InputError
from keten.formats import osv

MAX_CANDIDATES = 200


class Vulnerability(Struct, frozen=True):
    """A vulnerability that a version has. *fixed*: later versions free of it, in order.

    *paid* is what the fix takes (``Ubuntu Pro``) where there is none for everyone.
    """

    cluster: Cluster
    fixed: tuple[str, ...] = ()
    paid: str = ""

    @property
    def malicious(self) -> bool:
        """Return whether a record says that the package was made to do harm."""
        return any(hit.row.malicious for hit in self.cluster.hits)


class Answer(Struct, frozen=True):
    """What is known of one version; *doubts* are (record, why) that can not be decided."""

    vulnerabilities: tuple[Vulnerability, ...] = ()
    doubts: tuple[tuple[str, str], ...] = ()


NOTHING = Answer()
"""The answer where no record speaks of the package."""


class Upgrade(Struct, frozen=True):
    """The version to go to, and the ids of vulnerabilities that it still has."""

    version: str
    open: tuple[str, ...] = ()


class _Asked(Struct):
    """A question made ready: *versions* as the records spell them, one for each name."""

    question: Question
    versions: tuple[str, ...]
    order: Order
    rpm: bool


def lookup_in(database: Database) -> "Lookup":
    """Return the one Lookup of a database: what follows asks much of what was asked before."""
    found = database.asked
    if not isinstance(found, Lookup):
        found = database.asked = Lookup(database)
    return found


class Lookup:
    """Questions to one database; what was worked out once is kept."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._orders: dict[str, Order] = {}
        self._answers: dict[Question, Answer] = {}
        self._gathered: dict[tuple[object, ...], tuple[Said, ...]] = {}
        self._upgrades: dict[Question, Upgrade | None] = {}
        self._held: frozenset[str] | None = None
        self._numbers: dict[tuple[str, int], int] = {}

    def ask(self, ecosystem: str, name: str, version: str) -> Answer:
        """Return what is known of a version of a package; *ecosystem* is OSV's."""
        return self.answer(Question((ecosystem,), ((name, version),)))

    def answer(self, question: Question) -> Answer:
        """Return what is known of what is asked about."""
        answer = self._answers.get(question)
        if answer is None:
            answer = self._answers[question] = self._answer(question)
        return answer

    def upgrade(self, ecosystem: str, name: str, version: str) -> Upgrade | None:
        """Return what ``better`` says of a version of a package; *ecosystem* is OSV's."""
        return self.better(Question((ecosystem,), ((name, version),)))

    def better(self, question: Question) -> Upgrade | None:
        """Return the smallest version free of all that is known, looked up again to prove it.

        Where there is none: the version with the fewest, and which they are. None where no
        later version has fewer. Fixes that must be paid for are no way out.
        """
        if question not in self._upgrades:
            self._upgrades[question] = self._better(question)
        return self._upgrades[question]

    def _better(self, question: Question) -> Upgrade | None:
        key = self.order(question.ecosystem).key
        found = self.answer(question).vulnerabilities
        waiting = {fix for item in found if not item.paid for fix in item.fixed}
        if not waiting:
            return None
        ladder, rest, lasting = self._climb(question)
        left = {fix: ladder.above(self._prepare(at(question, fix)).versions[0]) for fix in waiting}
        tried: set[str] = set()
        while len(tried) < MAX_CANDIDATES:
            free = [fix for fix in left if not left[fix] and fix not in tried]
            if not free:
                break
            candidate = min(sorted(free), key=key)
            tried.add(candidate)
            hits, doubts = self._weigh(at(question, candidate), rest)
            if not hits and not doubts and not lasting:
                return Upgrade(candidate)
            for fix in self._beyond(candidate, hits, key) - set(left):
                left[fix] = ladder.above(self._prepare(at(question, fix)).versions[0])
        return self._fewest(question, left, rest, lasting)

    def _climb(self, question: Question) -> tuple[Ladder, list[Said], set[str]]:
        """Return the records that only say "before X" as a ladder, the others, and the ids of
        those that affect whatever version.
        """  # noqa: D205 one sentence
        ladder = Ladder(self.order(question.ecosystem))
        simple = not question.epochless and question.module is None
        plain = simple and not question.streams and not self._prepare(question).rpm
        rest = []
        lasting = set()
        for said in self._say(question):
            entries = tuple(entry for entry, _ in said.free)
            if said.paid or not simple or any(map(of_module, entries)):
                rest.append(said)
            elif plain and always(entries):
                lasting.add(self._database.row(said.number).id)
            elif not ladder.take(entries):
                rest.append(said)
        return ladder, rest, lasting

    def _fewest(
        self, question: Question, left: dict[str, int], rest: list[Said], lasting: set[str]
    ) -> Upgrade | None:
        """Return the version that has the fewest records, where none has none."""
        found = self.answer(question).vulnerabilities
        fewest = len({hit.row.id for item in found for hit in item.cluster.hits})
        best = ""
        for fix in sorted(sorted(left), key=self.order(question.ecosystem).key)[-MAX_CANDIDATES:]:
            if left[fix] >= fewest:
                continue
            hits, doubts = self._weigh(at(question, fix), rest)
            count = left[fix] + len(lasting.union(hit.row.id for hit in hits)) + len(doubts)
            if count < fewest:
                best, fewest = fix, count
        if not best:
            return None
        hits, doubts = self._hits(at(question, best))
        still = [cluster.id for cluster in clusters(hits)]
        return Upgrade(best, (*still, *sorted({record for record, _ in doubts})))

    def _beyond(self, version: str, hits: list[Hit], key: Callable[[str], Any]) -> set[str]:
        """Return the versions after *version* that the records which affect it call fixed."""
        later = set()
        for one in hits:
            for fix in one.fixed:
                try:
                    if key(version) < key(fix):
                        later.add(fix)
                except InputError:
                    continue
        return later

    def order(self, ecosystem: str) -> Order:
        """Return the order of an ecosystem's versions."""
        base = osv.base(ecosystem)
        found = self._orders.get(base)
        if found is None:
            found = self._orders[base] = Order(base)
        return found

    def _hits(self, question: Question) -> tuple[list[Hit], list["Doubtful"]]:
        return self._weigh(question, self._say(question))

    def _weigh(
        self, question: Question, every: Sequence[Said]
    ) -> tuple[list[Hit], list["Doubtful"]]:
        """Return which of the records affect what is asked about, and which can not be judged."""
        if not every:
            return [], []
        hits: list[Hit] = []
        doubts: list[Doubtful] = []
        asked = self._prepare(question)
        for said in every:
            judged = self._judge(said, asked)
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

    def _say(self, question: Question) -> tuple[Said, ...]:
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

    def _prepare(self, question: Question) -> "_Asked":
        base = osv.base(question.ecosystem)
        mark = streams.bare if question.epochless else _same
        return _Asked(
            question,
            tuple(mark(canonical(base, spell(base, n), version)) for n, version in question.names),
            self.order(question.ecosystem),
            osv.PURL_TYPES.get(base) == "rpm",
        )

    def _judge(self, said: Said, asked: "_Asked") -> "Judgement":
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

    def _one(self, said: Said, entry: Entry, asked: _Asked, place: int) -> bool | Doubt:
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

    def _answer(self, question: Question) -> Answer:
        if not question.ecosystems:
            return Answer()
        hits, doubts = self._hits(question)
        told = tuple(sorted(set(doubts)))
        if not hits:
            return Answer(doubts=told) if told else NOTHING
        says = {said.number: said for said in self._say(question)}
        found = []
        for cluster in clusters(hits):
            mine = [says[self._numbers[hit.row.id, hit.row.source]] for hit in cluster.hits]
            later = self._later(question, cluster.fixed, mine)
            label = ""
            if not later:
                paid = dict(pair for hit in cluster.hits for pair in hit.paid)
                later = self._later(question, tuple(paid), mine)
                label = paid[later[0]] if later else ""
            found.append(Vulnerability(cluster, later, label))
        return Answer(tuple(found), told)

    def _later(
        self, question: Question, fixed: tuple[str, ...], said: list[Said]
    ) -> tuple[str, ...]:
        """Return the fixed versions after the one asked about that no record affects."""
        order = self.order(question.ecosystem)
        base = osv.base(question.ecosystem)
        name, version = question.names[0]
        mark = streams.bare if question.epochless else _same
        try:
            mine = order.key(mark(canonical(base, spell(base, name), version)))
        except InputError:
            return ()
        free = []
        for fix in fixed:
            try:
                if not mine < order.key(mark(fix)):
                    continue
            except InputError:
                continue
            then = self._prepare(at(question, fix))
            if not any(self._judge(one, then) for one in said):
                free.append(fix)
        return tuple(sorted(free, key=order.key))


def _same(version: str) -> str:
    return version


Doubtful = tuple[str, str]
Judgement = tuple[Entry, ...] | Doubt | None
