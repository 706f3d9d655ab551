# ruff: noqa: PLR2004 character codes, and lengths that formats set
"""What stands where a secret will be put, or says nothing: placeholders, variables, masks."""

import math
import re
from collections import Counter
from itertools import pairwise

from keten.secrets.lazy import Lazy

# In a random token none of these occurs by chance; who writes them means "not a secret".
_MARKS = (
    b"example", b"changeme", b"change_me", b"change-me", b"placeholder", b"redacted",
    b"your_", b"your-", b"yourpass", b"yourtoken", b"yoursecret", b"yourapi", b"yourkey",
    b"dummy", b"not-a-real", b"notareal", b"xxxx", b"replace", b"insert_", b"insert-", b"todo",
    b"deadbeef", b"foobar", b"loremipsum", b"...", b"****", b"<your", b"my-secret", b"mysecret",
    b"mytoken", b"my_token", b"apikeyhere", b"_here", b"-here", b"ffffffff", b"00000000000",
)  # fmt: skip
_VARIABLES = (b"${", b"{{", b"}}", b"$(", b"<%", b"%{", b"#{", b"$[", b"{%", b"&lt;", b"\\(")
_VARIABLE = Lazy(b"|".join(map(re.escape, _VARIABLES)))
# Passwords that are the name of the thing, a default of documentation, or a type.
_WORDS = frozenset(
    b"password passwd pass passw0rd passphrase pwd secret secrets token key apikey api_key null "
    b"none nil true false undefined string str text value default empty required optional hidden "
    b"admin root user username test tests testing guest demo postgres mysql redis mongo changeit "
    b"public private anonymous login unknown varchar char bytes boolean object any optionalstring "
    b"password1 password123 pass123 12345 123456 1234567 12345678 123456789 1234 qwerty abc123 "
    b"env vault file prompt ask stdin basic bearer oauth ssl tls md5 sha256 bcrypt plain "
    b"plaintext scram-sha-256 caching_sha2_password mysql_native_password authentication pwd123 "
    b"test123 test1234 secret123 admin123 foo bar baz foobar hunter2 letmein xyz abc abcd abcdef "
    b"asdf password! passwordhere newpassword oldpassword new_password old_password confirm "
    b"minioadmin rabbitmq elastic grafana airflow keycloak kibana vagrant".split()
)
# What a person writes who has to write something: my_password, proxypass, test-password.
_OWN = Lazy(
    rb"(?:my|your|the|a|some|any|user|db|test|proxy|new|old|current|super)?[_-]?"
    rb"(?:password|passwd|passphrase|pass|pwd|secret|pw)[_-]?(?:here)?\d{0,2}"
)
_MASKS = frozenset(b"xX*.#-_?0 ")


def entropy(value: bytes) -> float:
    """Return the Shannon entropy of *value* in bits per byte."""
    size = len(value)
    return -sum(n / size * math.log2(n / size) for n in Counter(value).values()) if size else 0.0


_HEX = b"0123456789abcdefABCDEF"
_COLOURS = (4, 5, 7, 9)
"""How long a colour of CSS is: ``#rgb``, ``#rgba``, ``#rrggbb``, ``#rrggbbaa``."""


def hollow(value: bytes, *, password: bool = False, weak: bool = False) -> bool:
    """Return whether *value* stands for no secret.

    *password*: people chose it, so words that only name it are hollow as well; *weak* lets
    those count after all, where the place itself proves that it is a password.
    """
    if not value or _VARIABLE.search(value) or _masked(value):
        return True
    if value[:1] == b"#" and len(value) in _COLOURS and not value[1:].strip(_HEX):
        return True
    low = value.lower()
    if low[:1] in b"<[{%$@" and (low[:1] != b"$" or low[1:2].isalpha()) and _enclosed(low):
        return True
    if _marked(low):
        return not (weak and b"..." not in low and b"xxxx" not in low and b"your" not in low)
    if password:
        return not weak and (low.strip(b"!.") in _WORDS or _OWN.fullmatch(low) is not None)
    return _patterned(low)


def _marked(value: bytes) -> bool:
    for mark in _MARKS:  # noqa: SIM110 every candidate is asked, and a generator costs thrice that
        if mark in value:
            return True
    return False


def _masked(value: bytes) -> bool:
    chars = set(value)
    return chars <= _MASKS or len(chars) <= (3 if len(value) > 12 else 1)


def _enclosed(value: bytes) -> bool:
    pairs = {b"<": b">", b"[": b"]", b"{": b"}", b"%": b"%", b"$": b"", b"@": b"@"}
    return value.endswith(pairs[value[:1]])


def _patterned(value: bytes) -> bool:
    """Return whether most neighbours follow each other, or a short part is repeated."""
    size = len(value)
    if size < 8:
        return False
    steps = sum(1 for a, b in pairwise(value) if b - a in (0, 1))
    if steps > size * 0.6:
        return True
    return any(
        value[:period] * (size // period) == value[: size // period * period]
        for period in range(1, min(size // 3, 12) + 1)
    )
