"""setup.cfg of setuptools: install_requires, setup_requires, tests_require, extras_require."""

import re

from keten.errors import InputError
from keten.formats.lazy_pattern import lazy
from keten.formats.versions import requirement as pep508
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft, decode

_SECTION = lazy(r"\[([^\]]++)\]")
_OPTION = lazy(r"([^\s=:][^=:]*+)[=:](.*)")
_LISTS = {"install_requires", "setup_requires", "tests_require"}


def read(source: Source) -> Facts:
    """Return the requirements of one setup.cfg."""
    draft = Draft(source, ecosystem="pypi", format="setup.cfg", lock=False)
    section = option = ""
    for number, raw in enumerate(decode(source.data).split("\n"), 1):
        line = raw.rstrip()
        if not line.strip() or line.lstrip()[0] in "#;":
            continue
        heading = _SECTION.match(line)
        if heading is not None:
            section, option = heading.group(1).strip(), ""
            continue
        text = line.strip()
        if not line[0].isspace():
            found = _OPTION.match(line)
            if found is None:
                draft.problem(f"neither section nor option: {line[:60]!r}", number)
                continue
            option, text = found.group(1).strip().lower().replace("-", "_"), found.group(2).strip()
        extras = section == "options.extras_require"
        if (extras or (section == "options" and option in _LISTS)) and text:
            _take(draft, text, number, option, extras=extras)
    return draft.facts()


def _take(draft: Draft, text: str, line: int, option: str, *, extras: bool) -> None:
    if text.startswith(("file:", "%(")):
        draft.note("includes", text, line)
        return
    for part in _parts(text):
        try:
            found = pep508.parse(part)
        except InputError as error:
            draft.problem(error.what, line)
            continue
        source, version = pep508.source_of(found.url) if found.url else ("", "")
        draft.add(
            found.name,
            version,
            line=line,
            direct=True,
            development=not extras and option != "install_requires",
            optional=extras,
            constraint=found.constraint,
            source=source,
        )


def _parts(text: str) -> list[str]:
    """Split at semicolons as setuptools does for lists on one line, but not before a marker."""
    text = text.partition(" #")[0].strip()
    if ";" not in text or re.search(
        r";\s*(?:\(|python_|os_|sys_|platform_|implementation_|extra\b)", text
    ):
        return [text] if text else []
    return [part.strip() for part in text.split(";") if part.strip()]


READER = Reader(
    title="setup.cfg of setuptools",
    media_type="text/plain",
    read=read,
    link=Link.DEPENDENCIES,
    names=("setup.cfg",),
    marks=(b"[options",),
)
