"""How fast secrets are searched, beside the tools people use: ``python bench/secrets.py``.

Makes a tree of 300 MB from the source that lies at hand (site-packages, the Go module cache,
node modules), lets two processes of the engine read and search it, and then each peer that is
found on PATH or in ``$KETEN_PEERS`` (default ``~/.cache/keten-peers/bin``), all in one run, so
that the ratios are of one machine at one time. A peer's time is its whole run, as is ours.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

SIZE = 300 << 20
FILE = 8 << 20
PROCESSES = 2
PEERS = {
    "gitleaks": ["dir", "--no-banner", "--exit-code=0", "--report-format=json", "--report-path={}"],
    "kingfisher": ["scan", "--no-validate", "--no-update-check", "--format=json", "--output={}"],
}


def sources() -> Iterator[Path]:
    """Yield the folders that files are taken from."""
    yield Path(sysconfig.get_paths()["purelib"])
    yield Path(os.environ.get("GOMODCACHE", Path.home() / "go" / "pkg" / "mod"))
    yield Path.cwd() / "node_modules"


def fill(folder: Path, size: int) -> tuple[int, int]:
    """Copy up to *size* bytes of files below *folder*; return bytes and files."""
    taken = count = 0
    for root in sources():
        for at, _, names in os.walk(root):
            for name in sorted(names):
                path = Path(at) / name
                if path.is_symlink() or not path.is_file() or path.stat().st_size > FILE:
                    continue
                target = folder / f"{count // 500:04}" / f"{count:06}-{name}"
                target.parent.mkdir(exist_ok=True)
                shutil.copyfile(path, target)
                taken, count = taken + path.stat().st_size, count + 1
                if taken >= size:
                    return taken, count
    return taken, count


def search(paths: list[str]) -> int:
    """Read and search files; return how many credentials were found."""
    from keten.secrets import engine

    return sum(len(engine.find(path, Path(path).read_bytes()).nodes) for path in paths)


def ours(folder: Path) -> int:
    """Search the tree in PROCESSES processes; return how many credentials were found."""
    paths = [str(path) for path in sorted(folder.rglob("*")) if path.is_file()]
    parts = [paths[at : at + 250] for at in range(0, len(paths), 250)]
    with ProcessPoolExecutor(PROCESSES) as pool:
        return sum(pool.map(search, parts))


def start_up() -> float:
    """Return the seconds that a process needs to import and search one line."""
    line = "from keten.secrets import engine; engine.find('a', b'x = 1')"
    best = 9.0
    for _ in range(5):
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-c", line], check=True)
        best = min(best, time.perf_counter() - begin)
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return best - (time.perf_counter() - begin)


def peer(name: str) -> str | None:
    """Return the path of a peer's program, or None."""
    folder = os.environ.get("KETEN_PEERS", str(Path.home() / ".cache/keten-peers/bin"))
    return shutil.which(name) or shutil.which(name, path=folder)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as made:
        tree = Path(made) / "tree"
        tree.mkdir()
        size, count = fill(tree, SIZE)
        megabytes = size / 1e6
        print(f"{megabytes:.0f} MB in {count} files")
        begin = time.perf_counter()
        found = ours(tree)
        mine = time.perf_counter() - begin
        print(
            f"keten engine, {PROCESSES} processes: {mine:.2f} s, "
            f"{megabytes / mine:.0f} MB/s, {found} found"
        )
        print(f"start of the engine: {start_up() * 1000:.0f} ms beyond the interpreter's")
        for name, arguments in PEERS.items():
            program = peer(name)
            if program is None:
                print(f"{name}: not here")
                continue
            report = str(Path(made) / f"{name}.json")
            command = [program, *(a.format(report) for a in arguments), str(tree)]
            begin = time.perf_counter()
            done = subprocess.run(command, capture_output=True, check=False)
            took = time.perf_counter() - begin
            ratio = took / mine
            print(
                f"{name}: {took:.2f} s, {megabytes / took:.0f} MB/s, "
                f"{ratio:.1f} x ours, exit {done.returncode}"
            )


if __name__ == "__main__":
    main()
