"""What the version orders of several ecosystems share: numbers of any length, and ceilings.

A version is turned into a *key*, a flat tuple of integers and texts, so that a comparison
runs wholly in C. Where an ecosystem pads the shorter version, the key closes with the rank
of the padding.
"""

from keten.errors import CeilingError, InputError

CEILING = 1 << 20
"""The longest version that is read, in characters."""

_EXACT = 4000
# int() refuses texts of more than 4,300 digits, and is quadratic besides.
_SHOWN = 60


def number(digits: str) -> int:
    """Return an integer that orders as the number written in ASCII *digits* does.

    It is that number up to 4,000 digits. Beyond, it is a greater one that grows with the
    count of digits and then with the digits themselves; it is made in linear time.
    """
    if len(digits) <= _EXACT:
        return int(digits) if digits else 0
    digits = digits.lstrip("0")
    if len(digits) <= _EXACT:
        return int(digits) if digits else 0
    return int.from_bytes(b"\x01" + digits.encode("ascii"), "big")


def clean(version: str) -> str:
    """Return *version* without the blanks around it; InputError if nothing is left."""
    if len(version) > CEILING:
        raise CeilingError(
            f"a version of {len(version)} characters is over the ceiling of {CEILING}"
        )
    version = version.strip()
    if not version:
        raise InputError("an empty version", advice="give the version that is installed")
    return version


def refuse(version: str, ecosystem: str) -> InputError:
    """Return the error that says *version* is none in *ecosystem*."""
    shown = version if len(version) <= _SHOWN else f"{version[:_SHOWN]}..."
    return InputError(f"{shown!r} is no version of {ecosystem}")


class Compared:
    """A key whose order is told by *compare*: below, at or above zero."""

    __slots__ = ()

    def compare(self, other: object) -> int:
        """Return how this stands to *other*."""
        raise NotImplementedError

    def __lt__(self, other: object) -> bool:
        return self.compare(other) < 0

    def __gt__(self, other: object) -> bool:
        return self.compare(other) > 0

    def __le__(self, other: object) -> bool:
        return self.compare(other) <= 0

    def __ge__(self, other: object) -> bool:
        return self.compare(other) >= 0

    def __eq__(self, other: object) -> bool:
        return self.compare(other) == 0

    def __hash__(self) -> int:
        return 0  # what is equal need not look alike
