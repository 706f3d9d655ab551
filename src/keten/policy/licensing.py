"""Which licences policy permits: SPDX expressions held against ``[licenses]`` of keten.toml.

``OR`` is the user's choice: one permitted part is enough. ``AND`` binds: each part has to be
permitted. ``GPL-2.0-or-later`` is a choice of the versions that the SPDX list has. The entry
that says most decides: a licence with its exception before the licence, that before its
category; where allow and deny say as much, deny does. An entry without an exception speaks of
the licence with one too: an exception only permits more. Where *allow* names anything,
nothing else is permitted. What no entry can speak of, since it is no SPDX expression, is
neither permitted nor denied.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from msgspec import Struct

from keten.config import Concluded, Licenses, nearest
from keten.errors import InputError, UsageError
from keten.formats.licences import license_categories, licenses
from keten.formats.licences.licenses import AllOf, AnyOf, Expression, Licence

_CATEGORY = "category:"
_TEXT = "text:"
_SAY_NOTHING = frozenset({"", "noassertion", "none", "unknown", "unlicensed", "other"})
# GPL-2.0-only and GPL-2.0-or-later: what stands before the version, the versions in order.
_SERIES = {
    "AGPL": ("1.0", "3.0"),
    "GFDL": ("1.1", "1.2", "1.3"),
    "GPL": ("1.0", "2.0", "3.0"),
    "LGPL": ("2.0", "2.1", "3.0"),
}
_LATER = "-or-later"
_ONLY = "-only"


class Denied(Struct, frozen=True):
    """A licence that policy does not permit, and the entry that says so."""

    licence: str
    why: str


class Judgement(Struct, frozen=True):
    """What policy says of a package: *denied* is why not, *unknown* the texts nobody can judge."""

    denied: tuple[Denied, ...] = ()
    unknown: tuple[str, ...] = ()
    nothing: bool = False


class _Entry(Struct, frozen=True):
    said: str
    licence: Licence | None = None
    categories: frozenset[str] = frozenset()
    text: str = ""


class Rules:
    """``[licenses]`` made ready; UsageError names an entry that means no licence."""

    def __init__(self, said: Licenses, name: str = "keten.toml") -> None:
        self.allow = [_entry(text, f"{name}: licenses.allow") for text in said.allow]
        self.deny = [_entry(text, f"{name}: licenses.deny") for text in said.deny]
        self.conclusions = [_Concluded(item, name) for item in said.package]
        self.judge = lru_cache(4096)(self._judge)

    def concluded(self, purl: str) -> Concluded | None:
        """Return what a person concluded of the package *purl*; the first that fits."""
        bare = purl.partition("?")[0].partition("#")[0]
        plain = bare.rpartition("@")[0] if "@" in bare.rpartition("/")[2] else bare
        for item in self.conclusions:
            if item.purl in (bare, plain):
                return item.said
        return None

    def _judge(self, texts: tuple[str, ...]) -> Judgement:
        """Judge all *texts* of a package: each of them binds."""
        denied: list[Denied] = []
        unknown: list[str] = []
        told = [text for text in texts if text.strip().lower() not in _SAY_NOTHING]
        for text in told:
            found = licenses.parse(text)
            if found is not None:
                denied += self._expression(found)
                continue
            verdict = self._text(text)
            if isinstance(verdict, Denied):
                denied.append(verdict)
            elif verdict is None:
                unknown.append(text)
        return Judgement(tuple(dict.fromkeys(denied)), tuple(unknown), nothing=not told)

    def _expression(self, found: Expression) -> tuple[Denied, ...]:
        """Return what denies *found*; nothing where it is permitted."""
        if isinstance(found, Licence):
            return self._licence(found)
        parts = [self._expression(part) for part in found.parts]
        if isinstance(found, AnyOf) and not all(parts):
            return ()
        return tuple(item for part in parts for item in part)

    def _licence(self, found: Licence) -> tuple[Denied, ...]:
        choices = [self._version(one, found) for one in _versions(found)]
        if not all(choices):
            return ()
        return (Denied(str(found), next(filter(None, choices))),)

    def _version(self, one: Licence, whole: Licence) -> str:
        """Return why *one* choice of the licence *whole* is denied, "" where it is permitted."""
        denying = [(_weight(e, one, whole, wide=True), e.said) for e in self.deny]
        deny = max(denying, default=(0, ""))
        allow = max((_weight(e, one, whole, wide=False) for e in self.allow), default=0)
        if deny[0] and deny[0] >= allow:
            return f"denied: {deny[1]}"
        return "" if allow or not self.allow else "not among the allowed"

    def _text(self, text: str) -> Denied | bool | None:
        """Judge what is no expression: Denied, True for permitted, None for not known."""
        word = _folded(text)
        for entry in self.deny:
            if entry.text == word:
                return Denied(text, f"denied: {entry.said}")
        return True if any(entry.text == word for entry in self.allow) else None


class _Concluded:
    """A conclusion made ready: its canonical purl, and the expression it concludes."""

    def __init__(self, said: Concluded, name: str) -> None:
        from keten.formats import purl

        try:
            self.purl = purl.canonical(said.purl).partition("?")[0]
        except InputError as error:
            raise UsageError(f"{name}: licenses.package: {error.what}") from error
        if licenses.parse(said.license) is None:
            what = f"{said.license!r} is no SPDX expression"
            raise UsageError(f"{name}: licenses.package {said.purl}: {what}")
        self.said = said


def binding(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the licences that bind one by one: ``A AND B`` is A, and B."""
    found: dict[str, None] = {}
    for text in texts:
        whole = licenses.parse(text)
        parts = whole.parts if isinstance(whole, AllOf) else (whole,)
        found.update((text if part is None else str(part), None) for part in parts)
    return tuple(found)


