"""Attack paths: the graph's algorithms against brute force, and what clusters give."""

import json
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keten.cli import main
from keten.cli.paths_images import Images, names
from keten.cluster.estates import gather
from keten.cluster.paths.answers import Path as Way
from keten.cluster.paths.answers import cut, paths
from keten.cluster.paths.build import Built
from keten.cluster.paths.changes import made
from keten.cluster.paths.escapes import escapes
from keten.cluster.paths.graph import FOREVER, Graph
from keten.cluster.paths.picture import MOST, picture
from keten.cluster.paths.terms import CLUSTER, INTERNET, NODES, SECRETS, Means
from keten.cluster.paths.told import told
from keten.cluster.paths.weak import by_workload, images, of_result
from keten.errors import InputError, KetenError
from keten.model import kube
from keten.model.evidence import Link
from keten.model.finding import Change, Finding, Severity, Verdict
from keten.model.pod import PodSpec
from keten.model.result import AttackPath, PathPoint, PathStep, Result
from keten.pipeline.cache import Cache, default_folder, key
from keten.pipeline.images import kept

_EDGES = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.integers(0, 5),
        st.integers(0, 4),
        st.sampled_from([1, 2, 3, FOREVER]),
    ),
    max_size=11,
)


def graph_of(edges: list[tuple[int, int, int, int]]) -> Graph[int, int]:
    graph: Graph[int, int] = Graph()
    for point in range(6):
        graph.number(point)
    for number, (a, b, effort, cost) in enumerate(edges):
        graph.add(a, b, number, effort=effort, cost=cost)
    return graph


def joined(graph: Graph[int, int], gone: set[int]) -> bool:
    seen, stack = {0}, [0]
    while stack:
        point = stack.pop()
        for i, (a, b) in enumerate(graph.ends):
            if a == point and i not in gone and b not in seen:
                seen.add(b)
                stack.append(b)
    return 5 in seen


@given(_EDGES)
def test_a_cut_is_the_cheapest_there_is(edges: list[tuple[int, int, int, int]]) -> None:
    graph = graph_of(edges)
    found = graph.cut([0], [5])
    removable = [i for i, cost in enumerate(graph.costs) if cost < FOREVER]
    best = min(
        (
            sum(graph.costs[i] for i in some)
            for size in range(len(removable) + 1)
            for some in combinations(removable, size)
            if not joined(graph, set(some))
        ),
        default=None,
    )
    assert (None if found is None else sum(graph.costs[i] for i in found)) == best
    if found is not None:
        assert not joined(graph, set(found))


@given(_EDGES)
def test_ways_are_the_weakest(edges: list[tuple[int, int, int, int]]) -> None:
    graph = graph_of(edges)
    best, last = graph.ways([0])
    known = {0: 0}
    for _ in range(6):
        for a, b, effort, _cost in edges:
            if a in known:
                known[b] = min(known.get(b, 1 << 30), known[a] + effort)
    assert best == known
    for point, effort in best.items():
        way = graph.way(point, last)
        assert sum(graph.efforts[i] for i in way) == effort
        assert point == 0 or graph.ends[way[-1]][1] == point


# --- clusters ---


def workload(name: str, *, account: str = "", replicas: int = 1, **spec: Any) -> kube.Workload:
    given = {"containers": [{"name": "c", "image": f"registry.example/{name}:1"}], **spec}
    return kube.Workload(
        f"a.yaml:Deployment/shop/{name}",
        kind="Deployment",
        name=name,
        namespace="shop",
        path="a.yaml",
        pod=msgspec.convert({**given, "serviceAccountName": account}, PodSpec),
        pod_labels={"app": name},
        spec={"replicas": replicas},
    )


def service(name: str, kind: str = "LoadBalancer") -> kube.Service:
    return kube.Service(
        f"a.yaml:Service/shop/{name}",
        kind="Service",
        name=name,
        namespace="shop",
        path="a.yaml",
        spec={"type": kind, "selector": {"app": name}, "ports": [{"port": 80}]},
    )


