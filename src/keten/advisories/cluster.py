"""One finding per vulnerability: records that are aliases of each other, made one.

``aliases`` says that two records are of the same vulnerability, and so does a shared alias.
``related`` does not. ``upstream`` does where a distribution's record is of one CVE alone; one
that bundles several is left out where each of them is there by itself.
"""

from collections.abc import Iterable

from msgspec import Struct

from keten.advisories.records import Import, Rating, Row, weight
from keten.formats.lazy_pattern import lazy

_CVE = lazy(r"CVE-(\d{4})-(\d{4,19})")


class Hit(Struct, frozen=True):
    """A record that affects the package: its *rating* there and what it calls fixed.

    *paid* are (version, what it takes) of fixes that are not for everyone; *urgency* and
    *imports* as in Entry.
    """

    row: Row
    rating: Rating
    fixed: tuple[str, ...] = ()
    paid: tuple[tuple[str, str], ...] = ()
    urgency: str = ""
    imports: tuple[Import, ...] = ()


class Cluster(Struct, frozen=True):
    """The records of one vulnerability, under their preferred *id*, sorted."""

    id: str
    hits: tuple[Hit, ...]
    names: tuple[str, ...]

    @property
    def rating(self) -> Rating:
        """Return the worst rating of any of the records."""
        return max((hit.rating for hit in self.hits), key=weight)

    @property
    def fixed(self) -> tuple[str, ...]:
        """Return every version that a record calls fixed, not yet in order."""
        return tuple(dict.fromkeys(v for hit in self.hits for v in hit.fixed))


def preference(name: str) -> tuple[int, int, int, str]:
    """Return the sort key of ids: CVE first (the oldest), then GHSA, then the others."""
    found = _CVE.fullmatch(name)
    if found:
        return (0, int(found[1]), int(found[2]), name)
    return (1 if name.startswith("GHSA-") else 3 if name.startswith("MAL-") else 2, 0, 0, name)


def same(row: Row) -> set[str]:
    """Return the names of the vulnerability that *row* is of, its own id included."""
    names = {row.id, *row.aliases}
    if len(row.upstream) == 1:
        names.update(row.upstream)
    return names


def clusters(hits: Iterable[Hit]) -> list[Cluster]:
    """Return *hits* (of one package) as clusters, sorted by preferred id."""
    by_name: dict[str, str] = {}

    def find(name: str) -> str:
        while (up := by_name.setdefault(name, name)) != name:
            by_name[name] = by_name[up]
            name = by_name[name]
        return name

    merged = _merge(hits)
    for hit in merged:
        for name in same(hit.row):
            by_name[find(name)] = find(hit.row.id)
    groups: dict[str, list[Hit]] = {}
    for hit in merged:
        groups.setdefault(find(hit.row.id), []).append(hit)
    made = [_cluster(group) for group in groups.values()]
    told = {name for cluster in made for name in cluster.names}
    return sorted(
        (cluster for cluster in made if not _bundle(cluster, told)),
        key=lambda cluster: preference(cluster.id),
    )


def _merge(hits: Iterable[Hit]) -> list[Hit]:
    """Make one of the hits of one record by several of its entries, in a fixed order."""
    found: dict[tuple[str, int], Hit] = {}
    for hit in hits:
        key = (hit.row.id, hit.row.source)
        seen = found.get(key)
        if seen is not None:
            hit = _joined(seen, hit)  # noqa: PLW2901 merged
        found[key] = hit
    return [found[key] for key in sorted(found)]


def _joined(one: Hit, other: Hit) -> Hit:
    return Hit(
        one.row,
        max(one.rating, other.rating, key=weight),
        tuple(dict.fromkeys(one.fixed + other.fixed)),
        tuple(dict.fromkeys(one.paid + other.paid)),
        one.urgency if one.urgency == other.urgency else "",
        # Where one of them does not say which symbols, all may be meant.
        tuple(dict.fromkeys(one.imports + other.imports)) if one.imports and other.imports else (),
    )


def _cluster(hits: list[Hit]) -> Cluster:
    names = sorted({name for hit in hits for name in same(hit.row)}, key=preference)
    return Cluster(names[0], tuple(hits), tuple(names))


def _bundle(cluster: Cluster, told: set[str]) -> bool:
    if len(cluster.hits) != 1:
        return False
    upstream = cluster.hits[0].row.upstream
    return len(upstream) > 1 and all(name in told for name in upstream)
