"""How fast secrets are searched, beside the tools people use: ``python bench/secrets.py``.

Makes a tree of 300 MB from the source that lies at hand (site-packages, the Go module cache,
node modules): the files with the least SHA-256 of their path, so that the same cache gives the
same tree and no one project fills it; laid flat, so that no tool leaves folders out by name.
Then, all in one run, so that the ratios are of one machine at one time:

- the floors: reading the files once more from the page cache, and Hyperscan alone over them, in
  one process. Nothing that reads and searches every byte can be faster than these two together,
  divided by the cores;
- the engine alone, in one process, by the processor's time;
- the whole program, ``keten scan --check 'secrets/*'`` and ``keten scan``, by the clock;
- each peer that is found on PATH or in ``$KETEN_PEERS`` (default ``~/.cache/keten-peers/bin``).
  Its time is its whole run, as is ours. gitleaks needs minutes a gigabyte: it searches only
  the first ``--gitleaks`` megabytes of the tree (default 60; 0: all), and what is compared is MB/s.

Floors of 2026-11-22 (two cores of a shared machine, 300 MB in 26,099 files, page cache warm), in
seconds of one core: reading 1.2 (250 MB/s), Hyperscan alone 0.9 (330 MB/s), the engine with all
that it judges 2.2 (136 MB/s; 5.1 and 61 MB/s on a like tree before candidates without a quote
were refused first). Two cores can thus read and search 300 MB in 1.7 s; what a whole scan needs
beyond that, it spends in the readers (Kubernetes manifests foremost), not on secrets.
"""

import argparse
import heapq
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

SIZE = 300
FILE = 8 << 20
FOLDER = 500
SCAN = [sys.executable, "-m", "keten", "scan", "--quiet"]
OURS = {
    "keten scan --check 'secrets/*'": [*SCAN, "--check", "secrets/*"],
    "keten scan": SCAN,
}
PEERS = {
    "kingfisher": ["scan", "--no-validate", "--no-update-check", "--format=json", "--output={}"],
    "gitleaks": ["dir", "--no-banner", "--exit-code=0", "--report-format=json", "--report-path={}"],
}


def sources() -> Iterator[Path]:
    """Yield the folders that files are taken from."""
    yield Path(sysconfig.get_paths()["purelib"])
    yield Path(os.environ.get("GOMODCACHE", Path.home() / "go" / "pkg" / "mod"))
    yield Path.cwd() / "node_modules"


def candidates() -> Iterator[tuple[bytes, str]]:
    """Yield every file that may be taken, by the digest of its path below its source."""
    for root in sources():
        for at, folders, names in os.walk(root):
            if Path(at) == root:
                folders[:] = [name for name in folders if name != "cache"]
            for name in names:
                path = f"{at}/{name}"
                yield sha256(os.fsencode(os.path.relpath(path, root))).digest(), path


def fill(folder: Path, size: int) -> list[tuple[str, int]]:
    """Copy *size* bytes of files below *folder*; return paths and sizes, in order."""
    queue = list(candidates())
    heapq.heapify(queue)
    made: list[tuple[str, int]] = []
    taken = 0
    while queue and taken < size:
        path = Path(heapq.heappop(queue)[1])
        if path.is_symlink() or not path.is_file() or path.stat().st_size > FILE:
            continue
        target = folder / f"{len(made) // FOLDER:04}" / f"{len(made):06}-{path.name}"
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(path, target)
        made.append((str(target), target.stat().st_size))
        taken += made[-1][1]
    return made


def floors(paths: list[str]) -> Iterator[tuple[str, float]]:
    """Yield the processor's seconds of reading, of Hyperscan alone, and of the whole engine."""
    from keten.secrets import engine
    from keten.secrets import paths as names

    texts: list[tuple[str, bytes]] = []
    engine.find("a", b"x = 1")

    def read() -> None:
        texts.extend((path, Path(path).read_bytes()) for path in paths)

    def scan() -> None:
        search = engine.plan().find
        for path, data in texts:
            if not names.skipped(path) and not names.strange(data):
                search(data)

    yield "floor, reading from the page cache", spent(read)
    yield "floor, Hyperscan alone", spent(scan)
    yield "the engine, with what it judges", spent(lambda: engine.scan(texts))


def spent(call: Callable[[], object]) -> float:
    """Return the seconds of this process's own work in *call*."""
    begin = time.process_time()
    call()
    return time.process_time() - begin


def timed(command: list[str]) -> tuple[float, float, int]:
    """Run a program; return seconds by the clock and of the processors, and its status."""
    before = os.times()
    done = subprocess.run(command, capture_output=True, check=False)
    after = os.times()
    used = sum(after[2:4]) - sum(before[2:4])
    return after.elapsed - before.elapsed, used, done.returncode


def start_up() -> float:
    """Return the seconds that a process needs to import and search one line."""
    line = "from keten.secrets import engine; engine.find('a', b'x = 1')"
    best = min(timed([sys.executable, "-c", line])[0] for _ in range(5))
    return best - timed([sys.executable, "-c", "pass"])[0]


def peer(name: str) -> str | None:
    """Return the path of a peer's program, or None."""
    folder = os.environ.get("KETEN_PEERS", str(Path.home() / ".cache/keten-peers/bin"))
    return shutil.which(name) or shutil.which(name, path=folder)


def part(made: list[tuple[str, int]], tree: Path, megabytes: float) -> tuple[Path, float]:
    """Return a folder of links to the first files of the tree, and its megabytes."""
    folder = tree.with_name("part")
    taken = 0
    for path, size in made:
        if taken >= megabytes * 1e6:
            break
        target = folder / Path(path).relative_to(tree)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(path, target)
        taken += size
    return folder, taken / 1e6


def options() -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(description="Measure the search for secrets.")
    parser.add_argument("--size", type=int, default=SIZE, help="megabytes of the tree")
    parser.add_argument("--gitleaks", type=float, default=60, help="its megabytes; 0: all")
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    asked = options()
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        tree.mkdir()
        made = fill(tree, asked.size * 10**6)
        whole = sum(size for _, size in made) / 1e6
        print(f"{whole:.0f} MB in {len(made)} files, {len(os.sched_getaffinity(0))} cores")
        for name, took in floors([path for path, _ in made]):
            print(f"{name}: {took:.2f} s of one core, {whole / took:.0f} MB/s", flush=True)
        print(f"start of the engine: {start_up() * 1000:.0f} ms beyond the interpreter's")
        speeds: dict[str, float] = {}
        for name, command in OURS.items():
            speeds[name] = tell(name, [*command, str(tree)], whole)
        for name, arguments in PEERS.items():
            program = peer(name)
            if program is None:
                print(f"{name}: not here")
                continue
            report = str(Path(folder) / f"{name}.json")
            target, size = tree, whole
            if name == "gitleaks" and asked.gitleaks:
                target, size = part(made, tree, asked.gitleaks)
            command = [program, *(a.format(report) for a in arguments), str(target)]
            speed = tell(name, command, size)
            for own, fast in speeds.items():
                print(f"  {own}: {fast / speed:.2f} x as fast")


def tell(name: str, command: list[str], megabytes: float) -> float:
    """Run and print; return megabytes a second."""
    took, used, status = timed(command)
    speed = megabytes / took
    print(
        f"{name}: {megabytes:.0f} MB in {took:.2f} s ({used:.2f} s of processors), "
        f"{speed:.0f} MB/s, exit {status}",
        flush=True,
    )
    return speed


if __name__ == "__main__":
    main()
