"""VERS, version range specifiers: read, check, spell, and ask whether a version is in one.

The version order is that of the ecosystem plug that names the VERS type. ``parse`` refuses
what is not canonical (VERS clause 5.4); ``canonical`` sorts; ``contains`` takes either.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import pairwise
from typing import Any

from msgspec import Struct

from keten import plugs
from keten.errors import CeilingError, InputError
from keten.model.plug import Ecosystem

CEILING = 1 << 20
"""The longest VERS that is read, in characters."""

Constraint = tuple[str, str]
"""A comparator (``=``, ``!=``, ``<``, ``<=``, ``>``, ``>=`` or ``*``) and a version."""

_TYPE = re.compile(r"[a-z][a-z0-9.-]*")
_COMPARATORS = (">=", "<=", "!=", "<", ">")
_BROKEN = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ENCODED = re.compile(r"%([0-9A-Fa-f]{2})")
_LOWER_HEX = re.compile(r"%(?:[0-9A-F]?[a-f]|[a-f])")
_RESERVED = re.compile(r"[><=!*|%\s]|[^\x20-\x7e]")
_NOT_CANONICAL = "non-canonical VERS: "
_UNORDERED = frozenset({"example", "test"})


class Vers(Struct, frozen=True):
    """A version range: the *scheme* whose order holds, and *constraints* in written order."""

    scheme: str
    constraints: tuple[Constraint, ...]

    def __str__(self) -> str:
        """Return the text, its constraints as they stand."""
        written = [f"{'' if c == '=' else c}{_encode(v)}" for c, v in self.constraints]
        return f"vers:{self.scheme}/{'|'.join(written)}"


def parse(text: str) -> Vers:
    """Read a canonical VERS; InputError names what is not canonical in it."""
    vers = _read(text)
    if vers.scheme not in _UNORDERED:
        _check(vers)
    return vers


def canonical(text: str) -> str:
    """Return *text* with its constraints sorted by version, none taken away."""
    return str(_sorted(_read(text)))


def build(scheme: str, constraints: Iterable[Constraint]) -> str:
    """Return the canonical VERS of *constraints* in any order; InputError if there is none."""
    text = str(_sorted(_read(str(Vers(scheme, tuple(constraints))))))
    parse(text)
    return text


def contains(text: str, version: str) -> bool:
    """Return whether *version* is in the range *text*, sorted or not."""
    vers = _read(text)
    if vers.scheme == "none":
        return False
    if vers.constraints == (("*", ""),):
        return True
    key = order(vers.scheme)
    tested = key(version)
    keyed = sorted(((key(v), c) for c, v in vers.constraints), key=lambda pair: pair[0])
    for bound, comparator in keyed:
        if bound == tested and comparator in {"=", "<=", ">="}:
            return True
    if any(bound == tested and comparator == "!=" for bound, comparator in keyed):
        return False
    return _between(tested, [pair for pair in keyed if pair[1] not in {"=", "!="}], keyed)


def from_native(scheme: str, text: str) -> str:
    """Return an ecosystem's own range *text* as a sorted VERS; InputError if it has none."""
    if len(text) > CEILING:
        raise CeilingError(f"a range of {len(text)} characters is over the ceiling of {CEILING}")
    plug = ecosystem(scheme)
    if plug.native is None:
        raise InputError(f"ranges of {scheme} are not read", advice="give a VERS")
    return str(_sorted(Vers(scheme, plug.native(text))))


@lru_cache(maxsize=64)
def ecosystem(scheme: str) -> Ecosystem:
    """Return the plug that orders *scheme*; InputError where there is none."""
    names = plugs.names(Ecosystem)
    for name in sorted(names, key=lambda name: name != scheme):
        plug = plugs.load(Ecosystem, name)
        if scheme in plug.vers:
            return plug
    raise InputError(f"no version order is known for vers:{scheme[:60]}")


def order(scheme: str) -> Callable[[str], Any]:
    """Return the function that makes comparable keys of versions of *scheme*."""
    return ecosystem(scheme).key


