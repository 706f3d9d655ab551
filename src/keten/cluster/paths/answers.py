"""What is asked of the graph: the weakest and shortest ways, and the smallest cut, proved."""

from collections.abc import Iterable, Sequence

from msgspec import Struct, structs

from keten.cluster.paths.build import Built
from keten.cluster.paths.changes import left, made
from keten.cluster.paths.graph import FOREVER
from keten.cluster.paths.terms import (
    CLUSTER,
    INTERNET,
    NODES,
    PLACES,
    SECRETS,
    Change,
    Point,
    Step,
)

SHOWN = 10
ROUNDS = 6
"""How often a cut is sought anew without the changes that turned out not to help."""
MAIN = 4
"""The targets for which every way in is told by itself."""
ENTRIES = 100
"""The most ways in that paths are sought from one by one."""


class Path(Struct, frozen=True):
    """A way from *start* to *end*. *effort* is the sum of its steps', least for the weakest.

    *points* has one more than *steps*; steps that are no more than words are left out, and stand
    with the others in *way*, by their numbers in the graph.
    """

    start: Point
    end: Point
    effort: int
    points: tuple[Point, ...]
    steps: tuple[Step, ...]
    way: tuple[int, ...] = ()

    @property
    def sure(self) -> bool:
        """Return whether nothing on the way is unknown; a fault that is assumed is not sure."""
        return all(step.sure and not step.assumed for step in self.steps)


class Cut(Struct, frozen=True):
    """Changes after which no way is left: *proved* by judging again with all of them made.

    *none* is a way that no change takes a step from, where there is one; then there are none.
    """

    changes: tuple[Change, ...]
    proved: bool
    none: Path | None = None


def jewels(built: Built) -> list[Point]:
    """Return what an intruder is after, as far as it is in the graph, the most valued first."""
    found = [point for point in (CLUSTER, SECRETS, NODES) if built.graph.has(point)]
    for kind in ("node", "cloud"):
        found += sorted(p for p in built.graph.points if p[0] == kind)
    return found


def paths(
    built: Built,
    *,
    sources: Sequence[Point] = (INTERNET,),
    targets: Sequence[Point] = (),
    hops: bool = False,
    limit: int = SHOWN,
) -> list[Path]:
    """Return the weakest ways (the shortest, with *hops*) to each target, then by each way in.

    From the Internet, every way in is told by itself for the first few targets that are reached.
    """
    graph = built.graph
    wanted = [point for point in targets or jewels(built) if graph.has(point)]
    best, last = graph.ways(sources, hops=hops)
    reached = [point for point in wanted if graph.number(point) in best and point not in sources]
    found: dict[tuple[Point, ...], Path] = {}
    for target in reached:
        _tell(found, _path(built, graph.way(target, last), sources[0], target))
    for target in reached[:MAIN]:
        least, first = graph.ways([target], hops=hops, back=True)
        for gate in _gates(built, sources):
            if graph.ends[gate][1] in least:
                way = [gate, *graph.onward(graph.points[graph.ends[gate][1]], first)]
                _tell(found, _path(built, way, sources[0], target))
    order = {point: i for i, point in enumerate(wanted)}
    listed = sorted(
        found.values(),
        key=lambda p: (len(p.steps) if hops else p.effort, len(p.steps), order[p.end], p.points),
    )
    return listed[:limit] if targets else _folded(listed)[:limit]


def _folded(listed: list[Path]) -> list[Path]:
    """Return *listed* without ways to one more node that are as another to a node, to its end."""
    before: set[tuple[Point, ...]] = set()
    kept = []
    for path in listed:
        if path.end[0] == "node" and path.points[:-1] in before:
            continue
        if path.end[0] in ("node", "nodes"):
            before.add(path.points[:-1])
        kept.append(path)
    return kept


def _tell(found: dict[tuple[Point, ...], Path], path: Path) -> None:
    """Keep the first path for each way in and each end."""
    found.setdefault((path.points[1] if len(path.points) > 1 else path.start, path.end), path)


def _gates(built: Built, sources: Sequence[Point]) -> list[int]:
    """Return the steps from the Internet, one for each point they lead to, where it is asked."""
    graph = built.graph
    if INTERNET not in sources or not graph.has(INTERNET):
        return []
    firsts: dict[int, int] = {}
    for index in graph.leaving(graph.number(INTERNET)):
        firsts.setdefault(graph.ends[index][1], index)
    return list(firsts.values())[:ENTRIES]


