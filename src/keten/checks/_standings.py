"""How the namespaces in view stand to the Pod Security Standards.

Only those whose object is there are asked about: their labels say what they enforce.
"""

from msgspec import Struct

from keten.checks._beside import Beside, beside
from keten.cluster.podsecurity.namespaces import Obstacle, Standing, standings
from keten.model.facts import View
from keten.model.kube import Namespace, Object, Workload


class _Known(Struct, frozen=True):
    """The standings of one scope by namespace, and what each refuses today by ref."""

    standings: dict[str, Standing]
    refused: dict[str, Obstacle]


def standing_of(view: View, item: Object) -> Standing | None:
    """Return how the namespace stands that *item* is, or is in; None where it is not there."""
    name = item.name if isinstance(item, Namespace) else item.namespace
    return _known(view, item).standings.get(name)


def refused(view: View, workload: Workload) -> Obstacle | None:
    """Return why the level of its own namespace would refuse *workload*, if it would."""
    return _known(view, workload).refused.get(workload.ref)


def _known(view: View, item: Object) -> _Known:
    near = beside(view, item)
    made = view.once(_made)
    found = made.get(id(near))
    if found is None:
        found = made[id(near)] = _judged(near)
    return found


def _judged(near: Beside) -> _Known:
    names = {item.name for item in near.every("Namespace")}
    if not names:
        return _Known({}, {})
    objects = (o for o in near.cluster.objects if o.namespace in names or o.name in names)
    found = {one.name: one for one in standings(objects) if one.namespace is not None}
    return _Known(found, {o.workload.ref: o for one in found.values() for o in one.refused})


def _made(_: View) -> dict[int, _Known]:
    return {}
