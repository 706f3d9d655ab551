"""Checks of objects answer whatever stands in them: nothing of an outside file makes one raise."""

from datetime import date
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keten import plugs
from keten.graph.store import Graph
from keten.model.check import Check
from keten.model.facts import Facts, Looked, Node
from keten.model.kube import ConfigMap, Namespace, Resource, Route, Service, Workload
from keten.model.pod import PodSpec

NEEDS = ("manifest", "objects", "references")
WORDS = st.sampled_from(
    ["a", "", "$x", "*", "80%", "100%", "0", "Always", "Never", "Recreate", "localhost", "x" * 70]
)
LEAVES = st.none() | st.booleans() | st.integers(-3, 10**20) | WORDS
WORDS_OF_FIELDS = """
rules host http paths path backend service name port number serviceName tls secretName
listeners hostname allowedRoutes namespaces from certificateRefs namespace frontend default
validation mode perPort hostnames backendRefs kind spec selector matchLabels minAvailable
maxUnavailable scaleTargetRef minReplicas maxReplicas ports targetPort externalName type
strategy rollingUpdate replicas jobTemplate concurrencyPolicy projected sources
serviceAccountToken expirationSeconds secret configMap items key persistentVolumeClaim
claimName insecureSkipVerify trafficPolicy endpoints to alternateBackends containerPort
protocol httpGet tcpSocket exec command ip maxSkew topologyKey whenUnsatisfiable

"""
KEYS = st.sampled_from(sorted(WORDS_OF_FIELDS.split()))
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
TREES = st.dictionaries(KEYS, JSON, max_size=5)
ROWS = st.lists(TREES, max_size=3).map(tuple)
MINE = {
    name: plugs.load(Check, name)
    for name in plugs.names(Check)
    if name.startswith(("deployment/", "runtime/", "registry/"))
    and plugs.load(Check, name).subject in (Workload, Service, Route, Resource, Namespace)
    and set(plugs.load(Check, name).needs) <= set(NEEDS)
}
KINDS = ("Ingress", "Gateway", "HTTPRoute", "TLSRoute", "Route")
RESOURCES = ("PodDisruptionBudget", "HorizontalPodAutoscaler", "ServiceMonitor", "DestinationRule")
WORKLOADS = ("Deployment", "StatefulSet", "Job", "CronJob", "Pod", "DaemonSet")


@st.composite
def workloads(draw: st.DrawFn) -> Workload:
    pod: dict[str, Any] = {
        "containers": [
            {
                "name": draw(WORDS),
                "image": "i:1",
                "ports": draw(ROWS),
                "volumeMounts": draw(ROWS),
                "args": draw(st.lists(WORDS, max_size=3)),
                "livenessProbe": draw(TREES),
                "readinessProbe": draw(TREES),
                "lifecycle": draw(TREES),
                "resources": {"limits": draw(TREES), "requests": draw(TREES)},
                "envFrom": draw(ROWS),
                "env": [{"name": draw(WORDS), "valueFrom": draw(TREES)}],
            }
        ],
        "volumes": draw(ROWS),
        "hostAliases": draw(ROWS),
        "topologySpreadConstraints": draw(ROWS),
        "tolerations": draw(ROWS),
        "affinity": draw(TREES),
        "serviceAccountName": draw(WORDS),
    }
    kind = draw(st.sampled_from(WORKLOADS))
    return Workload(
        f"a.yaml:{kind}/s/w",
        kind=kind,
        name="w",
        namespace=draw(st.sampled_from(["", "s"])),
        path="a.yaml",
        uid=draw(st.sampled_from(["", "1"])),
        pod=msgspec.convert(pod, PodSpec),
        pod_labels={"a": "a"},
        spec=draw(TREES),
    )


@st.composite
def objects(draw: st.DrawFn) -> tuple[Node, ...]:
    kind, more = draw(st.sampled_from(KINDS)), draw(st.sampled_from(RESOURCES))
    uid = draw(st.sampled_from(["", "1"]))
    common: dict[str, Any] = {"namespace": "s", "path": "a.yaml", "uid": uid}
    return (
        draw(workloads()),
        Service("a.yaml:Service/s/a", kind="Service", name="a", **common, spec=draw(TREES)),
        Route(f"a.yaml:{kind}/s/r", kind=kind, name="r", **common, spec=draw(TREES)),
        Resource(f"a.yaml:{more}/s/r", kind=more, name="r", **common, spec=draw(TREES)),
        Namespace("a.yaml:Namespace/-/s", kind="Namespace", name="s", path="a.yaml"),
        ConfigMap("a.yaml:ConfigMap/s/a", kind="ConfigMap", name="a", **common, keys=("b",)),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(nodes=objects())
def test_every_check_answers(nodes: tuple[Node, ...]) -> None:
    looked = tuple(Looked(node.ref, need) for node in nodes for need in NEEDS)
    view = Graph(Facts(nodes=nodes, looked=looked), date(2026, 11, 23))

    for name, check in MINE.items():
        for node in nodes:
            if type(node) is check.subject and (check.applies is None or check.applies(node)):
                for violation in check.run(node, view):
                    assert violation.message, name
                    assert "\n" not in violation.message, name
