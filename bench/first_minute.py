"""What a user waits for: --help above an empty interpreter, and a scan of the example estate.

    python bench/first_minute.py

Prints medians of whole processes and the ratio to an empty interpreter in the same run.
"""

import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
RUNS = 15
COMMANDS = {
    "empty interpreter": ["-c", "pass"],
    "keten --version": ["-m", "keten", "--version"],
    "keten --help": ["-m", "keten", "--help"],
    "keten scan examples/webshop": ["-m", "keten", "scan", "examples/webshop"],
}


def once(arguments: list[str]) -> tuple[float, float]:
    """Return (CPU, wall) seconds of one run."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # as installed: compiled once
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, check=False,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def main() -> None:
    """Run each in turn, so that a machine that drifts drifts for all."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in COMMANDS}
    for _ in range(RUNS):
        for name, arguments in COMMANDS.items():
            taken[name].append(once(arguments))
    empty = statistics.median(cpu for cpu, _ in taken["empty interpreter"])
    print(f"{'':30} {'CPU ms':>8} {'above empty':>12} {'wall ms':>8}   (medians of {RUNS})")
    for name, runs in taken.items():
        cpu = statistics.median(cpu for cpu, _ in runs)
        wall = statistics.median(wall for _, wall in runs)
        print(f"{name:30} {cpu * 1e3:8.0f} {(cpu - empty) * 1e3:12.0f} {wall * 1e3:8.0f}")


if __name__ == "__main__":
    main()
