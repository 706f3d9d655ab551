"""OSV evaluation against a slow, literal reading of the schema's pseudo-code.

https://ossf.github.io/osv-schema/#evaluation. Two things are keten's own and left out of what
is compared: what can not be ordered (a doubt), and ``fixed: 0`` (no version is affected).
"""

import functools
import json
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from advisory_data import database, record
from hypothesis import given, settings
from hypothesis import strategies as st
from shared_data import SHARED, needs_shared

from keten.advisories.lookup import Lookup
from keten.advisories.ranges import Doubt, Order, affected, canonical
from keten.advisories.records import compact, order
from keten.errors import InputError
from keten.formats import osv
from keten.formats.versions import semver

Key = Any


def included_in_versions(version: str, versions: list[str]) -> bool:
    return any(version == listed for listed in versions)


def before_limits(version: Key, events: list[dict[str, str]], key: Any) -> bool:
    limits = [event["limit"] for event in events if "limit" in event]
    if not limits:
        return True
    return any(limit == "*" or version < key(limit) for limit in limits)


def included_in_ranges(version: str, ranges: list[dict[str, Any]], native: Any) -> bool:
    for one in ranges:
        if one["type"] == "GIT":
            continue
        key = semver.key if one["type"] == "SEMVER" else native
        mine = key(version)
        if not before_limits(mine, one["events"], key):
            continue
        vulnerable = False
        for event in in_order(one["events"], key):
            if "introduced" in event and (
                event["introduced"] == "0" or mine >= key(event["introduced"])
            ):
                vulnerable = True
            elif "fixed" in event:
                vulnerable = vulnerable and not mine >= key(event["fixed"])
            elif "last_affected" in event:
                vulnerable = vulnerable and not mine > key(event["last_affected"])
        if vulnerable:
            return True
    return False


def in_order(events: list[dict[str, str]], key: Any) -> list[dict[str, str]]:
    """Sort by version; "0" of introduced is first. At one version what ends comes first."""

    def compare(one: dict[str, str], other: dict[str, str]) -> int:
        (a, x), (b, y) = (next(iter(e.items())) for e in (one, other))
        low = [(kind == "introduced" and text == "0") for kind, text in ((a, x), (b, y))]
        if low[0] or low[1]:
            return int(low[1]) - int(low[0])
        if key(x) != key(y):
            return -1 if key(x) < key(y) else 1
        rank = ("fixed", "introduced", "last_affected")
        return rank.index(a) - rank.index(b)

    listed = [event for event in events if "limit" not in event]
    return sorted(listed, key=functools.cmp_to_key(compare))


def is_vulnerable(name: str, ecosystem: str, version: str, record: dict[str, Any]) -> bool:
    plug = order(osv.PURL_TYPES[osv.base(ecosystem)])
    assert plug is not None
    for item in record["affected"]:
        told = item["package"]
        if (told["ecosystem"], told["name"]) != (ecosystem, name):
            continue
        if included_in_versions(version, item.get("versions") or []):
            return True
        if included_in_ranges(version, item.get("ranges") or [], plug.key):
            return True
    return False


def by_keten(name: str, ecosystem: str, version: str, record: dict[str, Any]) -> bool | None:
    """Return what keten says; None where it is in doubt."""
    _, entries = compact(osv.read(json.dumps(record).encode()))
    from keten.advisories.records import spell

    doubt = False
    for entry in entries.get((ecosystem, spell(ecosystem, name)), []):
        said = affected(version, entry, Order(ecosystem), malicious=False)
        if said is True:
            return True
        doubt = doubt or isinstance(said, Doubt)
    return None if doubt else False


VERSIONS = {
    "PyPI": ["0.1", "1.0a1", "1.0", "1.0.post1", "1.0.1", "1!0.1", "2.0rc1", "2.0", "10.0"],
    "npm": ["0.0.1", "1.0.0-rc.1", "1.0.0", "1.2.0", "1.10.0", "2.0.0-0", "2.0.0"],
    "Debian:12": ["0~rc1", "1.0-1", "1.0-1+deb12u1", "1.0-2~bpo1", "1:0.1-1", "2.0-1"],
    "Ubuntu:22.04:LTS": ["1.0-1", "1.0-1ubuntu1", "1.0-1ubuntu1+esm1", "1:0.1"],
    "Alpine:v3.19": ["1.0-r0", "1.0-r1", "1.0_rc1-r0", "1.0.1-r0", "1.0a-r0", "2.0_p1-r0"],
    "Rocky Linux:9": ["1.0-1.el9", "1.0-1.el9_2", "1.0~rc1-1.el9", "1:0.1-1.el9", "1.0^g1-1.el9"],
    "Maven": ["1.0", "1.0-SNAPSHOT", "1.0-rc1", "1.0.1", "1.0-alpha-1", "2", "1.0.sp1"],
    "RubyGems": ["1.0", "1.0.a", "1.0.1", "1.1.pre", "2"],
    "NuGet": ["1.0.0", "1.0.0-beta", "1.0.0.1", "2.0.0"],
    "Packagist": ["1.0.0", "1.0.0-RC1", "1.0.0-beta2", "dev-main", "2.0.0"],
    "Go": ["0.1.0", "1.0.0", "1.0.1-0.20200101000000-abcdefabcdef", "2.0.0"],
    "crates.io": ["0.1.0", "1.0.0-alpha", "1.0.0", "1.0.1"],
    "Hex": ["0.1.0", "1.0.0-dev", "1.0.0"],
    "Pub": ["0.1.0", "1.0.0-dev", "1.0.0", "1.0.0+1"],
    "CRAN": ["0.1-1", "1.0.0", "1.0-2"],
}


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, str, dict[str, Any]]:
    ecosystem = draw(st.sampled_from(sorted(VERSIONS)))
    versions = VERSIONS[ecosystem]
    items = []
    for _ in range(draw(st.integers(1, 2))):
        ranges = []
        for _ in range(draw(st.integers(0, 3))):
            end = draw(st.sampled_from(["fixed", "last_affected"]))
            chosen = draw(st.lists(st.sampled_from(versions), unique=True, max_size=5))
            events = [{draw(st.sampled_from(["introduced", end])): one} for one in chosen]
            events += draw(st.sampled_from([[], [{"introduced": "0"}]]))
            for limit in draw(st.lists(st.sampled_from(["*", *versions]), max_size=2)):
                events.append({"limit": limit})
            ranges.append({"type": "ECOSYSTEM", "events": draw(st.permutations(events))})
        item: dict[str, Any] = {"package": {"ecosystem": ecosystem, "name": "foo"}}
        if ranges:
            item["ranges"] = ranges
        item["versions"] = draw(st.lists(st.sampled_from(versions), max_size=2))
        items.append(item)
    version = draw(st.sampled_from(versions))
    return ecosystem, version, {"id": "X-1", "affected": items}


