"""Measure network reach: 10,000 pods under 1,000 policies, every pair of them answered.

``python bench/network.py [PODS [POLICIES]]``. Told are wall and processor time and the highest
resident memory so far, for five clusters: two crowded namespaces, one where pods resemble each
other as in life, one where every pod is unlike every other, one with all kinds of policy.
"""

import random
import resource
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "src"))

from keten.cluster.network.reach import Network  # noqa: E402 the path comes first
from keten.model.kube import Namespace, NetworkPolicy, Object, Resource, Workload  # noqa: E402
from keten.model.pod import Container, PodSpec  # noqa: E402

SPACES, APPS = 100, 10
_PORTS = ({"name": "web", "containerPort": 8080}, {"name": "metrics", "containerPort": 9090})


def cluster(pods: int, policies: int, *, unlike: bool = False, admin: bool = False) -> list[Object]:
    """Return the objects of a cluster; the same each time."""
    draw = random.Random(7)  # noqa: S311 a benchmark
    made: list[Object] = [
        Namespace(id=f"f:Namespace/-/ns{i}", kind="Namespace", name=f"ns{i}",
                  labels={"team": f"t{i % 12}", "zone": "prod" if i % 3 else "test"})
        for i in range(SPACES)
    ]  # fmt: skip
    spec = PodSpec(containers=(Container(name="c", ports=_PORTS),))
    for i in range(pods):
        space = f"ns{i % SPACES}"
        labels = {"app": f"app{i // SPACES % APPS}", "tier": f"tier{i % 3}", "version": "v1"}
        if unlike:
            labels["instance"] = f"i{i}"
        made.append(
            Workload(id=f"f:Pod/{space}/p{i}", kind="Pod", name=f"p{i}", namespace=space,
                     labels=labels, pod_labels=labels, pod=spec, pod_path="spec")
        )  # fmt: skip
    made += (_policy(draw, i, unlike=unlike, pods=pods) for i in range(policies))
    if admin:
        made += (_admin(draw, i) for i in range(50))
    return made


def crowded(pods: int, policies: int) -> list[Object]:
    """Return one namespace of pods unlike each other, where every policy holds all of them."""
    made: list[Object] = [Namespace(id="f:Namespace/-/a", kind="Namespace", name="a")]
    for i in range(pods):
        labels = {"instance": f"i{i}", "group": f"g{i % policies}"}
        made.append(
            Workload(
                id=f"f:Pod/a/p{i}", kind="Pod", name=f"p{i}", namespace="a",
                labels=labels, pod_labels=labels, pod_path="spec",
            )
        )  # fmt: skip
    for i in range(policies):
        peer = {"podSelector": {"matchLabels": {"group": f"g{i}"}}}
        rule = {"from": [peer], "ports": [{"port": 8000 + i % 7}]}
        spec = {"podSelector": {}, "ingress": [rule]}
        made.append(policy(i, spec))
    return made


def policy(number: int, spec: dict[str, Any]) -> NetworkPolicy:
    """Return a policy of the one namespace."""
    name = f"n{number}"
    return NetworkPolicy(
        id=f"f:NetworkPolicy/a/{name}", kind="NetworkPolicy", name=name, namespace="a", spec=spec
    )


def tangled(pods: int, policies: int) -> list[Object]:
    """Return one namespace whose pods have three labels that cross: nearly no two are alike."""
    draw = random.Random(3)  # noqa: S311 a benchmark
    made: list[Object] = [Namespace(id="f:Namespace/-/a", kind="Namespace", name="a")]
    for i in range(pods):
        labels = {"g": f"{i % 97}", "h": f"{i % 89}", "k": f"{i % 83}"}
        made.append(
            Workload(
                id=f"f:Pod/a/p{i}", kind="Pod", name=f"p{i}", namespace="a",
                labels=labels, pod_labels=labels, pod_path="spec",
            )
        )  # fmt: skip

    def some() -> dict[str, Any]:
        return {"matchLabels": {draw.choice("ghk"): str(draw.randrange(80))}}

    for i in range(policies):
        ports = [{"port": 8000 + i % 50}]
        spec = {
            "podSelector": some(),
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"from": [{"podSelector": some()}], "ports": ports}],
            "egress": [{"to": [{"podSelector": some()}], "ports": ports}],
        }
        made.append(policy(i, spec))
    return made


