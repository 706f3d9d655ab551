"""Cases of version order: ``<ecosystem>-versions*.txt`` with lines ``A < B``, ``=`` or ``>``.

A name before ``-versions`` is an OSV ecosystem in lower case (``redhat``), or a VERS type.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from keten import plugs
from keten.errors import InputError
from keten.model.plug import Ecosystem
from suites import Outcome, attempt, files

COLUMNS = 3


def run(path: Path) -> Iterator[Outcome]:
    """Run every line of every file under *path*; each is asked both ways round."""
    for file in files(path, ".txt"):
        try:
            key = _order(file.name.partition("-versions")[0])
            lines = file.read_text("utf-8").splitlines()
        except (InputError, ValueError, OSError) as error:
            yield Outcome(file.name, "a readable file of a known ecosystem", str(error))
            continue
        for number, line in enumerate(lines, 1):
            if line.strip() and not line.startswith(("#", "//")):
                yield _one(f"{file.name}:{number}", line, key)


def _order(name: str) -> Callable[[str], Any]:
    for plug in (plugs.load(Ecosystem, other) for other in plugs.names(Ecosystem)):
        names = (plug.osv, *plug.osv_more, *plug.vers)
        if name in {other.lower().replace(" ", "") for other in names}:
            return plug.key
    raise InputError(f"no ecosystem is called {name!r}")


def _one(name: str, line: str, key: Callable[[str], Any]) -> Outcome:
    columns = line.split()
    if len(columns) != COLUMNS or columns[1] not in {"<", "=", ">"}:
        return Outcome(f"{name} {line}", "A < B, A = B or A > B", "another line")
    left, expected, right = columns
    return Outcome(f"{name} {line}", expected, attempt(lambda: _ask(key(left), key(right))))


def _ask(left: Any, right: Any) -> str:
    forward = (left < right, left == right, left > right)
    backward = (right > left, right == left, right < left)
    if forward != backward or sum(forward) != 1:
        return f"no order: {forward} and {backward}"
    return "<=>"[forward.index(True)]
