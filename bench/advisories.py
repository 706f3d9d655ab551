"""Measure the advisory database: import, size, opening, look-ups, a large lockfile, deltas.

Each time is told as wall / processor time: other work on the machine shows only in the first.

``python bench/advisories.py [OSV-FOLDER]``: the folder holds ``<Ecosystem>/all.zip``; without
it (or KETEN_SHARED) only the synthetic database of 500,000 ranges is measured.
"""

import os
import random
import resource
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "src"))

from keten.advisories import delta, imports  # noqa: E402 the path comes first
from keten.advisories.database import Database  # noqa: E402
from keten.advisories.lookup import Lookup  # noqa: E402
from keten.advisories.records import Entry, Rating, Row  # noqa: E402
from keten.advisories.source import Coverage, DataSource  # noqa: E402
from keten.advisories.store import Stage  # noqa: E402
from keten.derive import vulnerabilities  # noqa: E402
from keten.model.delivery import Package  # noqa: E402
from keten.model.facts import Facts  # noqa: E402

RANGES, PACKAGES, LOCKFILE, ROUNDS, CHANGED = 500_000, 60_000, 3_000, 7, 1_500
NOW = date(2026, 11, 22)


def real(folder: Path, at: Path) -> None:
    """Import all of a folder, and look up what it names."""
    begin = time.perf_counter()
    done = imports.run([folder], at, imports.Claim())
    took = time.perf_counter() - begin
    records = sum(source.records for source in done.sources)
    print(f"import: {records} records in {took:.2f} s, {at.stat().st_size / 1e6:.2f} MB")


def synthetic(at: Path) -> None:
    """Write 500,000 ranges over 60,000 packages, with ids and titles of real length."""
    random.seed(7)
    begin = time.perf_counter()
    with Stage(at.parent) as stage:
        for i in range(RANGES):
            fixed = f"{random.randrange(20)}.{random.randrange(60)}.{random.randrange(30)}"  # noqa: S311 a benchmark
            name = f"package-{random.randrange(PACKAGES)}"  # noqa: S311
            row = _row(i, name)
            stage.add(
                "npm", row, "", per_package={("npm", name): [Entry(0, (("S", "i0", "f" + fixed),))]}
            )
        stage.sources["npm"] = DataSource(
            name="npm",
            as_of=NOW.isoformat(),
            records=RANGES,
            ecosystems=(Coverage("npm", RANGES, complete=True),),
        )
        stage.write(at)
    took = time.perf_counter() - begin
    size = at.stat().st_size / 1e6
    print(f"synthetic: {RANGES} ranges in {took:.1f} s, {size:.1f} MB (the bar is 40 MB)")


def _row(i: int, name: str) -> Row:
    return Row(
        f"GHSA-{i:04x}-{i * 7919 % 65536:04x}-{i * 104729 % 65536:04x}",
        aliases=(f"CVE-{2010 + i % 17}-{10000 + i}",),
        title=f"{name} {random.choice(_TITLES)} ({i % 97})",  # noqa: S311 a benchmark
        rating=Rating(3, 75, "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"),
        published=date(2010 + i % 17, 1 + i % 12, 1 + i % 28),
    )


_TITLES = (
    "has prototype pollution in a function that merges objects",
    "allows regular expression denial of service through crafted input",
    "exposes sensitive information to an unauthorized actor",
    "writes files outside the target folder when it unpacks an archive",
)


def opening(at: Path) -> None:
    """Open it and close it, in a warm interpreter."""
    Database(at).close()
    rounds = [_timed(at) for _ in range(ROUNDS * 10)]
    wall, spent = (min(r[i] for r in rounds) * 1000 for i in (0, 1))
    print(f"open: {wall:.3f} / {spent:.3f} ms (best of {len(rounds)}; the bar is 1 ms)")


def _timed(at: Path) -> tuple[float, float]:
    begin, spent = time.perf_counter(), time.process_time()
    Database(at).close()
    return time.perf_counter() - begin, time.process_time() - spent


