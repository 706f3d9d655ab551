"""What the reach engine says of a workload, where its namespace is known well enough to ask.

An object whose file does not say its namespace may meet those of any other: nothing is
certain of it then, and the checks keep to what the graph says.
"""

from typing import TYPE_CHECKING

from keten.cluster.estates import estate
from keten.model.facts import View
from keten.model.kube import Object, Workload

if TYPE_CHECKING:  # most scans need no engine, and it is many modules
    from keten.cluster.network.reach import Network


def network(item: Object, view: View) -> "Network":
    """Return the network of the cluster that *item* is an object of."""
    return estate(view).of(item).network


def held(workload: Workload, view: View) -> bool | None:
    """Return whether some policy holds *workload* in some direction; None where not known."""
    found = network(workload, view)
    mine = found.peers_of(workload)
    if not mine or not found.settled or workload.namespace not in found.told:
        return None
    return any(found.held >> found.place(peer) & 1 for peer in mine)


def unlimited(workload: Workload, view: View) -> bool | None:
    """Return whether policies leave *workload* free to reach everything; None where not known."""
    from keten.cluster.network.ports import ALL

    found = network(workload, view)
    mine = found.peers_of(workload)
    if not mine or not found.settled:
        return None
    return all(
        sure == ALL
        for peer in mine
        for sure, _, _ in found.judge.parts("egress", found.place(peer))
    )
