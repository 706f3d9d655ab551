"""What of a cluster must have been listed before something can be said of it as a whole."""

from keten.model.kube import Cluster

LISTS = {
    "nodes": ("nodes",),
    "releases": ("nodes", "pods"),
    "node-programs": ("nodes", "daemonsets.apps"),
    "admission": (
        "mutatingwebhookconfigurations.admissionregistration.k8s.io",
        "validatingadmissionpolicies.admissionregistration.k8s.io",
        "validatingwebhookconfigurations.admissionregistration.k8s.io",
    ),
}
"""The lists that a need (model/needs) takes; one that the server does not serve is empty."""


def answered(cluster: Cluster) -> tuple[str, ...]:
    """Return the needs of LISTS for which all was listed, over the whole cluster."""
    known = {*cluster.listed, *cluster.absent}
    return tuple(need for need, lists in LISTS.items() if known.issuperset(lists))