def _path(built: Built, steps: list[int], source: Point, target: Point) -> Path:
    graph = built.graph
    if steps:
        source = graph.points[graph.ends[steps[0]][0]]
    told: list[Step] = []
    points = [source]
    doubt = False  # of a step that is no more than words: it is the next one's
    for index in steps:
        step = graph.steps[index]
        to = graph.points[graph.ends[index][1]]
        if step.text:
            told.append(structs.replace(step, sure=False) if doubt else step)
            points.append(to)
            doubt = False
            continue
        doubt = doubt or not step.sure
        if told and to[0] in PLACES:  # the step before ends where this does
            points[-1] = to
    if doubt and told:
        told[-1] = structs.replace(told[-1], sure=False)
    return Path(
        source,
        target,
        sum(graph.efforts[i] for i in steps),
        tuple(points),
        tuple(told),
        tuple(steps),
    )


def cut(
    built: Built, *, sources: Sequence[Point] = (INTERNET,), targets: Sequence[Point] = ()
) -> Cut:
    """Return the smallest set of changes that leaves no way from *sources* to *targets*.

    The cheapest cut of steps gives the changes; those that are not needed once the others are
    made are dropped. The rest is proved: the objects are judged again with the changes made.
    Where a way is left, it is cut in turn (another role gave the same); one that a change was to
    take away (a policy does not bind a pod in its node's network) is not counted on any more.
    """
    wanted = tuple(point for point in targets or jewels(built) if built.graph.has(point))
    vain: set[Change] = set()
    chosen: set[Change] = set()
    at = built
    for _ in range(ROUNDS):
        graph = at.graph
        steps = graph.cut(
            sources, wanted, [i for i, s in enumerate(graph.steps) if s.change in vain]
        )
        if steps is None:
            return Cut((), proved=False, none=_lasting(at, sources, wanted, vain))
        chosen |= set(_needed(at, sources, wanted, steps))
        at = again(built, tuple(sorted(chosen))) if chosen else built
        left_over = paths(at, sources=sources, targets=wanted, limit=1) if chosen else []
        if not left_over:
            return Cut(tuple(sorted(chosen)), proved=True)
        useless = chosen & _changes(at, left_over[0])
        if useless:
            vain |= useless
            chosen, at = set(), built
    return Cut(tuple(sorted(chosen)), proved=False)


def _changes(built: Built, path: Path) -> set[Change | None]:
    """Return the changes of all steps of *path*, those that are no more than words too."""
    return {built.graph.steps[i].change for i in path.way}


def _needed(
    built: Built, sources: Sequence[Point], wanted: Sequence[Point], steps: Sequence[int]
) -> tuple[Change, ...]:
    """Return the changes that take *steps* away, without those that the others make needless."""
    graph = built.graph
    needed = sorted({c for i in steps if (c := graph.steps[i].change) is not None}, key=_dear)
    for change in list(needed):
        fewer = [one for one in needed if one != change]
        if not _open(built, sources, wanted, fewer):
            needed = fewer
    return tuple(sorted(needed))


def _dear(change: Change) -> tuple[int, Change]:
    return -change.cost, change


def _open(
    built: Built, sources: Iterable[Point], targets: Iterable[Point], changes: Iterable[Change]
) -> bool:
    """Return whether a way is left when the steps that *changes* take away are gone."""
    graph, gone = built.graph, set(changes)
    numbers = {graph.number(p) for p in sources if graph.has(p)}
    stops = {graph.number(p) for p in targets if graph.has(p)}
    seen, stack = set(numbers), list(numbers)
    while stack:
        for index in graph.leaving(stack.pop()):
            to = graph.ends[index][1]
            if to not in seen and graph.steps[index].change not in gone:
                if to in stops:
                    return True
                seen.add(to)
                stack.append(to)
    return False


def again(built: Built, changes: Sequence[Change]) -> Built:
    """Return the graph of the same objects with *changes* made."""
    return Built(
        made(built.objects, changes, built.pods),
        listed=built.listed,
        weak=left(built.weak, changes),
        assume=built.assume,
    )


def _lasting(
    built: Built, sources: Sequence[Point], targets: Sequence[Point], vain: set[Change]
) -> Path | None:
    """Return a way of which no change takes a step; *vain* are changes that do not help."""
    graph = built.graph
    ways = [
        graph.costs[i] >= FOREVER or graph.steps[i].change in vain for i in range(len(graph.steps))
    ]
    starts = [graph.number(p) for p in sources if graph.has(p)]
    stops = {graph.number(p) for p in targets}
    last: dict[int, int] = {}
    seen, queue = set(starts), list(starts)
    for point in queue:
        for index in graph.leaving(point):
            to = graph.ends[index][1]
            if ways[index] and to not in seen:
                seen.add(to)
                last[to] = index
                queue.append(to)
                if to in stops:
                    end = graph.points[to]
                    return _path(built, graph.way(end, last), sources[0], end)
    return None
