"""The error tree and the exit statuses.

``KetenError``
    ``UsageError``          the command line or keten.toml is wrong (2)
    ``InputError``          outside bytes could not be read; the caller makes it a Problem
        ``CeilingError``    ... because they exceed a named ceiling
    ``DataError``           the advisory database is missing or damaged (3)
    ``TrustError``          a signature or certificate does not hold
    ``NetworkError``        a server did not give what it was asked for (3)

Libraries raise; only the command line prints and exits.
"""

from enum import IntEnum


class Exit(IntEnum):
    """What the process tells its caller."""

    ALLOWED = 0
    DENIED = 1
    USAGE = 2
    UNKNOWN = 3
    BROKEN = 4


class KetenError(Exception):
    """Something a user can act on: *what* went wrong and *advice*, what to do about it."""

    exit = Exit.BROKEN

    def __init__(self, what: str, *, advice: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.advice = advice


class UsageError(KetenError):
    """The command line or the configuration is wrong."""

    exit = Exit.USAGE


class InputError(KetenError):
    """Bytes from outside could not be read; *line* is 1-based, 0 when not known."""

    exit = Exit.UNKNOWN

    def __init__(self, what: str, *, line: int = 0, column: int = 0, advice: str = "") -> None:
        super().__init__(what, advice=advice)
        self.line = line
        self.column = column


class CeilingError(InputError):
    """Bytes from outside exceed a ceiling that keeps keten safe."""


class DataError(KetenError):
    """The advisory database is missing, damaged or of another version."""

    exit = Exit.UNKNOWN


class TrustError(KetenError):
    """A signature, certificate or proof does not hold."""

    exit = Exit.DENIED


class NetworkError(KetenError):
    """A server could not be reached or did not give what it was asked for.

    *status* is that of HTTP, 0 where none came; *again*: trying once more may help.
    """

    exit = Exit.UNKNOWN

    def __init__(
        self, what: str, *, advice: str = "", status: int = 0, again: bool = False
    ) -> None:
        super().__init__(what, advice=advice)
        self.status = status
        self.again = again
