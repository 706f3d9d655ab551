"""How the objects of a live cluster are named: where findings stand, what keeps them the same."""

import msgspec
import pytest

from keten.formats.kubernetes import objects
from keten.graph.places import Places
from keten.model.control_plane import Component
from keten.model.evidence import Place
from keten.model.kube import ConfigMap, Workload

LIST = "apps/v1/deployments.0001.json"


def workload(
    name: str,
    path: str = LIST,
    *,
    kind: str = "Deployment",
    owner: str = "",
    uid: str = "u",
    **labels: str,
) -> Workload:
    return Workload(
        f"{path}:{kind}/shop/{name}", kind=kind, name=name, namespace="shop", path=path, uid=uid,
        owner=owner, labels={key.replace("_", "-"): value for key, value in labels.items()},
    )  # fmt: skip


def test_the_piece_of_a_list_is_no_part_of_what_an_object_is() -> None:
    first, later = workload("web"), workload("web", "apps/v1/deployments.0012.json")

    assert first.id != later.id
    assert first.identity == later.identity
    assert first.identity != workload("cart").identity
    assert first.identity != workload("web", "east/apps/v1/deployments.0001.json").identity
    dumped = [workload("web", f"dump.json/{number}.json").identity for number in ("0001", "0007")]
    assert dumped[0] == dumped[1]


def test_in_a_file_of_its_own_an_object_is_where_it_stands() -> None:
    for path in ("deploy.json", "web.yaml", "a/0001.yaml"):
        for uid in ("", "u"):
            item = workload("web", path, uid=uid)
            assert item.identity == item.id
    assert workload("web", uid="").identity == workload("web").id


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (workload("web-5d8c7-x2x9p", kind="Pod", owner="ReplicaSet/web-5d8c7",
                  pod_template_hash="5d8c7"),
         workload("web-6f9d8-abcde", kind="Pod", owner="ReplicaSet/web-6f9d8",
                  pod_template_hash="6f9d8")),
        (workload("web-5d8c7", kind="ReplicaSet", owner="Deployment/web"),
         workload("web-6f9d8", kind="ReplicaSet", owner="Deployment/web")),
        (workload("agent-abcde", kind="Pod", owner="DaemonSet/agent"),
         workload("agent-fghij", kind="Pod", owner="DaemonSet/agent")),
        (workload("often-29923616-a", kind="Pod", owner="Job/often-29923616"),
         workload("often-29923617-b", kind="Pod", owner="Job/often-29923617")),
    ],
)  # fmt: skip
def test_a_name_that_a_controller_made_up_is_no_part_of_it(one: Workload, other: Workload) -> None:
    assert one.identity == other.identity


def test_static_pods_of_one_node_are_not_one() -> None:
    names = ("etcd-control-1", "kube-apiserver-control-1")
    one, other = (workload(name, kind="Pod", owner="Node/control-1") for name in names)

    assert one.identity != other.identity


def test_a_program_of_the_control_plane_is_that_of_its_node() -> None:
    def at(number: int, node: str) -> Component:
        path = f"core/v1/pods.{number:04}.json"
        return Component(f"{path}:etcd", name="etcd", path=path, node=node)

    assert at(1, "a").identity == at(2, "a").identity != at(1, "b").identity
    file = Component("manifests/etcd.yaml:etcd", name="etcd", path="manifests/etcd.yaml")
    assert file.identity == file.id


def test_a_live_object_is_told_by_its_name_and_a_file_by_its_line() -> None:
    live, file = workload("web"), workload("web", "deploy.yaml")
    free = ConfigMap(f"{LIST}:Node/-/n1", kind="Node", name="n1", path=LIST)
    program = Component(f"{LIST}:etcd~2", name="etcd", path=LIST)
    fields = msgspec.msgpack.encode({"spec": 7})
    nodes = (live, file, free, program)
    places = Places([Place(node.ref, node.path, 3, 1, fields) for node in nodes])

    def said(node: Workload | ConfigMap | Component, field: str = "") -> str:
        found = places.find(node, field)
        assert found is not None
        return found.text

    assert said(live) == said(live, "spec") == "Deployment/web in shop"
    assert said(file) == "deploy.yaml:3"
    assert said(file, "spec.template") == "deploy.yaml:7"
    assert said(free) == "Node/n1"
    assert said(program) == "etcd"
    found = places.at(live.ref)
    assert found is not None
    assert (found.path, found.line, found.text) == (LIST, 3, "Deployment/web in shop")


@pytest.mark.parametrize("uid", ["", "u"])
@pytest.mark.parametrize("notes", [{}, {"kubernetes.io/config.mirror": "0"}])
def test_the_mirror_of_a_static_pod_has_no_token(uid: str, notes: dict[str, str]) -> None:
    """The server's own admission gives none to it, and refuses one that asks for it."""
    meta = {"name": "etcd-control-1", "namespace": "kube-system", "uid": uid}
    value = {
        "apiVersion": "v1", "kind": "Pod", "metadata": {**meta, "annotations": notes},
        "spec": {"containers": [{"name": "etcd", "image": "etcd:3"}]},
    }  # fmt: skip
    made = objects.node(value, "key", "core/v1/pods.0001.json", clean=False)

    assert isinstance(made, Workload)
    without = made.pod.automount_service_account_token is False
    assert without == bool(uid and notes)
