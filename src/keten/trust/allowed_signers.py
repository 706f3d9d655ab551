"""Who may sign: the allowed-signers file of ssh-keygen(1), section ALLOWED SIGNERS.

One difference is deliberate: a time without ``Z`` is UTC, where ssh-keygen takes the
machine's own time zone, so that the same file means the same on every machine.
"""

import binascii
import re
from datetime import UTC, datetime

from msgspec import Struct

from keten.errors import InputError, TrustError
from keten.trust.ssh_signature import (
    Certificate,
    certificate,
    fingerprint,
    is_certificate,
    key_type,
)

BYTES = 8 << 20
"""The largest file, in bytes."""
LINES = 100_000
"""The most lines."""
LINE = 64 << 10
"""The longest line, in characters."""
PATTERN = 1024
"""The longest pattern list, in characters."""

_FORMATS = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_OPTION = re.compile(r'([A-Za-z-]+)(?:="((?:[^"\\]|\\.)*)")?(?:,|$)')
_FIELD = re.compile(r'(?:"((?:[^"\\]|\\.)*)"|((?:[^\s"]|"(?:[^"\\]|\\.)*")+))\s*')


class Entry(Struct, frozen=True):
    """One line: who (*principals*, a pattern list) may sign with *key* (a blob), when, for what.

    *after* and *before* are seconds since 1970, 0 for no limit; *namespaces* "" is any.
    """

    line: int
    principals: str
    key: bytes
    authority: bool = False
    namespaces: str = ""
    after: int = 0
    before: int = 0


class AllowedSigners(Struct, frozen=True):
    """The file: its *entries*, and as *faults* ``(line, what)`` the lines that are none."""

    entries: tuple[Entry, ...]
    faults: tuple[tuple[int, str], ...] = ()


def parse(data: bytes) -> AllowedSigners:
    """Read an allowed-signers file; a line that is none allows nobody and is told as a fault."""
    if len(data) > BYTES:
        raise InputError(f"an allowed-signers file of more than {BYTES:,} bytes")
    lines = data.decode("utf-8", "replace").split("\n")
    if len(lines) > LINES:
        raise InputError(f"an allowed-signers file of more than {LINES:,} lines")
    entries, faults = [], []
    for number, raw in enumerate(lines, 1):
        text = raw.strip()
        if not text or text.startswith("#"):
            continue
        try:
            entries.append(_entry(text, number))
        except InputError as error:
            faults.append((number, error.what))
    return AllowedSigners(tuple(entries), tuple(faults))


def _entry(text: str, line: int) -> Entry:
    if len(text) > LINE:
        raise InputError(f"a line of more than {LINE:,} characters")
    principals, rest = _field(text)
    if not principals or len(principals) > PATTERN:
        raise InputError("the principals are missing or too long")
    options: dict[str, str] = {}
    word, after = _field(rest, raw=True)
    if not _is_type(word):
        options = _options(word)
        word, after = _field(after, raw=True)
    encoded = after.split(None, 1)[0] if after else ""
    try:
        key = binascii.a2b_base64(encoded, strict_mode=True)
        kind = key_type(key)
    except (binascii.Error, ValueError, TrustError):
        raise InputError("there is no public key") from None
    if kind != word:
        raise InputError(f"the key is not of the type {word[:40]!r} that the line says")
    begins, ends = _time(options.get("valid-after", "")), _time(options.get("valid-before", ""))
    if begins and ends and begins >= ends:
        raise InputError("valid-after is not before valid-before")
    return Entry(
        line, principals, key,
        authority="cert-authority" in options,
        namespaces=options.get("namespaces", ""), after=begins, before=ends,
    )  # fmt: skip


def _is_type(word: str) -> bool:
    return word.startswith(("ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-")) and "=" not in word


def _field(text: str, *, raw: bool = False) -> tuple[str, str]:
    found = _FIELD.match(text)
    if found is None:
        raise InputError("a field is missing or its quotes are open")
    quoted = found[1] if not raw or found[1] is None else f'"{found[1]}"'
    return (quoted if quoted is not None else found[2]), text[found.end() :]


