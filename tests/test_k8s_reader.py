"""The Kubernetes, Helm and kustomize readers, and image references."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shared_data import SHARED, needs_shared
from suites import yaml_truth

from keten import plugs
from keten.errors import InputError
from keten.formats import reference
from keten.formats.kubernetes.judge import refusals
from keten.formats.kubernetes.schema import schema
from keten.model import kube
from keten.model.delivery import Chart, Image
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.transport import render


class Beside:
    """Files beside the one that is read."""

    def __init__(self, files: dict[str, str]) -> None:
        self.files = files

    def read(self, path: str) -> bytes | None:
        return self.files[path].encode() if path in self.files else None

    def exists(self, path: str) -> bool:
        return path in self.files


def read(text: str, path: str = "a.yaml", reader: str = "k8s", **beside: str) -> Facts:
    files = {name.replace("__", "/"): item for name, item in beside.items()}
    return plugs.load(Reader, reader).read(Source(path, text.encode(), Beside(files)))


def lines(facts: Facts, number: int = 0) -> dict[str, int]:
    decoded: dict[str, int] = msgspec.msgpack.decode(facts.places[number].fields)
    return decoded


POD = """apiVersion: v1
kind: Pod
metadata: {name: p, labels: {app: x}}
spec:
  containers:
  - name: a
    image: nginx
    securityContext: {privileged: true}
"""


def test_a_pod_is_a_workload_with_the_line_of_every_field() -> None:
    facts = read(POD)
    workload, image = facts.nodes
    assert isinstance(workload, kube.Workload)
    assert workload.id == "a.yaml:Pod/-/p"
    assert workload.pod_path == "spec"
    assert workload.pod_labels == workload.labels == {"app": "x"}
    assert workload.pod.containers[0].security_context.privileged is True  # type: ignore[union-attr]
    assert image == Image(
        "docker.io/library/nginx:latest",
        registry="docker.io",
        repository="library/nginx",
        tag="latest",
    )
    assert [(e.src, e.relation, e.dst) for e in facts.edges] == [(workload.ref, "runs", image.ref)]
    assert [(item.ref, item.need) for item in facts.looked] == [(workload.ref, "manifest")]
    assert lines(facts)["spec.containers[0].securityContext.privileged"] == 8
    assert facts.places[0].line == 1
    assert not facts.problems


TEMPLATE = "{metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: 'i:1'}]}}"


@pytest.mark.parametrize(
    ("version", "kind", "spec"),
    [
        ("apps/v1", "Deployment", f"{{selector: {{matchLabels: {{a: b}}}}, template: {TEMPLATE}}}"),
        (
            "apps/v1",
            "StatefulSet",
            f"{{selector: {{matchLabels: {{a: b}}}}, template: {TEMPLATE}}}",
        ),
        ("apps/v1", "DaemonSet", f"{{selector: {{matchLabels: {{a: b}}}}, template: {TEMPLATE}}}"),
        ("apps/v1", "ReplicaSet", f"{{selector: {{matchLabels: {{a: b}}}}, template: {TEMPLATE}}}"),
        ("v1", "ReplicationController", f"{{selector: {{a: b}}, template: {TEMPLATE}}}"),
        ("batch/v1", "Job", f"{{template: {TEMPLATE}}}"),
        (
            "batch/v1",
            "CronJob",
            f"{{schedule: '@daily', jobTemplate: {{spec: {{template: {TEMPLATE}}}}}}}",
        ),
        ("extensions/v1beta1", "Deployment", f"{{replicas: 2, template: {TEMPLATE}}}"),
    ],
)
def test_every_kind_of_workload_down_to_its_pod(version: str, kind: str, spec: str) -> None:
    facts = read(f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: web}}\nspec: {spec}\n")
    workload = facts.nodes[0]
    assert isinstance(workload, kube.Workload)
    assert workload.pod.containers[0].image == "i:1"
    assert workload.pod_labels == {"a": "b"}
    assert "template" not in workload.spec
    assert f"{workload.pod_path}.containers[0].image" in lines(facts)
    assert facts.looked
    assert not facts.problems


def test_a_list_gives_its_items_with_paths_of_their_own() -> None:
    item = json.loads(
        '{"metadata": {"name": "p"}, "spec": {"containers": [{"name": "a", "image": "b"}]}}'
    )
    text = json.dumps({"kind": "PodList", "apiVersion": "v1", "items": [item, item]}, indent=1)
    facts = read(text, "a.json")
    assert [node.id for node in facts.nodes[:2]] == ["a.json:Pod/-/p", "a.json:Pod/-/p~2"]
    assert lines(facts, 1)["spec.containers[0].image"] == 26
    assert facts.places[1].line == 18


def test_rbac_network_and_the_rest() -> None:
    facts = read("""apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
