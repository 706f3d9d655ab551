"""What the writers of all formats have to put into other words: licences, tools, places."""

from collections.abc import Sequence

from keten.formats.lazy_pattern import lazy
from keten.formats.licences import licenses
from keten.formats.licences.licenses import AllOf, AnyOf, Expression, Licence
from keten.formats.sbom.identity import short
from keten.formats.sbom.records import Component

_NOT_ID = lazy(r"[^A-Za-z0-9.-]+")
_KEPT = 40


def declared(text: str) -> Expression | None:
    """Return the SPDX expression that *text* is, None where it is none."""
    return licenses.parse(text)


def named(expression: Expression) -> str:
    """Return the one listed identifier that *expression* is, else ""."""
    if isinstance(expression, Licence) and not expression.later and not expression.exception:
        return licenses.known(expression.id)
    return ""


def all_of(text: str) -> tuple[str, ...]:
    """Return the parts of *text* that all apply: an expression that is an AND, taken apart."""
    found = licenses.parse(text) if " " in text else None
    if isinstance(found, AllOf):
        return tuple(map(str, found.parts))
    return (text,)


def joined(texts: Sequence[str]) -> tuple[str, dict[str, str]]:
    """Return one SPDX expression of licences that all apply, and what its LicenseRefs stand for."""
    parts: list[str] = []
    stand: dict[str, str] = {}
    for text in texts:
        found = licenses.parse(text)
        if found is None:
            word = _NOT_ID.sub("-", text)[:_KEPT].strip("-")
            name = "-".join(filter(None, ("LicenseRef", word, short(text)[:8])))
            stand[name] = text
            parts.append(name)
            continue
        for part in licenses.licences(found):
            if part.id.startswith("LicenseRef-"):
                stand[part.id] = part.id
        parts.append(f"({found})" if isinstance(found, AnyOf) and len(texts) > 1 else str(found))
    return " AND ".join(parts), stand


def apart(tool: str) -> tuple[str, str]:
    """Return name and version of ``name version``."""
    name, _, version = tool.rpartition(" ")
    return (name, version) if name else (version, "")


def own_of(component: Component, hashes: Sequence[str]) -> dict[str, str]:
    """Return what keten alone says of *component*, with the *hashes* that the format has not."""
    own = dict(component.own)
    if hashes:
        own["hash"] = " ".join(hashes)
    return own
