"""Debian packages: the order of dpkg (deb-version(7), Debian Policy 5.6.12)."""

import re
from typing import Any

from keten.formats.order import clean, number, refuse
from keten.model.plug import Ecosystem

_PAIR = re.compile(r"([^0-9]*)([0-9]*)")
_END = "\x01"
# The tilde sorts before the end of a part, letters after it, all else after letters.
_WEIGHTS = {
    ord(char): "\x00" if char == "~" else chr(ord(char) + 256)
    for char in map(chr, range(128))
    if not char.isalpha()
}

_DOT = ".".translate(_WEIGHTS) + _END


def key(version: str) -> tuple[Any, ...]:
    """Return the key of ``[epoch:]upstream[-revision]``; InputError for what dpkg refuses.

    Taken though dpkg warns: an upstream version that does not begin with a digit.
    """
    text = clean(version)
    epoch, colon, rest = text.partition(":")
    if not colon:
        epoch, rest = "", text
    elif not epoch.isdecimal() or not epoch.isascii():
        raise refuse(version, "Debian: its epoch is not a number")
    upstream, _, revision = rest.rpartition("-") if "-" in rest else (rest, "", "")
    if not upstream or rest.split() != [rest]:
        raise refuse(version, "Debian")
    return (number(epoch), _part(upstream), _part(revision))


def _part(text: str) -> tuple[Any, ...]:
    found: list[Any] = []
    for word, digits in _PAIR.findall(text):
        if word or digits:  # the last pair is empty
            found += (_DOT if word == "." else word.translate(_WEIGHTS) + _END, number(digits))
    # An empty part is as "0" is; any other pair but the first has a word, which decides.
    return (*found, _END) if found else (_END, 0, _END)


def _normalise(name: str) -> str:
    return name.strip().lower()


ECOSYSTEM = Ecosystem(
    title="Debian",
    purl_type="deb",
    osv="Debian",
    key=key,
    normalise=_normalise,
    vers=("deb", "debian", "ubuntu"),
    osv_more=("Ubuntu", "Echo"),
)
