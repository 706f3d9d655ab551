# ruff: noqa: PLR2004 character codes, and lengths that formats set
"""Whether a value was made at random, was chosen by a person, or is a word of the program."""

import re

from keten.secrets.lazy import Lazy
from keten.secrets.placeholders import entropy

_HEX = Lazy(rb"[0-9a-fA-F]{16,128}")
_UUID = Lazy(rb"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_TEXT = Lazy(rb"[A-Za-z0-9+/=_.~!@#%^*?:$&|\-]{16,300}")
_WORD = Lazy(rb"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_NAMELIKE = Lazy(rb"[A-Za-z]+\d{0,3}(?:[_\-./:# ][A-Za-z]+\d{0,3})*")
_ADDRESS = Lazy(
    rb"://|^[./~]|@[\w.-]+\.\w+$|\.\w{2,4}$|^[a-z\d\-]{1,63}(?:\.[a-z]{2,24}){1,4}/[\w.\-]*$|^arn:|^[A-Z]:\\|^\$|::|/$"
)
_DIGEST = Lazy(rb"^(?:sha\d{1,3}|md5|h1)[-:]", re.IGNORECASE)


def random_looking(value: bytes, *, strict: bool = False) -> bool:
    """Return whether *value* looks made at random, of 16 characters or more.

    *strict* asks for more, where an unquoted word may be a name of the program.
    """
    if len(value) < 16 or _DIGEST.match(value):
        return False
    if _HEX.fullmatch(value):
        digits = sum(char < 58 for char in value)
        return entropy(value) > 2.8 and 0 < digits < len(value)
    if _UUID.fullmatch(value):
        return entropy(value) > 3.0
    if _gibberish(value):
        return True
    if (
        not _TEXT.fullmatch(value)
        or _ADDRESS.search(value)
        or (_NAMELIKE.fullmatch(value) and not _jumbled(value))
    ):
        return False
    return entropy(value) >= (3.8 if strict else 3.4) and _jumbled(value)


def _gibberish(value: bytes) -> bool:
    """Return whether all kinds of characters mix, as in keys that a framework generates."""
    if len(value) < 24 or entropy(value) < 4.2 or re.search(rb"\s|[({]\w*[)}]|\w\(", value):
        return False
    odd = sum(char in b"!@#%^&*-_=+~?$" for char in value)
    return odd > 3 and any(48 <= char <= 57 for char in value) and not _ADDRESS.search(value)


def _jumbled(value: bytes) -> bool:
    """Return whether letter case and digits change as often as in random text."""
    parts = _WORD.findall(value)
    if not parts:
        return False
    digits = sum(part.isdigit() for part in parts)
    average = sum(map(len, parts)) / len(parts)
    if digits >= 2 and average < 3.6:
        return True
    return (average < 2.7 and any(48 <= char <= 57 for char in value)) or average < 2.3


def chosen(value: bytes, *, quoted: bool) -> int:
    """Return how sure it is that *value* is a password a person chose: 0 no, 3 most.

    Words of one kind of letter, names with underscores and addresses are none.
    """
    size = len(value)
    if size < 6 or size > 64 or b" " in value or b"\t" in value or _ADDRESS.search(value):
        return 0
    lower = any(97 <= char <= 122 for char in value)
    upper = any(65 <= char <= 90 for char in value)
    digit = any(48 <= char <= 57 for char in value)
    special = sum(not (48 <= char <= 57 or 65 <= char <= 90 or 97 <= char <= 122) for char in value)
    odd = any(char in b"!#%^*&?~+=$" for char in value)
    if _NAMELIKE.fullmatch(value) and not (
        digit and not special and size >= 7 and re.search(rb"\d[A-Za-z]|\d{2,}$", value)
    ):
        return 0
    if re.search(rb"[(){}\[\]<>;,\\`|]", value) or value.isdigit():
        return 0
    score = lower + upper + digit + odd
    return max(0, score - 1) if quoted or score > 2 or digit else 0
