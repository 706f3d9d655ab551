"""Python packages: PEP 440 order, PEP 503 names.

Own code rather than ``packaging.version``: the key is a flat tuple, digits have no limit,
and what PEP 440 refuses still has the order that setuptools gave it, below all that it takes.
"""

import re
from typing import Any

from keten.errors import InputError
from keten.formats.versions.order import clean, number
from keten.model.plug import Ecosystem

_VERSION = re.compile(
    r"v?(?:([0-9]+)!)?([0-9]+(?:\.[0-9]+)*)"  # epoch, release
    r"(?:[-_.]?(alpha|beta|preview|pre|rc|a|b|c)[-_.]?([0-9]*))?"
    r"(?:-([0-9]+)|[-_.]?(post|rev|r)[-_.]?([0-9]*))?"
    r"(?:[-_.]?(dev)[-_.]?([0-9]*))?"
    r"(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?"
)
_PHASES = {"a": 1, "alpha": 1, "b": 2, "beta": 2, "c": 3, "rc": 3, "pre": 3, "preview": 3}
_FINAL = 4
_LEGACY = re.compile(r"[0-9]+|[a-z]+|[.-]")
_OLD = {"pre": "c", "preview": "c", "-": "final-", "rc": "c", "dev": "@"}
_COMPARE = re.compile(r"\s*(===|==|~=|!=|<=|>=|<|>)\s*([^\s,]+)\s*")


def key(version: str) -> tuple[Any, ...]:
    """Return the key of *version*; never fails but for an empty one."""
    text = clean(version).lower()
    match = _VERSION.fullmatch(text)
    if match is None:
        return (0, *_legacy(text))
    epoch, numbers, phase, nth, post, posted, again, dev, dev_nth, local = match.groups()
    release = [number(part) for part in numbers.split(".")]
    while release and not release[-1]:
        release.pop()
    is_post = post is not None or posted is not None
    pre = (_PHASES[phase], number(nth)) if phase else (_FINAL, 0)
    if not phase and dev and not is_post:
        pre = (0, 0)  # a development release of the release itself, before its first alpha
    return (
        1,
        number(epoch or ""),
        tuple(release),
        *pre,
        number(post or again or "") if is_post else -1,
        (0, number(dev_nth)) if dev else (1,),
        _local(local) if local else (),
    )


def _local(text: str) -> tuple[Any, ...]:
    """Numbers order after texts; no local part orders before any."""
    found: list[Any] = []
    for part in re.split("[-_.]", text):
        found += (1, number(part)) if part.isdecimal() else (0, part)
    return tuple(found)


def _legacy(text: str) -> list[str]:
    """Return the parts that setuptools compared before PEP 440."""
    parts: list[str] = []
    for part in [*_LEGACY.findall(text), "final"]:
        if part == ".":
            continue
        part = _OLD.get(part, part)  # noqa: PLW2901 - the spelling that orders
        if part[0].isdecimal():
            parts.append(part.zfill(8))
            continue
        part = f"*{part}"  # noqa: PLW2901
        if part < "*final":
            while parts and parts[-1] == "*final-":
                parts.pop()
        while parts and parts[-1] == "00000000":
            parts.pop()
        parts.append(part)
    return parts


def _normalise(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def native(text: str) -> tuple[tuple[str, str], ...]:
    """Return the constraints of PEP 440 version specifiers, alternatives parted by ``||``."""
    found: list[tuple[str, str]] = []
    for clause in filter(None, map(str.strip, text.replace("||", ",").split(","))):
        match = _COMPARE.fullmatch(clause)
        if match is None:
            raise InputError(f"{clause[:60]!r} is no version specifier of PEP 440")
        operator, version = match.groups()
        found += _clause(operator, version)
    return tuple(found)


def _clause(operator: str, version: str) -> list[tuple[str, str]]:
    prefix = version.removesuffix(".*")
    if operator == "~=" or prefix != version:
        if operator not in {"~=", "==", "!="}:
            raise InputError(f"{operator}{version[:60]} is no version specifier of PEP 440")
        parts = re.match(r"(?:[0-9]+!)?([0-9]+(?:\.[0-9]+)*)", prefix)
        if parts is None or (operator == "~=" and "." not in parts.group(1)):
            raise InputError(f"{operator}{version[:60]} is no version specifier of PEP 440")
        kept = parts.group().split(".")
        if operator == "~=":
            kept.pop()
        epoch, mark, last = kept[-1].rpartition("!")
        kept[-1] = f"{epoch}{mark}{_next(last)}"
        low, high = prefix, ".".join(kept)
        if operator == "!=":
            return [("<", low), (">=", high)]
        return [(">=", low), ("<", high)]
    return [("=" if operator in {"==", "==="} else operator, version)]


def _next(digits: str) -> str:
    """Return the next whole number; InputError where the digits are beyond all sense."""
    if len(digits) > 4000:  # noqa: PLR2004 - what int() converts
        raise InputError("a version number of more than 4,000 digits in a range")
    return str(int(digits) + 1)


ECOSYSTEM = Ecosystem(
    title="PyPI",
    purl_type="pypi",
    osv="PyPI",
    key=key,
    normalise=_normalise,
    vers=("pypi",),
    native=native,
)
