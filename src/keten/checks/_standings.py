"""How the namespaces in view stand to the Pod Security Standards.

Only those whose object is there are asked about: their labels say what they enforce.
"""

from msgspec import Struct

from keten.cluster.estates import estate
from keten.cluster.podsecurity.namespaces import Obstacle, Standing, standings
from keten.model.facts import View
from keten.model.kube import Namespace, Workload


class _Known(Struct, frozen=True):
    """The standings by scope and namespace, and what each refuses today by the workload's ref."""

    standings: dict[tuple[int, str], Standing]
    refused: dict[str, tuple[Standing, Obstacle]]


def standing_of(view: View, namespace: Namespace) -> Standing | None:
    """Return how *namespace* stands."""
    return view.once(_judged).standings.get((id(estate(view).of(namespace)), namespace.name))


def refused(view: View, workload: Workload) -> tuple[Standing, Obstacle] | None:
    """Return why the level of its own namespace would refuse *workload*, if it would."""
    return view.once(_judged).refused.get(workload.ref)


def _judged(view: View) -> _Known:
    known = _Known({}, {})
    for cluster in estate(view).clusters:
        names = {item.name for item in cluster.objects if isinstance(item, Namespace)}
        objects = (o for o in cluster.objects if o.namespace in names or o.name in names)
        for one in standings(objects) if names else ():
            if one.namespace is not None:
                known.standings[id(cluster), one.name] = one
                known.refused.update({o.workload.ref: (one, o) for o in one.refused})
    return known
