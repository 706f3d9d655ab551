"""Whether a database may be believed where keten.toml demands a signed one.

``[advisories] require-signed = true``: every signature is checked again, up to the root that
``root`` names or that was given with the first pull, and all that the database holds is read
and held against the digest that was signed. What is not proven says nothing: every verdict that
rests on it is UNKNOWN.
"""

from datetime import UTC, date, datetime, time
from pathlib import Path

from keten.advisories import state
from keten.advisories.pull import replay
from keten.errors import KetenError, UsageError

_DEMANDED = "and keten.toml requires a signed bundle"


def doubt(database: Path, now: date, root: Path | None = None) -> str:
    """Return what is wrong with *database* on the day *now*, "" where it is proven.

    It reads as what is said of advisories. *root* is the publisher's; UsageError where it can
    not be read.
    """
    given = None
    if root is not None:
        given = state.read(root)
        if given is None:
            raise UsageError(f"advisories.root: {root}: there is no such file")
    try:
        if state.installed(database) is None:
            return f"are of no bundle that somebody signed, {_DEMANDED}"
        replay(database, datetime.combine(now, time(), UTC), root=given)
    except KetenError as error:
        return f"are not proven, {_DEMANDED}: {error.what}"
    return ""