def role(name: str, *rules: dict[str, Any]) -> kube.Role:
    return kube.Role(
        f"a.yaml:ClusterRole/-/{name}",
        kind="ClusterRole",
        name=name,
        path="a.yaml",
        rules=msgspec.convert(rules, tuple[kube.Rule, ...]),
    )


def binding(name: str, to: str, *, cluster: bool = True) -> kube.Binding:
    kind = "ClusterRoleBinding" if cluster else "RoleBinding"
    return kube.Binding(
        f"a.yaml:{kind}/shop/{name}",
        kind=kind,
        name=name,
        namespace="" if cluster else "shop",
        path="a.yaml",
        role_kind="ClusterRole",
        role_name=name,
        subjects=(kube.Subject("ServiceAccount", to, "shop"),),
    )


SPACE = kube.Namespace(
    "a.yaml:Namespace/-/shop",
    kind="Namespace",
    name="shop",
    labels={"pod-security.kubernetes.io/enforce": "restricted"},
)
PRIVILEGED = [{"name": "c", "image": "i:1", "securityContext": {"privileged": True}}]
READER = role("reader", {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]})
DENY = kube.NetworkPolicy(
    "a.yaml:NetworkPolicy/shop/deny",
    kind="NetworkPolicy",
    name="deny",
    namespace="shop",
    spec={"podSelector": {"matchLabels": {"app": "db"}}, "policyTypes": ["Ingress"]},
)


def ends(found: list[Way]) -> set[str]:
    return {path.end[0] for path in found}


def test_nothing_that_is_served_is_no_way_in() -> None:
    assert paths(Built([SPACE, workload("web", containers=PRIVILEGED)])) == []
    inside = Built([SPACE, workload("web"), service("web", "ClusterIP")])
    assert paths(inside) == []


def test_a_privileged_pod_that_is_served_gives_its_node() -> None:
    built = Built([SPACE, workload("web", containers=PRIVILEGED), service("web")])
    [path] = paths(built)
    assert path.end == ("node", "")
    assert [step.assumed for step in path.steps] == [False, True, False]
    assert not path.sure
    done = cut(built)
    assert done.proved
    assert [change.means for change in done.changes] == [Means.HARDEN]
    assert paths(Built(built.objects, assume=False)) == []


def test_from_pod_to_pod_as_policies_let_it_to_the_secrets() -> None:
    objects = [
        SPACE, service("web"), workload("web"), workload("db", account="db"), READER,
        binding("reader", "db"),
    ]  # fmt: skip
    built = Built(objects)
    [path] = [p for p in paths(built) if p.end == SECRETS]
    assert [p[0] for p in path.points] == [
        "internet", "reach", "code", "reach", "code", "account", "secrets",
    ]  # fmt: skip
    done = cut(built, targets=[SECRETS])
    assert done.proved
    assert [change.means for change in done.changes] == [Means.POLICY]
    assert paths(Built([*objects, DENY]), targets=[SECRETS]) == []


def test_in_one_namespace_rights_stay_there() -> None:
    objects = [
        SPACE, service("web"), workload("web", account="web"), READER,
        binding("reader", "web", cluster=False),
    ]  # fmt: skip
    assert not [p for p in paths(Built(objects)) if p.end == SECRETS]


