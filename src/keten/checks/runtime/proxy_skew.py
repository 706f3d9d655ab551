"""kube-proxy does not fit the API server or the kubelet beside it.

A kube-proxy newer than an API server is not supported, nor is one more than three minor
releases older; nor one that is more than three from the kubelet of its node, in either
direction (two where the kube-proxy is older than 1.25). It is often forgotten in an upgrade:
it is an object in the cluster, or an add-on of the cloud's, not a program on the node.
"""

from collections.abc import Iterator

from keten.checks import _releases as releases
from keten.checks._releases import Running
from keten.model.check import Check, Example, Threat
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kube import Cluster

_OLD, _MOST, _LESS = 25, 3, 2


def _applies(cluster: Cluster) -> bool:
    """Return whether its version is known: else nothing passes."""
    return bool(cluster.minor)


def run(cluster: Cluster, view: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    servers = releases.servers(cluster, view)
    kubelets = list(releases.kubelets(cluster, view))
    for proxy in releases.programs(cluster, view, "kube-proxy"):
        most = _MOST if proxy.minor >= _OLD else _LESS
        said = releases.apart("kube-proxy", proxy, servers, most)
        if said:
            yield Violation(said, key=proxy.version)
        else:
            yield from _beside(proxy, kubelets, most)


def _beside(proxy: Running, kubelets: list[Running], most: int) -> Iterator[Violation]:
    """Report the nodes whose kubelet is too far from the proxy that runs there."""
    told: dict[int, list[str]] = {}
    for kubelet in kubelets:
        here = not proxy.nodes or kubelet.where in proxy.nodes
        if here and abs(kubelet.minor - proxy.minor) > most:
            told.setdefault(kubelet.minor, []).append(kubelet.where)
    for minor, names in sorted(told.items()):
        yield Violation(
            f"{proxy.named('kube-proxy')} more than {most} releases from kubelet 1.{minor} "
            f"on {releases.printed(names)}",
            key=f"{proxy.version} {minor}",
        )


CHECK = Check(
    title="kube-proxy does not fit the API server or the kubelet beside it",
    subject=Cluster,
    severity=Severity.MEDIUM,
    needs=("cluster", "releases"),
    fix="Bring kube-proxy (the DaemonSet, or the cloud's add-on) to the release of the nodes.",
    threats=(Threat.ACTOR,),
    controls=("nsa-cisa/upgrades", "nis2/e", "pci-dss/6.3.3", "hipaa/164.308(a)(1)"),
    refs=("https://kubernetes.io/releases/version-skew-policy/#kube-proxy",),
    bad=Example("$", "$ kubectl -n kube-system get ds kube-proxy -o yaml | grep image:\n"
                "image: registry.k8s.io/kube-proxy:v1.31.2  # the API server is v1.36.3\n"),
    good=Example("$", "$ kubectl -n kube-system get ds kube-proxy -o yaml | grep image:\n"
                 "image: registry.k8s.io/kube-proxy:v1.36.3\n"),
    applies=_applies,
    run=run,
)  # fmt: skip
