"""A directory or git checkout becomes facts: its history, its files, what it renders to."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from pathlib import Path

from keten.collectors import git
from keten.config import Policy
from keten.errors import UsageError
from keten.graph.store import merge
from keten.model.delivery import File, Repo
from keten.model.evidence import Place, Problem
from keten.model.facts import Facts, Looked
from keten.model.nodes import TYPES
from keten.model.result import Target
from keten.pipeline.choosing import chooser
from keten.pipeline.clusters.settling import settled
from keten.pipeline.clusters.sharing import shared
from keten.pipeline.flow import Progress, Scanned, judge_here
from keten.pipeline.judge import subjects
from keten.pipeline.workers import Job, run
from keten.transport.files import Tree, leads_out
from keten.trust.git_signature import Signers

LONG = 8 << 20
"""A list of more bytes, as kubectl prints it, is read in pieces."""
SIGNERS = 16 << 20
"""The largest file of allowed signers or keys, in bytes."""

_NOTHING = Problem(
    ".", "there is no file to look at", advice="Name the root of a project.", need="tree"
)


def collect(
    root: Path,
    policy: Policy,
    *,
    now: date,
    progress: Progress,
    every: bool = False,
    history: bool = True,
    changed: Mapping[str, bytes] | None = None,
    made: dict[str, bytes] | None = None,
) -> Scanned:
    """Return the facts of all files below *root*, and of the checkout it is.

    With *every*, also those that no check asks about which policy lets run. Without *history*
    it is no checkout, whatever lies around it. *changed* are bytes to be read for those of files.
    *made* is given what was rendered, by the chart's id.
    """
    asked = frozenset(TYPES.values()) if every else subjects(chooser(policy))
    past = history_of(root, policy) if history else Facts()
    tree = Tree(root, exclude=policy.config.paths.exclude, tracked=tracked_folders(root))
    if any(entry.size > LONG for entry in tree.entries):
        from keten.pipeline.clusters.dumps import divided

        tree = divided(tree)
    if changed:
        from keten.transport.overlay import Overlay

        tree = Overlay(tree, changed)
    total = sum(entry.size for entry in tree.entries)
    done = 0

    def tell(size: int) -> None:
        nonlocal done
        done += size
        progress("reading", done, total)

    problems = tuple(tree.problems) if tree.entries else (*tree.problems, _NOTHING)
    here = merge([past, Facts(problems=problems), links(tree)])
    parts: list[Facts] = [here]
    judged = judge_here(here, policy, now)
    for batch in run(Job(tree, now, chooser(policy), asked), tell):
        parts.append(shared(batch.facts))
        judged.add(batch.judged)
    facts = merge(parts)
    if policy.render:
        progress("rendering", 0, 0)
        from keten.pipeline.rendering import rendered

        facts, more = rendered(facts, tree, made)
        judged.add(judge_here(merge(more), policy, now))
        facts = merge([facts, *more])
    facts, judged = settled(facts, judged, policy, now)
    return Scanned(facts, judged, _target(root, facts, tree, total), root.is_dir())


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
