"""Licences: SPDX expressions, and what people write instead where it means one for certain.

SPDX specification 2.3 annex D (identifiers, ``+``, ``WITH``, ``AND``, ``OR``, parentheses,
``LicenseRef-``). Operators are taken in any case, identifiers spelled as the list does, those
that the list gave up replaced by what says the same. A text that could mean several licences
("BSD", "Apache", "GPL") is none: it stays as it was written. The ``license-expression``
library knows more words but takes half a second to import.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache

from msgspec import Struct

from keten.formats.lazy_pattern import lazy

MAX_TEXT = 4000
MAX_DEPTH = 50

_TOKEN = lazy(r"[()]|[^\s()]+")
_REF = lazy(r"(?:DocumentRef-[A-Za-z0-9.-]+:)?(?:LicenseRef|AdditionRef)-[A-Za-z0-9.-]+")
_WORD = lazy(r"[^\s,;:()\"]+")
_VERSION = lazy(r"\A(?:v|ver|version)\.?(?=[0-9])")
_NOISE = frozenset({"the", "license", "licence", "version", "v", "v.", "software", "-", "terms"})
_SPELLED = {"gnu": "", "licenses": "", "licensed": "", "clauses": "clause"}


class Licence(Struct, frozen=True, order=True):
    """One licence: its SPDX *id* (or ``LicenseRef-``), *later* versions too, its *exception*."""

    id: str
    later: bool = False
    exception: str = ""

    def __str__(self) -> str:
        """Return the SPDX notation."""
        plus = "+" if self.later else ""
        return f"{self.id}{plus} WITH {self.exception}" if self.exception else f"{self.id}{plus}"


class AllOf(Struct, frozen=True):
    """Licences that all hold (``AND``)."""

    parts: tuple["Expression", ...]

    def __str__(self) -> str:
        """Return the SPDX notation."""
        return " AND ".join(f"({p})" if isinstance(p, AnyOf) else str(p) for p in self.parts)


class AnyOf(Struct, frozen=True):
    """Licences of which one may be chosen (``OR``)."""

    parts: tuple["Expression", ...]

    def __str__(self) -> str:
        """Return the SPDX notation; AND binds closer, so that it needs no parentheses."""
        return " OR ".join(map(str, self.parts))


Expression = Licence | AllOf | AnyOf
_Part = Callable[[], Expression | None]


def parse(text: str) -> Expression | None:
    """Return what *text* says for certain; None where it does not, or is over the ceilings."""
    text = text.strip()
    if not text or len(text) > MAX_TEXT:
        return None
    return _parse(text)


def normalise(text: str) -> str:
    """Return the SPDX expression that *text* means; where none is certain, *text* on one line."""
    found = parse(text)
    return " ".join(text.split()) if found is None else str(found)


def gather(texts: Iterable[str]) -> tuple[str, ...]:
    """Return each of *texts* normalised, once, in order; empty ones are left out."""
    return tuple(dict.fromkeys(filter(None, map(normalise, texts))))


def ids(expression: Expression) -> tuple[str, ...]:
    """Return the identifiers that *expression* names, sorted."""
    return tuple(sorted({licence.id for licence in licences(expression)}))


def licences(expression: Expression) -> Iterator[Licence]:
    """Yield the licences in *expression*, in order."""
    if isinstance(expression, Licence):
        yield expression
        return
    for part in expression.parts:
        yield from licences(part)


def known(identifier: str) -> str:
    """Return the list's spelling of an identifier, or "" where the list has none such."""
    return _licenses().get(identifier.lower(), "")


def all_known() -> list[str]:
    """Return every identifier of the list, as the list spells it."""
    return list(_licenses().values())


def family(stem: str) -> list[str]:
    """Return the identifiers that are *stem*, a hyphen and a version: ``Apache-1.1`` of Apache."""
    found = _licenses().values()
    return [
        name
        for name in found
        if name.rpartition("-")[0] == stem and name.rpartition("-")[2][:1].isdigit()
    ]


@cache
def _parse(text: str) -> Expression | None:
    if len(text) > 200:  # noqa: PLR2004 no alias is longer
        return _Parser(_TOKEN.findall(text)).whole()
    return _alias(text) or _Parser(_TOKEN.findall(text)).whole()


