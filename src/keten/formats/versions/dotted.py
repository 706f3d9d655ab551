"""Orders in which a version is a row of whole numbers and a longer row is the greater."""

import re

from keten.errors import InputError
from keten.formats.versions.order import clean, number

_ROW = re.compile(r"[0-9]+(?:[.-][0-9]+)*")


def row(version: str, *, dashes: bool = False, rest: bool = False) -> tuple[int, ...]:
    """Return the numbers of *version*; InputError where it does not begin with one.

    *dashes*: numbers may be parted by ``-`` as well as ``.``. *rest*: what follows the
    numbers is passed over rather than refused.
    """
    text = clean(version)
    plain = text.replace("-", ".") if dashes else text
    match = _ROW.match(plain.partition("-")[0] if not dashes else plain)
    if match is None or (not rest and match.end() != len(plain)):
        raise InputError(f"{text[:60]!r} is not a row of numbers")
    return tuple([number(part) for part in match.group().split(".")])
