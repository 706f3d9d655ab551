"""The words of a line of go.mod and go.work: bare, in quotes, or in backquotes.

A quote that does not end goes to the end of the line: Go refuses it, and to look for it from each
quote on would take the square of the line.
"""

from keten.formats.lazy_pattern import lazy

MAX_LINE = 1 << 16
_TOKEN = lazy(r'"((?:[^"\\\n]++|\\.)*+)"?|`([^`\n]*+)`|([^\s"`]++)')


def words(code: str) -> list[str]:
    """Return the words of *code*, without its quotes."""
    return [quoted or raw or bare for quoted, raw, bare in _TOKEN.findall(code)]
