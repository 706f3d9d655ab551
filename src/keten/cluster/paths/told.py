"""Paths as a result holds them: names and places instead of points and refs."""

from collections.abc import Callable

from keten.cluster.estates import Estate
from keten.cluster.paths.answers import Path, paths
from keten.cluster.paths.build import Built
from keten.cluster.paths.terms import Step, called
from keten.model.facts import Node
from keten.model.finding import Location
from keten.model.result import AttackPath, PathPoint, PathStep

Find = Callable[[Node, str], Location | None]


def told(estate: Estate, find: Find) -> tuple[AttackPath, ...]:
    """Return the weakest paths of every cluster; *find* tells where a field is."""
    return tuple(
        row(path, estate, find)
        for cluster in estate.clusters
        for path in paths(
            Built(
                cluster.objects,
                listed=cluster.scope.cluster,
                network=cluster.network,
                rights=cluster.rights,
            )
        )
    )


def row(path: Path, estate: Estate, find: Find) -> AttackPath:
    """Return *path* with names and places."""
    return AttackPath(
        points=tuple(PathPoint(point[0], called(point)) for point in path.points),
        steps=tuple(_step(step, estate, find) for step in path.steps),
        effort=path.effort,
        sure=path.sure,
    )


def _step(step: Step, estate: Estate, find: Find) -> PathStep:
    node = estate.find(step.ref) if step.ref else None
    where = find(node, step.field) if node is not None else None
    return PathStep(step.text, where, step.sure, step.assumed, step.label)
