"""The conformance suites: one module per layout of cases, each with a function ``run``.

``run(path)`` walks the cases under *path* and yields an Outcome for each. It calls what the
product calls; nothing is made for it.
"""

from collections.abc import Callable
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


def files(path: Path, *suffixes: str) -> list[Path]:
    """Return the case files under *path* (or *path* itself), sorted."""
    if path.is_file():
        return [path]
    return sorted(p for p in path.rglob("*") if p.suffix in suffixes and p.is_file())