def _policy(draw: random.Random, i: int, *, unlike: bool, pods: int) -> NetworkPolicy:
    space = f"ns{i % SPACES}"
    one = draw.randrange(pods // SPACES) * SPACES + i % SPACES
    own = {"instance": f"i{one}"} if unlike else {"app": f"app{draw.randrange(APPS)}"}
    peers: list[dict[str, Any]] = [
        {"podSelector": {"matchLabels": {"app": f"app{draw.randrange(APPS)}"}}},
        {"namespaceSelector": {"matchLabels": {"team": f"t{draw.randrange(12)}"}},
         "podSelector": {"matchLabels": {"tier": f"tier{draw.randrange(3)}"}}},
        {"ipBlock": {"cidr": f"10.{draw.randrange(256)}.0.0/16", "except": []}},
    ]  # fmt: skip
    spec = {
        "podSelector": {"matchLabels": own} if i % 10 else {},
        "policyTypes": ["Ingress", "Egress"] if i % 2 else ["Ingress"],
        "ingress": [{"from": peers, "ports": [{"port": "web"}, {"port": 9000 + i % 50}]}],
        "egress": [{"to": peers[:2], "ports": [{"port": 8080}]},
                   {"ports": [{"port": 53, "protocol": "UDP"}]}],
    }  # fmt: skip
    return NetworkPolicy(id=f"f:NetworkPolicy/{space}/n{i}", kind="NetworkPolicy", name=f"n{i}",
                         namespace=space, spec=spec)  # fmt: skip


def _admin(draw: random.Random, i: int) -> Resource:
    team = {"matchLabels": {"team": f"t{draw.randrange(12)}"}}
    rule = {"action": ("Allow", "Deny", "Pass")[i % 3], "from": [{"namespaces": team}],
            "ports": [{"portNumber": {"protocol": "TCP", "port": 8080 + i}}]}  # fmt: skip
    spec = {"priority": i, "subject": {"namespaces": {"matchLabels": {"zone": "prod"}}},
            "ingress": [rule]}  # fmt: skip
    return Resource(id=f"f:AdminNetworkPolicy/-/a{i}", kind="AdminNetworkPolicy", name=f"a{i}",
                    api_version="policy.networking.k8s.io/v1alpha1", spec=spec)  # fmt: skip


def measure(title: str, objects: list[Object]) -> None:
    """Build the engine, answer every pair, and tell what it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    network = Network(objects)
    judge = network.judge
    alike: dict[int, int] = {}  # how many pods a shape has: which shapes
    for place, those in enumerate(network.pods.of_shape):
        alike[len(those)] = alike.get(len(those), 0) | 1 << place
    open_ = pairs = 0
    for net in network.networks:
        for place, found in network.covers(net):
            senders = _weigh(network.same(net, place), alike)
            reached = 0
            for _, who in found.sure:
                reached |= who
            heard = _weigh(reached, alike)
            open_ += senders * heard
        pairs += _weigh(net.members, alike) ** 2
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{title}: {len(network.peers)} pods, {len(network.policies)} policies, "
        f"{len(judge.representatives)} classes; {open_:,} of {pairs:,} pairs open; "
        f"{wall:.2f} s wall, {cpu:.2f} s processor, {peak:.0f} MB"
    )


def _weigh(bits: int, alike: dict[int, int]) -> int:
    """Return how many pods *bits* are."""
    return sum((bits & those).bit_count() * count for count, those in alike.items())


def main(arguments: list[str]) -> None:
    """Measure the three clusters."""
    pods = int(arguments[0]) if arguments else 10_000
    policies = int(arguments[1]) if arguments[1:] else 1_000
    measure("one namespace, every policy for all of it", crowded(pods, policies))
    measure("one namespace, labels that cross", tangled(pods, policies))
    measure("alike", cluster(pods, policies))
    measure("unlike", cluster(pods, policies, unlike=True))
    measure("with 50 AdminNetworkPolicies", cluster(pods, policies, admin=True))


if __name__ == "__main__":
    main(sys.argv[1:])
