"""How fast a real image is scanned, beside syft and scalibr: ``python bench/images.py``.

The image is ``debian`` of ``tools/images``: some 350 MB, one gzip layer in an OCI layout, and the
same as an uncompressed docker-archive. Of each round, in turn, so that a ratio is of one moment of
the machine: keten cold (its cache empty), warm (the very same asked again) and on another day
(what was read is kept, all is judged), syft over the layout, keten cold over the archive, scalibr
over it. Each is a whole process; bytecode and the patterns of secrets, which an
installation has once, are compiled before (the patterns take 0.4 s).
keten finds packages and vulnerabilities (all checks of dependencies, advisories of the folder of
real data, ``KETEN_SHARED``) and checks every digest; the last row has all checks, secrets too.

The floors are of the same run: the layer's bytes read, inflated by ISA-L, and both SHA-256 made,
with nothing else done, on one core; and the longer of inflating and hashing, which is the least
that two cores could need. Memory is the sum over all processes of a scan, sampled in a run of its
own; that of a layer of 1 GB too, which is generated: programs, text, and bytes of no pattern.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

ROOT = Path(__file__).parents[1]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
IMAGES = Path(os.environ.get("KETEN_IMAGES") or CACHE / "keten-images")
PEERS = Path(os.environ.get("KETEN_PEERS") or CACHE / "keten-peers")
SYFT = Path(os.environ.get("KETEN_SYFT") or PEERS / "syft/bin/syft")
SCALIBR = PEERS / "bin/scalibr"
DATA = Path(os.environ.get("KETEN_SHARED") or ROOT.parent / "shared") / "data"
READ = 1 << 18
KETEN = [sys.executable, "-m", "keten", "scan", "--quiet", "--format=json"]
PACKAGES = ["--check", "dependencies/*"]
LEVEL = 1
GIGABYTE = 1 << 30


def environment(cache: Path) -> dict[str, str]:
    """Return what keten is run with: a copy of this checkout beside the cache, bytecode kept."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    made = {"PYTHONPATH": cache.parent / "src", "XDG_CACHE_HOME": cache.parent / "home"}
    return kept | {name: str(path) for name, path in made.items()} | {"KETEN_CACHE": str(cache)}


def timed(command: list[str], env: dict[str, str] | None = None) -> float:
    """Run a program, its output to nowhere; return its wall time in seconds."""
    begin = time.perf_counter()
    done = subprocess.run(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        check=False)  # fmt: skip
    took = time.perf_counter() - begin
    if done.returncode not in (0, 1, 3):
        sys.exit(f"{command}: {done.stderr.decode()[-2000:]}")
    return took