def _read(text: str) -> Vers:
    if len(text) > CEILING:
        raise CeilingError(f"a VERS of {len(text)} characters is over the ceiling of {CEILING}")
    if re.search(r"[ \t\n\r\f\v]", text):
        raise InputError(f"{_NOT_CANONICAL}whitespace is not permitted")
    head, colon, specifier = text.partition(":")
    if head != "vers" or not colon:
        raise InputError("a VERS begins with vers:")
    scheme, slash, written = specifier.partition("/")
    if not slash or not _TYPE.fullmatch(scheme) or scheme == "invalid":
        raise InputError(f"{scheme[:60]!r} is no VERS type")
    if not written:
        raise InputError("a VERS has at least one constraint")
    if written == "*":
        return Vers(scheme, (("*", ""),))
    if scheme in {"all", "none"}:
        raise InputError(f"vers:{scheme} is written vers:{scheme}/*")
    if "||" in written:
        raise InputError(f"{_NOT_CANONICAL}consecutive pipes are not permitted")
    if written[0] == "|" or written[-1] == "|":
        where = "leading" if written[0] == "|" else "trailing"
        raise InputError(f"{_NOT_CANONICAL}{where} pipe is not permitted")
    return Vers(scheme, tuple([_constraint(scheme, part) for part in written.split("|")]))


def _constraint(scheme: str, part: str) -> Constraint:
    comparator = next((c for c in _COMPARATORS if part.startswith(c)), "")
    version = part[len(comparator) :]
    if not version or version[0] in "=*<>!" or re.search(r"[<>=!*]", version):
        raise InputError(f"{part[:60]!r} is no constraint: a comparator, then one version")
    if not version.isascii():
        raise InputError(f"{part[:60]!r} has characters that are not ASCII")
    if _BROKEN.search(version):
        raise InputError(f"{_NOT_CANONICAL}invalid percent-encoding in version")
    if scheme == "datetime":
        _stamp(version)
    return comparator or "=", _decode(version)


def _stamp(version: str) -> None:
    if _LOWER_HEX.search(version):
        raise InputError(f"{_NOT_CANONICAL}percent-encoding in version is not canonical")
    if "%3A" in version:
        raise InputError(f"{_NOT_CANONICAL}datetime time colons must be unencoded")
    if "t" in version or "z" in version:
        raise InputError(f"{_NOT_CANONICAL}datetime must use uppercase T and Z")


def _check(vers: Vers) -> None:
    """Apply the validation rules of clause 5.4 to constraints other than ``*``."""
    if vers.constraints == (("*", ""),):
        return
    key = order(vers.scheme)
    keys = [key(version) for _, version in vers.constraints]
    for before, after in pairwise(keys):
        if before == after:
            raise InputError(f"{_NOT_CANONICAL}a version occurs twice")
        if not before < after:
            raise InputError(f"{_NOT_CANONICAL}constraints are not sorted by version")
    kept = [comparator for comparator, _ in vers.constraints if comparator != "!="]
    for first, second in pairwise(kept):
        if first == "=" and second in {"<", "<="}:
            raise InputError(f"{_NOT_CANONICAL}{second} follows a single version")
    bounds = [comparator[0] for comparator in kept if comparator != "="]
    if any(first == second for first, second in pairwise(bounds)):
        raise InputError(f"{_NOT_CANONICAL}lower and upper bounds do not alternate")


def _sorted(vers: Vers) -> Vers:
    if vers.constraints == (("*", ""),) or vers.scheme in _UNORDERED:
        return vers
    key = order(vers.scheme)
    # At one version an upper bound stands before a lower: it closes what the other follows.
    pairs = sorted(vers.constraints, key=lambda pair: pair[0])
    return Vers(vers.scheme, tuple(sorted(pairs, key=lambda pair: key(pair[1]))))


def _between(tested: Any, bounds: list[tuple[Any, str]], every: list[tuple[Any, str]]) -> bool:
    """Walk the bounds from below; between a lower and the next upper bound is inside."""
    if not bounds:
        return all(comparator == "!=" for _, comparator in every)
    above = False  # whether the bound before is a lower one
    for bound, comparator in bounds:
        if tested < bound:
            return above or comparator[0] == "<"
        if tested == bound:
            return False  # with an inclusive comparator it is in already
        above = comparator[0] == ">"
    return above


def _encode(version: str) -> str:
    return _RESERVED.sub(
        lambda match: "".join(f"%{octet:02X}" for octet in match.group().encode()), version
    )


def _decode(version: str) -> str:
    if "%" not in version:
        return version
    decoded = _ENCODED.sub(lambda match: chr(int(match[1], 16)), version)
    if re.search(r"[^\x20-\x7e]", decoded):
        raise InputError(f"{_NOT_CANONICAL}only printable ASCII may be percent-encoded")
    return decoded
