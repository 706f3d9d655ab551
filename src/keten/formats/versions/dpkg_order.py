"""The order of dpkg within a part of a version (deb-version(7)); opam's versions are one part."""

import re
from typing import Any

from keten.formats.versions.order import number

_PAIR = re.compile(r"([^0-9]*)([0-9]*)")
_END = "\x01"
# The tilde sorts before the end of a part, letters after it, all else after letters.
_WEIGHTS = {
    ord(char): "\x00" if char == "~" else chr(ord(char) + 256)
    for char in map(chr, range(128))
    if not char.isalpha()
}

_DOT = ".".translate(_WEIGHTS) + _END


def part(text: str) -> tuple[Any, ...]:
    """Return the key of an upstream version or a revision."""
    found: list[Any] = []
    for word, digits in _PAIR.findall(text):
        if word or digits:  # the last pair is empty
            found += (_DOT if word == "." else word.translate(_WEIGHTS) + _END, number(digits))
    # An empty part is as "0" is; any other pair but the first has a word, which decides.
    return (*found, _END) if found else (_END, 0, _END)
