"""keten beside the programs people use today, on the same input, in turn, in one run.

    python bench/beside.py [--manifests DIR] [--workflows DIR] [--runs 3]

Needs tools/peers. Each row is a whole process; the ratio is of medians: below 1 keten took less.
keten runs every check it has over the tree, the peer what it does by default, without network.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
PEERS = Path(os.environ.get("KETEN_PEERS", "~/.cache/keten-peers")).expanduser() / "bin"


def commands(kind: str, tree: Path) -> dict[str, list[str]]:
    """Return the peers' command lines for a tree."""
    if kind == "workflows":
        return {"zizmor": ["zizmor", "--offline", "--no-progress", "--quiet", str(tree)]}
    manifests = sorted(str(p) for p in tree.rglob("*.yaml"))
    return {
        "kube-score": ["kube-score", "score", "-o", "ci", *manifests],
        "checkov": [
            "checkov",
            "--quiet",
            "--compact",
            "--framework",
            "kubernetes",
            "-d",
            str(tree),
        ],
    }


def once(command: list[str]) -> float:
    """Return the wall seconds of one run."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # as installed: compiled once
    start = time.perf_counter()
    subprocess.run(
        command, env=environment, check=False, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return time.perf_counter() - start


def compare(kind: str, tree: Path, runs: int) -> None:
    """Print a row for each peer that is there."""
    mine = [sys.executable, "-m", "keten", "scan", str(tree), "--quiet"]
    for name, command in commands(kind, tree).items():
        program = shutil.which(PEERS / name)
        if program is None:
            print(f"{name:12} not there: tools/peers {name}")
            continue
        pairs = [(once(mine), once([program, *command[1:]])) for _ in range(runs + 1)][1:]
        ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
        print(
            f"{tree.name:24} keten {ours:7.2f} s  {name:12} {theirs:7.2f} s  {ours / theirs:5.2f}"
        )


def main() -> None:
    """Compare on the trees that were named, else on the example estate."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--manifests", type=Path, action="append", default=[])
    parser.add_argument("--workflows", type=Path, action="append", default=[])
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    example = ROOT / "examples/webshop"
    for tree in arguments.manifests or [example / "deploy"]:
        compare("manifests", tree, arguments.runs)
    for tree in arguments.workflows or [example]:
        compare("workflows", tree, arguments.runs)


if __name__ == "__main__":
    main()
