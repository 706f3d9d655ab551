"""Where the advisory database lies: told without importing what reads it."""

import os
from pathlib import Path

from keten.errors import UsageError


def default_path() -> Path:
    """Return where the database is: KETEN_DB, or keten/advisories.db in XDG_DATA_HOME."""
    named = os.environ.get("KETEN_DB")
    if named:
        return Path(named)
    home = os.environ.get("XDG_DATA_HOME") or ""
    if not home.startswith("/"):
        try:
            home = str(Path.home() / ".local" / "share")
        except RuntimeError:
            raise UsageError(
                "there is no home folder to look for the advisory database in",
                advice="Name it: KETEN_DB=FILE, or --db FILE.",
            ) from None
    return Path(home) / "keten" / "advisories.db"


def find(named: Path | None) -> Path | None:
    """Return the file that was *named*, else the user's own; None where there is none.

    One that was named, by KETEN_DB too, is returned whether or not it is there.
    """
    path = named or default_path()
    if named is None and "KETEN_DB" not in os.environ and not path.exists():
        return None
    return path
