"""What the API server and the controllers add to pods is no difference to their template.

Each addition here was seen on kube-apiserver and kube-controller-manager 1.36.3
(tests/test_kwok_cluster.py has them made); these are quick.
"""

from typing import Any

import msgspec
import pytest

from keten.cluster.owners import settle
from keten.model.kube import Service, Workload
from keten.model.pod import PodSpec

ARMOR = "container.apparmor.security.beta.kubernetes.io/web"
ZONES = {"topology.kubernetes.io/zone": "west-1", "topology.kubernetes.io/region": "west"}
Value = dict[str, Any]


def item(kind: str, name: str, spec: Value, **more: Any) -> Workload:
    path = f"apps/v1/{kind.lower()}s.0001.json"
    return Workload(
        f"{path}:{kind}/shop/{name}", kind=kind, name=name, namespace="shop", path=path, uid=name,
        pod=msgspec.convert(spec, PodSpec), **more,
    )  # fmt: skip


def pair(
    template: Value,
    pod: Value,
    *,
    kind: str = "DaemonSet",
    notes: dict[str, str] | None = None,
    labels: dict[str, str] | None = None,
) -> list[Workload]:
    """Return a controller and a pod of it."""
    own = {"app": "web"}
    return [
        item(kind, "web", template, pod_labels=own, pod_annotations=notes or {}),
        item("Pod", "web-x2x9p", pod, owner=f"{kind}/web", labels={**own, **(labels or {})},
             annotations=notes or {}, pod_path="spec"),
    ]  # fmt: skip


def web(**more: Any) -> Value:
    return {"name": "web", "image": "i:1", **more}


def apart(found: list[Workload], *others: Service) -> bool:
    return bool(settle([*found, *others]).apart)


def armored(kind: str, **more: str) -> Value:
    return web(securityContext={"appArmorProfile": {"type": kind, **more}})


@pytest.mark.parametrize(
    ("said", "made"),
    [
        ("unconfined", armored("Unconfined")),
        ("runtime/default", armored("RuntimeDefault")),
        ("localhost/mine", armored("Localhost", localhostProfile="mine")),
    ],
)
def test_an_apparmor_annotation_is_a_field_of_the_pod(said: str, made: Value) -> None:
    notes = {ARMOR: said}

    assert not apart(pair({"containers": [web()]}, {"containers": [made]}, notes=notes))
    other = {ARMOR: "localhost/other"}
    assert apart(pair({"containers": [web()]}, {"containers": [made]}, notes=other))
    assert apart(pair({"containers": [web()]}, {"containers": [made]}))


def test_a_port_in_the_hosts_network_is_one_of_the_host() -> None:
    def pod(*, host: bool, port: Value) -> Value:
        return {"hostNetwork": host, "containers": [web(ports=[port])]}

    plain = {"containerPort": 9200, "protocol": "TCP"}
    filled = {"hostPort": 9200, "containerPort": 9200, "protocol": "TCP"}
    assert not apart(pair(pod(host=True, port=plain), pod(host=True, port=filled)))
    assert apart(pair(pod(host=False, port=plain), pod(host=False, port=filled)))


def test_a_pod_has_the_zone_of_its_node_unless_something_selects_by_it() -> None:
    spec = {"containers": [web()]}
    found = pair(spec, spec, labels=ZONES)

    assert not apart(found)
    by = Service("s", kind="Service", spec={"selector": {"topology.kubernetes.io/zone": "west-1"}})
    assert apart(found, by)
    assert apart(pair(spec, spec, labels={"team": "x"}))


def test_pods_of_an_indexed_job_know_their_number() -> None:
    from_label = {"fieldRef": {"fieldPath": "metadata.labels['index']"}}
    index = {"name": "JOB_COMPLETION_INDEX", "valueFrom": from_label}
    job = {"containers": [web(env=[{"name": "A", "value": "1"}])]}

    def pod(*more: Value) -> Value:
        return {"containers": [web(env=[{"name": "A", "value": "1"}, *more])]}

    assert not apart(pair(job, pod(index), kind="Job"))
    assert apart(pair(job, pod({"name": "B", "value": "2"}), kind="Job"))


def test_keys_of_labels_become_a_selector_of_the_spread() -> None:
    spread = {"maxSkew": 1, "topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "web"}}}
    merged = {**spread, "labelSelector": {"matchLabels": {"app": "web", "hash": "1"}}}

    def pod(one: Value) -> Value:
        return {"topologySpreadConstraints": [one], "containers": [web()]}

    assert not apart(pair(pod(spread), pod(merged)))
