"""No object, however odd what it holds, breaks how objects are related or judged.

Readers hold an object's known fields to their types; what stays free is drawn here from
values of the right and the wrong type under the very keys that are asked for.
"""

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keten import plugs
from keten.derive.objects import derive
from keten.graph.store import Graph, merge
from keten.model.check import Check
from keten.model.facts import Facts, Looked
from keten.model.kube import NetworkPolicy, Object, Resource, Route, Service, Webhook, Workload
from keten.model.pod import Container, PodSpec

LINKS = ("deployment", "access", "runtime", "registry")
CHECKS = [plugs.load(Check, n) for n in plugs.names(Check) if n.partition("/")[0] in LINKS]

KEYS = """
podSelector matchLabels matchExpressions key operator values policyTypes ingress egress from to
ports port protocol ipBlock cidr except selector type externalIPs loadBalancerSourceRanges rules
host http paths path backend service name serviceName backendRefs namespace kind tls listeners
servers mtls mode portLevelMtls clientConfig namespaceSelector failurePolicy apiGroups resources
operations scope hostPath secret secretName configMap projected sources secretKeyRef configMapRef
configMapKeyRef secretRef replicas strategy httpGet tcpSocket postStart preStop defaultBackend
""".split()  # noqa: SIM905 words read better than a column of quotes
WORDS = st.sampled_from(
    ["a", "HTTP", "In", "Exists", "0.0.0.0/0", "Ingress", "DISABLE", "pods", ""]
)
LEAVES = st.none() | st.booleans() | st.integers(-1, 99999) | WORDS | st.text(max_size=5)
JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5)
        | st.dictionaries(st.sampled_from(KEYS[:28]), inner, max_size=5)
    ),
    max_leaves=25,
)
MAPPING = st.dictionaries(st.sampled_from(KEYS), JSON, max_size=6)
LABELS = st.dictionaries(st.sampled_from(["a", "app"]), st.sampled_from(["a", "b"]))


def objects(spec: dict[str, Any], more: dict[str, Any], labels: dict[str, str]) -> list[Object]:
    container = Container(
        name="c",
        image="i",
        liveness_probe=spec,
        readiness_probe=more,
        lifecycle=spec,
        volume_mounts=(more,),
        env_from=(spec,),
        ports=({"hostPort": spec.get("port")},),
    )
    pod = PodSpec(containers=(container,), volumes=(spec, more), tolerations=(more,))
    return [
        Workload("a:Deployment/-/w", kind="Deployment", name="w", path="a", pod=pod, spec=spec,
                 pod_labels=labels),
        NetworkPolicy("a:NetworkPolicy/-/n", kind="NetworkPolicy", name="n", path="a", spec=spec),
        Service("a:Service/-/s", kind="Service", name="s", path="a", spec=spec, labels=labels),
        Route("a:Ingress/-/r", kind="Ingress", name="r", path="a", spec=spec),
        Route("a:Gateway/-/g", kind="Gateway", name="g", path="a", spec=spec),
        Webhook("a:ValidatingWebhookConfiguration/-/k", kind="ValidatingWebhookConfiguration",
                name="kyverno", path="a", webhooks=(spec, more)),
        Resource("a:PeerAuthentication/-/m", kind="PeerAuthentication", name="m", path="a",
                 spec=spec),
        Resource("a:PersistentVolume/-/v", kind="PersistentVolume", name="v", path="a", spec=spec),
    ]  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(MAPPING, MAPPING, LABELS)
def test_odd_objects_are_judged(
    spec: dict[str, Any], more: dict[str, Any], labels: dict[str, str]
) -> None:
    needs = tuple(Looked("*", need) for need in ("manifest", "objects", "tree"))
    facts = Facts(nodes=tuple(objects(spec, more, labels)), looked=needs)
    view = Graph(merge([facts, derive(facts)]), date(2026, 11, 22))

    for node in facts.nodes:
        for check in CHECKS:
            if check.subject is type(node) and (check.applies is None or check.applies(node)):
                for violation in check.run(node, view):
                    assert violation.message


@pytest.mark.parametrize("depth", [10, 2_000])
def test_a_deep_folder_is_no_trouble(depth: int) -> None:
    text = "/".join("d" * depth)
    nodes = [
        Workload(f"{folder}/w.yaml:Pod/-/w", kind="Pod", name="w", path=f"{folder}/w.yaml")
        for folder in (text, text[:-2], "x")
    ]

    assert len(derive(Facts(nodes=tuple(nodes))).looked) == 3