@pytest.mark.parametrize(
    ("rule", "end"),
    [
        ({"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}, "cluster"),
        ({"apiGroups": [""], "resources": ["nodes/proxy"], "verbs": ["get", "create"]}, "nodes"),
        ({"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]}, "secrets"),
        ({"apiGroups": [""], "resources": ["pods"], "verbs": ["create"]}, "secrets"),
    ],
)
def test_rights_lead_on(rule: dict[str, Any], end: str) -> None:
    objects = [
        SPACE, service("web"), workload("web", account="web"), role("r", rule), binding("r", "web"),
    ]  # fmt: skip
    built = Built(objects)
    assert end in ends(paths(built)), [p.end for p in paths(built)]
    done = cut(built)
    assert done.proved
    after = Built([o for o in objects if not isinstance(o, kube.Binding)])
    assert end not in ends(paths(after))


SECRETS_AND_MORE = {
    "apiGroups": [""], "resources": ["secrets", "configmaps"], "verbs": ["get", "list"],
}  # fmt: skip


def test_the_change_that_is_proposed_for_a_role_is_the_one_that_is_proved() -> None:
    objects = [
        SPACE, service("web"), workload("web", account="web"), role("reader", SECRETS_AND_MORE),
        binding("reader", "web"),
    ]  # fmt: skip
    [change] = (done := cut(built := Built(objects))).changes
    assert done.proved
    assert change.title == "Narrow ClusterRole/reader: take away secrets out of rules[0]"
    after = made(objects, [change], built.pods)
    [left] = [o for o in after if isinstance(o, kube.Role)]
    assert [rule.resources for rule in left.rules] == [("configmaps",)]
    assert sum(isinstance(o, kube.Binding) for o in after) == 1
    assert paths(Built(after)) == []


def test_every_rule_of_the_role_that_gives_the_danger_goes() -> None:
    wild = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["get"]}
    objects = [
        SPACE, service("web"), workload("web", account="web"),
        role("reader", SECRETS_AND_MORE, {"apiGroups": ["apps"], "resources": ["deployments"],
                                          "verbs": ["get"]}, wild),
        binding("reader", "web"),
    ]  # fmt: skip
    done = cut(built := Built(objects))
    assert done.proved
    assert [c.title for c in done.changes] == [
        "Narrow ClusterRole/reader: take away secrets out of rules[0]; rules[2] (*)"
    ]
    [left] = [o for o in made(objects, done.changes, built.pods) if isinstance(o, kube.Role)]
    assert [rule.resources for rule in left.rules] == [("configmaps",), ("deployments",)]


def test_what_another_role_gives_too_is_cut_as_well() -> None:
    objects = [
        SPACE, service("web"), workload("web", account="web"), role("a", SECRETS_AND_MORE),
        role("b", SECRETS_AND_MORE), binding("a", "web"), binding("b", "web"),
    ]  # fmt: skip
    done = cut(Built(objects), targets=[SECRETS])
    assert done.proved
    assert {change.subject for change in done.changes} == {objects[3].ref, objects[4].ref}


def test_out_of_a_role_that_kubernetes_makes_goes_its_holder() -> None:
    admin = kube.Role(
        "a.yaml:ClusterRole/-/cluster-admin", kind="ClusterRole", name="cluster-admin",
        rules=msgspec.convert(
            [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}], tuple[kube.Rule, ...]
        ),
    )  # fmt: skip
    bound = kube.Binding(
        "a.yaml:ClusterRoleBinding/-/all", kind="ClusterRoleBinding", name="all", path="a.yaml",
        role_kind="ClusterRole", role_name="cluster-admin",
        subjects=(kube.Subject("User", "somebody"), kube.Subject("ServiceAccount", "web", "shop")),
    )  # fmt: skip
    for roles in ([admin], []):  # among the objects, or taken to be there
        objects = [SPACE, service("web"), workload("web", account="web"), *roles, bound]
        done = cut(built := Built(objects))
        assert done.proved
        assert [c.title for c in done.changes] == [
            "Take ServiceAccount shop/web out of ClusterRoleBinding/all (ClusterRole/cluster-admin)"
        ]
        after = made(objects, done.changes, built.pods)
        [left] = [o for o in after if isinstance(o, kube.Binding)]
        assert [subject.name for subject in left.subjects] == ["somebody"]


def test_a_token_that_is_not_mounted_leads_nowhere() -> None:
    objects = [
        SPACE, service("web"), READER, binding("reader", "web"),
        workload("web", account="web", automountServiceAccountToken=False),
    ]  # fmt: skip
    assert paths(Built(objects)) == []
    account = kube.ServiceAccount(
        "a.yaml:ServiceAccount/shop/web",
        kind="ServiceAccount",
        name="web",
        namespace="shop",
        automount=False,
    )
    mounted = [o for o in objects if not isinstance(o, kube.Workload)]
    assert paths(Built([*mounted, account, workload("web", account="web")])) == []


def test_a_way_that_no_change_ends_is_said() -> None:
    built = Built([SPACE, workload("web"), service("web")])
    done = cut(built, sources=[("code", "shop/web[Deployment]")], targets=[INTERNET])
    assert done.changes == ()
    lasting = cut(built, sources=[NODES], targets=[("code", "shop/web[Deployment]")])
    assert lasting.none is not None
    assert not lasting.proved


def test_known_vulnerabilities_are_weaker_than_assumed_faults() -> None:
    result = {
        "targets": [{"name": "registry.example/web:1", "kind": "image", "digest": "sha256:ab"}],
        "findings": [
            {
                "check": "dependencies/known-vulnerability",
                "verdict": "fail",
                "severity": "high",
                "message": "log4j-core 2.14.1 is affected by CVE-2021-44228 (…); fixed in 2.15.0",
                "about": ["advisory CVE-2021-44228#maven/log4j-core"],
                "why": "exploited (CISA KEV)",
                "change": {"after": "2.15.0"},
            },
            {
                "check": "dependencies/known-vulnerability",
                "verdict": "fail",
                "severity": "low",
                "message": "a 1 is affected by CVE-1",
            },
        ],
    }
    known = of_result(json.dumps(result).encode(), "r.json", names)
    web = workload("web", containers=[{**PRIVILEGED[0], "image": "registry.example/web:1"}])
    weak = by_workload(images([web], names), known)
    assert [w.id for w in weak[web.ref]] == ["CVE-2021-44228"]
    built = Built([SPACE, web, service("web")], weak=weak, assume=False)
    [path] = paths(built)
    assert "used in attacks" in path.steps[1].text
    assert path.sure
    assert cut(built).proved


def test_images_are_known_by_name_and_tag_or_by_digest() -> None:
    digest = f"sha256:{'ab' * 32}"
    assert names("nginx") == names("docker.io/library/nginx:latest")
    assert names("nginx") == ("docker.io/library/nginx:latest",)
    assert names("a/b:1") == ("docker.io/a/b:1",)
    assert names("localhost/b:2") == ("localhost/b:2",)
    assert names(f"registry.example:5000/b@{digest}") == (digest,)
    assert names(f"b:1@{digest}") == (digest, "docker.io/library/b:1")
    assert names("{{ .Values.image }}") == names("no image") == ()


def test_scans_kept_on_this_machine_are_taken_by_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KETEN_CACHE", str(tmp_path / "cache"))
    digest, other = (f"sha256:{two * 32}" for two in ("ab", "cd"))
    finding = Finding(
        check="dependencies/known-vulnerability", verdict=Verdict.FAIL, severity=Severity.HIGH,
        link=Link.DEPENDENCIES, subject="package maven/log4j-core@2.14.1", fingerprint="f",
        message="log4j-core 2.14.1 is affected by CVE-2021-44228", why="exploited",
        about=("advisory CVE-2021-44228#maven/log4j-core",), change=Change(after="2.15.0"),
    )  # fmt: skip
    result = msgspec.convert(
        {
            "schema": "s", "keten": "0", "now": "2026-01-02", "targets": [], "data": [],
            "policy": "default", "policy_digest": "", "links": [], "actions": [],
            "waived": [], "unknown": [], "problems": [], "notes": [], "evidence": [], "checks": [],
            "findings": [], "decision": {"verdict": "denied", "gate": "", "reason": "", "exit": 1},
        },
        Result,
    )  # fmt: skip
    result = msgspec.structs.replace(result, findings=(finding,))
    cache = Cache(default_folder())
    kept.put(cache, key("a result"), result, [digest, ""])
    image = [{**PRIVILEGED[0], "image": f"registry.example/web:1@{digest}"}]
    named = workload("web", containers=image)
    running = msgspec.structs.replace(
        workload("live", containers=PRIVILEGED), image_ids={"c": (f"docker.io/i@{digest}",)}
    )
    unknown = workload("other", containers=[{"name": "c", "image": f"registry.example/o@{other}"}])
    [cluster] = gather([named, running, unknown]).clusters
    found = Images([], kept=True)
    weak = found.of(cluster)
    assert {ref for ref, those in weak.items() if those} == {named.ref, running.ref}
    assert weak[named.ref][0].source == f"scan of {digest[:19]}, kept 2026-01-02"
    assert found.unknown == {other}
    assert Images([], kept=False).of(cluster) == {}
    (tmp_path / "a.yaml").write_text(MANIFESTS.replace("IMAGE", f"registry.example/web@{digest}"))
    assert main(["paths", str(tmp_path), "--known-only", "--quiet"]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert f"runs the intruder's code, used in attacks (scan of {digest[:19]}, kept" in said
    assert main(["paths", str(tmp_path), "--known-only", "--quiet", "--no-cache"]) == 0


MANIFESTS = """
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  containers: [{name: c, image: IMAGE, securityContext: {privileged: true}}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}
"""


@given(st.binary(max_size=300))
def test_what_is_no_result_is_refused(data: bytes) -> None:
    with pytest.raises(KetenError):
        of_result(data, "x", names)


def test_a_result_of_something_else_is_refused() -> None:
    with pytest.raises(InputError, match="not of an image"):
        of_result(b'{"targets":[{"name":"a"}],"findings":[]}', "x", names)


def test_live_nodes_carry_their_pods_and_the_control_plane_the_cluster() -> None:
    web = msgspec.structs.replace(workload("web", containers=PRIVILEGED), nodes=("n1",))
    other = msgspec.structs.replace(workload("other"), nodes=("n1",))
    node = kube.Resource(
        "a.yaml:Node/-/n1",
        kind="Node",
        name="n1",
        labels={"node-role.kubernetes.io/control-plane": ""},
        api_version="v1",
    )
    built = Built([SPACE, web, other, service("web"), node])
    found = {path.end: path for path in paths(built)}
    assert found[CLUSTER].points[-2:] == (("node", "n1"), CLUSTER)
    [to_other] = paths(built, targets=[("code", "shop/other[Deployment]")])
    assert to_other.points[0] == INTERNET


def test_a_way_to_several_nodes_is_told_once_but_for_who_asks() -> None:
    web = msgspec.structs.replace(workload("web", containers=PRIVILEGED), nodes=("n1", "n2"))
    nodes = [
        kube.Resource(f"a.yaml:Node/-/{name}", kind="Node", name=name, api_version="v1")
        for name in ("n1", "n2")
    ]
    built = Built([SPACE, web, service("web"), *nodes])

    assert [path.end for path in paths(built)] == [("node", "n1")]
    assert [path.end for path in paths(built, targets=[("node", "n2")])] == [("node", "n2")]


def test_no_fault_is_assumed_in_what_every_cluster_has_unless_it_is_served() -> None:
    proxy = msgspec.structs.replace(
        workload(
            "kube-proxy",
            containers=[{**PRIVILEGED[0], "image": "registry.k8s.io/kube-proxy:v1.36.3"}],
        ),
        kind="DaemonSet",
    )
    web = workload("web")
    inner, served = Built([SPACE, web, proxy, service("web")]), service("kube-proxy")

    assert paths(inner) == []
    assert inner.spared == ["shop/kube-proxy[DaemonSet]"]
    assert [path.end for path in paths(Built([SPACE, web, proxy, served]))] == [("node", "")]


@pytest.mark.parametrize(
    ("spec", "count"),
    [
        ({"hostPID": True}, 0),
        ({"containers": [{"securityContext": {"capabilities": {"add": ["SYS_ADMIN"]}}}]}, 1),
        ({"containers": [{"securityContext": {"capabilities": {"add": ["CHOWN"]}}}]}, 0),
        (
            {
                "hostPID": True,
                "containers": [{"securityContext": {"capabilities": {"add": ["SYS_PTRACE"]}}}],
            },
            1,
        ),
        (
            {
                "volumes": [{"name": "v", "hostPath": {"path": "/var/run/docker.sock"}}],
                "containers": [{"volumeMounts": [{"name": "v", "mountPath": "/s"}]}],
            },
            1,
        ),
        (
            {
                "volumes": [{"name": "v", "hostPath": {"path": "/etc"}}],
                "containers": [
                    {"volumeMounts": [{"name": "v", "mountPath": "/s", "readOnly": True}]}
                ],
            },
            0,
        ),
        ({"volumes": [{"name": "v", "hostPath": {"path": "/"}}], "containers": [{}]}, 0),
    ],
)
def test_ways_out_of_a_pod(spec: dict[str, Any], count: int) -> None:
    pod = kube.Workload("x", kind="Pod", name="x", pod=msgspec.convert(spec, PodSpec))
    assert len(list(escapes(pod))) == count


def test_the_picture_is_well_formed_and_escapes_what_it_is_told() -> None:
    web = workload('web"<&>', containers=PRIVILEGED)
    drawn = picture(told(gather([SPACE, web, service('web"<&>')]), lambda _, __: None))
    root = ET.fromstring(drawn)
    assert root.tag.endswith("svg")
    assert "a node" in drawn
    assert ET.fromstring(picture([])).tag.endswith("svg")


def test_a_doubt_is_told_of_the_step_that_it_concerns() -> None:
    host = workload("agent", hostNetwork=True)
    built = Built([SPACE, host, workload("db", containers=PRIVILEGED), DENY])
    [path] = paths(built, sources=[("code", "shop/agent[Deployment]")], targets=[("node", "")])
    assert [step.sure for step in path.steps] == [False, True, True]  # if it is the pod's node
    assert path.steps[0].text.startswith("network policies let it reach")


def path_of(*names: str, pod: str) -> AttackPath:
    """Return a path from the Internet over a pod to what *names* say."""
    points = (
        PathPoint("internet", "the Internet"), PathPoint("reach", f"requests to {pod}"),
        PathPoint("code", f"code in {pod}"), *(PathPoint("secrets", name) for name in names),
    )  # fmt: skip
    steps = (
        PathStep("it reaches it", label="Service"), PathStep("a fault", assumed=True),
        *(PathStep("it reads", label="token") for _ in names),
    )  # fmt: skip
    return AttackPath(points, steps, effort=1)


def test_what_is_alike_is_one_box_with_its_number() -> None:
    many = [path_of("all secrets", pod=f"a/web-{i}[Deployment]") for i in range(400)]
    drawn = picture(many)
    assert drawn.count("<rect") == 3
    assert "400 Deployments" in drawn
    assert "in 1 namespaces" not in drawn
    assert "more paths are not drawn" not in drawn
    two = picture(many[:2])
    assert two.count("<rect") == 4
    other = picture([*many[:3], path_of("others", pod="b/x[DaemonSet]")])
    assert other.count("<rect") == 5
    assert "3 Deployments" in other


def test_a_picture_has_bounds() -> None:
    unlike = [path_of(f"secret {i}", pod=f"a/web-{i}[Deployment]") for i in range(400)]
    drawn = picture(unlike)
    assert drawn.count("<rect") <= MOST
    assert "more paths are not drawn" in drawn
    assert picture(unlike) == drawn
    assert drawn.count('text-anchor="end"') <= 2 * MOST  # labels do not lie on each other


def test_the_page_has_the_picture(tmp_path: Path) -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web", "labels": {"app": "web"}},
        "spec": {"containers": PRIVILEGED},
    }
    open_ = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"port": 80}]},
    }
    text = f"{json.dumps(pod)}\n{json.dumps(open_)}\n"
    (tmp_path / "web.yaml").write_text(text)
    page = tmp_path / "page.html"
    data = tmp_path / "result.json"
    reports = ["--report", f"html={page}", "--report", f"json={data}"]
    assert main(["scan", str(tmp_path), "--quiet", *reports]) in (1, 3)
    [path] = json.loads(data.read_text())["paths"]
    assert path["points"][0]["name"] == "the Internet"
    assert path["steps"][0]["location"]["path"] == "web.yaml"
    said = page.read_text()
    assert "What an intruder could do" in said
    assert "<svg" in said
    assert "is privileged: out of" in said
