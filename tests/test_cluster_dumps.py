"""Dumps of a cluster: one estate, each object told once, at its top-most owner."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keten import config
from keten.cluster.network.reading import _FOREIGN
from keten.errors import InputError
from keten.formats.kubernetes import snapshot
from keten.formats.kubernetes.listed import ROWS
from keten.model.custom_pods import TEMPLATES
from keten.model.delivery import Image
from keten.model.facts import Facts
from keten.model.kube import Cluster, Workload
from keten.model.plug import Source
from keten.model.result import Result
from keten.pipeline import flow, trees
from keten.pipeline.clusters import dumps, scanning
from keten.pipeline.clusters.sharing import shared
from keten.readers import cluster_snapshot, k8s
from keten.transport.files import Tree

Value = dict[str, Any]
NOW = date(2026, 11, 23)
POLICY = config.Policy(config.Config(), "default", "", Path())
TEMPLATE = {"containers": [{"name": "web", "image": "example.com/web:1.2.3"}]}


def meta(kind: str, name: str, owner: str = "", space: str = "shop", **more: Any) -> Value:
    made: Value = {
        "name": name, "namespace": space, "uid": f"{kind}-{space}-{name}",
        "resourceVersion": "1", **more,
    }  # fmt: skip
    if owner:
        kind, _, name = owner.partition("/")
        made["ownerReferences"] = [
            {"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": "u", "controller": True}
        ]
    return made


def live(spec: Value, name: str, node: str = "node-1") -> Value:
    """Return a pod's specification as admission and the scheduler leave it."""
    access = f"kube-api-access-{name}"
    mount = {
        "name": access, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
        "readOnly": True,
    }  # fmt: skip
    first, *rest = spec["containers"]
    return {
        **spec,
        "containers": [{**first, "volumeMounts": [*first.get("volumeMounts", []), mount]}, *rest],
        "volumes": [*spec.get("volumes", []), {"name": access, "projected": {"sources": []}}],
        "nodeName": node,
        "serviceAccountName": "default",
        "serviceAccount": "default",
        "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists"}],
    }


def pod(name: str, owner: str, spec: Value | None = None, **more: Any) -> Value:
    status = {
        "podIP": f"10.0.0.{len(name)}",
        "podIPs": [{"ip": f"10.0.0.{len(name)}"}, {"ip": "fd00::1"}],
        "containerStatuses": [
            {"name": "web", "imageID": "docker-pullable://example.com/web@sha256:" + "a" * 64}
        ],
    }
    return {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": meta("Pod", name, owner, labels={"app": "web", "pod-template-hash": "x"}),
        "spec": live(spec or TEMPLATE, name, more.get("node", "node-1")), "status": status,
    }  # fmt: skip


def runs(kind: str, name: str, owner: str = "", spec: Value | None = None, **own: Any) -> Value:
    labels = {"app": "web"}
    return {
        "apiVersion": "apps/v1", "kind": kind, "metadata": meta(kind, name, owner),
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec or TEMPLATE},
            **own,
        },
    }  # fmt: skip


def listing(items: list[Value], kind: str = "List", version: str = "v1") -> str:
    return json.dumps({"apiVersion": version, "kind": kind, "items": items, "metadata": {}})


def read(folder: Path) -> tuple[flow.Scanned, Result]:
    scanned = trees.collect(folder, POLICY, now=NOW, progress=lambda *_: None, every=True)
    result = flow.judge(scanned, POLICY, database=None, now=NOW, progress=lambda *_: None)
    return scanned, result


def told(result: Result) -> set[str]:
    return {finding.subject.partition(":")[2] for finding in result.findings}


def workloads(scanned: flow.Scanned) -> dict[str, Workload]:
    return {n.title: n for n in scanned.facts.nodes if isinstance(n, Workload)}


def test_a_deployment_its_replica_sets_and_pods_are_told_once(tmp_path: Path) -> None:
    items = [
        runs("Deployment", "web"),
        runs("ReplicaSet", "web-1", "Deployment/web"),
        runs("ReplicaSet", "web-0", "Deployment/web", replicas=0, spec={
            "containers": [{"name": "web", "image": "example.com/web:1.0", "stdin": True}],
        }),
        pod("web-1-a", "ReplicaSet/web-1"),
        pod("web-1-bc", "ReplicaSet/web-1", node="node-2"),
    ]  # fmt: skip
    (tmp_path / "all.json").write_text(listing(items))

    scanned, result = read(tmp_path)

    found = workloads(scanned)
    assert list(found) == ["Deployment/web"]
    assert told(result) == {"Deployment/shop/web"}
    web = found["Deployment/web"]
    assert web.nodes == ("node-1", "node-2")
    assert web.pod_ips == ("10.0.0.7", "10.0.0.8", "fd00::1")
    assert web.image_ids == {"web": ("sha256:" + "a" * 64,)}


