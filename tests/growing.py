"""Hostile input that can be made of any size, and what reading it may cost.

A test counts the steps that Python takes for one size and for twice that: what grows faster than
its input is found without a clock, alike on every machine. The seconds are measured in
``bench/hostile.py``, for every ``HOSTILE`` that a module of tests holds.
"""

import sys
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

from msgspec import Struct

PART = 100
"""A test does a part of the whole: one in so many, and twice that."""
SLACK = 2_000
"""Steps that count for nothing: what is done once in a while, as a buffer that is cut."""
GROWTH = 2.5
"""The most that the steps may grow where the input grows to twice its size."""


class Work(Struct, frozen=True):
    """What to do with hostile input.

    *make*: the input, of a size that is its own count (repeats, lines, objects). *do*: what is
    done with it, raising nothing where it is refused as it must be. *size*: as large as it may
    come from outside. *seconds*: the most CPU that may take, for ``bench/hostile.py``.
    """

    make: Callable[[int], Any]
    do: Callable[[Any], object]
    size: int
    seconds: float = 5.0


def steps(work: Callable[[], object]) -> int:
    """Return how many lines, calls and returns Python took for *work*."""
    count = 0

    def step(_frame: FrameType, _event: str, _argument: object) -> Any:
        nonlocal count
        count += 1
        return step

    before = sys.gettrace()
    sys.settrace(step)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def linear(work: Work, *, part: int = PART) -> None:
    """Fail where twice the input takes clearly more than twice the steps."""
    size = max(1, work.size // part)
    once, twice = work.make(size), work.make(2 * size)
    work.do(work.make(size // 2 + 1))  # what is imported at first is not counted
    few, more = steps(partial(work.do, once)), steps(partial(work.do, twice))
    assert more <= GROWTH * few + SLACK, f"{few} steps for {size}, {more} for twice that"


def works(
    do: Callable[[Any], object],
    inputs: dict[str, tuple[Callable[[int], Any], int]],
    *,
    seconds: float = 5.0,
) -> dict[str, Work]:
    """Return the work by the name of its input: how that is made, and its size."""
    return {name: Work(make, do, size, seconds) for name, (make, size) in inputs.items()}


def repeated(unit: bytes, *, before: bytes = b"", after: bytes = b"") -> Callable[[int], bytes]:
    """Return what makes *unit* so many times, between *before* and *after*."""
    return lambda count: before + unit * count + after


def spelled(unit: str, *, before: str = "", after: str = "") -> Callable[[int], str]:
    """Return what makes text of *unit* so many times."""
    return lambda count: before + unit * count + after