def _options(word: str) -> dict[str, str]:
    options: dict[str, str] = {}
    at = 0
    while at < len(word):
        found = _OPTION.match(word, at)
        if found is None:
            raise InputError(f"options that can not be read: {word[at : at + 40]!r}")
        name = found[1].lower()
        bare = found[2] is None
        if name in options or bare != (name == "cert-authority"):
            raise InputError(f"option {name[:40]!r} twice, or with or without a value")
        if name not in ("cert-authority", "namespaces", "valid-after", "valid-before"):
            raise InputError(f"option {name[:40]!r} is not known")
        options[name] = (found[2] or "").replace('\\"', '"')
        at = found.end()
    return options


def _time(text: str) -> int:
    if not text:
        return 0
    digits = text.removesuffix("Z")
    form = _FORMATS.get(len(digits))
    if form is None or not (digits.isascii() and digits.isdigit()):
        raise InputError(f"{text[:40]!r} is no time: YYYYMMDD[HHMM[SS]][Z]")
    try:
        return int(datetime.strptime(digits, form).replace(tzinfo=UTC).timestamp())
    except ValueError:
        raise InputError(f"{text[:40]!r} is no time: YYYYMMDD[HHMM[SS]][Z]") from None


def matches(name: str, patterns: str) -> bool:
    """Return whether *name* matches a pattern list of ssh_config(5), PATTERNS.

    A negated pattern that matches refuses, whatever else matches. Not a verdict of trust.
    """
    hit = False
    for item in patterns.split(","):
        pattern = item.strip()
        if _match(name, pattern.removeprefix("!")):
            if pattern.startswith("!"):
                return False
            hit = True
    return hit


def _match(name: str, pattern: str) -> bool:
    """Match ``*`` and ``?`` in time proportional to the product of the lengths."""
    at = mark = 0
    star = -1
    p = 0
    while at < len(name):
        if p < len(pattern) and pattern[p] == "*":
            star, mark, p = p, at, p + 1
        elif p < len(pattern) and pattern[p] in ("?", name[at]):
            at, p = at + 1, p + 1
        elif star >= 0:
            mark += 1
            at, p = mark, star + 1
        else:
            return False
    return not pattern[p:].strip("*")


def allow(
    allowed: AllowedSigners, key: bytes, *, when: int, namespace: str = "git"
) -> tuple[str, ...]:
    """Return whom *key* (a blob, or a certificate's) may sign as at *when*: pattern lists.

    TrustError says why nobody: the key is unknown, or not for this namespace or time. The
    steps are those of ssh-keygen -Y find-principals.
    """
    held = certificate(key) if is_certificate(key) else None
    wanted = held.authority if held else key
    # 1. The line must name this key, or with cert-authority the certificate's authority.
    lines = [e for e in allowed.entries if e.key == wanted and e.authority is bool(held)]
    if not lines:
        raise TrustError(f"{fingerprint(wanted)} is not among the allowed signers")
    names: list[str] = []
    why = ""
    for entry in lines:
        # 2. The namespace must match; 3. the time must lie in the line's window.
        try:
            _within(entry, when, namespace)
            # 4. A certificate must be valid then and name a principal that the line allows.
            names += _certified(entry, held, when) if held else [entry.principals]
        except TrustError as error:
            why = error.what
    if not names:
        raise TrustError(why)
    return tuple(dict.fromkeys(names))


def _within(entry: Entry, when: int, namespace: str) -> None:
    if entry.namespaces and not matches(namespace, entry.namespaces):
        raise TrustError(f"the key is allowed for {entry.namespaces[:40]!r}, not for {namespace!r}")
    if entry.after and when < entry.after:
        raise TrustError(f"the key is allowed only from {_day(entry.after)}")
    if entry.before and when > entry.before:
        raise TrustError(f"the key was allowed only until {_day(entry.before)}")


def _certified(entry: Entry, held: Certificate, when: int) -> list[str]:
    if not held.after <= when < held.before:
        raise TrustError("the certificate was not valid then")
    names = [name for name in held.principals if matches(name, entry.principals)]
    if not names:
        raise TrustError("the certificate names no principal that the line allows")
    return [n for n in names if not set(n) & set("*?!,")]


def _day(when: int) -> str:
    return datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%d %H:%M UTC")
