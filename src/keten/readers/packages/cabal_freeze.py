"""cabal.project.freeze: one list of constraints, ``any.NAME ==VERSION`` and flags."""

import re

from keten.errors import InputError
from keten.formats.lazy_pattern import lazy
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft, decode

_FIELD = lazy(r"([A-Za-z][A-Za-z-]*+)\s*:(.*)", re.DOTALL)
_EXACT = lazy(r"(?:any\.|setup\.)?([A-Za-z0-9][A-Za-z0-9-]*+)\s*==\s*([0-9][0-9.]*+)")
_RANGE = lazy(r"(?:any\.|setup\.)?([A-Za-z0-9][A-Za-z0-9-]*+)\s*([<>=^].*)")
_FLAGS = lazy(r"(?:[A-Za-z0-9-]++[.:])*+[A-Za-z0-9-]++\s+(?:installed|source|test|bench|[-+].*)")


def read(source: Source) -> Facts:
    """Return the packages of one freeze file."""
    draft = Draft(source, ecosystem="hackage", format="cabal.project.freeze", lock=True)
    field, known = "", False
    for number, raw in enumerate(decode(source.data).split("\n"), 1):
        line = raw.strip()
        if not line or line.startswith("--"):
            continue
        head = _FIELD.fullmatch(line) if raw[:1].strip() else None
        if head:
            field, line = head.group(1).lower(), head.group(2).rstrip()
            known = known or field in ("constraints", "index-state", "active-repositories")
        if field == "index-state" and line:
            draft.settings["index_state"] = line.strip()[:200]
        if field != "constraints":
            continue
        column = raw.find(line) + 1 if head is None else raw.find(head.group(2)) + 1
        for written in line.split(","):
            part, here = written.strip(), column + len(written) - len(written.lstrip())
            column += len(written) + 1
            if not part:
                continue
            exact, ranged = _EXACT.fullmatch(part), _RANGE.fullmatch(part)
            if exact:
                draft.add(exact.group(1), exact.group(2), line=number, column=here)
            elif ranged:
                name, constraint = ranged.groups()
                draft.add(name, line=number, column=here, constraint=constraint)
            elif not _FLAGS.fullmatch(part):
                draft.problem(f"no constraint: {part[:60]!r}", number)
    if not known:
        raise InputError("no freeze file of Cabal: it has no constraints", line=1)
    return draft.facts()


READER = Reader(
    title="Cabal freeze file",
    media_type="text/x-cabal",
    read=read,
    link=Link.DEPENDENCIES,
    ceiling=8 << 20,
    names=("cabal.project.freeze", "*.project.freeze", "cabal.config"),
    marks=(b"==",),
)