def peak(command: list[str], env: dict[str, str] | None = None) -> float:
    """Run a program; return the most that it and what it starts had resident, in MB."""
    most = 0
    with subprocess.Popen(
        command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as run:
        while run.poll() is None:
            most = max(most, sum(map(resident, family(run.pid))))
            time.sleep(0.01)
    return most * os.sysconf("SC_PAGE_SIZE") / 1e6


def family(pid: int) -> list[int]:
    """Return a process and what it started."""
    found = [pid]
    for one in found:
        try:
            for task in Path(f"/proc/{one}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
        except OSError:
            continue
    return found


def resident(pid: int) -> int:
    """Return the resident pages of a process."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0


def once(work: Callable[[], object]) -> float:
    """Return the wall time of *work*."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def floors(layer: Path) -> tuple[float, float]:
    """Return the seconds that one core, and at best two, need for the layer's bytes alone."""
    from isal import isal_zlib

    def inflate(take: Callable[[bytes], object]) -> None:
        state = isal_zlib.decompressobj(31)
        with layer.open("rb", buffering=0) as stream:
            while data := stream.read(READ):
                take(state.decompress(data))

    def packed() -> None:
        with layer.open("rb") as stream:
            hashlib.file_digest(stream, "sha256")

    inflating = once(lambda: inflate(len))
    state = hashlib.sha256()
    both = once(lambda: inflate(state.update))
    blob = once(packed)
    return both + blob, max(inflating, both - inflating + blob)


def biggest(layout: Path) -> Path:
    """Return the largest blob of a layout: its layer."""
    return max((layout / "blobs/sha256").iterdir(), key=lambda path: path.stat().st_size)


def gigabyte(at: Path) -> Path:
    """Make a layout with one layer of 1 GB, unless it is there."""
    if (at / "index.json").exists():
        return at
    from isal import igzip

    blobs = at / "blobs/sha256"
    blobs.mkdir(parents=True, exist_ok=True)
    plain = hashlib.sha256()
    chance = random.Random(1)  # noqa: S311 a benchmark
    programs = sorted(p for p in (PEERS / "bin").glob("*") if p.is_file() and not p.is_symlink())

    class Through:
        """Hashes what is written, and packs it."""

        def __init__(self, out: BinaryIO) -> None:
            self.out, self.size = out, 0

        def write(self, data: bytes) -> int:
            plain.update(data)
            self.size += len(data)
            return self.out.write(data)

    part = at / "part"
    with (
        igzip.open(part, "wb", compresslevel=LEVEL) as packing,  # type: ignore[no-untyped-call]  # no types
        tarfile.open(fileobj=(through := Through(packing)), mode="w|") as tar,  # type: ignore[call-overload]  # it writes
    ):
        add(tar, "etc/os-release", b'ID=debian\nVERSION_ID="12"\n')
        for program in programs:
            add(tar, f"usr/local/bin/{program.name}", program.read_bytes(), mode=0o755)
        number = 0
        while through.size < GIGABYTE:
            number += 1
            add(tar, f"srv/data/{number}.bin", chance.randbytes(24 << 20))
            add(
                tar,
                f"srv/text/{number}.txt",
                b"".join(b"%d and so on\n" % i for i in range(60_000)),
            )
    layer = put(blobs, part)
    config = {"architecture": "amd64", "os": "linux", "config": {},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{plain.hexdigest()}"]}}  # fmt: skip
    kinds = "application/vnd.oci.image."
    manifest = {"schemaVersion": 2, "mediaType": f"{kinds}manifest.v1+json",
        "config": {"mediaType": f"{kinds}config.v1+json", **write(blobs, config)},
        "layers": [{"mediaType": f"{kinds}layer.v1.tar+gzip", **layer}]}  # fmt: skip
    named = {"mediaType": f"{kinds}manifest.v1+json", **write(blobs, manifest)}
    (at / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (at / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [named]}))
    return at


def add(tar: tarfile.TarFile, name: str, data: bytes, *, mode: int = 0o644) -> None:
    """Add a file to a tar."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), mode
    tar.addfile(entry, BytesIO(data))


def put(blobs: Path, part: Path) -> dict[str, Any]:
    """Move a file to the name of its digest; return the descriptor's fields."""
    with part.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    size = part.stat().st_size
    part.rename(blobs / digest)
    return {"digest": f"sha256:{digest}", "size": size}


def write(blobs: Path, what: dict[str, Any]) -> dict[str, Any]:
    """Write a blob of JSON; return the descriptor's fields."""
    part = blobs / "part"
    part.write_text(json.dumps(what))
    return put(blobs, part)


class Bench:
    """The commands, and where keten keeps what it read."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self.runs = 0
        self.tomorrow = (datetime.now(UTC).date() + timedelta(days=1)).isoformat()
        self.database = work / "advisories.db"
        shutil.copytree(ROOT / "src", work / "src")  # who edits it meanwhile makes caches cold
        self.layout = f"oci:{IMAGES}/debian:1"
        self.archive = f"docker-archive:{IMAGES}/debian.docker.tar"
        data = [str(p) for p in (*(DATA / "osv").glob("*"), *DATA.glob("known_*.json"))]
        command = [sys.executable, "-m", "keten", "db", "import", "--db", str(self.database)]
        if data:
            timed([*command, *data], environment(work / "cache"))

    def ours(self, target: str, *more: str) -> tuple[list[str], dict[str, str]]:
        """Return the command of a cold scan, and its environment."""
        self.runs += 1
        data = ["--db", str(self.database)] if self.database.exists() else []
        return [*KETEN, *data, *more, target], environment(self.work / f"cache{self.runs}")

    def round(self, walls: dict[str, list[float]]) -> None:
        """Run each program once."""
        layout, archive = IMAGES / "debian", IMAGES / "debian.docker.tar"
        out = self.work / "scalibr.json"
        command, env = self.ours(self.layout, *PACKAGES)
        walls["cold"].append(timed(command, env))
        walls["warm"].append(timed(command, env))
        walls["another day"].append(timed([*command, "--now", self.tomorrow], env))
        if SYFT.exists():
            walls["syft"].append(
                timed([str(SYFT), "scan", "-q", f"oci-dir:{layout}", "-o", "json"])
            )
        walls["cold archive"].append(timed(*self.ours(self.archive, *PACKAGES)))
        if SCALIBR.exists():
            tool = [str(SCALIBR), f"--image-tarball={archive}", "--offline"]
            walls["scalibr"].append(timed([*tool, "-o", f"cdx-json={out}"]))
        walls["all checks"].append(timed(*self.ours(self.layout)))
        one, two = floors(biggest(layout))
        walls["floor, one core"].append(one)
        walls["floor, two cores"].append(two)


def ratio(walls: dict[str, list[float]], ours: str, theirs: str) -> None:
    """Print how the medians and the single pairs stand."""
    if walls.get(theirs):
        pairs = [a / b for a, b in zip(walls[ours], walls[theirs], strict=True)]
        spread = f"{min(pairs):.3f}-{max(pairs):.3f}"
        print(f"{ours} / {theirs}: {statistics.median(pairs):.3f} ({spread})")


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    if not (IMAGES / "debian/index.json").exists():
        sys.exit("no image: tools/images debian")
    rows = ("cold", "warm", "another day", "cold archive", "all checks", "syft", "scalibr",
        "floor, one core", "floor, two cores")  # fmt: skip
    walls: dict[str, list[float]] = {row: [] for row in rows}
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        timed(*bench.ours(bench.layout))  # compiles, and fills the page cache
        for _ in range(given.rounds):
            bench.round(walls)
        size = biggest(IMAGES / "debian").stat().st_size
        print(f"debian: a layer of {size / 1e6:.0f} MB, {given.rounds} rounds; medians, seconds")
        for row in rows:
            if walls[row]:
                told = " ".join(f"{wall:.2f}" for wall in sorted(walls[row]))
                print(f"{row:17} {statistics.median(walls[row]):7.3f}   {told}")
        ratio(walls, "cold", "syft")
        ratio(walls, "cold archive", "scalibr")
        ratio(walls, "cold", "floor, one core")
        ratio(walls, "cold", "floor, two cores")
        print(f"memory, cold: {peak(*bench.ours(bench.layout, *PACKAGES)):.0f} MB", end="")
        print(f"; all checks: {peak(*bench.ours(bench.layout)):.0f} MB", end="")
        if SYFT.exists():
            there = [str(SYFT), "scan", "-q", f"oci-dir:{IMAGES}/debian", "-o", "json"]
            print(f"; syft: {peak(there):.0f} MB", end="")
        large = f"oci:{gigabyte(IMAGES / 'gigabyte')}"
        print(f"\nlayer of 1 GB: {peak(*bench.ours(large)):.0f} MB, ", end="")
        print(f"{timed(*bench.ours(large)):.1f} s, all checks")


if __name__ == "__main__":
    main()
