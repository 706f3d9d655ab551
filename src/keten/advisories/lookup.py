"""Which vulnerabilities does a package have, and where to go from them? The records, asked."""

from collections.abc import Callable, Iterable
from typing import Any

from msgspec import Struct

from keten.advisories.cluster import Cluster, Hit, clusters
from keten.advisories.database import Database
from keten.advisories.ladder import Ladder, always, of_module
from keten.advisories.matching import Matching, marking
from keten.advisories.questions import Question, at
from keten.advisories.ranges import canonical
from keten.advisories.records import spell
from keten.advisories.said import Said
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
        self._match = Matching(database)
        self._answers: dict[Question, Answer] = {}
        self._upgrades: dict[Question, Upgrade | None] = {}

    def prepare(self, questions: Iterable[Question]) -> list[bool]:
        """Read what is said of the packages of many *questions*, which are then asked.

        Returns of each whether anything may be said: of most packages no record speaks.
        """
        return self._match.prepare(questions)

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
        key = self._match.order(question.ecosystem).key
        found = self.answer(question).vulnerabilities
        waiting = {fix for item in found if not item.paid for fix in item.fixed}
        if not waiting:
            return None
        ladder, rest, lasting = self._climb(question)
        left = {
            fix: ladder.above(self._match.ready(at(question, fix)).versions[0]) for fix in waiting
        }
        tried: set[str] = set()
        while len(tried) < MAX_CANDIDATES:
            free = [fix for fix in left if not left[fix] and fix not in tried]
            if not free:
                break
            candidate = min(sorted(free), key=key)
            tried.add(candidate)
            hits, doubts = self._match.weigh(at(question, candidate), rest)
            if not hits and not doubts and not lasting:
                return Upgrade(candidate)
            for fix in self._beyond(candidate, hits, key) - set(left):
                left[fix] = ladder.above(self._match.ready(at(question, fix)).versions[0])
        return self._fewest(question, left, rest, lasting)

    def _climb(self, question: Question) -> tuple[Ladder, list[Said], set[str]]:
        """Return the records that only say "before X" as a ladder, the others, and the ids of
        those that affect whatever version.
        """  # noqa: D205 one sentence
        ladder = Ladder(self._match.order(question.ecosystem))
        simple = not question.epochless and question.module is None
        plain = simple and not question.streams and not self._match.ready(question).rpm
        rest = []
        lasting = set()
        for said in self._match.say(question):
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
        for fix in sorted(sorted(left), key=self._match.order(question.ecosystem).key)[
            -MAX_CANDIDATES:
        ]:
            if left[fix] >= fewest:
                continue
            hits, doubts = self._match.weigh(at(question, fix), rest)
            count = left[fix] + len(lasting.union(hit.row.id for hit in hits)) + len(doubts)
            if count < fewest:
                best, fewest = fix, count
        if not best:
            return None
        hits, doubts = self._match.hits(at(question, best))
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

    def _answer(self, question: Question) -> Answer:
        if not question.ecosystems:
            return Answer()
        hits, doubts = self._match.hits(question)
        told = tuple(sorted(set(doubts)))
        if not hits:
            return Answer(doubts=told) if told else NOTHING
        says = {said.number: said for said in self._match.say(question)}
        found = []
        for cluster in clusters(hits):
            mine = [says[self._match.number(hit.row)] for hit in cluster.hits]
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
        order = self._match.order(question.ecosystem)
        base = osv.base(question.ecosystem)
        name, version = question.names[0]
        mark = marking(question)
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
            then = self._match.ready(at(question, fix))
            if not any(self._match.judge(one, then) for one in said):
                free.append(fix)
        return tuple(sorted(free, key=order.key))
