"""``keten diff``: what changed between two targets or saved results, and why."""

import argparse
import gc
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

from keten.cli import arguments as common
from keten.cli import printing
from keten.cli.progress import Bar
from keten.errors import Exit

if TYPE_CHECKING:
    from keten.pipeline.differences import Differences, Side, Turned

WIDTH = 80
_FIRST = 20
_SIGNS = {"added": "+", "removed": "-", "upgraded": "^", "downgraded": "v", "changed": "~"}


def main(argv: list[str]) -> int:
    """Compare; return 1 where --fail-on-new finds something, else 0."""
    arguments = parser().parse_args(argv)
    gc.disable()  # frozen records make no cycles, and walking a million of them finds none
    from keten.pipeline.differences import compare

    now = common.day(arguments.now)
    before, after = (_side(name, arguments, now) for name in (arguments.before, arguments.after))
    found = compare(before, after)
    if arguments.json:
        _json(before, after, found)
    else:
        limit = None if arguments.show == "all" else _FIRST
        printing.write(text(before, after, found, limit=limit))
    return _status(found, arguments.fail_on_new)


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    made = argparse.ArgumentParser(
        prog="keten diff",
        description="Tell which packages and findings differ between two images, directories, "
        "SBOMs or saved JSON results, and whether code, data, policy or keten itself is why.",
    )
    made.add_argument("before", metavar="A", help="a target, or a JSON result of keten scan")
    made.add_argument("after", metavar="B", help="likewise")
    made.add_argument(
        "--fail-on-new",
        nargs="?",
        const="info",
        choices=common.SEVERITIES,
        help="exit with 1 for a new finding (of this severity or worse)",
    )
    made.add_argument("--json", action="store_true", help="write JSON")
    made.add_argument("--show", choices=("first", "all"), default="first", help="how many of each")
    made.add_argument("--quiet", action="store_true", help="no progress")
    common.add(made)
    common.images(made)
    return made


def _side(name: str, arguments: argparse.Namespace, now: date) -> "Side":
    from keten.pipeline import sides

    if sides.is_result(Path(name)):
        return sides.saved(Path(name))
    from keten.pipeline.targets import scan

    target = common.target(name)
    policy = common.policy(target.folder, arguments)
    database = common.data(arguments, policy)
    with Bar(sys.stderr, shown=not arguments.quiet) as bar:
        result = scan(
            target, policy, access=common.access(arguments), database=database, now=now,
            progress=bar.tell,
        )  # fmt: skip
    return sides.judged(name, result)


def _status(found: "Differences", fail_on: str | None) -> int:
    if fail_on in {None, "never"}:
        return Exit.ALLOWED
    from keten.config import severity

    least = severity(fail_on or "never")
    ranks = [severity(item.finding.severity) for item in found.new]
    bad = least is not None and any(rank is not None and rank >= least for rank in ranks)
    return Exit.DENIED if bad else Exit.ALLOWED


def text(
    before: "Side", after: "Side", found: "Differences", *, limit: int | None
) -> Iterator[str]:
    """Yield the lines of the report for eyes, each at most 80 columns wide."""
    for letter, side in (("A", before), ("B", after)):
        count = printing.count(len(side.findings), "finding")
        if side.packages is not None:
            listed = sum(map(len, side.packages.values()))
            count = f"{printing.count(listed, 'package')}, {count}"
        yield f"{letter}  {side.name}: {count}"[:WIDTH]
        yield f"   {side.about}"[:WIDTH]
    for note in found.notes:
        yield from wrap(f"Note: {note}", WIDTH)
    yield ""
    yield from _moved(found, limit)
    yield ""
    yield from _turned("New findings", found.new, limit)
    yield from _turned("Findings that are gone", found.gone, limit)
    yield f"{printing.count(found.same, 'finding')} {'stays' if found.same == 1 else 'stay'}."


def _moved(found: "Differences", limit: int | None) -> Iterator[str]:
    counts = {how: sum(item.how == how for item in found.packages) for how in _SIGNS}
    told = ", ".join(f"{count} {how}" for how, count in counts.items() if count)
    yield f"Packages: {told or 'none changed'}"
    for item in found.packages[:limit]:
        versions = " -> ".join(filter(None, (item.before, item.after)))
        yield f" {_SIGNS[item.how]} {item.name} {versions} ({item.ecosystem})"[:WIDTH]
    yield from _more(len(found.packages), limit)


def _turned(title: str, items: "tuple[Turned, ...]", limit: int | None) -> Iterator[str]:
    yield f"{title}: {len(items) or 'none'}"
    for item in items[:limit]:
        finding = item.finding
        lines = wrap(finding.message, WIDTH - 10) or [""]
        yield f"{finding.severity:<9} {lines[0]}"
        yield from (f"{'':<10}{line}" for line in lines[1:])
        yield f"{'':<10}{'  '.join(filter(None, (finding.place, finding.check)))}"[:WIDTH]
        yield from wrap(
            f"{item.cause}: {item.why}", WIDTH, initial_indent=" " * 10, subsequent_indent=" " * 12
        )
    yield from _more(len(items), limit)
    yield ""


def _more(count: int, limit: int | None) -> Iterator[str]:
    if limit is not None and count > limit:
        yield f"   and {count - limit} more: --show all"


def _json(before: "Side", after: "Side", found: "Differences") -> None:
    import msgspec

    def side(one: "Side") -> dict[str, object]:
        return {
            "name": one.name, "about": one.about, "keten": one.keten, "data": one.data,
            "policy": one.policy, "findings": len(one.findings),
            "packages": None if one.packages is None else sum(map(len, one.packages.values())),
        }  # fmt: skip

    whole = {"before": side(before), "after": side(after), **msgspec.structs.asdict(found)}
    printing.document(whole, indent=1)
