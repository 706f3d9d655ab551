"""The advisory database: fill it, sign it, bring it, prove it, and say what it holds.

``keten db import PATH…`` takes OSV ``<Ecosystem>/all.zip`` files (or a folder of them), folders
of OSV records, single records, CISA's KEV and EPSS; ``keten db update`` brings them from a
server. ``keten db status`` says what is there, as of when, and what that covers. The signed,
versioned bundle is in keten.cli.db_bundle.
"""

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from keten.cli import db_bundle, db_update, printing
from keten.cli.db_imports import claim, day, report
from keten.errors import DataError, Exit, KetenError, UsageError

if TYPE_CHECKING:
    from keten.advisories.database import Database
    from keten.advisories.source import DataSource

MAX_AGE_DAYS = 7
_WIDTH = 80


def main(argv: list[str]) -> int:
    """Run ``keten db``; return the exit status."""
    args = _parser().parse_args(argv)
    try:
        match args.command:
            case "import":
                return int(_import(args))
            case "status":
                return int(_status(args))
            case "update":
                return int(db_update.run(args))
            case _:
                return int(db_bundle.run(args))
    except KetenError as error:
        printing.problem(error.what, error.advice)
        return int(error.exit)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="keten db", description=(__doc__ or "").split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--db",
        type=Path,
        metavar="FILE",
        help="the database (default: KETEN_DB, or keten/advisories.db in XDG_DATA_HOME)",
    )
    take = commands.add_parser("import", parents=[shared], help="add or renew advisories")
    take.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="what to import")
    take.add_argument("--name", default="", help="what to call the source (one PATH only)")
    take.add_argument(
        "--complete",
        default="",
        metavar="ECOSYSTEM,…",
        help="you know that PATH holds all advisories of these ecosystems",
    )
    take.add_argument(
        "--as-of", default="", metavar="DATE", help="you know that PATH is of this day (YYYY-MM-DD)"
    )
    show = commands.add_parser("status", parents=[shared], help="what is there, as of when")
    show.add_argument("--json", action="store_true", help="write JSON")
    show.add_argument("--now", default="", metavar="DATE", help="judge the age on this day")
    show.add_argument(
        "--max-age-days",
        type=int,
        default=MAX_AGE_DAYS,
        metavar="N",
        help=f"older data count as stale (default {MAX_AGE_DAYS})",
    )
    db_update.add(commands, shared)
    db_bundle.add(commands, shared)
    return parser


def _import(args: argparse.Namespace) -> Exit:
    from keten.advisories import imports
    from keten.advisories.location import default_path

    if args.name and len(args.paths) > 1:
        raise UsageError("--name names one PATH, and there are several")
    path = args.db or default_path()
    report(imports.run(args.paths, path, claim(args), tell=_tell))
    print(f"{path} has {path.stat().st_size / 1e6:.1f} MB")
    return Exit.ALLOWED


def _tell(what: str) -> None:
    if sys.stderr.isatty():
        print(f"reading {what}", file=sys.stderr)


def _status(args: argparse.Namespace) -> Exit:
    from keten.advisories.database import Database
    from keten.advisories.location import default_path

    now = day(args.now, "--now") if args.now else datetime.now(UTC).date()
    path = args.db or default_path()
    try:
        database = Database(path)
    except DataError as error:
        raise DataError(f"{path}: {error.what}", advice=error.advice) from error
    with database:
        sources = database.held()
        if args.json:
            _json(database, now, args.max_age_days)
        else:
            printing.write(_table(path, sources, now, most=args.max_age_days))
            _bundle(database, now)
    return Exit.ALLOWED


def _bundle(database: "Database", now: date) -> None:
    """Print which signed bundle it is, if it is one."""
    from keten.advisories.source import untrusted

    print(f"\ncontent {database.content}")
    bundle = database.bundle
    if bundle is None:
        print("It was made here; nobody signed it.")
        return
    signers = ", ".join(key[:12] for key in bundle.signers)
    print(f"bundle version {bundle.version}, signed by {signers}, fresh to {bundle.until}")
    fault = untrusted(database.held(), now)
    if fault:
        print(f"Its advisories {fault}.")
        print("All that they answer for is UNKNOWN, not passed.")


def _table(path: Path, sources: "tuple[DataSource, ...]", now: date, *, most: int) -> Iterator[str]:
    yield f"{path}, {path.stat().st_size / 1e6:.1f} MB"
    yield ""
    yield f"{'source':<22}{'records':>8}  {'as of':<11}{'age':>9}  {'holds':<10}digest"
    for source in sources:
        holds = "" if source.kind != "osv" else "complete" if source.complete else "a part"
        name = source.name if len(source.name) < 22 else source.name[:20] + "…"  # noqa: PLR2004 the column
        yield (
            f"{name:<22}{source.records:>8}  {source.as_of or 'not known':<11}"
            f"{_age(source.as_of, now):>9}  {holds:<10}{source.digest.partition(':')[2][:12]}"
        )
        yield from _held(source)
    old = [source for source in sources if _stale(source.as_of, now, most)]
    if old:
        yield ""
        yield f"Stale after {most} days: {', '.join(source.name for source in old)}."
        yield "Packages that only stale or partial data answer for are UNKNOWN, not passed."


def _held(source: "DataSource") -> list[str]:
    """Return the ecosystems of a source, where its name does not say them, in 80 columns."""
    names = [f"{c.ecosystem} {c.records}" for c in source.ecosystems if c.ecosystem != source.name]
    lines: list[str] = []
    for name in names:
        if lines and len(lines[-1]) + len(name) + 2 <= _WIDTH:
            lines[-1] += f", {name}"
        else:
            lines.append(f"    {name}")
    return lines


def _age(as_of: str, now: date) -> str:
    if not as_of:
        return "-"
    days = (now - date.fromisoformat(as_of)).days
    return f"{days} day" if days == 1 else f"{days} days"


def _stale(as_of: str, now: date, most: int) -> bool:
    return not as_of or (now - date.fromisoformat(as_of)).days > most


def _json(database: "Database", now: date, most: int) -> None:

    from keten.advisories.source import untrusted

    sources, bundle = database.held(), database.bundle
    listed = [
        {
            "name": source.name,
            "kind": source.kind,
            "digest": source.digest,
            "as_of": source.as_of,
            "age_days": (now - date.fromisoformat(source.as_of)).days if source.as_of else None,
            "stale": _stale(source.as_of, now, most),
            "records": source.records,
            "withdrawn": source.withdrawn,
            "unread": source.unread,
            "complete": source.complete,
            "ecosystems": [
                {"ecosystem": c.ecosystem, "records": c.records, "complete": c.complete}
                for c in source.ecosystems
            ],
        }
        for source in sources
    ]
    told = {
        "now": now.isoformat(),
        "content": database.content,
        "bundle": bundle
        and {
            "version": bundle.version,
            "content": bundle.content,
            "signers": bundle.signers,
            "until": bundle.until,
            "fault": untrusted(sources, now),
        },
        "sources": listed,
    }
    printing.document(told)