@settings(max_examples=400, deadline=None)
@given(cases())
def test_as_the_pseudo_code_says(case: tuple[str, str, dict[str, Any]]) -> None:
    ecosystem, version, record = case
    said = by_keten("foo", ecosystem, version, record)
    if said is None:
        bare = [i for i in record["affected"] if not i.get("ranges") and not i["versions"]]
        assert bare, "only a record that names no versions is a doubt"
        return

    assert said is is_vulnerable("foo", ecosystem, version, record)


def records(ecosystem: str) -> Iterator[dict[str, Any]]:
    assert SHARED is not None
    with zipfile.ZipFile(SHARED / "data" / "osv" / ecosystem / "all.zip") as listed:
        for name in listed.namelist():
            yield json.loads(listed.read(name))


def candidates(item: dict[str, Any], chance: random.Random) -> list[str]:
    """Return versions around the events of an affected, some of its list, and others."""
    found = list(item.get("versions") or [])
    for one in item.get("ranges") or []:
        found += [v for event in one.get("events") or [] for v in event.values()]
    found = [v for v in dict.fromkeys(found) if isinstance(v, str) and v not in ("*", "0")]
    made = [f"{chance.randint(0, 9)}.{chance.randint(0, 30)}.{chance.randint(0, 9)}"]
    made += [f"{version}.1" for version in found[:2]]
    return [*made, *chance.sample(found, min(4, len(found)))]


def differences(ecosystem: str, step: int) -> tuple[int, list[tuple[str, str, str]]]:
    chance = random.Random(20261123)
    asked, wrong = 0, []
    for number, one in enumerate(records(ecosystem)):
        if number % step or any(map(_custom, one.get("affected") or [])):
            continue
        for item in one.get("affected") or []:
            told = item["package"]
            name, where = told["name"], told["ecosystem"]
            if osv.PURL_TYPES.get(osv.base(where)) is None:
                continue
            for written in candidates(item, chance):
                version = canonical(osv.base(where), name, written)
                try:
                    literal = is_vulnerable(name, where, version, one)
                except InputError:
                    continue
                said = by_keten(name, where, version, one)
                asked += 1
                if said is not None and said is not literal:
                    wrong.append((one["id"], name, version))
    return asked, wrong


def _custom(item: dict[str, Any]) -> bool:
    return bool((item.get("ecosystem_specific") or {}).get("custom_ranges"))


@needs_shared
@pytest.mark.parametrize(
    ("ecosystem", "step"),
    [("Debian", 20), ("Alpine", 40), ("Go", 40), ("PyPI", 40), ("Maven", 10), ("cargo", 20),
     ("npm", 1)],
)  # fmt: skip
def test_real_records_differ_nowhere(ecosystem: str, step: int) -> None:
    asked, wrong = differences(ecosystem, step)

    assert asked
    assert not wrong


@needs_shared
@pytest.mark.slow
@pytest.mark.parametrize("ecosystem", ["Debian", "Alpine", "Go", "PyPI", "Maven", "cargo", "npm"])
def test_every_real_record_differs_nowhere(ecosystem: str) -> None:
    asked, wrong = differences(ecosystem, 1)

    assert asked
    assert not wrong


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["0", "1.5", "3"]), st.sampled_from(["1", "2", "2.5", "4", ""])),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from(["0.5", "1.7", "3.5"]),
)
def test_the_upgrade_is_what_asking_every_version_gives(
    spans: list[tuple[str, str]], version: str
) -> None:
    """Of all fixes that can be reached, the smallest that has nothing; else the fewest."""
    listed = [
        record(f"P-{n}", "foo", {"introduced": begin}, *(({"fixed": end},) if end else ()))
        for n, (begin, end) in enumerate(spans)
    ]
    with TemporaryDirectory() as folder, database(Path(folder), *listed) as opened:
        lookup = Lookup(opened)
        found = lookup.upgrade("PyPI", "foo", version)
        have = lookup.ask("PyPI", "foo", version).vulnerabilities
        later = [fix for _, fix in spans if fix and float(fix) > float(version)]
        counts = {fix: len(lookup.ask("PyPI", "foo", fix).vulnerabilities) for fix in later}

    free = [fix for fix, count in counts.items() if not count]
    if found is None:
        assert not have or min(counts.values(), default=99) >= len(have)
    elif not found.open:
        assert found.version in free
    else:
        reached = {fix for item in have for fix in item.fixed}
        assert not reached & set(free)
        assert counts[found.version] == len(found.open) < len(have)
