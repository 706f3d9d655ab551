"""The conformance suites: one module per layout of cases, each with a function ``run``.

``run(path)`` walks the cases under *path* and yields an Outcome for each. It calls what the
product calls; nothing is made for it.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct


class Outcome(Struct, frozen=True):
    """How one case went: its *name* (file and place), what was *expected* and what came."""

    name: str
    expected: str
    got: str

    @property
    def passed(self) -> bool:
        """Return whether what came is what was expected."""
        return self.expected == self.got


def attempt(call: Callable[[], Any]) -> str:
    """Return what *call* returns, or the error it raises, as text."""
    try:
        return show(call())
    except Exception as error:  # noqa: BLE001 - whatever a case raises is its outcome
        return f"error: {type(error).__name__}: {error}"


def show(value: Any) -> str:
    """Return a value as it is named in an outcome."""
    return value if isinstance(value, str) else repr(value)


def json_tests(path: Path, one: Callable[[str, dict[str, Any]], Outcome]) -> Iterator[Outcome]:
    """Run *one* over the ``tests`` of every JSON file under *path*.

    A file or a case that can not be read yields an Outcome that has failed.
    """
    for file in files(path, ".json"):
        try:
            tests = list(json.loads(file.read_bytes())["tests"])
        except (ValueError, KeyError, TypeError, RecursionError, OSError) as error:
            yield Outcome(file.name, "a readable file of tests", f"{type(error).__name__}: {error}")
            continue
        for number, test in enumerate(tests, 1):
            name = f"{file.name}#{number}"
            try:
                yield one(name, test)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                yield Outcome(name, "a readable case", f"{type(error).__name__}: {error}")


def files(path: Path, *suffixes: str) -> list[Path]:
    """Return the case files under *path* (or *path* itself), sorted."""
    if path.is_file():
        return [path]
    return sorted(p for p in path.rglob("*") if p.suffix in suffixes and p.is_file())
