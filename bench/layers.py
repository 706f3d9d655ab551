"""How fast a layer is read, beside what cannot be undercut: ``python bench/layers.py LAYER``.

LAYER is the blob of a layer: a tar, plain or packed with gzip or zstd. The floors are of the same
run: the bytes read, hashed, unpacked, and what is unpacked hashed, with nothing else done, one
after the other on one core; then the least that two cores could need (the larger of unpacking and
of both hashes). Ours is ``read_layer`` with nothing wanted, and the merge of its one layer.
"""

import argparse
import hashlib
import os
import resource
import time
from collections.abc import Callable
from pathlib import Path

from keten.formats.oci.records import Descriptor
from keten.formats.oci.tree import Tree
from keten.transport.image.inflate import packed, unpack
from keten.transport.image.layers import LayerRecord, read_layer
from keten.transport.image.source import LayerRef

READ = 1 << 18


class Nothing:
    """Wants no file."""

    def wants(self, path: str, size: int, mode: int, head: bytes) -> bool:  # noqa: ARG002 a Picker's
        """Return False."""
        return False

    def take(self, path: str, data: object) -> None:
        """Take nothing."""


def best(what: str, work: Callable[[], object], runs: int) -> float:
    """Run *work* several times and print the least wall and processor time; return the wall."""
    walls, cores = [], []
    for _ in range(runs):
        wall, core = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - wall)
        cores.append(time.process_time() - core)
    print(f"{what:34} {min(walls):7.3f} s   {min(cores):7.3f} s of processor")
    return min(walls)


def main() -> None:
    """Measure one layer."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("layer", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    path: Path = given.layer
    chunks: list[bytes] = []

    def read() -> None:
        with path.open("rb", buffering=0) as stream:
            while stream.read(READ):
                pass

    def hashed() -> None:
        with path.open("rb", buffering=0) as stream:
            hashlib.file_digest(stream, "sha256")  # type: ignore[arg-type] # it is readable

    def unpacked() -> None:
        with path.open("rb", buffering=0) as stream:
            for _ in unpack(stream.read):
                pass

    def hashed_too() -> None:
        state = hashlib.sha256()
        for chunk in chunks:
            state.update(chunk)

    def ours() -> LayerRecord:
        with path.open("rb", buffering=0) as stream:
            return read_layer(stream, LayerRef(0, Descriptor(), ""), Nothing())

    runs = given.runs
    size = path.stat().st_size
    with path.open("rb") as stream:
        is_packed = packed(stream.read(8))
    print(f"{size / 1e6:,.0f} MB, {os.cpu_count()} processors")
    floor = best("read", read, runs)
    hashing = best("read, hashed", hashed, runs)
    least = hashing
    if is_packed:
        record = ours()
        with path.open("rb", buffering=0) as stream:
            head = unpack(stream.read)
            chunks = [next(head)]
            chunks *= record.unpacked // len(chunks[0])
            head.close()
        unpacking = best("read, unpacked", unpacked, runs)
        inside = best(f"{record.unpacked / 1e6:,.0f} MB of unpacked bytes hashed", hashed_too, runs)
        print(f"{'floor, one core':34} {unpacking + hashing + inside - floor:7.3f} s")
        least = max(unpacking, hashing + inside - floor)
    print(f"{'floor, two cores':34} {least:7.3f} s")
    wall = best("read_layer", ours, runs)
    record = ours()
    best(f"merge of {record.members.count:,} members", lambda: Tree([record.members]), runs)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{wall / least:.2f} times the floor of two cores; {memory:.0f} MB at most")


if __name__ == "__main__":
    main()
