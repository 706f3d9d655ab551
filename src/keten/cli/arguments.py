"""What several commands take: targets, the day, the policy, the database."""

import argparse
import os
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from msgspec import structs

from keten import config
from keten.advisories.database import Database
from keten.errors import UsageError
from keten.model.finding import Severity

SEVERITIES = (*(s.word for s in Severity), "never")


def add(parser: argparse.ArgumentParser) -> None:
    """Add the options that decide what is judged, and how."""
    parser.add_argument("--policy", type=Path, metavar="FILE", help="instead of TARGET/keten.toml")
    parser.add_argument("--db", type=Path, metavar="FILE", help="the advisory database")
    parser.add_argument(
        "--now", metavar="DAY", help="judge as on this day, YYYY-MM-DD (default: today)"
    )
    parser.add_argument(
        "--render",
        action="store_true",
        help="render Helm charts and Kustomize overlays with your helm, kustomize or kubectl",
    )
    parser.add_argument(
        "--check", action="append", default=[], metavar="ID", help="only these checks (patterns)"
    )


def day(text: str | None) -> date:
    """Return the one day of this run: *text*, else SOURCE_DATE_EPOCH, else today (UTC)."""
    if text is None:
        epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
        moment = datetime.fromtimestamp(int(epoch), UTC) if epoch.isdigit() else datetime.now(UTC)
        return moment.date()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--now {text}: not a day: {error}") from error


def policy(root: Path, arguments: argparse.Namespace) -> config.Policy:
    """Return the policy for a target, with what the command line overrides."""
    found = config.load(arguments.policy, root if root.is_dir() else root.parent)
    changed = found.config
    fail_on = getattr(arguments, "fail_on", None)
    if fail_on:
        gate = structs.replace(changed.gate, fail_on=fail_on, unknown=fail_on, links={})
        changed = structs.replace(changed, gate=gate)
    if arguments.check:
        checks = structs.replace(changed.checks, only=tuple(arguments.check))
        changed = structs.replace(changed, checks=checks)
    return structs.replace(found, config=changed, render=arguments.render)


def database(arguments: argparse.Namespace, found: config.Policy) -> Database | None:
    """Return the advisory database that was named or is the user's; None where there is none."""
    named = found.config.advisories.database
    return Database.find(arguments.db or (found.folder / named if named else None))


def roots(targets: Sequence[str]) -> list[Path]:
    """Return the targets as paths; UsageError for one that is not there."""
    for target in targets:
        if not Path(target).exists():
            raise UsageError(f"{target}: no such file or folder")
    return [Path(target) for target in targets]