def test_a_pod_that_differs_is_told_where_it_differs(tmp_path: Path) -> None:
    """A webhook put a privileged sidecar into every pod: it is told once, and only that."""
    sidecar = {
        "name": "proxy", "image": "example.com/proxy:1", "securityContext": {"privileged": True},
    }  # fmt: skip
    changed = {"containers": [*TEMPLATE["containers"], sidecar]}
    items = [runs("Deployment", "web"), runs("ReplicaSet", "web-1", "Deployment/web")]
    items += [pod(f"web-1-{n}", "ReplicaSet/web-1", changed) for n in "abc"]
    (tmp_path / "all.json").write_text(listing(items))

    scanned, result = read(tmp_path)

    assert set(workloads(scanned)) == {"Deployment/web", "Pod/web-1-a"}
    said = [f for f in result.findings if f.subject.endswith("Pod/shop/web-1-a")]
    assert any(f.check == "deployment/privileged-container" for f in said)
    assert all("proxy" in f.message or "1 more" in f.message for f in said)
    common = {f.check for f in result.findings if f.subject.endswith("Deployment/shop/web")}
    assert "deployment/seccomp-not-set" in common - {f.check for f in said}


def test_a_replica_set_of_a_roll_out_under_way_is_told(tmp_path: Path) -> None:
    old = {"containers": [{"name": "web", "image": "example.com/web:latest"}]}
    items = [
        runs("Deployment", "web"),
        runs("ReplicaSet", "web-1", "Deployment/web", replicas=2),
        runs("ReplicaSet", "web-0", "Deployment/web", old, replicas=1),
        pod("web-1-a", "ReplicaSet/web-1"),
        pod("web-0-a", "ReplicaSet/web-0", old),
    ]
    (tmp_path / "all.json").write_text(listing(items))

    scanned, result = read(tmp_path)

    assert set(workloads(scanned)) == {"Deployment/web", "ReplicaSet/web-0"}
    assert "ReplicaSet/shop/web-0" in told(result)


def test_pods_whose_owner_is_not_here_are_told_once_for_all_alike(tmp_path: Path) -> None:
    items = [pod(f"job-{n}", "Job/once") for n in "abc"]
    items += [pod(f"proxy-{n}", f"Node/{n}") for n in "abc"]
    items.append(pod("alone", ""))
    items.append(runs("ReplicaSet", "shop-0", "Rollout/shop", replicas=0))
    items.append(runs("ReplicaSet", "shop-1", "Rollout/shop", replicas=1))
    (tmp_path / "all.json").write_text(listing(items))

    scanned, _ = read(tmp_path)

    assert set(workloads(scanned)) == {
        "Pod/job-a", "Pod/proxy-a", "Pod/alone", "ReplicaSet/shop-1",
    }  # fmt: skip


def test_owners_in_a_circle_end(tmp_path: Path) -> None:
    items = [
        runs("ReplicaSet", "a", "ReplicaSet/b"),
        runs("ReplicaSet", "b", "ReplicaSet/a"),
        runs("ReplicaSet", "c", "ReplicaSet/c"),
    ]
    (tmp_path / "all.json").write_text(listing(items))

    scanned, result = read(tmp_path)

    assert workloads(scanned)
    assert result.findings


def test_a_volume_of_a_claim_is_no_difference(tmp_path: Path) -> None:
    claim = {"metadata": {"name": "data"}, "spec": {}}
    spec = {**TEMPLATE, "volumes": [
        {"name": "data", "persistentVolumeClaim": {"claimName": "data-db-0"}},
    ]}  # fmt: skip
    items = [
        runs("StatefulSet", "db", volumeClaimTemplates=[claim], serviceName="db"),
        pod("db-0", "StatefulSet/db", spec),
    ]
    (tmp_path / "all.json").write_text(listing(items))

    assert set(workloads(read(tmp_path)[0])) == {"StatefulSet/db"}


