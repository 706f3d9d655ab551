"""Reading and local judging, in this process or in one a core.

Inputs are independent until facts are derived, so files are read in batches, in order of
path; what comes back is merged sorted, so that neither batches nor cores ever show.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from datetime import date

import msgspec
from msgspec import Struct

from keten.cluster.owners import owned
from keten.errors import KetenError
from keten.formats.content import line_of, traits
from keten.graph.places import Places
from keten.graph.store import Graph, merge
from keten.model.delivery import Advisory, Commit, Credential, File, Repo, Signer
from keten.model.evidence import Link, Place, Problem
from keten.model.facts import Facts, Looked
from keten.model.finding import Finding
from keten.model.nodes import TYPES
from keten.pipeline.flood import Rest
from keten.pipeline.judge import Judged, findings_of, judge_all, local, select
from keten.pipeline.read import Readers, evidence
from keten.pipeline.wire import Wire, fields
from keten.secrets import engine
from keten.transport.files import BYTES, Entry, Tree

BATCH_BYTES = 1 << 19
BATCH_FILES = 256
POOL_BYTES = 3 << 20
"""A scan of fewer bytes starts no processes: they would cost more than they save."""


class Job(Struct, frozen=True):
    """What every worker needs to know.

    *asked*: the types of node that some chosen check asks about. Where none of them is made
    by readers, none reads; likewise for the traits of files and for secrets.
    """

    tree: Tree
    now: date
    chosen: Callable[[str], bool]
    asked: frozenset[type]


class Batch(Struct):
    """What a worker hands back: facts that others may need, and what could be judged."""

    facts: Facts
    judged: Judged


class _Done(Wire):
    """Batch as it crosses between processes."""

    findings: list[Finding] = msgspec.field(default_factory=list)
    rests: list[Rest] = msgspec.field(default_factory=list)
    tallies: dict[str, list[int]] = msgspec.field(default_factory=dict)


def run(job: Job, progress: Callable[[int], None]) -> Iterator[Batch]:
    """Yield what each batch of the tree's files gives; *progress* is told bytes done."""
    entries = job.tree.entries
    total = sum(min(entry.size, BYTES) for entry in entries)
    batches = list(_batches(entries))
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    if total < POOL_BYTES or min(cores, len(batches)) == 1:
        worker = Worker(job)
        for batch in batches:
            yield worker.work(batch)
            progress(sum(entry.size for entry in batch))
        return
    yield from _pool(job, batches, cores, progress)


_NOT_READ = frozenset({Advisory, Commit, Credential, File, Repo, Signer})
"""The types of node that come from elsewhere than the readers."""


class Worker:
    """Reads and judges batches. The readers and checks are imported once."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._readers = Readers() if job.asked - _NOT_READ else None

    def work(self, entries: Sequence[Entry]) -> Batch:
        """Return the facts of the files, and what could be judged of them."""
        parts = [Facts(looked=(Looked("*", "content"),))]
        texts: list[tuple[str, bytes]] = []
        for entry in entries:
            parts += self._read(entry, texts)
        parts.append(self._secrets(texts))
        facts = merge(parts)
        checks = local(select(self._job.chosen, of={type(node) for node in facts.nodes}))
        view = Graph(facts, self._job.now, local=True)
        told = [node for node in facts.nodes if not owned(node)]
        return Batch(facts, judge_all(told, checks, view, Places(facts.places)))

    def _secrets(self, texts: list[tuple[str, bytes]]) -> Facts:
        """Return the secrets in the files, each file that holds one as evidence."""
        facts = engine.scan(texts) if Credential in self._job.asked else Facts()
        holding = {node.path for node in facts.nodes}
        kept = (evidence(p, data, "text/plain") for p, data in texts if p in holding)
        return merge([facts, Facts(evidence=tuple(kept))]) if holding else facts

    def _read(self, entry: Entry, texts: list[tuple[str, bytes]]) -> list[Facts]:
        tree = self._job.tree
        if entry.size > BYTES:
            what = f"{entry.size:,} bytes is more than the {BYTES:,} that are read"
            return [_unread(entry.path, what, "Exclude it if it is not source.")]
        try:
            data = tree.open(entry.path)
        except OSError as error:
            return [_unread(entry.path, f"can not be read: {error.strerror or error}")]
        parts: list[Facts] = []
        if self._readers is not None:
            parts = self._readers.read(entry.path, data, tree, size=entry.size)
        texts.append((entry.path, data))
        if File in self._job.asked and (seen := traits(entry.path, data, entry.mode)):
            node = File(entry.path, seen, entry.size)
            place = Place(node.ref, entry.path, line_of(seen[0], entry.path, data))
            parts.append(
                Facts(
                    (node,), looked=(Looked(node.ref, "content"),), places=(place,),
                    evidence=(evidence(entry.path, data, "application/octet-stream"),),
                )
            )  # fmt: skip
        return parts


def _unread(path: str, what: str, advice: str = "Make it readable.") -> Facts:
    return Facts(problems=(Problem(path, what, advice=advice, link=Link.SECRETS, need="content"),))


def _batches(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    batch: list[Entry] = []
    size = 0
    for entry in entries:
        batch.append(entry)
        size += entry.size
        if size >= BATCH_BYTES or len(batch) >= BATCH_FILES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


_WORKER: list[Worker] = []
_BATCHES: list[list[Entry]] = []


def _pool(
    job: Job, batches: list[list[Entry]], cores: int, progress: Callable[[int], None]
) -> Iterator[Batch]:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from concurrent.futures.process import BrokenProcessPool

    select(job.chosen, of=TYPES.values())  # imported here, once, and shared by the workers
    _WORKER[:] = [Worker(job)]
    _BATCHES[:] = batches
    decoder = msgspec.msgpack.Decoder(_Done)
    with ProcessPoolExecutor(cores, multiprocessing.get_context("fork")) as pool:
        try:
            # Nothing else holds what was yielded: its bytes are as many as its facts.
            for done in as_completed([pool.submit(_in_worker, n) for n in range(len(batches))]):
                number, data = done.result()
                yield _batch(decoder.decode(data))
                progress(sum(entry.size for entry in batches[number]))
        except BrokenProcessPool as error:
            raise KetenError(
                "a process that was reading files was ended from outside",
                advice="It may have been for want of memory: scan fewer files at a time.",
            ) from error


def _in_worker(number: int) -> tuple[int, bytes]:
    batch = _WORKER[0].work(_BATCHES[number])
    found = batch.judged.findings + [f for lack in batch.judged.lacks for f in findings_of(lack)]
    judged = batch.judged
    done = _Done(**fields(batch.facts), findings=found, tallies=judged.tallies, rests=judged.rests)
    return number, msgspec.msgpack.encode(done)


def _batch(done: _Done) -> Batch:
    return Batch(Facts(**fields(done)), Judged(done.findings, done.tallies, rests=done.rests))
