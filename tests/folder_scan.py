"""A folder scanned as ``keten scan`` does, with an advisory database that is open already."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from keten.advisories.database import Database
from keten.config import Policy
from keten.model.result import Result
from keten.pipeline import trees
from keten.pipeline.flow import judge


def scan(
    root: Path,
    policy: Policy,
    *,
    database: Database | None,
    now: date,
    progress: Callable[[str, int, int], None],
    known: frozenset[str] = frozenset(),
) -> Result:
    """Return what the folder *root* says, judged under *policy*."""
    scanned = trees.collect(root, policy, now=now, progress=progress)
    return judge(scanned, policy, database=database, now=now, progress=progress, known=known)
