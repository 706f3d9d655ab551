"""``keten fix``: changes at the source, shown as a diff, proved by judging again, then written."""

import argparse
import os
import posixpath
import sys
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from keten import plugs
from keten.cli import arguments as common
from keten.cli import printing
from keten.cli.progress import Bar
from keten.cluster.podsecurity.standard import Level
from keten.errors import InputError, UsageError
from keten.model.check import Check
from keten.pipeline.targets import TREE

if TYPE_CHECKING:
    from keten.model.finding import Finding
    from keten.pipeline.fixing.rounds import Outcome
    from keten.pipeline.fixing.seen import Seen
    from keten.pipeline.fixing.wishes import Asked

SHOWN = 20
"""How many findings that stay are named one by one; the others are counted by check."""


def main(argv: list[str]) -> int:
    """Show, and with --write make, the changes; 1 where something that was asked for stays."""
    arguments = parser().parse_args(argv)
    outcome, asked = fixed(arguments)
    sys.stdout.write("".join(diffs(outcome, color=_colored(arguments))))
    unwritten = _write(outcome, arguments) if arguments.write else []
    left = _left(outcome, asked)
    printing.write(_told(outcome, asked, left, written=arguments.write and not unwritten))
    for error in unwritten:
        printing.problem(error.what, error.advice)
    sys.stdout.flush()
    return 1 if left or unwritten or not outcome.proof.holds else 0


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    made = argparse.ArgumentParser(
        prog="keten fix",
        description="Fix findings in the files that they are about: YAML and JSON are edited with "
        "comments and order kept, in memory, and judged again. Shown is a diff, what is gone by "
        "it, what stays and why. Nothing is written without --write. Exit status 1 where "
        "something that was asked for stays.",
    )
    common.takes(made, "a folder or file")
    made.add_argument(
        "--check", action="append", default=[], metavar="ID", help="only these checks (patterns)"
    )
    made.add_argument(
        "--finding", action="append", default=[], metavar="FINGERPRINT",
        help="only these findings, by their fingerprints or what those begin with",
    )  # fmt: skip
    made.add_argument(
        "--level", choices=[str(level) for level in Level if level is not Level.PRIVILEGED],
        help="make every workload pass this level of the Pod Security Standards",
    )  # fmt: skip
    made.add_argument("--write", action="store_true", help="write the files, if it is proved")
    made.add_argument("--color", choices=("auto", "always", "never"), default="auto")
    made.add_argument("--quiet", action="store_true", help="no progress")
    made.add_argument("--policy", type=Path, metavar="FILE", help="instead of TARGET/keten.toml")
    made.add_argument("--db", type=Path, metavar="FILE", help="the advisory database")
    made.add_argument("--now", metavar="DAY", help="judge as on this day (default: today)")
    made.add_argument(
        "--render",
        action="store_true",
        help="render Helm charts and Kustomize overlays with your helm, kustomize or kubectl, and "
        "fix what they are made of",
    )
    return made


def fixed(arguments: argparse.Namespace) -> "tuple[Outcome, Asked]":
    """Return what came of what the command line asks for."""
    from keten.pipeline.fixing.rounds import fix
    from keten.pipeline.fixing.seen import Looker
    from keten.pipeline.fixing.wishes import Asked, checked

    target = common.target(arguments.target)
    if target.kind != TREE:
        raise UsageError(
            f"{arguments.target} is no folder of files that can be edited",
            advice="Name the folder in which the manifests stand.",
        )
    level = Level(arguments.level) if arguments.level else None
    asked = Asked(tuple(arguments.check), tuple(arguments.finding), level)
    arguments.check = []  # what is judged is everything: a fix may bring anything
    policy = common.policy(target.folder, arguments)
    with Bar(sys.stderr, shown=not arguments.quiet) as bar:
        looker = Looker(
            target.path,
            policy,
            database=common.data(arguments, policy),
            now=common.day(arguments.now),
            progress=bar.tell,
        )
        first = looker.look({})
        try:
            checked(asked, plugs.names(Check), first.result.findings)
        except InputError as error:
            raise UsageError(error.what) from error
        return fix(looker, first, asked), asked


def diffs(outcome: "Outcome", *, color: bool) -> Iterator[str]:
    """Yield the lines of a unified diff of all files, in order of path."""
    from keten.remedy.unified import unified

    for path in sorted(outcome.files):
        for line in unified(path, *outcome.files[path]):
            yield _painted(line) if color else line


def _painted(line: str) -> str:
    text = printing.plain(line.rstrip("\r\n"))
    code = {"+": "32", "-": "31", "@": "36"}.get(line[:1], "")
    if line.startswith(("+++ ", "--- ")):
        code = "1"
    return f"\x1b[{code}m{text}\x1b[0m\n" if code else f"{text}\n"


def _colored(arguments: argparse.Namespace) -> bool:
    if arguments.color != "auto":
        return bool(arguments.color == "always")
    dumb = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return sys.stdout.isatty() and not dumb


