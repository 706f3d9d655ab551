"""Python requirements: PEP 508, and the lines of pip's requirements files.

Own, since ``packaging`` takes longer to import than a lockfile to read, and since pip's files
hold more than PEP 508: options, hashes, paths. Evaluates no marker.
"""

import re
from collections.abc import Iterator

from msgspec import Struct

from keten.errors import InputError
from keten.formats.lazy_pattern import lazy

_NAME = lazy(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*+(?<=[A-Za-z0-9]))?")
_EXTRAS = lazy(r"\s*\[([^\[\]]*+)\]")
_CLAUSE = lazy(r"\s*(===|~=|==|!=|<=|>=|<|>)\s*([^\s,;()<>=!~]++)\s*\Z")
_SEPARATORS = lazy(r"[-_.]+")
_COMMENT = lazy(r"(?:^|(?<=\s))#.*", re.DOTALL)
_LEADING_COMMENT = lazy(r"\s*#")
_WORD = lazy(r"""(?:[^\s"'\\]++|\\.|"[^"]*+"|'[^']*+')++""", re.DOTALL)
_QUOTE = lazy(r"[\"']")


class Requirement(Struct, frozen=True):
    """One requirement. *name* is spelled as PEP 503 does, *clauses* pairs of operator and
    version, *url* where a direct reference points, *marker* the text after ``;``.
    """  # noqa: D205 one sentence

    name: str
    extras: tuple[str, ...] = ()
    clauses: tuple[tuple[str, str], ...] = ()
    url: str = ""
    marker: str = ""

    @property
    def constraint(self) -> str:
        """Return the clauses as one writes them."""
        return ",".join(operator + version for operator, version in self.clauses)

    @property
    def pinned(self) -> str:
        """Return the one version that ``==`` or ``===`` allows, or ""."""
        for operator, version in self.clauses:
            if operator == "===" or (operator == "==" and not version.endswith(".*")):
                return version
        return ""

    def __str__(self) -> str:
        """Return the requirement in PEP 508's notation."""
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        head = f"{self.name}{extras}"
        head += f" @ {self.url}" if self.url else self.constraint
        return f"{head} ; {self.marker}" if self.marker else head


class Logical(Struct, frozen=True):
    """A line of a requirements file with its continuations; *comment* is what it says beside."""

    line: int
    text: str
    comment: str = ""


def normalise(name: str) -> str:
    """Return a project's name as PEP 503 spells it."""
    return _SEPARATORS.sub("-", name).lower()


def parse(text: str) -> Requirement:
    """Return the requirement in *text*; InputError where PEP 508 has no such form."""
    text = text.strip()
    found = _NAME.match(text)
    if found is None:
        raise InputError(f"no requirement: {text[:60]!r}")
    rest = text[found.end() :]
    extras: tuple[str, ...] = ()
    bracket = _EXTRAS.match(rest)
    if bracket is not None:
        extras = tuple(part.strip() for part in bracket.group(1).split(",") if part.strip())
        rest = rest[bracket.end() :]
    rest = rest.strip()
    name = normalise(found.group())
    if rest.startswith("@"):
        url, marker = _reference(rest[1:].strip())
        if not url:
            raise InputError(f"a requirement without its address: {text[:60]!r}")
        return Requirement(name, extras, url=url, marker=marker)
    specifier, _, marker = rest.partition(";")
    specifier = specifier.strip()
    if specifier.startswith("(") and specifier.endswith(")"):
        specifier = specifier[1:-1]
    clauses = tuple(_clause(part, text) for part in specifier.split(",") if part.strip())
    return Requirement(name, extras, clauses, marker=marker.strip())


def logical_lines(text: str) -> Iterator[Logical]:
    r"""Return the lines as pip joins them: ``\`` at the end continues, a comment ends that."""
    parts: list[str] = []
    first = 0
    for number, raw in enumerate(text.splitlines(), 1):
        comment = _LEADING_COMMENT.match(raw) is not None
        if raw.endswith("\\") and not comment:
            first = first or number
            parts.append(raw.rstrip("\\"))
            continue
        parts.append(f" {raw}" if comment else raw)
        yield _logical(first or number, "".join(parts))
        parts, first = [], 0
    if parts:
        yield _logical(first, "".join(parts))


def words(text: str) -> list[str]:
    """Split an option line as a shell would, quotes taken off."""
    return [_QUOTE.sub("", word) for word in _WORD.findall(text)]


def source_of(url: str) -> tuple[str, str]:
    """Return where a direct reference points, and its version where that is certain.

    A repository is written ``git+ADDRESS#REF`` whatever the notation it came in; an archive
    or path stays as it is, without its fragment. The version is that of a wheel's name.
    """
    address = url.partition("#")[0]
    scheme = address.partition("://")[0]
    if "+" in scheme or scheme == "git":
        ref = ""
        head, slashes, path = address.partition("://")
        host, slash, rest = path.partition("/")
        if "@" in rest:
            rest, _, ref = rest.rpartition("@")
        plain = f"{head}{slashes}{host}{slash}{rest}"
        plain = plain if "+" in scheme else f"git+{plain}"
        return (f"{plain}#{ref}" if ref else plain), ""
    file = address.rpartition("/")[2].partition("?")[0]
    if file.endswith(".whl") and file.count("-") >= 4:  # noqa: PLR2004 PEP 427: five parts
        return address, file.split("-")[1].replace("%2B", "+")
    return address, ""


def name_of(url: str) -> str:
    """Return the project that an address names: its egg or its wheel, else ""."""
    address, _, fragment = url.partition("#")
    for part in fragment.split("&"):
        key, _, value = part.partition("=")
        found = _NAME.match(value)
        if key == "egg" and found is not None:
            return normalise(found.group())
    file = address.rpartition("/")[2].partition("?")[0]
    if file.endswith(".whl") and file.count("-") >= 4:  # noqa: PLR2004 PEP 427: five parts
        return normalise(file.partition("-")[0])
    return ""


def _reference(text: str) -> tuple[str, str]:
    """Split ``URL ; marker``: the blank before the semicolon is required by PEP 508."""
    address, _, marker = text.replace("\t;", " ;").partition(" ;")
    return address.strip(), marker.strip()


def _clause(part: str, text: str) -> tuple[str, str]:
    found = _CLAUSE.match(part)
    if found is None:
        raise InputError(f"no version specifier: {part.strip()[:40]!r} in {text[:60]!r}")
    return found.group(1), found.group(2)


def _logical(line: int, text: str) -> Logical:
    found = _COMMENT.search(text)
    if found is None:
        return Logical(line, text.strip())
    return Logical(line, text[: found.start()].strip(), found.group()[1:].strip())
