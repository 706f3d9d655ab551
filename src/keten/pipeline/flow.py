"""The whole flow on one page: target, evidence, facts, graph, findings, decision."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import cache
from pathlib import Path

from msgspec import Struct, structs

from keten.advisories.database import Database
from keten.collectors import git
from keten.config import Policy
from keten.derive import objects, vulnerabilities
from keten.errors import UsageError
from keten.graph.places import Places
from keten.graph.store import Graph, merge
from keten.model.delivery import File, Repo
from keten.model.evidence import Place, Problem
from keten.model.facts import Facts, Looked
from keten.model.nodes import TYPES
from keten.model.result import Result, Target
from keten.pipeline.conclude import conclude
from keten.pipeline.judge import Judged, chooser, judge_all, local, select, subjects, waiting
from keten.pipeline.rendering import rendered
from keten.pipeline.workers import Job, run
from keten.transport.files import Tree, leads_out
from keten.trust.git_signature import Signers

SIGNERS = 16 << 20
"""The largest file of allowed signers or keys, in bytes."""

_NOTHING = Problem(
    ".", "there is no file to look at", advice="Name the root of a project.", need="tree"
)

Progress = Callable[[str, int, int], None]


class Scanned(Struct, frozen=True):
    """The facts of a target and what was judged where they were made.

    *whole*: the target is a folder. What stands beside a single file was not looked at.
    """

    facts: Facts
    judged: Judged
    target: Target
    whole: bool = True


def scan(
    root: Path,
    policy: Policy,
    *,
    database: Database | None,
    now: date,
    progress: Progress,
    known: frozenset[str] = frozenset(),
) -> Result:
    """Return what the directory *root* says, judged under *policy*: see collect and judge."""
    scanned = collect(root, policy, now=now, progress=progress)
    return judge(scanned, policy, database=database, now=now, progress=progress, known=known)


def judge(
    scanned: Scanned,
    policy: Policy,
    *,
    database: Database | None,
    now: date,
    progress: Progress,
    known: frozenset[str] = frozenset(),
) -> Result:
    """Return what was collected, judged under *policy*.

    *progress* is told (stage, done, of all), in bytes. *known* are fingerprints of findings
    that an earlier result had: they are counted and neither shown nor gated.
    """
    facts = merge([scanned.facts, *derived(scanned, policy, database=database, now=now)])
    progress("judging", 0, 0)
    chosen = chooser(policy)
    checks = waiting(select(chosen, of={type(node) for node in facts.nodes}))
    judged = scanned.judged
    judged.add(judge_all(facts.nodes, checks, Graph(facts, now), Places(facts.places)))
    return conclude(
        facts,
        judged,
        target=scanned.target,
        policy=policy,
        database=database,
        now=now,
        known=known,
    )


def collect(
    root: Path, policy: Policy, *, now: date, progress: Progress, every: bool = False
) -> Scanned:
    """Return the facts of all files below *root*, and of the checkout it is.

    With *every*, also those that no check asks about which policy lets run.
    """
    asked = frozenset(TYPES.values()) if every else subjects(chooser(policy))
    history = history_of(root, policy)
    tree = Tree(root, exclude=policy.config.paths.exclude, tracked=tracked_folders(root))
    total = sum(entry.size for entry in tree.entries)
    done = 0

    def tell(size: int) -> None:
        nonlocal done
        done += size
        progress("reading", done, total)

    problems = tuple(tree.problems) if tree.entries else (*tree.problems, _NOTHING)
    here = merge([history, Facts(problems=problems), links(tree)])
    parts: list[Facts] = [here]
    judged = judge_here(here, policy, now)
    for batch in run(Job(tree, now, chooser(policy), asked), tell):
        parts.append(batch.facts)
        judged.add(batch.judged)
    facts = merge(parts)
    if policy.render:
        progress("rendering", 0, 0)
        facts, made = rendered(facts, tree)
        judged.add(judge_here(merge(made), policy, now))
        facts = merge([facts, *made])
    return Scanned(facts, judged, _target(root, facts, tree, total), root.is_dir())


def judge_here(facts: Facts, policy: Policy, now: date) -> Judged:
    """Judge facts made in this process by the checks that do not leave their subject."""
    checks = local(select(chooser(policy), of={type(node) for node in facts.nodes}))
    return judge_all(facts.nodes, checks, Graph(facts, now, local=True), Places(facts.places))


def history_of(root: Path, policy: Policy) -> Facts:
    """Return what the checkout around *root* says, with the signers that policy names."""
    source = policy.config.source
    signers = Signers(
        allowed_signers=_beside(policy, source.allowed_signers),
        keyring=_beside(policy, source.keyring),
    )
    return git.collect(root, signers=signers, window=source.window)


def tracked_folders(root: Path) -> Callable[[str], bool]:
    """Return whether git tracks anything below a folder (told with a ``/`` at its end).

    The index is read only when somebody asks.
    """

    @cache
    def paths() -> frozenset[str]:
        return git.tracked_paths(root) or frozenset()

    return lambda folder: any(path.startswith(folder) for path in paths())


def links(tree: Tree) -> Facts:
    """Return the symbolic links of the tree that lead out of it; none is followed."""
    nodes = tuple(
        File(path, ("symlink-out",)) for path, to in tree.links.items() if leads_out(path, to)
    )
    return Facts(
        nodes,
        looked=tuple(Looked(node.ref, "content") for node in nodes),
        places=tuple(Place(node.ref, node.id) for node in nodes),
    )


def derived(
    scanned: Scanned, policy: Policy, *, database: Database | None, now: date
) -> Sequence[Facts]:
    """Return what follows from the facts."""
    age = policy.config.advisories.max_age_days
    related = objects.derive(scanned.facts)
    beside = Facts(looked=(Looked("*", "tree"),))
    if not scanned.whole:
        seen = tuple(item for item in related.looked if item.need != "objects")
        related, beside = structs.replace(related, looked=seen), Facts()
    known = vulnerabilities.derive(scanned.facts, database, now, max_age_days=age)
    return related, known, beside


def _target(root: Path, facts: Facts, tree: Tree, size: int) -> Target:
    repo = next((node for node in facts.nodes if isinstance(node, Repo)), Repo("."))
    return Target(
        name=root.resolve().name,
        commit=repo.head,
        branch=repo.branch,
        modified=repo.modified,
        files=len(tree.entries),
        bytes=size,
        passed_over=tuple((p.path, p.why) for p in tree.passed),
    )


def _beside(policy: Policy, name: str) -> bytes | None:
    """Return the file that keten.toml names, beside it; UsageError when it is not there."""
    if not name:
        return None
    file = policy.folder / name
    if not file.is_file():
        raise UsageError(f"{policy.name}: [source] names {name}: no such file")
    with file.open("rb") as stream:
        data = stream.read(SIGNERS + 1)
    if len(data) > SIGNERS:
        raise UsageError(f"{policy.name}: [source] names {name}: more than {SIGNERS:,} bytes")
    return data