def test_a_pod_that_is_selected_by_name_is_told(tmp_path: Path) -> None:
    """A Service for each pod of a StatefulSet: the label is the controller's, and it counts."""
    key = "statefulset.kubernetes.io/pod-name"
    items = [runs("StatefulSet", "db", serviceName="db")]
    for name in ("db-0", "db-1"):
        items.append(pod(name, "StatefulSet/db"))
        items[-1]["metadata"]["labels"][key] = name
    service = {
        "apiVersion": "v1", "kind": "Service", "metadata": meta("Service", "first"),
        "spec": {"selector": {key: "db-0"}, "ports": [{"port": 80}]},
    }  # fmt: skip
    (tmp_path / "all.json").write_text(listing(items))
    assert set(workloads(read(tmp_path)[0])) == {"StatefulSet/db"}
    (tmp_path / "all.json").write_text(listing([*items, service]))

    scanned, result = read(tmp_path)

    assert set(workloads(scanned)) == {"StatefulSet/db", "Pod/db-0", "Pod/db-1"}
    assert not any(f.check == "runtime/dangling-service" for f in result.findings)


def test_manifests_of_a_project_are_not_folded(tmp_path: Path) -> None:
    items = [runs("Deployment", "web"), runs("ReplicaSet", "web-1", "Deployment/web")]
    for item in items:
        del item["metadata"]["uid"], item["metadata"]["resourceVersion"]
    (tmp_path / "all.json").write_text(listing(items))

    assert set(workloads(read(tmp_path)[0])) == {"Deployment/web", "ReplicaSet/web-1"}


def must_gather(root: Path) -> None:
    """Write a folder as ``oc adm must-gather`` leaves it: lists, and each pod again."""
    for space in ("shop", "edge"):
        at = root / "quay-io-must-gather/namespaces" / space
        (at / "core").mkdir(parents=True)
        (at / "apps").mkdir()
        pods = [pod("bare", "", {"containers": [{"name": "web", "image": "example.com/web:1"}]})]
        for one in pods:
            one["metadata"].update(namespace=space, uid=f"{space}-bare")
        (at / "core/pods.yaml").write_text(listing(pods, "PodList"))
        (at / "pods/bare").mkdir(parents=True)
        (at / "pods/bare/bare.yaml").write_text("---\n" + json.dumps(pods[0]))
        (at / "core/configmaps.yaml").write_text(listing([], "ConfigMapList"))
        (at / "apps/deployments.yaml").write_text(listing([], "DeploymentList", "apps/v1"))


def test_an_object_in_two_files_of_a_dump_is_one(tmp_path: Path) -> None:
    must_gather(tmp_path)

    scanned, result = read(tmp_path)

    pods = [n for n in scanned.facts.nodes if isinstance(n, Workload)]
    assert len(pods) == 2
    refs = [(f.check, f.subject, f.field, f.message) for f in result.findings]
    assert len(refs) == len(set(refs))
    assert not any("pods/bare/bare.yaml" in f.subject for f in result.findings)
    once = json.loads(msgspec.json.encode(result.checks))
    assert next(t for t in once if t["check"] == "deployment/privileged-container")["passed"] == 2


def test_what_is_not_in_a_dump_is_not_known(tmp_path: Path) -> None:
    must_gather(tmp_path)

    _, result = read(tmp_path)

    said = {problem.what for problem in result.problems}
    assert any("no NetworkPolicy is in the dump" in what for what in said)
    assert not any("no Deployment is in the dump" in what for what in said)  # an empty list is
    assert not any(f.check == "runtime/no-network-policy" for f in result.findings)


def test_a_long_list_is_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    items = [pod(f"p-{n:04}", "") for n in range(250)]
    for item in items:
        item["metadata"]["managedFields"] = [{"manager": "kubectl", "fieldsV1": {"f:spec": {}}}]
    monkeypatch.setattr(dumps, "ITEMS", 100)
    (tmp_path / "dump").mkdir()
    file = tmp_path / "dump" / "all.json"
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}, indent=4))
    whole = {f.subject.rpartition(":")[2] for f in read(tmp_path / "dump")[1].findings}
    for name, text in (("all.json", file.read_text()), ("all.yaml", _yaml(items))):
        file.unlink(missing_ok=True)
        (tmp_path / "dump" / name).write_text(text)
        file = tmp_path / "dump" / name
        monkeypatch.setattr(trees, "LONG", 1 << 16)
        monkeypatch.setattr(dumps, "LONG", 1 << 16)
        scanned, result = read(tmp_path / "dump")

        assert {f.subject.rpartition(":")[2] for f in result.findings} == whole
        assert len(workloads(scanned)) == 250
        pieces = dumps.divided(Tree(tmp_path / "dump"))
        whole_text = b"".join(pieces.open(e.path) for e in pieces.entries)
        assert b"managedFields" not in whole_text
        assert b"f:spec" not in whole_text
        assert {n.path for n in workloads(scanned).values()} == {
            f"{name}/{number:04}.{name.rpartition('.')[2]}" for number in (1, 2, 3)
        }


