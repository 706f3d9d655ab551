"""What hostile input costs the parsers and engines: CPU seconds, and how they grow with its size.

    PYTHONPATH=src python bench/hostile.py [--only TEXT] [--every] [--quick]

Takes every ``HOSTILE`` of the modules of tests: what tests/growing.py calls work. Each input is
made at a tenth, a fifth, half and the whole of its size; the work is timed alone, in a process of
its own. *growth* is how much dearer a byte (where the input is no text: one of its parts) became
from one size to the next, at its worst: 1 is linear, the ratio of the sizes (2 or 2.5) quadratic.
It counts from 0.05 s on: below that it is noise. Prints the dearest and the most growing of each
module, all with ``--every``; exit status 1 where one passes its ceiling or grows by more than 1.8.
``--quick``: no more than a fifth of each size.
"""

import argparse
import importlib
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

TESTS = Path(__file__).parents[1] / "tests"
sys.path[:0] = [str(TESTS)]

from growing import Work  # noqa: E402 tests are beside the package

PARTS = (10, 5, 2, 1)
LEAST = 0.05
"""Seconds below which growth is noise."""
GROWTH = 1.8
PATIENCE = 20
"""How many times its ceiling a work may take before it is ended."""
SHOWN = 2


class Cost(Struct):
    """Seconds at each size, and the growth of the last step."""

    name: str
    seconds: list[float]
    growth: float
    ceiling: float
    sizes: int

    @property
    def faults(self) -> str:
        """Say what is wrong, "" if nothing is: slow at any size, or growing at the last."""
        slow = "OVER " if max(self.seconds, default=self.ceiling + 1) > self.ceiling else ""
        return slow + ("GROWS " if self.growth > GROWTH else "")

    def line(self) -> str:
        """Return the row of a table."""
        seconds = " ".join(f"{one:8.3f}" for one in self.seconds) or "ended: it took too long"
        seconds = f"{seconds:>{9 * self.sizes - 1}}"
        return (
            f"{self.name:<66.66} {seconds}  {self.ceiling:5.1f} {self.growth:6.2f}  {self.faults}"
        )


def main() -> int:
    """Print the tables; return 1 where one is over."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", help="modules and inputs whose name holds this")
    parser.add_argument("--every", action="store_true", help="print every input")
    parser.add_argument("--quick", action="store_true", help="no more than a fifth of each size")
    arguments = parser.parse_args()
    parts = PARTS[:2] if arguments.quick else PARTS
    sizes = " ".join(f"{f'1/{part}':>8}" for part in parts)
    print(f"{'input':<66} {sizes} ceiling growth")
    count = wrong = 0
    for module, works in _modules(arguments.only):
        costs = [_cost(f"{module}: {name}", work, parts) for name, work in works.items()]
        count += len(costs)
        wrong += sum(bool(cost.faults) for cost in costs)
        for cost in costs if arguments.every else _worst(costs):
            print(cost.line(), flush=True)
    print(f"{count} inputs, {wrong} over the bar")
    return int(wrong > 0)


def _modules(only: str) -> Iterator[tuple[str, dict[str, Work]]]:
    """Yield the hostile work of each module that has any, what is chosen of it."""
    for file in sorted(TESTS.glob("test_*.py")):
        if "\nHOSTILE" in file.read_text():
            works: dict[str, Work] = importlib.import_module(file.stem).HOSTILE
            name = file.stem.removeprefix("test_")
            chosen = {key: work for key, work in works.items() if only in f"{name}: {key}"}
            if chosen:
                yield name, chosen


def _worst(costs: list[Cost]) -> list[Cost]:
    dear = sorted(costs, key=lambda cost: -(cost.seconds or [1e9])[-1])[:SHOWN]
    growing = sorted(costs, key=lambda cost: -cost.growth)[:1]
    bad = [cost for cost in costs if cost.faults]
    return [cost for cost in costs if cost in dear or cost in bad or (cost in growing)]


def _cost(name: str, work: Work, parts: tuple[int, ...]) -> Cost:
    """Measure in a process of its own: neither memory nor what is remembered is handed on."""
    ours, theirs = multiprocessing.Pipe(duplex=False)
    pid = os.fork()
    if not pid:
        signal.setitimer(signal.ITIMER_PROF, work.seconds * PATIENCE)  # of CPU, not of the clock
        theirs.send(_measured(work, parts))
        os._exit(0)
    theirs.close()
    try:
        seconds, growth = ours.recv()
    except EOFError:
        seconds, growth = [], float("inf")
    os.waitpid(pid, 0)
    return Cost(name, seconds, growth, work.seconds, len(parts))


def _measured(work: Work, parts: tuple[int, ...]) -> tuple[list[float], float]:
    work.do(work.make(max(1, work.size // 1000)))
    seconds, lengths = [], []
    for part in parts if work.size > 1 else (1,):
        size = max(1, work.size // part)
        made = work.make(size)
        lengths.append(len(made) if isinstance(made, bytes | str) else size)
        start = time.process_time()
        work.do(made)
        seconds.append(time.process_time() - start)
    if len(seconds) == 1 or seconds[-1] < LEAST:
        return seconds, 1.0
    dearer = seconds[-1] / max(seconds[-2], LEAST / 10)
    return seconds, dearer / max(lengths[-1] / max(lengths[-2], 1), 1.0)


if __name__ == "__main__":
    sys.exit(main())