def _entry(text: str, where: str) -> _Entry:
    word = text.strip()
    if word.startswith(_CATEGORY):
        name = word.removeprefix(_CATEGORY).strip()
        if name not in license_categories.NAMES:
            known = nearest(name, list(license_categories.NAMES))
            raise UsageError(f"{where}: no category {name!r}{known}")
        return _Entry(word, categories=license_categories.named(name))
    if word.startswith(_TEXT):
        return _Entry(word, text=_folded(word.removeprefix(_TEXT)))
    found = licenses.parse(word)
    if isinstance(found, AllOf | AnyOf):
        raise UsageError(f"{where}: {word!r} is several licences: write an entry for each")
    if found is None:
        known = nearest(word, licenses.all_known())
        hint = known if known.startswith("; did") else ""
        raise UsageError(
            f"{where}: {word!r} is no SPDX identifier{hint}",
            advice="category:NAME names a kind of licence, text:WORDS what is in no list.",
        )
    return _Entry(word, licence=found)


_EXACT, _NAMED, _KIND = 3, 2, 1


def _weight(entry: _Entry, one: Licence, whole: Licence, *, wide: bool) -> int:
    """Return how much *entry* says of *one* choice of the licence *whole*; 0: nothing.

    *wide*: to deny ``GPL-2.0-or-later`` is to deny each of its versions; to allow it is not.
    """
    if entry.licence is None:
        kind = license_categories.category(one.id, one.exception)
        return _KIND if kind in entry.categories else 0
    said = entry.licence
    if said.exception and said.exception != one.exception:
        return 0
    if not said.exception and one.exception.startswith("AdditionRef-") and not wide:
        return 0  # what a private addition says, nobody knows
    ids = {item.id for item in _versions(said)} if wide else {said.id}
    if one.id in ids or (said.id, said.later) == (whole.id, whole.later):
        return _EXACT if said.exception or not one.exception else _NAMED
    return 0


def _versions(found: Licence) -> Iterator[Licence]:
    """Yield the single versions that a licence lets its user choose from."""
    if found.id.endswith(_LATER):
        family, _, version = found.id.removesuffix(_LATER).partition("-")
        series = _SERIES.get(family, ())
        if version in series:
            for later in series[series.index(version) :]:
                yield Licence(f"{family}-{later}{_ONLY}", exception=found.exception)
            return
    stem, _, version = found.id.rpartition("-")
    if not found.later or not version[:1].isdigit():
        yield found
        return
    for identifier in licenses.family(stem):
        if _number(identifier.rpartition("-")[2]) >= _number(version):
            yield Licence(identifier, exception=found.exception)


def _number(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if re.fullmatch("[0-9]{1,3}", part))


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
