"""A check's bad and good example, read by the real reader and judged like any file."""

from collections import Counter
from datetime import date

from msgspec import Struct

from keten import plugs
from keten.derive import objects
from keten.graph.places import Places
from keten.graph.store import Graph, merge
from keten.model.check import Check, Example
from keten.model.facts import Facts, Looked
from keten.model.finding import Verdict
from keten.pipeline.judge import asked, judge
from keten.pipeline.read import Readers
from keten.secrets import engine
from keten.testing.cases import TODAY


class Memory(Struct, frozen=True):
    """Files (keten.model.plug) that are in memory."""

    contents: dict[str, bytes]

    def read(self, path: str) -> bytes | None:
        """See Files."""
        return self.contents.get(path)

    def exists(self, path: str) -> bool:
        """See Files."""
        return path in self.contents


def facts_of(contents: dict[str, bytes]) -> Facts:
    """Return the facts of files in memory, with what follows from them."""
    readers, files = Readers(), Memory(contents)
    parts: list[Facts] = [Facts(looked=(Looked("*", "tree"), Looked("*", "content")))]
    for path in sorted(contents):
        data = contents[path]
        parts += readers.read(path, data, files, size=len(data))
    parts.append(engine.scan(sorted(contents.items())))
    facts = merge(parts)
    return merge([facts, objects.derive(facts)])


def judge_example(name: str, example: Example, now: date = TODAY) -> Counter[Verdict]:
    """Return how often one check gave each verdict over an example."""
    facts = facts_of({example.path: example.text.encode()})
    check, view, places = plugs.load(Check, name), Graph(facts, now), Places(facts.places)
    verdicts: Counter[Verdict] = Counter()
    for node in facts.nodes:
        if not asked(check, node):
            continue
        found = [f.verdict for f in judge(name, check, node, view, places=places)]
        verdicts.update(found or [Verdict.PASS])
    return verdicts
