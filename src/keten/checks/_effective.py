"""What the checks of effective rights share: the engines of the scope that an object is of."""

from keten.cluster.estates import Cluster, estate
from keten.cluster.rbac.risks import Risks
from keten.cluster.rbac.unused import Unused, complete, unused
from keten.errors import CeilingError
from keten.model.facts import View
from keten.model.kube import Object


def risks_of(view: View, item: Object) -> Risks:
    """Return the dangers in the scope of *item*; made once for each scope."""
    made = view.once(_risks)
    cluster = estate(view).of(item)
    found = made.get(id(cluster))
    if found is None:
        found = made[id(cluster)] = Risks(cluster.rights)
    if cluster.rights.cut:
        raise CeilingError(cluster.rights.cut)
    return found


def _risks(_: View) -> dict[int, Risks]:
    return {}


def cluster_of(view: View, item: Object) -> Cluster:
    """Return the cluster that *item* is an object of."""
    return estate(view).of(item)


def unused_of(view: View, item: Object) -> list[Unused]:
    """Return in what way *item* is certainly of no use."""
    return view.once(_unused).get(item.ref, [])


def _unused(view: View) -> dict[str, list[Unused]]:
    made: dict[str, list[Unused]] = {}
    for cluster in estate(view).clusters:
        if complete(cluster.scope) and not cluster.rights.cut:
            for one in unused(cluster.objects, cluster.rights, whole=True):
                if one.certain:
                    made.setdefault(one.item.ref, []).append(one)
    return made
