"""Where dangerous rights lead: from who holds them, through the binding that gives them.

What each right is good for is in ``cluster.rbac.dangers``; here only whereto. Rights that
hinder, hide or destroy lead nowhere further and are left out.
"""

from collections.abc import Iterable, Iterator

from keten.cluster.paths.terms import CLUSTER, NODES, Point
from keten.cluster.rbac.danger import Gain
from keten.cluster.rbac.risks import Risk

_ALL_OF = frozenset({"everything", "escalate-role", "bind-role"})
_ACCOUNTS = frozenset({"impersonate-account", "token-create", "token-secret"})
_NODES = frozenset(
    {"node-proxy", "volume-create", "csr-node", "node-join", "privileged-constraint"}
)
_RUN = frozenset({
    "pod-create", "workload-write", "job-write", "replication-write", "argo-write",
    "tekton-write", "knative-write",
})  # fmt: skip
_INSIDE = frozenset({"pod-exec", "pod-attach", "pod-debug", "pod-patch"})
_INDIRECT = {"volume-create": 3, "csr-node": 4, "node-join": 5, "mutate": 3, "aggregated-api": 3}
_SYSTEM = "kube-system"


def gained(risk: Risk) -> Iterator[tuple[Point, int]]:
    """Yield where *risk* leads its holder, with the effort that it takes."""
    name, space = risk.danger.id, risk.namespace
    effort = _INDIRECT.get(name, 1)
    if risk.named:
        yield from _named(risk)
    elif name in _ALL_OF and space:
        yield ("all-of", space), effort
    elif risk.danger.gain is Gain.CLUSTER:
        if not space or space == _SYSTEM:
            yield CLUSTER, effort
    elif name in _ACCOUNTS:
        yield ("accounts", space), effort
    elif name == "impersonate-user" and not space:
        yield CLUSTER, effort
    elif name in _NODES:
        yield NODES, effort
    elif name in _RUN:
        yield ("run", space), effort
    elif name in _INSIDE:
        yield ("pods", space), effort
    elif name == "secrets-read":
        yield ("secrets", space), effort
    elif name == "mutate" and not space:
        yield ("pods", ""), effort


def leading(found: Iterable[Risk]) -> list[Risk]:
    """Return the risks that lead somewhere."""
    return [risk for risk in found if any(True for _ in gained(risk))]


def _named(risk: Risk) -> Iterator[tuple[Point, int]]:
    """Yield what a rule with resourceNames leads to, where its names say it."""
    names = {name for ground in risk.grounds for name in ground.said.rule.resource_names}
    for name in sorted(names):
        if risk.danger.id == "secrets-read":
            yield ("secret-named", risk.namespace, name), 1
        elif risk.danger.id in _ACCOUNTS:
            yield ("account-named", risk.namespace, name), 1
