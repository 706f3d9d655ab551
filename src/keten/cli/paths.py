"""``keten paths``: the ways an intruder has through a cluster, and what cuts them all."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path as File
from typing import Any

import msgspec

from keten.cli import clusters, printing
from keten.cli.paths_images import Images
from keten.cluster.estates import Cluster
from keten.cluster.paths.answers import Cut, Path, cut, paths
from keten.cluster.paths.build import Built
from keten.cluster.paths.terms import (
    CLUSTER,
    INTERNET,
    NODES,
    SECRETS,
    Change,
    Means,
    Point,
    Step,
    called,
)
from keten.errors import UsageError

_ENDS = {"cluster-admin": CLUSTER, "secrets": SECRETS, "nodes": NODES}
_LEGEND = "> open for certain   ? not known for sure   ~ takes a fault nobody knows of yet"


def main(argv: list[str]) -> int:
    """Print the paths; 1 where there is one, 3 where something could not be read."""
    arguments = parser().parse_args(argv)
    target = clusters.collected(arguments)
    images = Images(arguments.images, kept=not arguments.no_cache)
    found: list[tuple[Cluster, Built, list[Path], Cut | None]] = []
    for cluster in target.estate.clusters:
        built = Built(
            cluster.objects,
            listed=cluster.scope.cluster,
            weak=images.of(cluster),
            assume=not arguments.known_only,
            network=cluster.network,
            rights=cluster.rights,
        )
        sources = (_source(arguments.start, built),) if arguments.start else (INTERNET,)
        targets = tuple(_target(text, built) for text in arguments.to)
        listed = paths(
            built, sources=sources, targets=targets, hops=arguments.shortest, limit=arguments.limit
        )
        wanted = cut(built, sources=sources, targets=targets) if arguments.cut else None
        found.append((cluster, built, listed, wanted))
    if arguments.svg:
        from keten.cluster.paths.picture import picture
        from keten.cluster.paths.told import row

        find = target.places.find
        every = [row(path, target.estate, find) for _, _, listed, _ in found for path in listed]
        arguments.svg.write_text(picture(every), encoding="utf-8")
    if arguments.json:
        rows = [_document(cluster, listed, wanted) for cluster, _, listed, wanted in found]
        printing.document({"clusters": rows})
    else:
        printing.write(_printed(found, target))
    sys.stdout.flush()
    if any(listed for _, _, listed, _ in found):
        return 1
    return 3 if target.problems else 0


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    made = clusters.parser(
        "paths",
        "List the ways an intruder has from the Internet to what matters most (cluster-admin, "
        "all secrets, nodes, cloud identities), the weakest first: by what serves the Internet, "
        "vulnerabilities, network policies, mounted tokens, rights, privileges of pods. A step "
        "that takes a fault nobody knows of yet is said to be assumed. Exit status 1 where there "
        "is a way, 3 where there is none but something could not be read.",
    )
    made.add_argument(
        "--from", dest="start", metavar="WHERE",
        help="instead of the Internet: pod NAMESPACE/NAME or account NAMESPACE/NAME",
    )  # fmt: skip
    made.add_argument(
        "--to", action="append", default=[], metavar="WHAT",
        help="cluster-admin, secrets, nodes, or secret NAMESPACE/NAME (may be repeated)",
    )  # fmt: skip
    made.add_argument("--shortest", action="store_true", help="the fewest steps first")
    made.add_argument(
        "--limit", type=int, default=10, metavar="N", help="how many are listed (default: 10)"
    )
    made.add_argument(
        "--cut",
        action="store_true",
        help="also the smallest set of changes that ends all, proved by judging again",
    )
    made.add_argument(
        "--images", action="append", default=[], type=File, metavar="RESULT",
        help="what keten scan IMAGE --format json wrote: its vulnerabilities are steps; those of "
        "images scanned on this machine are, too, where pods run or name them by digest",
    )  # fmt: skip
    made.add_argument(
        "--no-cache", action="store_true", help="take nothing from scans kept on this machine"
    )
    made.add_argument(
        "--known-only", action="store_true", help="assume no fault that nobody knows of yet"
    )
    made.add_argument("--svg", type=File, metavar="FILE", help="draw the paths that are listed")
    return made


# --- what is asked ---


def _source(text: str, built: Built) -> Point:
    kind, _, name = text.partition(" ")
    space, slash, own = name.partition("/")
    if kind == "account" and slash:
        point: Point = ("account", space, own)
        if built.graph.has(point):
            return point
    if kind == "pod" and slash:
        titles = [t for t, p in sorted(built.pods.items()) if (p.namespace, p.name) == (space, own)]
        if titles:
            return ("code", titles[0])
    raise UsageError(
        f"--from {text}: no such pod or account here",
        advice="Write it as: pod NAMESPACE/NAME, or account NAMESPACE/NAME.",
    )


def _target(text: str, built: Built) -> Point:
    kind, _, name = text.partition(" ")
    space, slash, own = name.partition("/")
    if text in _ENDS:
        return _ENDS[text]
    if kind == "secret" and slash and built.graph.has(("secret", space, own)):
        return ("secret", space, own)
    raise UsageError(
        f"--to {text}: nothing of the kind here",
        advice=f"Write {', '.join(_ENDS)}, or secret NAMESPACE/NAME.",
    )


# --- what is told ---


def _printed(
    found: list[tuple[Cluster, Built, list[Path], Cut | None]], target: clusters.Target
) -> Iterator[str]:
    for number, (cluster, built, listed, wanted) in enumerate(found):
        if len(found) > 1:
            if number:
                yield ""
            yield f"{cluster.scope.folder or '.'}/"
        if not listed:
            yield "No way was found."
        for i, path in enumerate(listed, 1):
            if i > 1:
                yield ""
            yield f"{i}. {called(path.start)} to {called(path.end)}"
            yield f"   {_weight(path)}"
            for step in path.steps:
                yield from _step(step, target)
        if wanted is not None and listed:
            yield ""
            yield from _cut(wanted, target)
        yield from _spared(built)
    if any(listed for _, _, listed, _ in found):
        yield ""
        yield _LEGEND
    if target.problems:
        yield ""
        count = printing.count(len(target.problems), "thing")
        yield f"{count} could not be read, and may open further ways: keten scan tells."


def _spared(built: Built) -> Iterator[str]:
    if built.spared:
        first = ", ".join(sorted(built.spared)[:3])
        more = len(built.spared) - 3
        names = f"{first} and {more} more" if more > 0 else first
        yield ""
        yield from printing.folded(f"No fault is assumed in the cluster's own parts: {names}.")


def _weight(path: Path) -> str:
    words = [printing.count(len(path.steps), "step"), f"effort {path.effort}"]
    assumed = sum(step.assumed for step in path.steps)
    if assumed:
        words.append(f"assumes {printing.count(assumed, 'fault')}")
    if any(not step.sure for step in path.steps):
        words.append("not all is known")
    return ", ".join(words)


def _step(step: Step, target: clusters.Target) -> Iterator[str]:
    mark = "~" if step.assumed else "?" if not step.sure else ">"
    node = target.node(step.ref) if step.ref else None
    where = target.where(node, step.field) if node is not None else ""
    yield from printing.folded(step.text, f"   {mark} ", "     ")
    if where:
        yield f"       {where}"


def _cut(wanted: Cut, target: clusters.Target) -> Iterator[str]:
    if wanted.none is not None:
        yield "No set of changes ends every way. Of this one, nothing can be taken away:"
        for step in wanted.none.steps:
            yield from _step(step, target)
        return
    if not wanted.changes:
        yield "Nothing needs to change."
        return
    count = printing.count(len(wanted.changes), "change")
    if wanted.proved:
        yield f"{count} would end every way (judged again with them made: none is left):"
    else:
        yield f"{count} would end most ways; judged again, some is left (NOT proved):"
    for change in wanted.changes:
        yield from printing.folded(change.title, "   - ", "     ")
        for where in dict.fromkeys(_places(change, target)):
            yield f"       {where}"


def _places(change: Change, target: clusters.Target) -> Iterator[str]:
    """Yield where a change is to be made."""
    if change.means is Means.ROLE:
        fields = [(part.ref, f"rules[{part.index}]") for part in change.parts]
    elif change.means is Means.BINDING:
        fields = [(change.subject, f"subjects[{part.index}]") for part in change.parts]
    else:
        fields = [(change.subject, "")]
    for ref, field in fields:
        node = target.node(ref)
        where = target.where(node, field) if node is not None else ""
        if where:
            yield where


def _document(cluster: Cluster, listed: list[Path], wanted: Cut | None) -> dict[str, Any]:
    made: dict[str, Any] = {
        "cluster": cluster.scope.folder or ".",
        "paths": [
            {
                "from": called(path.start),
                "to": called(path.end),
                "effort": path.effort,
                "sure": path.sure,
                "steps": [msgspec.to_builtins(step) for step in path.steps],
            }
            for path in listed
        ],
    }
    if wanted is not None:
        made["cut"] = {
            "changes": [msgspec.to_builtins(change) for change in wanted.changes],
            "proved": wanted.proved,
            "lasting": [s.text for s in wanted.none.steps] if wanted.none else [],
        }
    return made
