"""Custom resources that pods are made of: judged as the workloads they are, or named."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keten.cluster.podsecurity.namespaces import standings
from keten.cluster.podsecurity.standard import Level
from keten.derive.objects import derive
from keten.formats.kubernetes.objects import node
from keten.model.custom_pods import TEMPLATES
from keten.model.facts import Facts
from keten.model.kube import Object, Resource, Workload
from keten.testing.examples import facts_of

POD: dict[str, Any] = {
    "metadata": {"labels": {"app": "web"}, "annotations": {"a": "b"}},
    "spec": {
        "serviceAccountName": "web",
        "containers": [{"name": "web", "image": "registry.example/web:1.4"}],
    },
}


def laid(path: str, template: Any) -> dict[str, Any]:
    value: Any = template
    for key in reversed(path.split(".")):
        value = {key: value}
    found: dict[str, Any] = value
    return found


def resource(version: str, kind: str, body: dict[str, Any], name: str = "web") -> dict[str, Any]:
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": name, "namespace": "shop"},
    } | (body)


def objects(*values: dict[str, Any]) -> Facts:
    text = "---\n".join(json.dumps(value) + "\n" for value in values)
    return facts_of({"shop/all.yaml": text.encode()})


@pytest.mark.parametrize(("group", "kind"), sorted(TEMPLATES))
def test_each_kind(group: str, kind: str) -> None:
    path = TEMPLATES[group, kind]
    facts = objects(resource(f"{group}/v1", kind, laid(path, POD)))
    (found,) = (item for item in facts.nodes if isinstance(item, Workload))

    assert found.title == f"{kind}/web"
    assert found.pod_path == f"{path}.spec"
    assert found.pod.service_account_name == "web"
    assert found.pod_labels == {"app": "web"}
    assert found.pod_annotations == {"a": "b"}
    assert "manifest" in {item.need for item in facts.looked if item.ref == found.ref}
    assert not facts.problems


@pytest.mark.parametrize(
    "pod",
    [
        {"containers": []},
        {"containers": [{"name": "web"}]},
        {"serviceAccountName": "web"},
        {"containers": [{"name": "web", "image": "a"}], "own": 1},
        {"containers": [{"name": "web", "image": "a", "ports": "x"}]},
        None,
        [],
    ],
)
def test_what_is_no_whole_template_stays_a_resource(pod: Any) -> None:
    facts = objects(resource("argoproj.io/v1alpha1", "Rollout", laid("spec.template.spec", pod)))

    assert [type(item) for item in facts.nodes if isinstance(item, Object)] == [Resource]


def test_a_rollout_of_a_deployment_is_no_second_workload() -> None:
    body = {"spec": {"workloadRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "w"}}}
    facts = objects(resource("argoproj.io/v1alpha1", "Rollout", body))

    assert not [item for item in facts.nodes if isinstance(item, Workload)]


def test_knative_has_fields_of_its_own() -> None:
    pod = POD["spec"] | {"containerConcurrency": 5, "timeoutSeconds": 30}
    facts = objects(
        resource("serving.knative.dev/v1", "Service", laid("spec.template.spec", pod)),
        resource("v1", "Service", {"spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}}),
    )

    assert sorted(type(item).__name__ for item in facts.nodes if isinstance(item, Object)) == [
        "Service", "Workload",
    ]  # fmt: skip


def test_services_and_policies_reach_them() -> None:
    facts = objects(
        resource("argoproj.io/v1alpha1", "Rollout", laid("spec.template", POD)),
        resource("v1", "Service", {"spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}}),
    )
    edges = [(e.src, e.relation, e.dst) for e in derive(facts).edges if e.relation == "selects"]

    assert edges == [
        ("service shop/all.yaml:Service/shop/web", "selects",
         "workload shop/all.yaml:Rollout/shop/web"),
    ]  # fmt: skip


def test_they_count_in_what_a_namespace_could_enforce() -> None:
    bad = json.loads(json.dumps(POD))
    bad["spec"]["hostPID"] = True
    facts = objects(
        resource("v1", "Namespace", {"metadata": {"name": "shop"}}),
        resource("argoproj.io/v1alpha1", "Rollout", laid("spec.template", bad)),
        resource("kafka.strimzi.io/v1beta2", "Kafka", {"spec": {"kafka": {"replicas": 3}}}, "k"),
        resource("cert-manager.io/v1", "Certificate", {"spec": {"secretName": "tls"}}, "c"),
    )
    (standing,) = (
        one
        for one in standings(item for item in facts.nodes if isinstance(item, Object))
        if one.name == "shop"
    )

    assert standing.possible is Level.PRIVILEGED
    assert [one.workload.title for one in standing.obstacles[Level.BASELINE]] == ["Rollout/web"]
    assert standing.unseen == ("Kafka/k",)


def test_of_a_live_cluster_all_pods_are_seen() -> None:
    kafka = Resource("a", kind="Kafka", name="k", namespace="shop", uid="u",
                     api_version="kafka.strimzi.io/v1")  # fmt: skip

    assert not [one for one in standings([kafka]) if one.unseen]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(("spec", "metadata", "labels", "containers", "name", "image", "volumes")),
        inner, max_size=4,
    ),
    max_leaves=20,
)  # fmt: skip


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(ANYTHING, st.sampled_from(sorted(TEMPLATES)), st.booleans())
def test_any_template(template: Any, of: tuple[str, str], clean: bool) -> None:  # noqa: FBT001 hypothesis hands it over
    value = resource(f"{of[0]}/v1", of[1], laid(TEMPLATES[of], template))

    assert isinstance(node(value, "a", "a", clean=clean), Workload | Resource)
