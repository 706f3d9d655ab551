"""A living cluster: what its controllers make of manifests is told once, and as the manifests are.

The control plane is the real one, kwok plays the nodes (tests/kwok_cluster.py); in it stand what
kubeadm makes, two estates of others, the example and what only controllers bring about
(tests/kwok_estate.py).
"""

import json
import os
import random
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from datetime import date
from pathlib import Path

import pytest
from kwok_cluster import living, needs_kwok, rest, until
from kwok_estate import ROOT, fill
from live_cluster import Live, Value, space
from shared_data import SHARED, needs_shared
from test_podsecurity_server import random_pod

import keten as keten_package
from keten import config
from keten.collectors import cluster as collector
from keten.formats.yaml.documents import Dialect, load_all
from keten.model.kube import Object, Workload
from keten.pipeline import flow
from keten.pipeline.clusters import scanning

pytestmark = [needs_kwok, pytest.mark.slow]
NOW = date(2026, 11, 23)
POLICY = config.Policy(config.Config(), "default", "", Path())
WIDTH = 80
Told = tuple[str, str, str, str]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with living(tmp_path_factory.mktemp("living")) as found:
        fill(found)
        yield found


def keten(server: Live, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a user does, in a terminal of 80 columns."""
    source = str(Path(keten_package.__file__).parents[1])
    environment = {
        **os.environ, "PYTHONPATH": source, "COLUMNS": str(WIDTH), "KUBECONFIG": server.admin(),
    }  # fmt: skip
    return subprocess.run(
        [sys.executable, "-m", "keten", *words, "--quiet", "--now", NOW.isoformat()],
        env=environment, cwd=server.folder, capture_output=True, text=True, check=False,
    )  # fmt: skip


def scanned(server: Live, target: str = "k8s://live") -> list[Value]:
    """Return the findings of a scan."""
    done = keten(server, "scan", target, "--format", "json")
    assert done.returncode in (0, 1), done.stderr
    findings: list[Value] = json.loads(done.stdout)["findings"]
    return findings


@pytest.fixture(scope="module")
def findings(server: Live) -> list[Value]:
    return scanned(server)


def owner(finding: Value) -> str:
    """Return ``Kind/namespace/name`` of what a finding is told of."""
    return str(finding["subject"].partition(":")[2])


def listed(server: Live, plural: str, *words: str) -> list[Value]:
    items: list[Value] = json.loads(server.run("get", plural, "-A", "-o", "json", *words))["items"]
    return items


def facts(server: Live, folder: Path) -> flow.Scanned:
    options = collector.Options("2026-11-23T00:00:00Z", server.admin())
    folder.mkdir()
    collector.take(collector.account_of("k8s://", server.admin()), folder, options)
    return scanning.collect_snapshot(folder, POLICY, now=NOW, progress=lambda *_: None)


COMMANDS = (
    (("scan", "k8s://live"), 1, "Deployment/payments in shop"),
    (("scan", "k8s://live", "--show", "all"), 1, "Pod/side-"),
    (("pss", "k8s://live"), 0, "shop: 3 workloads; enforces nothing; could enforce privileged"),
    (("rbac", "dangers", "k8s://live"), 0, "CRITICAL ServiceAccount shop/deployer"),
    (("rbac", "unused", "k8s://live"), 0, ""),
    (("rbac", "who-can", "get", "secrets", "k8s://live"), 0, "ServiceAccount shop/payments"),
    (("rbac", "of", "shop:payments", "k8s://live"), 0, "get, list, watch: secrets, configmaps"),
    (("net", "exposed", "k8s://live"), 0, "shop/web[Deployment]  TCP 8000"),
    (("net", "reach", "k8s://live", "--to", "shop/cart"), 0, "shop/web[Deployment]"),
    (("net", "why", "shop/web", "shop/cart", "8080", "k8s://live"), 0, "yes"),
    (("paths", "k8s://live", "--cut"), 1, "would end every way"),
    (("operators", "k8s://live"), 0, "shop/payments[Deployment]"),
    (("admission", "webhooks", "k8s://live"), 0, "webhook"),
)


@pytest.mark.parametrize(("words", "status", "said"), COMMANDS, ids=lambda item: str(item)[:40])
def test_every_command_about_clusters_answers_of_a_living_one(
    server: Live, words: tuple[str, ...], status: int, said: str
) -> None:
    done = keten(server, *words)

    assert done.returncode == status, done.stdout[-2000:] + done.stderr
    assert done.stderr == ""
    assert said in done.stdout
    assert "v0.0.0-master" not in done.stdout
    assert not [line for line in done.stdout.splitlines() if len(line) > WIDTH]
    assert not re.search(r"\.\d{4}\.json", done.stdout), "a list of the snapshot is no place"


def test_a_workload_is_told_at_its_owner_and_only_once(server: Live, findings: list[Value]) -> None:
    pods = {f"Pod/{p['metadata']['namespace']}/{p['metadata']['name']}": p
            for p in listed(server, "pods")}  # fmt: skip
    told = {owner(f) for f in findings if f["subject"].startswith("workload ")}

    below = sorted(item for item in told if item.startswith(("Pod/", "ReplicaSet/")))
    kinds = Counter(re.sub(r"-[a-z0-9]{5,10}(-[a-z0-9]{5})?$", "", item) for item in below
                    if "/kube-system/" not in item)  # fmt: skip
    # Its own; those of a side-car, one for three; those that a paused roll-out left behind.
    assert kinds == {"Pod/odd/bare": 1, "Pod/mesh/side": 1, "ReplicaSet/odd/halfway": 1}
    static = {item for item in below if item.startswith("Pod/kube-system/")}
    assert all(pods[item]["metadata"]["ownerReferences"][0]["kind"] == "Node" for item in static)
    assert {"Job/odd/once", "CronJob/odd/often", "StatefulSet/odd/db", "Deployment/odd/rolled",
            "DaemonSet/kube-system/kube-proxy"} <= told  # fmt: skip
    assert not any(item.startswith("Job/odd/often") for item in told)
    halfway = {f["message"] for f in findings if owner(f).startswith("ReplicaSet/odd/halfway")}
    assert halfway == {"image registry.example.com/odd/web:1.0 has no digest"}
    twice = Counter((f["check"], f["subject"], f["message"]) for f in findings)
    assert max(twice.values()) == 1


def test_what_a_side_car_adds_is_told_and_nothing_else(findings: list[Value]) -> None:
    side = {(f["check"], f["message"]) for f in findings if owner(f).startswith("Pod/mesh/side")}

    assert ("deployment/privileged-container", "init container proxy is privileged") in side
    assert all("proxy" in message for _, message in side), side


def test_running_pods_are_known_of_their_nodes_addresses_and_images(
    server: Live, tmp_path: Path
) -> None:
    found = facts(server, tmp_path / "s")
    known = {f"{node.kind}/{node.namespace}/{node.name}": node
             for node in found.facts.nodes if isinstance(node, Workload)}  # fmt: skip
    nodes, addresses = defaultdict(set), defaultdict(set)
    images: dict[str, set[str]] = defaultdict(set)
    sets = {(r["metadata"]["namespace"], r["metadata"]["name"]): r for r in
            listed(server, "replicasets")}  # fmt: skip
    for pod in listed(server, "pods"):
        meta = pod["metadata"]
        above = meta.get("ownerReferences", [{"kind": "Pod", "name": meta["name"]}])[0]
        if above["kind"] == "ReplicaSet":
            owners = sets[meta["namespace"], above["name"]]["metadata"]["ownerReferences"]
            above = owners[0]
        if above["kind"] not in ("Deployment", "DaemonSet", "StatefulSet", "Pod"):
            continue
        if meta["namespace"] == "mesh" or "halfway" in meta["name"]:
            continue  # told apart: the tests above
        key = f"{above['kind']}/{meta['namespace']}/{above['name']}"
        nodes[key].add(pod["spec"]["nodeName"])
        addresses[key].add(pod["status"]["podIP"])
        told_of = pod["status"]
        for status in (*told_of["containerStatuses"], *told_of.get("initContainerStatuses", ())):
            images[key].add(status["imageID"].partition("@")[2])

    assert len(nodes) > (20 if SHARED else 5)
    for key, wanted in nodes.items():
        node = known[key]
        assert set(node.nodes) == wanted, key
        assert set(node.pod_ips) == addresses[key], key
        got = {digest.rpartition("@")[2] for all_ in node.image_ids.values() for digest in all_}
        assert got == images[key], key


def test_what_kubernetes_and_kubeadm_make_gives_no_alarm(
    server: Live, findings: list[Value]
) -> None:
    """No role, binding, account, namespace or token of the platform itself is told."""
    own = set()
    for plural, kind in (
        ("clusterroles", "ClusterRole"), ("clusterrolebindings", "ClusterRoleBinding"),
        ("roles", "Role"), ("rolebindings", "RoleBinding"), ("serviceaccounts", "ServiceAccount"),
        ("configmaps", "ConfigMap"), ("secrets", "Secret"), ("services", "Service"),
    ):  # fmt: skip
        for item in listed(server, plural):
            meta = item["metadata"]
            labels = meta.get("labels", {})
            made = labels.get("kubernetes.io/bootstrapping") or meta["name"].startswith(
                ("system:", "kubeadm:")
            )
            where = meta.get("namespace", "-")
            default = meta["name"] in ("default", "kube-root-ca.crt", "kubernetes")
            if made or default or where in ("kube-system", "kube-public", "kube-node-lease"):
                own.add(f"{kind}/{where}/{meta['name']}")
    assert len(own) > 200, "bootstrap roles and the controllers' accounts"
    accounts = {item for item in own if item.startswith("ServiceAccount/kube-system/")}
    assert len(accounts) > 30, "the controller-manager uses an account for each controller"

    told = {owner(f) for f in findings}
    assert not told & own
    assert not [f for f in findings if owner(f).startswith("Namespace/-/kube-")]
    for question in ("dangers", "unused"):
        done = keten(server, "rbac", question, "k8s://live")
        for word in ("system:", "kubeadm:", "kube-system"):
            assert word not in done.stdout, question


def test_a_restart_changes_no_fingerprint(server: Live) -> None:
    """Pods and ReplicaSets get new names, and whoever keeps a baseline sees nothing new."""
    before = scanned(server)
    names = {p["metadata"]["name"] for p in listed(server, "pods") if "kube-sys" not in
             p["metadata"]["namespace"]}  # fmt: skip
    for where in ("mesh", "shop"):
        server.run("rollout", "restart", "deployment", "-n", where)
    rest(server)
    after = scanned(server)

    renamed = {p["metadata"]["name"] for p in listed(server, "pods")} - names
    assert len([name for name in renamed if name.startswith(("side-", "web-", "cart-"))]) >= 6

    def prints(found: list[Value]) -> Counter[str]:
        return Counter(f["fingerprint"] for f in found)

    assert prints(after) == prints(before)
    assert {owner(f) for f in after} != {owner(f) for f in before}, "the side-car's pod is another"


# The same workloads, once as files and once as the cluster made them.

LIVE_ONLY = {
    "access/account-unused": "the whole cluster is known, so nothing else uses it",
    "access/role-unbound": "the same",
    "deployment/disruption-budget-selects-nothing": "the same",
    "deployment/missing-object": "the same",
    "deployment/stateful-set-service": "the same",
    "deployment/token-without-rights": "the same",
    "runtime/dangling-service": "the same",
    "runtime/policy-selects-nothing": "the same",
    "deployment/single-replica": "replicas: 1 is what the server fills in",
    "deployment/namespace-could-enforce-more": "every workload of the namespace is known",
    "deployment/namespace-not-enforcing": "the namespace was made beside the files",
    "deployment/namespace-unbounded": "the same",
}
FILES_ONLY = {
    "runtime/backend-not-verified": "kinds of others are not listed",
}
ESTATES = {
    "boutique": "data/estates/online-boutique/kubernetes-manifests",
    "monitoring": "data/estates/kube-prometheus/manifests",
}


CLUSTER = (
    "APIService", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "Namespace",
)  # fmt: skip


def told(found: list[Value], where: str, free: AbstractSet[str], *, files: bool) -> set[Told]:
    """Return (check, subject, message, severity) of what is in a namespace, or is one of *free*.

    In *files* what says no namespace, of those that have one, is there by ``kubectl -n``.
    """
    made = set()
    for finding in found:
        kind, _, rest = owner(finding).partition("/")
        space_of, _, name = rest.partition("/")
        title = f"{kind}/{name}"
        unsaid = files and space_of == "-" and kind not in CLUSTER
        if space_of == where or unsaid or title in free:
            made.add((finding["check"], title, finding["message"], finding["severity"]))
    return made


def declared(folder: Path) -> set[str]:
    """Return ``Kind/name`` of what has no namespace in the files of a folder."""
    documents = [
        document.value
        for file in folder.rglob("*.yaml")
        for document in load_all(file.read_bytes(), Dialect.KUBERNETES)
    ]
    return {f"{d['kind']}/{d['metadata']['name']}" for d in documents if d["kind"] in CLUSTER}


def compare(files: set[Told], live: set[Told]) -> None:
    gone = {item for item in files - live if item[0] not in FILES_ONLY}
    more = {item for item in live - files if item[0] not in LIVE_ONLY}
    assert (gone, more) == (set(), set())


@needs_shared
@pytest.mark.parametrize("where", ESTATES)
def test_an_estate_is_judged_alive_as_its_files_are(
    server: Live, findings: list[Value], where: str
) -> None:
    assert SHARED is not None
    _same(server, SHARED / ESTATES[where], findings, where)


def test_the_example_is_judged_alive_as_its_files_are(server: Live, findings: list[Value]) -> None:
    live = _same(server, ROOT / "examples/webshop/deploy/base", findings, "shop")

    medium = {item[3] for item in live if item[0] == "runtime/no-network-policy"}
    assert medium == {"medium"}, "the namespace has a policy for others"


def _same(server: Live, folder: Path, findings: list[Value], where: str) -> set[Told]:
    free = declared(folder)
    files = told(scanned(server, str(folder)), where, free, files=True)
    live = told(findings, where, free, files=False)
    assert len(files) > 20
    compare(files, live)
    return live


KINDS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob")


def random_workloads(count: int) -> list[Value]:
    """Return controllers of random pods; those whose pods the server refuses among them."""
    draw = random.Random(11)
    made = []
    for number in range(count):
        pod = random_pod(draw, number)
        kind = KINDS[number % len(KINDS)]
        name = f"r{number}"
        meta = {key: value for key, value in pod["metadata"].items() if key == "annotations"}
        template: Value = {"metadata": {**meta, "labels": {"app": name}}, "spec": pod["spec"]}
        spec: Value = {"template": template}
        if kind in ("Job", "CronJob"):
            pod["spec"]["restartPolicy"] = "Never"
        else:
            pod["spec"].pop("restartPolicy", None)
            pod["spec"].pop("activeDeadlineSeconds", None)
            spec["selector"] = {"matchLabels": {"app": name}}
        if kind in ("Deployment", "StatefulSet"):
            spec["replicas"] = 1
        if kind == "StatefulSet":
            spec["serviceName"] = name
        if kind == "CronJob":
            spec = {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": spec}}
        made.append({
            "apiVersion": "batch/v1" if kind in ("Job", "CronJob") else "apps/v1", "kind": kind,
            "metadata": {"name": name, "namespace": "random"}, "spec": spec,
        })  # fmt: skip
    return made


def test_random_workloads_are_judged_alive_as_their_files_are(server: Live, tmp_path: Path) -> None:
    """Defaults of the server, admission, controllers, scheduler and nodes change no verdict."""
    server.create([space("random")])
    folder = tmp_path / "random"
    folder.mkdir()
    (folder / "space.json").write_text(json.dumps(space("random")))
    taken = 0
    for item in random_workloads(200):
        text = json.dumps(item)
        done = subprocess.run(
            [*server.kubectl, "create", "-f", "-"], input=text, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        if done.returncode == 0:
            taken += 1
            (folder / f"{item['metadata']['name']}.json").write_text(text)
    assert taken > 100
    until(lambda: _grown(server), "the controllers have done what they can")
    try:
        live = told(scanned(server), "random", {"Namespace/random"}, files=False)
        files = told(scanned(server, str(folder)), "random", {"Namespace/random"}, files=True)
        assert len(files) > 500
        compare(files, live)
    finally:
        server.run("delete", "namespace", "random", "--wait=false")


def _grown(server: Live) -> bool:
    """Return whether each controller has observed what it is to do, and made the pods it may."""
    for plural in ("deployments", "statefulsets", "daemonsets"):
        for item in listed(server, plural):
            status = item.get("status", {})
            if status.get("observedGeneration") != item["metadata"]["generation"]:
                return False
    pods = [p for p in listed(server, "pods") if p["metadata"]["namespace"] == "random"]
    return len(pods) > 50 and all(
        p.get("status", {}).get("phase") != "Pending" or not p["spec"].get("nodeName") for p in pods
    )


def test_no_object_of_a_living_cluster_is_lost(server: Live, tmp_path: Path) -> None:
    """What was listed is a fact, or told at another that is one."""
    found = facts(server, tmp_path / "s")
    known = {(n.kind, n.namespace, n.name) for n in found.facts.nodes if isinstance(n, Object)}
    for plural in ("deployments", "statefulsets", "daemonsets", "cronjobs", "services",
                   "networkpolicies", "clusterroles", "clusterrolebindings", "serviceaccounts",
                   "ingresses", "configmaps", "secrets", "nodes"):  # fmt: skip
        for item in listed(server, plural):
            meta = item["metadata"]
            key = (item["kind"], meta.get("namespace", ""), meta["name"])
            assert key in known, key
