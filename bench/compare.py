"""Median time of reading and of comparing versions, per ecosystem, in microseconds.

``python bench/compare.py [FOLDER]``: the versions are those of FOLDER, laid out as the public
cases of version order, or of KETEN_SHARED, or a few built in.
"""

import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from keten import plugs  # noqa: E402 - the path is set above
from keten.errors import InputError  # noqa: E402
from keten.model.plug import Ecosystem  # noqa: E402

ROUNDS = 2_000
BATCH = 50
BUILT_IN = ["1.0.0", "1.0.1-rc.1", "2.10.3", "0.9.8", "1.2.3-4", "10.0"]
BAR = 5.0


def main() -> int:
    """Print a line per ecosystem; exit 1 if a median compare is over the bar."""
    shared = Path(os.environ.get("KETEN_SHARED", ROOT.parent / "shared"))
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else shared / "vectors" / "versions"
    worst = 0.0
    print(f"{'ecosystem':14} {'versions':>8} {'parse us':>9} {'compare us':>11}")
    for name in plugs.names(Ecosystem):
        plug = plugs.load(Ecosystem, name)
        keyed = _keyed(plug, _versions(folder, plug))
        if not keyed:
            continue
        texts = [text for text, _ in keyed]
        keys = [key for _, key in keyed]
        parse = _median(plug.key, [(text,) for text in texts])
        draw = random.Random(1)  # noqa: S311 - which versions meet is no secret
        pairs = [(draw.choice(keys), draw.choice(keys)) for _ in range(ROUNDS)]
        compare = _median(lambda a, b: a < b, pairs)
        worst = max(worst, compare)
        print(f"{name:14} {len(keyed):8} {parse:9.2f} {compare:11.3f}")
    print(f"slowest median compare {worst:.3f} us, bar {BAR} us")
    return 1 if worst > BAR else 0


def _versions(folder: Path, plug: Ecosystem) -> list[str]:
    names = {n.lower().replace(" ", "") for n in (plug.osv, *plug.osv_more, *plug.vers)}
    found: set[str] = set()
    for file in sorted(folder.glob("*-versions*.txt")):
        if file.name.partition("-versions")[0] in names:
            for line in file.read_text("utf-8").splitlines():
                columns = line.split()
                if len(columns) == 3 and columns[1] in "<=>":  # noqa: PLR2004 - A < B
                    found |= {columns[0], columns[2]}
    return sorted(found) or BUILT_IN


def _keyed(plug: Ecosystem, texts: list[str]) -> list[tuple[str, Any]]:
    found = []
    for text in texts:
        try:
            found.append((text, plug.key(text)))
        except InputError:  # a version of another ecosystem
            continue
    return found


def _median(call: Callable[..., Any], arguments: list[tuple[Any, ...]]) -> float:
    """Return the median over batches of the time of one call, the loop's own time included."""
    arguments = (arguments * (ROUNDS // len(arguments) + 1))[:ROUNDS]
    times = []
    for start in range(0, ROUNDS, BATCH):
        batch = arguments[start : start + BATCH]
        began = time.perf_counter()
        for each in batch:
            call(*each)
        times.append((time.perf_counter() - began) / len(batch) * 1e6)
    return statistics.median(times)


if __name__ == "__main__":
    sys.exit(main())
