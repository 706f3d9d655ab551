"""Gemfile: the lines of it that can be read without running it.

A Gemfile is a Ruby program. What is written plainly (``source``, ``gem`` with literal
arguments) is taken; what a program makes of it is in the lockfile.
"""

from keten.formats.lazy_pattern import lazy
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft, decode

MAX_LINE = 10_000
_SOURCE = lazy(r"""source[\s(]+["']([^"']++)["']""")
_GEM = lazy(r"""gem[\s(]+["']([^"']++)["']""")
_TEXT = lazy(r"""\s*,\s*["']([^"']*+)["']""")
_OPTION = lazy(
    r"""(?::(git|github|ref|tag|branch|path)\s*=>|\b(git|github|ref|tag|branch|path):)\s*["']([^"']++)["']"""
)
_GROUP = lazy(r"group[\s(]+(.*?)\s+do\b")
_DEVELOPMENT = lazy(r":(?:development|test)\b")


def read(source: Source) -> Facts:
    """Return what one Gemfile plainly asks for."""
    draft = Draft(source, ecosystem="gem", format="Gemfile", lock=False)
    development = False
    for number, raw in enumerate(decode(source.data).split("\n"), 1):
        line = raw.strip()[:MAX_LINE]
        found = _SOURCE.match(line)
        if found is not None:
            draft.note("indexes", {"url": found.group(1), "extra": False}, number)
        group = _GROUP.match(line)
        if group is not None:
            development = _DEVELOPMENT.search(group.group(1)) is not None
        elif raw.startswith("end"):
            development = False
        elif line.startswith("gemspec"):
            draft.settings["gemspec"] = True
        found = _GEM.match(line)
        if found is not None:
            _gem(draft, found.group(1), line[found.end() :], number, development=development)
    return draft.facts()


def _gem(draft: Draft, name: str, rest: str, line: int, *, development: bool) -> None:
    constraints: list[str] = []
    end = 0
    while (found := _TEXT.match(rest, end)) is not None:
        constraints.append(found.group(1))
        end = found.end()
    options = {(a or b): value for a, b, value in _OPTION.findall(rest, end)}
    source = ""
    if "path" in options:
        source = f"path:{options['path']}"
    elif "git" in options or "github" in options:
        address = options.get("git") or f"https://github.com/{options['github']}"
        ref = options.get("ref") or options.get("tag") or options.get("branch")
        source = f"git+{address}" + (f"#{ref}" if ref else "")
    draft.add(
        name,
        line=line,
        direct=True,
        development=development or ("group" in rest and _DEVELOPMENT.search(rest) is not None),
        constraint=", ".join(constraints),
        source=source,
    )


READER = Reader(
    title="Gemfile",
    media_type="text/x-ruby",
    read=read,
    link=Link.DEPENDENCIES,
    names=("Gemfile", "gems.rb"),
)
