"""What live objects name is known where its kind was listed, and in files not at all."""

from keten.cluster.references import references
from keten.cluster.scopes import Scope
from keten.derive.named import looked
from keten.model.kube import Cluster, Object, Route, Secret, Workload
from keten.model.pod import Container, PodSpec

POD = PodSpec(
    containers=(Container(name="c", env_from=({"secretRef": {"name": "db"}},)),),
    volumes=(
        {"name": "a", "configMap": {"name": "web", "items": [{"key": "x", "path": "x"}]}},
        {"name": "b", "projected": {"sources": [{"secret": {"name": "s", "optional": True}}]}},
        {"name": "c", "persistentVolumeClaim": {"claimName": "data"}},
        {"name": "d", "configMap": "no map"},
    ),
    runtime_class_name="gvisor",
)
LIVE = Workload(
    "a:Pod/s/w", kind="Pod", name="w", namespace="s", path="a", uid="1", pod=POD, pod_path="spec"
)
LISTED = {
    "secrets": 0,
    "configmaps": 3,
    "persistentvolumeclaims": 1,
    "runtimeclasses.node.k8s.io": 0,
}


def told(*objects: Object, listed: dict[str, int]) -> list[str]:
    scope = Scope("snap", objects, whole=True, cluster=Cluster("snap", listed=listed))
    return [item.ref for item in looked(scope, {})]


def test_references_name_kind_key_and_place() -> None:
    found = [(one.kind, one.name, one.key, one.optional, one.at) for one in references(LIVE)]

    assert found == [
        ("Secret", "db", "", False, "spec.containers[0].envFrom[0].secretRef.name"),
        ("ConfigMap", "web", "x", False, "spec.volumes[0].configMap.items[0].key"),
        ("Secret", "s", "", True, "spec.volumes[1].projected.sources[0].secret.name"),
        ("PersistentVolumeClaim", "data", "", False,
         "spec.volumes[2].persistentVolumeClaim.claimName"),
        ("RuntimeClass", "gvisor", "", False, "spec.runtimeClassName"),
    ]  # fmt: skip


def test_known_where_every_kind_was_listed() -> None:
    assert told(LIVE, listed=LISTED) == [LIVE.ref]


def test_taking_any_list_away_leaves_it_unknown() -> None:
    for name in LISTED:
        less = {key: count for key, count in LISTED.items() if key != name}

        assert told(LIVE, listed=less) == [], name


def test_a_dump_knows_the_kinds_that_are_in_it() -> None:
    route = Route("a:Ingress/s/r", kind="Ingress", name="r", path="a", uid="2", spec={"tls": [{}]})
    secret = Secret("a:Secret/s/x", kind="Secret", name="x", path="a", uid="3")

    assert not list(looked(Scope("", (route,), whole=True), {}))
    assert [o.ref for o in looked(Scope("", (route, secret), whole=True), {})] == [route.ref]
    assert [o.ref for o in looked(Scope("", (route,), whole=True), {"b": {"Secret"}})]


def test_files_are_never_known() -> None:
    route = Route("a:Ingress/s/r", kind="Ingress", name="r", path="a", spec={"tls": [{}]})

    assert told(route, listed=LISTED) == []