def _left(outcome: "Outcome", asked: "Asked") -> "list[tuple[str, str, str]]":
    """Return what was asked for and stays: where, what, why."""
    from keten.pipeline.fixing.wishes import why, workloads
    from keten.remedy.levels import steps_to

    last = outcome.last
    made = []
    for finding in last.result.findings:
        if asked.wants(finding):
            refused = outcome.refused.get((finding.subject, finding.fingerprint), "")
            reason = why(last, finding) or refused or "the edit did not resolve it"
            made.append((_where(finding, last), f"{finding.check}: {finding.message}", reason))
    made += _unjudged(outcome, asked)
    for item in workloads(last) if asked.level else ():
        assert asked.level is not None
        place = last.places.get(item.ref)
        where = _at(place.path, place.line, last) if place else item.id
        for step in steps_to(item, asked.level):
            reason = step.why or outcome.why(item.ref, step.edit.at if step.edit else step.field)
            made.append((where, f"{item.title}: {step.check}: {step.field}", reason or "stays"))
    return made


def _unjudged(outcome: "Outcome", asked: "Asked") -> "Iterator[tuple[str, str, str]]":
    """Yield what is not known of what was asked for: it may be as wrong as what is."""
    result = outcome.last.result
    if asked.level or not (asked.checks or asked.findings):
        for problem in result.problems:
            if problem.need == "manifest":
                where = f"{problem.path}:{problem.line}" if problem.line else problem.path
                yield where, f"not judged: {problem.what}", problem.advice
    for unknown in result.unknown if asked.checks else ():
        names = [c for c in unknown.checks if any(fnmatchcase(c, g) for g in asked.checks)]
        if names:
            yield unknown.what, f"{names[0]}: not judged: {unknown.why}", unknown.how


def _where(finding: "Finding", seen: "Seen") -> str:
    where = finding.location
    return _at(where.path, where.line, seen) if where else "."


def _at(path: str, line: int, seen: "Seen") -> str:
    """Return a place; of what helm made, the template that made it: no rendered file is there."""
    chart, rendered, _ = path.partition("!/")
    if rendered and chart in seen.made:
        from keten.formats.helm_output import source_at

        source = source_at(seen.made[chart], line)
        if source:
            return f"{posixpath.join(posixpath.dirname(chart), source)} (rendered)"
        return f"{chart} (rendered)"
    return f"{path}:{line}" if line else path


def _told(
    outcome: "Outcome", asked: "Asked", left: list[tuple[str, str, str]], *, written: bool
) -> Iterator[str]:
    """Yield what is gone, what stays, and what was proved."""
    if outcome.files:
        yield ""
    meant = [f for f in outcome.proof.gone if asked.wants(f)]
    also = [f for f in outcome.proof.gone if not asked.wants(f)]
    bared = outcome.proof.bared
    first, last = outcome.first, outcome.last
    titled = (
        ("gone", meant, first),
        ("gone with it", also, first),
        ("comes to light", bared, last),
    )
    for title, found, seen in titled:
        for finding in found:
            yield f"{title}: {_where(finding, seen)} {finding.check}: {finding.message}"
    yield from _raised(outcome, asked)
    yield from _stays(left)
    for said in outcome.cautions:
        yield f"mind: {said}"
    yield _proof(outcome)
    if outcome.files:
        count = printing.count(len(outcome.files), "file")
        yield f"{count} written" if written else f"{count} to change: nothing is written"


def _raised(outcome: "Outcome", asked: "Asked") -> Iterator[str]:
    """Yield the workloads that pass the level that was asked for, and did not before."""
    from keten.cluster.podsecurity.standard import allows, pod_of
    from keten.pipeline.fixing.wishes import workloads

    if asked.level is None:
        return
    before = {n.ref for n in workloads(outcome.first) if allows(pod_of(n), asked.level)}
    for item in workloads(outcome.last):
        if item.ref not in before and allows(pod_of(item), asked.level):
            place = outcome.last.places.get(item.ref)
            where = _at(place.path, place.line, outcome.last) if place else item.id
            yield f"passes {asked.level}: {where.partition(':')[0]} {item.title}"


def _stays(left: list[tuple[str, str, str]]) -> Iterator[str]:
    for where, what, reason in left[:SHOWN]:
        yield f"stays: {where} {what}"
        yield f"  {reason}"
    more = Counter(what.partition(": ")[0] for _, what, _ in left[SHOWN:])
    for check, number in sorted(more.items()):
        yield f"stays: {number} more of {check}"


def _proof(outcome: "Outcome") -> str:
    proof = outcome.proof
    if not outcome.files:
        return "nothing to change"
    if not proof.holds:
        return f"NOT PROVED: {proof.what}"
    gone = printing.count(proof.count, "finding")
    facts = printing.count(proof.facts, "other fact")
    rest = "is as it was" if proof.facts == 1 else "are as they were"
    bared = len(proof.bared)
    new = f"{bared} come{'s' if bared == 1 else ''} to light" if bared else "none new"
    return f"proved: judged again, {gone} gone, {new}, {facts} {rest}"


def _write(outcome: "Outcome", arguments: argparse.Namespace) -> list[InputError]:
    """Write the files; return what went wrong. Nothing is written that is not proved."""
    from keten.transport.rewriting import rewrite

    if not outcome.proof.holds:
        return [InputError("nothing is written: it is not proved", advice=outcome.proof.what)]
    target = Path(arguments.target)
    root = target if target.is_dir() else target.parent
    made = []
    for path in sorted(outcome.files):
        old, new = outcome.files[path]
        try:
            rewrite(root, path, old, new)
        except InputError as error:
            made.append(error)
    return made