class _Parser:
    """Recursive descent over tokens; every method returns None for what is no expression."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.at = 0
        self.depth = 0

    def whole(self) -> Expression | None:
        found = self.either()
        return found if self.at == len(self.tokens) else None

    def either(self) -> Expression | None:
        parts = self._joined("or", self.every)
        if parts is None:
            return None
        return parts[0] if len(parts) == 1 else AnyOf(tuple(_flat(parts, AnyOf)))

    def every(self) -> Expression | None:
        parts = self._joined("and", self.one)
        if parts is None:
            return None
        return parts[0] if len(parts) == 1 else AllOf(tuple(_flat(parts, AllOf)))

    def one(self) -> Expression | None:
        if self._next() == "(":
            self.at += 1
            self.depth += 1
            found = self.either() if self.depth <= MAX_DEPTH else None
            self.depth -= 1
            if found is None or self._next() != ")":
                return None
            self.at += 1
            return found
        start = self.at
        while self._next() not in {"", "(", ")", "and", "or", "with"}:
            self.at += 1
        words = self.tokens[start : self.at]
        if not words:
            return None
        found = _single(words[0]) if len(words) == 1 else _alias(" ".join(words))
        if self._next() != "with":
            return found
        self.at += 2
        name = self.tokens[self.at - 1] if self.at <= len(self.tokens) else ""
        exception = _exceptions().get(name.lower(), name if _REF.fullmatch(name) else "")
        if not exception or not isinstance(found, Licence) or found.exception:
            return None
        return Licence(found.id, found.later, exception)

    def _joined(self, operator: str, part: "_Part") -> list[Expression] | None:
        parts: list[Expression] = []
        while True:
            found = part()
            if found is None:
                return None
            parts.append(found)
            if self._next() != operator:
                return parts
            self.at += 1

    def _next(self) -> str:
        return self.tokens[self.at].lower() if self.at < len(self.tokens) else ""


def _flat(parts: list[Expression], kind: type[AllOf | AnyOf]) -> Iterator[Expression]:
    """Put the parts of a nested expression of the same kind in its place; each part once."""
    seen: set[str] = set()
    for part in parts:
        for inner in part.parts if isinstance(part, kind) else (part,):
            if str(inner) not in seen:
                seen.add(str(inner))
                yield inner


def _single(word: str) -> Expression | None:
    """Return what one word means: an identifier, one given up, or what people call it."""
    low = word.lower()
    replaced = _deprecated().get(low)
    if replaced is not None:
        return replaced
    plain = low.removesuffix("+")
    name = _licenses().get(plain)
    if name is not None:
        if plain == low:
            return Licence(name)
        later = _licenses().get(f"{plain.removesuffix('-only')}-or-later")
        return Licence(later) if later else Licence(name, later=True)
    if _REF.fullmatch(word):
        return Licence(word)
    if "/" in word and "://" not in word:
        # Cargo's old notation, and common elsewhere: the user may choose.
        parts = [_single(part) for part in word.split("/")[:10]]
        known_parts = [part for part in parts if part is not None]
        if len(known_parts) == len(parts):
            return AnyOf(tuple(_flat(known_parts, AnyOf)))
    return _alias(word)


def _alias(text: str) -> Expression | None:
    from keten.formats.licences import licence_names

    low = text.strip().lower()
    if low.count("(") != low.count(")"):
        return None
    found = licence_names.ADDRESSES.get(_address(low)) if "://" in low else None
    if found is None:
        found = licence_names.NAMES.get(_key(low))
    return None if found is None else _Parser(found.split()).whole()


def _address(text: str) -> str:
    """Return a web address without what does not tell licences apart."""
    text = text.partition("://")[2].removeprefix("www.").rstrip("/")
    for ending in (".txt", ".html", ".php", "-license"):
        text = text.removesuffix(ending)
    return text


def _key(text: str) -> str:
    """Return the words of a licence's name that tell it from others."""
    words = (_VERSION.sub("", word) for word in _WORD.findall(text))
    return " ".join(_SPELLED.get(word, word) for word in words if word not in _NOISE).strip()


@cache
def _licenses() -> dict[str, str]:
    from keten.formats.licences import spdx_ids

    return {name.lower(): name for name in spdx_ids.LICENSES.split()}


@cache
def _exceptions() -> dict[str, str]:
    from keten.formats.licences import spdx_ids

    return {name.lower(): name for name in spdx_ids.EXCEPTIONS.split()}


@cache
def _deprecated() -> dict[str, Expression]:
    from keten.formats.licences import spdx_ids

    found: dict[str, Expression] = {}
    for old, new in spdx_ids.DEPRECATED.items():
        name, _, exception = new.partition(" WITH ")
        found[old.lower()] = Licence(name, exception=exception)
    return found
