"""NAME.opam.locked of opam: what a package depends on, each at one version, in opam's notation."""

import re
from itertools import pairwise

from keten.errors import InputError
from keten.formats.lazy_pattern import lazy
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft, decode

_TOKEN = lazy(
    r'\s++|\#[^\n]*+|\(\*(?:[^*]++|\*(?!\)))*+(?:\*\)|\Z)|("""(?:[^"\\]++|\\.|"(?!""))*+"""'
    r'|"(?:[^"\\]++|\\.)*+")|([A-Za-z0-9_][A-Za-z0-9_+-]*+:?)|([\[\]{}()]|[=<>!&|?:~]++|[^"])',
    re.DOTALL,
)
_ASIDE = {"with-test", "with-doc", "with-dev-setup", "dev"}


def read(source: Source) -> Facts:
    """Return the packages of one locked file."""
    body = decode(source.data)
    draft = Draft(source, ecosystem="opam", format="opam.locked", lock=True)
    at = mark = 0
    line, field, braces = 1, "", 0
    name, words, known = "", list[str](), False
    where = (1, 1)
    while at < len(body):
        found = _TOKEN.match(body, at)
        fresh = body.count("\n", mark, at)
        line += fresh
        mark = at
        if found is None:  # a text that is not closed
            raise InputError("a text that is not closed", line=line)
        quoted, word, sign = found.groups()
        at = found.end()
        if word is not None and word.endswith(":") and braces == 0:
            field, known = word[:-1], known or word in ("depends:", "opam-version:")
        if field != "depends":
            continue
        if quoted is not None and braces == 0:
            if name:
                _add(draft, name, words, where)
            column = found.start() - body.rfind("\n", max(0, found.start() - 1000), found.start())
            name, words, where = quoted.strip('"'), [], (line, column)
        elif sign == "{":
            braces += 1
        elif sign == "}":
            braces = max(braces - 1, 0)
        elif braces and (quoted or word or sign):
            words.append(quoted or word or sign)
        elif sign == "]":
            field = ""
            if name:
                _add(draft, name, words, where)
            name = ""
    if name:
        _add(draft, name, words, where)
    if not known:
        raise InputError("no file of opam: it has no depends", line=1)
    return draft.facts()


def _add(draft: Draft, name: str, words: list[str], where: tuple[int, int]) -> None:
    version = ""
    for sign, value in pairwise(words):
        if sign == "=" and value.startswith('"'):
            version = value.strip('"')
            break
    draft.add(
        name,
        version,
        line=where[0],
        column=where[1],
        development=not _ASIDE.isdisjoint(words),
    )


READER = Reader(
    title="opam locked file",
    media_type="text/x-opam",
    read=read,
    link=Link.DEPENDENCIES,
    ceiling=8 << 20,
    names=("*.opam.locked", "opam.locked"),
)
