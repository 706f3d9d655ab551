"""Attack paths at scale: ``python bench/paths.py``.

One cluster of 40,000 Deployments in 400 namespaces, with a service account each, policies, roles
and bindings, some of it privileged and some of it served to the Internet: a graph of more than
200,000 points. Bars: building and listing 30 s, the smallest cut 5 s (without its proof, which
builds the graph again).
"""

import random
import resource
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from keten.cluster.paths.answers import jewels, paths
from keten.cluster.paths.build import Built
from keten.cluster.paths.terms import INTERNET
from keten.model import kube
from keten.model.pod import PodSpec

SPACES, EACH = 400, 100
PRIVILEGED, SERVED = 0.01, 0.02


def main() -> None:
    """Print the figures."""
    objects = list(cluster(random.Random(3)))  # noqa: S311 no secret is made
    start = time.perf_counter()
    built = Built(objects)
    made = time.perf_counter()
    graph = built.graph
    print(f"{len(objects)} objects, {len(graph.points)} points, {len(graph.steps)} steps")
    print(f"build   {made - start:6.2f} s")
    listed = paths(built)
    told = time.perf_counter()
    print(f"list    {told - made:6.2f} s  ({len(listed)} paths, up to 100 ways in)")
    steps = graph.cut([INTERNET], jewels(built))
    cut = time.perf_counter()
    said = "can not be cut" if steps is None else f"{len(steps)} steps"
    print(f"cut     {cut - told:6.2f} s  ({said})")
    print(f"memory  {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MB")


def cluster(draw: random.Random) -> Any:
    """Yield the objects."""
    for space in range(SPACES):
        name = f"team-{space}"
        labels = {"pod-security.kubernetes.io/enforce": "baseline"} if space % 3 else {}
        yield kube.Namespace(f"n:{name}", kind="Namespace", name=name, labels=labels)
        if space % 2:
            yield policy(name)
        for number in range(EACH):
            yield from service(draw, name, f"app-{number}")
    for number in range(20):
        rule: dict[str, Any] = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}
        if number % 5 == 0:
            rule = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
        yield kube.Role(
            f"r:{number}",
            kind="ClusterRole",
            name=f"role-{number}",
            rules=msgspec.convert([rule], tuple[kube.Rule, ...]),
        )
        yield kube.Binding(
            f"b:{number}",
            kind="ClusterRoleBinding",
            name=f"binding-{number}",
            role_kind="ClusterRole",
            role_name=f"role-{number}",
            subjects=tuple(
                kube.Subject("ServiceAccount", f"app-{draw.randrange(EACH)}", f"team-{number}")
                for _ in range(3)
            ),
        )


def policy(space: str) -> kube.NetworkPolicy:
    """Return a policy that lets only its own namespace in."""
    spec = {
        "podSelector": {},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [{"podSelector": {}}]}],
    }
    return kube.NetworkPolicy(
        f"p:{space}", kind="NetworkPolicy", name="own", namespace=space, spec=spec
    )


def service(draw: random.Random, space: str, name: str) -> Any:
    """Yield a workload, its account, and now and then a service."""
    container: dict[str, Any] = {"name": "c", "image": "registry.example/app:1"}
    if draw.random() < PRIVILEGED:
        container["securityContext"] = {"privileged": True}
    yield kube.Workload(
        f"w:{space}/{name}",
        kind="Deployment",
        name=name,
        namespace=space,
        pod=msgspec.convert({"containers": [container], "serviceAccountName": name}, PodSpec),
        pod_labels={"app": name},
    )
    yield kube.ServiceAccount(
        f"a:{space}/{name}", kind="ServiceAccount", name=name, namespace=space
    )
    if draw.random() < SERVED:
        yield kube.Service(
            f"s:{space}/{name}",
            kind="Service",
            name=name,
            namespace=space,
            spec={"type": "LoadBalancer", "selector": {"app": name}, "ports": [{"port": 80}]},
        )


if __name__ == "__main__":
    main()
