"""Which files a bundle may have: those of a TUF repository, by their paths."""

import re

from keten.errors import InputError

NAME = re.compile(r"(?:metadata|targets)/[A-Za-z0-9][A-Za-z0-9._-]{0,180}")


def named(path: str) -> str:
    """Return a path that may be asked for; InputError for one that is none of ours."""
    if not NAME.fullmatch(path):
        raise InputError(f"{path[:100]!r} is no file of a bundle")
    return path
