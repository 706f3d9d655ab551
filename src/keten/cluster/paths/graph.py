"""A graph of steps: shortest ways, and the cheapest cut between some of its points.

Points are numbered as they come; steps lie in lists by the point they leave. Dijkstra's
algorithm finds ways; Dinic's finds the greatest flow and with it the smallest cut (Even and
Tarjan for the bound). Both are plain Python over the part of the graph that lies between.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from heapq import heappop, heappush
from typing import Generic, TypeVar

from keten.errors import CeilingError

POINTS = 2_000_000
STEPS = 8_000_000
FOREVER = 1 << 40
"""The cost of a step that no change takes away."""

P = TypeVar("P", bound=Hashable)
S = TypeVar("S")


class Graph(Generic[P, S]):
    """Points *P* and the steps *S* between them, each with what it takes and what cutting costs."""

    def __init__(self) -> None:
        self.points: list[P] = []
        self.steps: list[S] = []
        self.ends: list[tuple[int, int]] = []
        self.efforts: list[int] = []
        self.costs: list[int] = []
        self._numbers: dict[P, int] = {}
        self._out: list[list[int]] = []
        self._coming: list[list[int]] = []
        self._counted = -1

    def number(self, point: P) -> int:
        """Return the number of *point*, which is added where it is new."""
        found = self._numbers.get(point)
        if found is None:
            found = self._numbers[point] = len(self.points)
            if found >= POINTS:
                raise CeilingError(f"more than {POINTS} points in the graph of paths")
            self.points.append(point)
            self._out.append([])
        return found

    def has(self, point: P) -> bool:
        """Return whether *point* is in the graph."""
        return point in self._numbers

    def add(self, src: P, dst: P, step: S, *, effort: int, cost: int = FOREVER) -> None:
        """Add a step from *src* to *dst*: its *effort* for who takes it, *cost* to take it away."""
        if len(self.steps) >= STEPS:
            raise CeilingError(f"more than {STEPS} steps in the graph of paths")
        a, b = self.number(src), self.number(dst)
        self._out[a].append(len(self.steps))
        self.steps.append(step)
        self.ends.append((a, b))
        self.efforts.append(effort)
        self.costs.append(cost)

    def leaving(self, number: int) -> Sequence[int]:
        """Return the steps that leave the point of that number."""
        return self._out[number]

    def ways(
        self, sources: Iterable[P], *, hops: bool = False, back: bool = False
    ) -> tuple[dict[int, int], dict[int, int]]:
        """Return (least effort, last step) to each point that can be reached from *sources*.

        With *hops* every step is of the same effort; with *back* steps are taken backwards, and
        the step is the first of the way from the point. Among equals the step that was added
        first is taken, so that the answer depends on nothing but the order of adding.
        """
        best: dict[int, int] = {}
        last: dict[int, int] = {}
        heap: list[tuple[int, int, int]] = []
        for source in sources:
            if source in self._numbers:
                heappush(heap, (0, -1, self._numbers[source]))
        near, ends, efforts = self._into if back else self._out, self.ends, self.efforts
        side = 0 if back else 1
        while heap:
            effort, step, point = heappop(heap)
            if point in best:
                continue
            best[point] = effort
            if step >= 0:
                last[point] = step
            for index in near[point]:
                to = ends[index][side]
                if to not in best:
                    heappush(heap, (effort + (1 if hops else efforts[index]), index, to))
        return best, last

    @property
    def _into(self) -> list[list[int]]:
        """Return the steps that come to each point."""
        if self._counted != len(self.steps):
            self._coming = [[] for _ in self.points]
            for index, (_, b) in enumerate(self.ends):
                self._coming[b].append(index)
            self._counted = len(self.steps)
        return self._coming

    def onward(self, source: P, first: dict[int, int]) -> list[int]:
        """Return the steps that lead on from *source*, in order; see ``ways`` with *back*."""
        found = []
        at = self._numbers[source]
        while at in first:
            index = first[at]
            found.append(index)
            at = self.ends[index][1]
        return found

    def way(self, target: P, last: dict[int, int]) -> list[int]:
        """Return the steps that lead to *target*, in order; see ``ways``."""
        found = []
        at = self._numbers[target]
        while at in last:
            index = last[at]
            found.append(index)
            at = self.ends[index][0]
        return found[::-1]

    def cut(
        self,
        sources: Iterable[P],
        targets: Iterable[P],
        lasting: Iterable[int] = (),
    ) -> list[int] | None:
        """Return the steps of the cheapest cut between *sources* and *targets*.

        *lasting* are steps that are not to be counted on being taken away. [] where there is no
        way; None where some way has no step that can be taken away.
        """
        starts = {self._numbers[p] for p in sources if p in self._numbers}
        stops = {self._numbers[p] for p in targets if p in self._numbers}
        if starts & stops:
            return None
        costs = list(self.costs)
        for index in lasting:
            costs[index] = FOREVER
        certain = _reach(
            starts, lambda p: (self.ends[i][1] for i in self._out[p] if self.costs[i] >= FOREVER)
        )
        if certain & stops:
            return None
        between = self._between(starts, stops)
        if not between:
            return []
        return _Flow(self.ends, costs, between, (starts, stops)).cut()

    def _between(self, starts: set[int], stops: set[int]) -> list[int]:
        """Return the steps that lie on some way from *starts* to *stops*."""
        ahead = _reach(starts, lambda p: (self.ends[i][1] for i in self._out[p]))
        into: dict[int, list[int]] = {}
        for index, (a, b) in enumerate(self.ends):
            if a in ahead and b in ahead:
                into.setdefault(b, []).append(index)
        back = _reach(stops & ahead, lambda p: (self.ends[i][0] for i in into.get(p, ())))
        return [i for i, (a, b) in enumerate(self.ends) if a in ahead and b in back and a in back]


def _reach(starts: set[int], near: Callable[[int], Iterable[int]]) -> set[int]:
    found = set(starts)
    stack = list(starts)
    while stack:
        for point in near(stack.pop()):
            if point not in found:
                found.add(point)
                stack.append(point)
    return found


def _merged(
    ends: dict[tuple[int, int], int], joined: list[int], fixed: int
) -> dict[tuple[int, int], int]:
    """Join points that no cut can part: all that leaves one, or comes to one, is one lasting step.

    *ends* are arcs with their costs; *joined* is told for each point which it is now. The first
    *fixed* points stay. Returns the arcs between what is left.
    """
    for _ in range(ROUNDS):
        leaving, coming = [0] * len(joined), [0] * len(joined)
        for a, b in ends:
            leaving[a] += 1
            coming[b] += 1
        before = len(ends)
        for (a, b), cost in ends.items():
            if cost >= FOREVER:
                a, b = _now(joined, a), _now(joined, b)  # noqa: PLW2901 as they are now
                if a == b:
                    continue
                if leaving[a] == 1 and a >= fixed:
                    joined[a] = b
                    leaving[a] = coming[b] = 2  # not known until the next round
                elif coming[b] == 1 and b >= fixed:
                    joined[b] = a
                    leaving[a] = coming[b] = 2
        arcs: dict[tuple[int, int], int] = {}
        for (a, b), cost in ends.items():
            pair = (_now(joined, a), _now(joined, b))
            if pair[0] != pair[1]:
                arcs[pair] = min(FOREVER, arcs.get(pair, 0) + cost)
        ends = arcs
        if len(ends) * 20 > before * 19:
            break
    return ends


def _now(joined: list[int], point: int) -> int:
    while joined[point] != point:
        joined[point] = point = joined[joined[point]]
    return point


ROUNDS = 4


class _Flow:
    """Dinic's algorithm over the steps *between*; arcs come in pairs, the way back beside."""

    def __init__(
        self,
        every: Sequence[tuple[int, int]],
        costs: Sequence[int],
        between: Sequence[int],
        outer: tuple[set[int], set[int]],
    ) -> None:
        starts, stops = outer
        numbers = {**dict.fromkeys(sorted(starts), 0), **dict.fromkeys(sorted(stops), 1)}
        count = 2
        sides: list[tuple[int, int, int]] = []
        ends: dict[tuple[int, int], int] = {}
        for index in between:
            a, b = every[index]
            for point in (a, b):
                if point not in numbers:
                    numbers[point] = count
                    count += 1
            pair = numbers[a], numbers[b]
            sides.append((index, *pair))
            if pair[0] != pair[1]:
                ends[pair] = min(FOREVER, ends.get(pair, 0) + costs[index])
        joined = list(range(count))
        arcs = _merged(ends, joined, 2)
        self._sides = [(index, _now(joined, a), _now(joined, b)) for index, a, b in sides]
        self.heads: list[int] = []
        self.room: list[int] = []
        self.arcs: list[list[int]] = [[] for _ in range(count)]  # 0 the source, 1 the sink
        for (a, b), cost in arcs.items():
            self._arc(a, b, cost)

    def _arc(self, a: int, b: int, room: int) -> None:
        self.arcs[a].append(len(self.heads))
        self.heads.append(b)
        self.room.append(room)
        self.arcs[b].append(len(self.heads))
        self.heads.append(a)
        self.room.append(0)

    def cut(self) -> list[int] | None:
        """Return the cheapest steps without which nothing flows; None where they can not be cut."""
        flow = 0
        while (levels := self._levels())[1] >= 0:
            following = [0] * len(self.arcs)
            while pushed := self._push(levels, following):
                flow += pushed
                if flow >= FOREVER:
                    return None
        near = {p for p, level in enumerate(levels) if level >= 0}
        return [index for index, a, b in self._sides if a in near and b not in near]

    def _levels(self) -> list[int]:
        levels = [-1] * len(self.arcs)
        levels[0] = 0
        edge = [0]
        while edge and levels[1] < 0:
            further = []
            for point in edge:
                for arc in self.arcs[point]:
                    to = self.heads[arc]
                    if self.room[arc] and levels[to] < 0:
                        levels[to] = levels[point] + 1
                        further.append(to)
            edge = further
        return levels

    def _push(self, levels: list[int], following: list[int]) -> int:
        """Push what one way has room for; 0 where there is none left on these levels."""
        path: list[int] = []
        point = 0
        while point != 1:
            arcs = self.arcs[point]
            at = following[point]
            while at < len(arcs):
                arc = arcs[at]
                if self.room[arc] and levels[self.heads[arc]] == levels[point] + 1:
                    break
                at += 1
            following[point] = at
            if at < len(arcs):
                path.append(arcs[at])
                point = self.heads[arcs[at]]
            elif path:
                point = self.heads[path.pop() ^ 1]
                following[point] += 1
            else:
                return 0
        room = min(self.room[arc] for arc in path)
        for arc in path:
            self.room[arc] -= room
            self.room[arc ^ 1] += room
        return room