def _yaml(items: list[Value]) -> str:
    import yaml

    return "apiVersion: v1\n" + yaml.safe_dump({"items": items}, indent=2) + "kind: List\n"


def test_a_long_file_that_is_no_list_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dumps, "LONG", 10)
    for name, text in (
        ("a.json", '{"items": ' + "1" * 100), ("b.yaml", "items:\n- a\n" + "x" * 100),
        ("c.json", "[" * 500),
    ):  # fmt: skip
        (tmp_path / name).write_text(text)
    tree = Tree(tmp_path)

    assert [e.path for e in dumps.divided(tree).entries if e.path.startswith(("a", "c"))] == [
        "a.json", "c.json",
    ]  # fmt: skip


def test_two_snapshots_of_one_cluster_are_two(tmp_path: Path) -> None:
    """What the later one has too is told in both: neither lends the other its objects."""
    items = [runs("Deployment", "web"), runs("ReplicaSet", "web-1", "Deployment/web")]
    for name in ("monday", "tuesday"):
        (tmp_path / name / "apps/v1").mkdir(parents=True)
        (tmp_path / name / snapshot.NAME).write_bytes(manifest(server={"gitVersion": "v1.36.3"}))
        for item in items:
            file = tmp_path / name / f"apps/v1/{item['kind'].lower()}s.0001.json"
            file.write_text(listing([item], f"{item['kind']}List", "apps/v1"))

    scanned, _ = read(tmp_path)

    paths = {n.path for n in scanned.facts.nodes if isinstance(n, Workload)}
    assert paths == {f"{name}/apps/v1/deployments.0001.json" for name in ("monday", "tuesday")}
    assert {n.id for n in scanned.facts.nodes if isinstance(n, Cluster)} == {"monday", "tuesday"}


class Beside:
    def __init__(self, *paths: str) -> None:
        self._paths = paths

    def exists(self, path: str) -> bool:
        return path in self._paths

    def read(self, _: str) -> bytes | None:
        return None


def manifest(**more: Any) -> bytes:
    made = snapshot.Manifest(snapshot.SCHEMA, "2026-11-23T00:00:00Z", "1", "test", **more)
    return msgspec.json.encode(made)


def test_a_manifest_becomes_the_cluster_and_what_is_not_known_of_it() -> None:
    pods = next(row for row in ROWS if row.plural == "pods")
    data = manifest(
        server={"gitVersion": "v1.34.2-eks-1", "platform": "linux/arm64"},
        provider="EKS",
        groups={"": ("v1",), "x.k8s.io": ("v1alpha1",)},
        denied=(snapshot.Missed("", "pods", pods.right, "no"),),
        listed=(
            snapshot.Listed("", "v1", "nodes", "Node", 2, (snapshot.File("core/n.json", "", 1),)),
        ),
        notes=("the API server's certificate was not checked",),
    )

    facts = cluster_snapshot.read(Source("a/keten-snapshot.json", data, Beside()))

    (node,) = facts.nodes
    assert isinstance(node, Cluster)
    assert (node.id, node.minor, node.provider, node.platform) == ("a", 34, "EKS", "linux/arm64")
    assert node.alpha == ("x.k8s.io/v1alpha1",)
    assert node.denied == (pods.right,)
    assert node.failed == ("list nodes at cluster scope",)  # its file is not here
    links = {p.link for p in facts.problems if p.what == f"{pods.right}: forbidden"}
    assert links == set(pods.links)
    assert any("core/n.json is not here" in p.what for p in facts.problems)
    assert any("not checked" in p.what for p in facts.problems)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_row_has_a_link_and_fits_the_api(row: Any) -> None:
    from keten.formats.kubernetes.schema import schema

    assert row.links
    assert row.plural == row.plural.lower()
    if "." not in row.group or row.group.endswith(".k8s.io"):
        version = f"{row.group}/{row.version}" if row.group else row.version
        known = {"gateway.networking.k8s.io", "policy.networking.k8s.io"}
        assert row.group in known or f"{version}/{row.kind}" in schema().kinds or (
            row.group in {"apiextensions.k8s.io", "apiregistration.k8s.io"}
        )  # fmt: skip