- {apiGroups: [""], resources: [pods], verbs: [get], resourceNames: [a]}
- {nonResourceURLs: [/metrics], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: b, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, name: s, namespace: shop}]
---
apiVersion: v1
kind: Secret
metadata:
  name: s
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: '{"stringData": {"k": "hunter2"}}'
stringData: {password: hunter2, none: ""}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c}
data: {a: hunter2}
binaryData: {b: aGk=}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: h}
spec: {anything: [at, all]}
---
apiVersion: example.org/v1alpha1
kind: Thing
metadata: {name: t}
spec: {x: 1}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: s}
automountServiceAccountToken: no
""")
    role, binding, secret, config, route, thing, account = facts.nodes
    assert role.rules[0] == kube.Rule(("get",), ("",), ("pods",), ("a",))
    assert role.rules[1].non_resource_urls == ("/metrics",)
    assert (binding.role_kind, binding.role_name) == ("ClusterRole", "r")
    assert binding.subjects == (kube.Subject("ServiceAccount", "s", "shop"),)
    assert secret.keys == ("password",)
    assert config.keys == ("a", "b")
    assert isinstance(route, kube.Route)
    assert thing == kube.Resource(
        "a.yaml:Thing/-/t",
        "Thing",
        "t",
        "",
        "a.yaml",
        api_version="example.org/v1alpha1",
        spec={"x": 1},
    )
    assert account.automount is False
    assert not facts.problems
    assert b"hunter2" not in msgspec.json.encode(facts)


CONTEXT = "wrong type: spec.containers[0].securityContext."
PRIVILEGED = CONTEXT + "privileged must be true or false, not 1"
USER = CONTEXT + "runAsUser must be a whole number, not 1.5"


@pytest.mark.parametrize(
    ("old", "new", "what", "line"),
    [
        ("privileged: true", "Privileged: true", "unknown field 'Privileged'", 8),
        ("privileged: true", "privileged: 1", PRIVILEGED, 8),
        ("{app: x}", "{app: yes}", "wrong type: metadata.labels.app must be text, not true", 3),
        ("name: p", "name: P", "metadata.name 'P' is no DNS subdomain", 3),
        ("name: p,", "", "metadata.name is not set", 3),
        ("image: nginx", "imagePullPolicy: Always", "a container without an image", 6),
        ("kind: Pod", "kind: Podd", "unknown kind Podd in v1", 2),
        ("{app: x}", "{app: a b}", "'a b' is no label value", 3),
        ("privileged: true", "runAsUser: -1", "runAsUser -1 is not between 0 and 2147483647", 8),
        ("privileged: true", "runAsUser: 1.5", USER, 8),
    ],
)  # fmt: skip
def test_what_the_api_server_would_refuse_is_told_and_not_looked_at(
    old: str, new: str, what: str, line: int
) -> None:
    facts = read(POD.replace(old, new))
    (problem,) = facts.problems
    assert problem.what == f"the API server would refuse this: {what}"
    assert (problem.line, problem.about, problem.need) == (line, facts.nodes[0].ref, "manifest")
    assert not facts.looked


def test_what_fits_of_a_refused_object_is_still_read() -> None:
    facts = read(POD.replace("image: nginx", "image: nginx\n    command: [1, x]\n    tty: 5"))
    container = facts.nodes[0].pod.containers[0]
    assert container.image == "nginx"
    assert container.command == ("", "x")
    assert container.security_context.privileged is True


def test_nulls_are_as_if_they_were_not_there() -> None:
    facts = read(POD.replace("image: nginx", "image: nginx\n    env: null\n    command: [null, x]"))
    assert facts.nodes[0].pod.containers[0].command == ("", "x")
    assert facts.looked
    assert not facts.problems


def test_a_broken_document_does_not_hide_the_others() -> None:
    facts = read(POD + "---\napiVersion: v1\nkind: Pod\n  x: [\n---\n" + POD)
    assert [node.id for node in facts.nodes if isinstance(node, kube.Workload)] == [
        "a.yaml:Pod/-/p",
        "a.yaml:Pod/-/p~2",
    ]
    assert [(p.line, p.what[:8]) for p in facts.problems] == [(12, "not YAML")]


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v1\nkind: Config\nclusters: []\n",
        "apiVersion: skaffold/v4beta6\nkind: Config\nmetadata: {name: x}\n",
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n",
        "apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\n",
        "apiVersion: v2\nname: chart\nkind: x\n",
        "apiVersion: 2024-01-01\nkind: thing\n",
        "# apiVersion and kind\n- 1\n",
        "",
    ],
)
def test_files_of_other_tools_say_nothing(text: str) -> None:
    assert read(text) == Facts()


def test_a_custom_resource_without_name_or_with_any_field_is_not_judged() -> None:
    facts = read("apiVersion: tekton.dev/v1\nkind: Task\nspec: {steps: [{image: 5}]}\n")
    assert len(facts.nodes) == len(facts.looked) == 1
    assert not facts.problems


HELM = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}\n"


def test_templates_are_never_guessed_at() -> None:
    assert read(HELM, "c/templates/x/p.yaml", **{"c__Chart.yaml": "name: c"}) == Facts()
    (problem,) = read(HELM).problems
    assert problem.what.startswith("a template that is not rendered")
    plain = read(POD, "c/templates/p.yaml", **{"c__Chart.yaml": "name: c"})
    assert len(plain.nodes) == 2


def test_a_chart_is_told_of_once_and_a_library_not_at_all() -> None:
    facts = read("apiVersion: v2\nname: web\nversion: '1'\n", "c/Chart.yaml", "helm-chart")
    (chart,) = facts.nodes
    assert chart == Chart("c/Chart.yaml", tool="helm", spec=chart.spec)
    (problem,) = facts.problems
    assert "chart web is not rendered" in problem.what
    assert (problem.about, problem.need) == (chart.ref, "manifest")
    assert not read("name: web\ntype: library\n", "c/Chart.yaml", "helm-chart").problems
    around = {"c__Chart.yaml": "name: c"}
    assert not read("name: web\n", "c/charts/d/Chart.yaml", "helm-chart", **around).problems
    assert read("name: web\n", "charts/d/Chart.yaml", "helm-chart").problems
    assert read("name: web\n", "c/charts/d/Chart.yaml", "helm-chart").problems


def test_patches_of_an_overlay_are_not_judged_as_whole_objects() -> None:
    overlay = "patches:\n- path: ./p.yaml\nresources: [q.yaml]\n"
    overlay += "secretGenerator:\n- name: s\n  literals: [p=hunter2]\n"
    beside = {"o__kustomization.yaml": overlay}
    partial = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: {replicas: 2}\n"
    assert read(partial, "o/p.yaml", **beside) == Facts()
    assert read(partial, "o/q.yaml", **beside).problems
    facts = read(overlay, "o/kustomization.yaml", "kustomization")
    (problem,) = facts.problems
    assert problem.what == "overlay o is not rendered: its patches change what is applied"
    assert b"hunter2" not in msgspec.json.encode(facts)
    plain = read("resources: [q.yaml]\n", "o/kustomization.yaml", "kustomization")
    assert len(plain.nodes) == 1
    assert not plain.problems


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("nginx", ("docker.io", "library/nginx", "latest", "")),
        ("a/b:1", ("docker.io", "a/b", "1", "")),
        ("index.docker.io/nginx", ("docker.io", "library/nginx", "latest", "")),
        ("localhost/x", ("localhost", "x", "latest", "")),
        ("reg:5000/x/y:v1", ("reg:5000", "x/y", "v1", "")),
        ("[::1]:5000/x", ("[::1]:5000", "x", "latest", "")),
        ("ghcr.io/a/b@sha256:" + "0" * 64, ("ghcr.io", "a/b", "", "sha256:" + "0" * 64)),
        ("a:1@sha256:" + "0" * 64, ("docker.io", "library/a", "1", "sha256:" + "0" * 64)),
    ],
)
def test_image_references(text: str, parts: tuple[str, str, str, str]) -> None:
    image = reference.parse(text)
    assert (image.registry, image.repository, image.tag, image.digest) == parts
    assert reference.parse(image.id) == image


@pytest.mark.parametrize(
    "text", ["", "A", "a//b", " a", "a:", "a:b c", "a@sha256:12", "a@b", "-a", "a__-b", "x" * 5000]
)
def test_what_is_no_image_reference(text: str) -> None:
    with pytest.raises(InputError):
        reference.parse(text)


@pytest.mark.parametrize("text", ["a:$TAG", "{{ .Values.image }}", "${X}", "a:<version>"])
def test_image_references_with_a_variable(text: str) -> None:
    assert reference.parse(text) == Image(text, template=True)


@given(st.text(max_size=60) | st.text("aA0./:@-_$[]", max_size=40))
def test_any_text_is_a_reference_or_refused(text: str) -> None:
    try:
        image = reference.parse(text)
    except InputError:
        return
    assert image.template or reference.parse(image.id) == image


def test_a_long_reference_ends_fast() -> None:
    for text in ("a-" * 2000, "a." * 2000 + "/", "a" * 4000 + "_", "a/" * 2000):
        with pytest.raises(InputError):
            reference.parse(text)


FIELDS = st.sampled_from(
    [
        *sorted({field for fields in schema().types.values() for field in fields})[::3],
        *["apiVersion", "kind", "metadata", "spec", "template", "containers", "items", "name"],
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.sampled_from(sorted(schema().kinds)), st.dictionaries(FIELDS, VALUES, max_size=5))
def test_any_object_is_read_or_refused(kind: str, body: dict[str, Any]) -> None:
    version, _, name = kind.rpartition("/")
    value = {**body, "apiVersion": version, "kind": name}
    facts = read(json.dumps(value))
    assert len({item.ref for item in facts.looked}) == len(facts.looked)
    refused = {problem.about for problem in facts.problems if problem.about}
    assert refused.isdisjoint(item.ref for item in facts.looked)


@settings(deadline=None)
@given(
    st.integers(0, len(POD)),
    st.integers(0, 8),
    st.text("-:{}[]&*!|'\"#\n \tab1~,\u00e9", max_size=6),
)
def test_a_mutated_manifest_never_breaks_the_reader(at: int, cut: int, put: str) -> None:
    for text in (POD, HELM, json.dumps({"apiVersion": "v1", "kind": "List", "items": [{}]})):
        read(text[:at] + put + text[at + cut :])


def test_the_schema_has_every_kind_of_a_workload() -> None:
    assert {"v1/Pod", "apps/v1/Deployment", "batch/v1/CronJob"} <= set(schema().kinds)
    assert schema().types["SecurityContext"]["privileged"] == "b"
    for fields in schema().types.values():
        for code in fields.values():
            bare = code.lstrip("[{")
            assert len(bare) == 1 or bare[0] == "|" or bare in schema().types


def test_a_custom_resource_definition_is_judged_whole() -> None:
    value: dict[str, Any] = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "x.y.z"},
        "spec": {
            "versions": [
                {"schema": {"openAPIV3Schema": {"properties": {"a": {"items": {"typ": "x"}}}}}}
            ]
        },
    }
    (refusal,) = refusals(value)
    assert refusal.at == "spec.versions[0].schema.openAPIV3Schema.properties.a.items.typ"


def test_rendering_says_which_program_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match="helm is not installed"):
        render.render("helm", ".")


def test_rendering_runs_the_program_with_an_empty_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "kustomize"
    program.write_text('#!/bin/sh\necho "$HOME $KUBECONFIG $SECRET_TOKEN $1 $2"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.setenv("SECRET_TOKEN", "x")
    home, config, command, folder = render.render("kustomize", str(tmp_path)).decode().split()
    assert (config, command, folder) == ("/dev/null", "build", str(tmp_path))
    assert "keten-render-" in home
    program.write_text("#!/bin/sh\necho no such resource >&2\nexit 3\n")
    with pytest.raises(InputError, match="no such resource"):
        render.render("kustomize", str(tmp_path))
    program.write_text("#!/bin/sh\ncat /dev/zero\n")
    with pytest.raises(InputError):
        render.render("kustomize", str(tmp_path))


@needs_shared
def test_the_reader_sees_what_a_real_api_server_saw() -> None:
    assert SHARED is not None
    outcomes = list(yaml_truth.run(SHARED / "vectors" / "yaml-truth"))
    assert len(outcomes) > 40
    assert not [outcome for outcome in outcomes if not outcome.passed]