def deltas(at: Path) -> None:
    """Change what a day does: some records anew, some other; make the delta, apply it."""
    with Database(at) as old, Stage(at.parent) as stage:
        old.stage(stage)
        for i in range(CHANGED):
            fixed = f"30.{i % 60}.{i % 30}"
            row = _row(i * (RANGES // CHANGED) + (RANGES if i % 2 else 0), f"package-{i * 7}")
            entry = Entry(0, (("S", "i0", "f" + fixed),))
            stage.add("npm", row, "z", per_package={("npm", f"package-{i * 7}"): [entry]})
        stage.write(at.with_name("new.db"))
        with Database(at.with_name("new.db")) as new:
            begin = time.process_time()
            data = delta.make(old, new)
            made = time.process_time() - begin
            begin = time.process_time()
            digest = delta.apply(old, [delta.read(data)], at.with_name("applied.db"))
            took = time.process_time() - begin
            assert digest == new.content
    whole = zlib.compress(at.read_bytes(), 6)
    print(
        f"delta of {CHANGED} records: {len(data) / 1e6:.3f} MB (the whole, packed: "
        f"{len(whole) / 1e6:.1f} MB), made in {made:.1f} s, applied in {took:.1f} s"
    )
    begin = time.process_time()
    with Database(at) as opened:
        opened.measure()
    print(f"content proven anew: {time.process_time() - begin:.1f} s")


def lookups(at: Path) -> None:
    """Ask for packages that have records and for ones that have none; a lockfile of 3,000."""
    names = [f"package-{i}" for i in range(0, PACKAGES, PACKAGES // LOCKFILE)]
    with Database(at) as database:
        print(f"entries of a package: {_each(names, lambda n: database.entries('npm', n))}")
    with Database(at) as database:
        lookup = Lookup(database)
        lookup.ask("npm", "x", "1.0.0")
        print(f"not named: {_each(names, lambda n: lookup.ask('npm', n + 'x', '1.0.0'))}")
        print(f"judged (8 ranges): {_each(names, lambda n: lookup.ask('npm', n, '19.99.0'))}")
    for title, version in (("nothing found", "20.0.0"), ("all affected", "0.0.1")):
        with Database(at) as database:
            begin = time.perf_counter()
            facts = vulnerabilities.derive(_lockfile(names, version), database, NOW, max_age_days=7)
            took = time.perf_counter() - begin
            print(f"lockfile of {len(names)}, {title}: {took:.2f} s, {len(facts.edges)} edges")


def _each(names: list[str], ask: object) -> str:
    assert callable(ask)
    begin, spent = time.perf_counter(), time.process_time()
    for name in names:
        ask(name)
    wall, spent = time.perf_counter() - begin, time.process_time() - spent
    return f"{wall / len(names) * 1e6:.1f} / {spent / len(names) * 1e6:.1f} µs"


def _lockfile(names: list[str], version: str) -> Facts:
    def nodes() -> Iterator[Package]:
        for name in names:
            purl = f"pkg:npm/{name}@{version}"
            yield Package(
                f"p.lock#{purl}",
                ecosystem="npm",
                name=name,
                version=version,
                purl=purl,
                path="p.lock",
            )

    return Facts(tuple(nodes()))


def main() -> None:
    """Measure; print a line each."""
    shared = os.environ.get("KETEN_SHARED", str(ROOT.parent / "shared"))
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(shared) / "data" / "osv"
    with tempfile.TemporaryDirectory() as temporary:
        at = Path(temporary)
        if folder.is_dir():
            real(folder, at / "real.db")
            opening(at / "real.db")
        synthetic(at / "synthetic.db")
        opening(at / "synthetic.db")
        lookups(at / "synthetic.db")
        deltas(at / "synthetic.db")
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"the most memory that any of this took: {most:.0f} MB")


if __name__ == "__main__":
    main()
