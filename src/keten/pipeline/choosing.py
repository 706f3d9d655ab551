"""Which checks policy lets run: told by their names, none of them imported."""

from collections.abc import Callable
from fnmatch import fnmatchcase

from keten import plugs
from keten.config import Policy
from keten.model.check import Check
from keten.model.evidence import Link

_LINKS = {str(link): link for link in Link}


def link_of(check: str) -> Link:
    """Return the link of the chain that a check belongs to: its folder."""
    return _LINKS[check.partition("/")[0]]


def chooser(policy: Policy) -> Callable[[str], bool]:
    """Return which checks policy lets run."""
    checks = policy.config.checks

    def chosen(name: str) -> bool:
        if checks.only and not any(fnmatchcase(name, glob) for glob in checks.only):
            return False
        return not any(fnmatchcase(name, glob) for glob in checks.disable)

    return chosen


def asks_for_secrets(policy: Policy) -> bool:
    """Return whether a check of secrets may run."""
    chosen = chooser(policy)
    return any(chosen(name) for name in plugs.names(Check) if link_of(name) is Link.SECRETS)