def test_what_is_judged_as_a_workload_or_holds_traffic_is_listed() -> None:
    """A kind that is read from files and not listed live would be missing without a word."""
    listed = {(row.group, row.kind) for row in ROWS}

    assert set(TEMPLATES) <= listed
    assert listed >= _FOREIGN
    assert all(set(row.families) == {"workloads", "rights", "network"}
               for row in ROWS if (row.group, row.kind) in TEMPLATES)  # fmt: skip


def test_a_tar_that_leads_out_is_refused(tmp_path: Path) -> None:
    import io
    import tarfile

    for name, kind in (("../x", tarfile.REGTYPE), ("/x", tarfile.REGTYPE), ("x", tarfile.SYMTYPE)):
        with tarfile.open(tmp_path / "a.tar", "w") as tar:
            head = tarfile.TarInfo(snapshot.NAME)
            tar.addfile(head, io.BytesIO(b""))
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            tar.addfile(member, io.BytesIO(b""))
        assert scanning.is_snapshot(tmp_path / "a.tar")
        (tmp_path / "out").mkdir(exist_ok=True)
        with pytest.raises(InputError, match="no place"):
            scanning.unpack(tmp_path / "a.tar", tmp_path / "out")
    assert not (tmp_path / "x").exists()


@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=2000))
def test_a_tar_of_anything_is_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    folder = tmp_path_factory.mktemp("t")
    (folder / "a.tar").write_bytes(snapshot.NAME.encode() + b"\0" + data)
    with pytest.raises(InputError):
        scanning.unpack(folder / "a.tar", folder / "out")


WHOLE = json.loads(listing([runs("Deployment", "web"), pod("a", "ReplicaSet/x")]))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_list_of_a_snapshot_with_anything_in_it_is_read_or_refused(data: st.DataObject) -> None:
    """Any field of live objects is of any type: facts or InputError, and nothing else."""
    value = json.loads(json.dumps(WHOLE))
    for _ in range(data.draw(st.integers(1, 3))):
        at: Any = value
        while isinstance(at, dict | list) and at:
            keys = sorted(at) if isinstance(at, dict) else range(len(at))
            key = data.draw(st.sampled_from(list(keys)))
            if data.draw(st.booleans()) or not isinstance(at[key], dict | list):
                at[key] = data.draw(
                    st.sampled_from([None, 1, -1.5, "x", "", [], {}, [None], {"a": None}, True])
                )
                break
            at = at[key]
    text = json.dumps(value).encode()
    for files in (Beside(), Beside("s/keten-snapshot.json")):
        try:
            facts = k8s.read(Source("s/core/v1/pods.0001.json", text, files))
        except InputError:
            continue
        assert len(facts.nodes) < 10


# Memory


def test_pods_share_what_is_equal_in_them_and_say_the_same(tmp_path: Path) -> None:
    items = [pod(f"p-{n:03}", "") for n in range(60)]
    for n, item in enumerate(items):
        item["metadata"]["labels"] = {"app": "web", "of": "all"}
        item["metadata"]["ownerReferences"] = [
            {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "controller": True}
        ]
        item["spec"]["tolerations"] = [{"key": "a", "operator": "Exists"}]
        item["spec"]["containers"][0]["env"] = [
            {"name": f"SETTING_{k}", "value": f"value {k if n % 7 else -k}"} for k in range(30)
        ]
    data = json.dumps({"apiVersion": "v1", "kind": "List", "items": items}).encode()
    (tmp_path / "all.json").write_bytes(data)
    read_once = k8s.read(Source("all.json", data, Tree(tmp_path)))
    packed = msgspec.msgpack.encode(read_once.nodes)
    apart, same = (msgspec.msgpack.decode(packed, type=list[Workload | Image]) for _ in "ab")

    made = shared(Facts(nodes=tuple(same)))

    assert list(made.nodes) == apart
    assert msgspec.msgpack.encode(made.nodes) == packed
    those = [node for node in made.nodes if isinstance(node, Workload)]
    assert len(those) == 60
    assert len({id(node.pod.tolerations) for node in those}) == 1
    assert len({id(node.labels) for node in those} | {id(node.pod_labels) for node in those}) == 1
    assert len({id(node.pod.containers[0].env[0]) for node in those}) == 1
    assert len({id(node.pod.containers[0].env) for node in those}) == 18  # where it changes
