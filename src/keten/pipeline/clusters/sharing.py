"""Live pods that say the same hold it once: tens of thousands of them fit into memory.

A worker's facts come as bytes, so that each pod of a Deployment has a copy of what all of them
say. Nothing is changed but which of two equal values is held.
"""

from itertools import pairwise
from typing import Any

from msgspec import Struct, structs

from keten.model.facts import Facts
from keten.model.kube import Workload

_FEW = 20
"""Facts with fewer pods are left as they are."""
_PLAIN = (int, float, type(None))
_OF_ITSELF = frozenset({"id", "uid", "name"})


def shared(facts: Facts) -> Facts:
    """Return *facts*, whose nodes nobody else holds yet; pods share what is equal in them."""
    pods = [node for node in facts.nodes if isinstance(node, Workload) and node.uid and node.owner]
    if len(pods) < _FEW:
        return facts
    for like, pod in pairwise(pods):  # one after the other, as they are named
        _alike(pod, like)
    for pod in pods:
        for ours, other in (("pod_labels", "labels"), ("pod_annotations", "annotations")):
            if getattr(pod, ours) == getattr(pod, other):
                structs.force_setattr(pod, ours, getattr(pod, other))
    return facts


def _alike(item: Struct, like: Struct) -> None:
    """Let *item* hold what equals a field of *like* as that; both are of one type."""
    if type(item) is not type(like):
        return
    for name in item.__struct_fields__:
        if name in _OF_ITSELF:
            continue
        mine, other = getattr(item, name), getattr(like, name)
        if mine is other or isinstance(mine, _PLAIN):
            continue
        if mine == other:
            structs.force_setattr(item, name, other)
        elif isinstance(mine, Struct):
            _alike(mine, other)
        elif isinstance(mine, tuple) and isinstance(other, tuple):
            structs.force_setattr(item, name, _each(mine, other))


def _each(mine: tuple[Any, ...], other: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return *mine*, with what stands in *other* at the same place taken from there if equal."""
    made = []
    for one, two in zip(mine, other, strict=False):
        if one == two:
            made.append(two)
            continue
        if isinstance(one, Struct):
            _alike(one, two)
        made.append(one)
    return (*made, *mine[len(made) :])
