"""Importing advisories, as the commands of ``keten db`` share it: what is claimed, what is told."""

import argparse
from datetime import date
from typing import TYPE_CHECKING

from keten.cli import printing
from keten.errors import UsageError

if TYPE_CHECKING:
    from keten.advisories.imports import Claim, Imported
    from keten.advisories.source import DataSource


def claim(args: argparse.Namespace) -> "Claim":
    """Return what the user says of what is imported."""
    from keten.advisories.imports import Claim

    return Claim(
        getattr(args, "name", ""),
        tuple(filter(None, (name.strip() for name in args.complete.split(",")))),
        day(args.as_of, "--as-of").isoformat() if args.as_of else "",
    )


def report(done: "Imported") -> None:
    """Print what an import did, and what it could not read."""
    for source in done.sources:
        printing.write([_line(source)])
    for problem in done.problems:
        printing.problem(f"{problem.path}: {problem.what}", problem.advice)


def day(text: str, option: str) -> date:
    """Return the day that an option names."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option} {text}: a date is written YYYY-MM-DD") from None


def _line(source: "DataSource") -> str:
    parts = [f"{source.records} records", f"as of {source.as_of or 'not known'}"]
    if source.kind == "osv":
        parts.append("complete" if source.complete else "only a part")
    if source.withdrawn:
        parts.append(f"{source.withdrawn} withdrawn left out")
    if source.unread:
        parts.append(f"{source.unread} could not be read")
    return f"{source.name}: {', '.join(parts)}"
