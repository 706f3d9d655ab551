"""The one place where any exception is caught: around a plug.

A plug that breaks must neither hide what the others find nor pass for "nothing found".
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from msgspec import Struct

from keten.errors import KetenError

T = TypeVar("T")


class Broken(Struct, frozen=True):
    """A plug raised what its contract does not name; *what* is one line."""

    what: str


def attempt(plug: Callable[..., Iterable[T]], *arguments: Any) -> list[T] | Broken:
    """Call a plug; return all that it yields, or Broken. KetenError of its contract passes."""
    return attempts((plug,), *arguments)[0]


def attempts(
    plugs: Sequence[Callable[..., Iterable[T]]], *arguments: Any
) -> list[list[T] | Broken]:
    """Return for each of *plugs* all that it yields, or Broken; one guard stands around many."""
    made: list[list[T] | Broken] = []
    while len(made) < len(plugs):
        try:
            for plug in plugs[len(made) :]:
                made.append(list(plug(*arguments)))  # noqa: PERF401 what came before a fault stays
        except KetenError:
            raise
        except Exception as error:  # noqa: BLE001 see the module's docstring
            made.append(Broken(" ".join(f"{type(error).__name__}: {error}".split())[:300]))
    return made
