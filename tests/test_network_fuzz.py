"""Whatever stands in the objects, the engine answers: what is no policy is unknown."""

from typing import Any

from growing import Work, linear
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keten.cluster.network.authorization import Authorization
from keten.cluster.network.exposure import from_internet, to_metadata
from keten.cluster.network.listing import lines
from keten.cluster.network.mesh import Mesh
from keten.cluster.network.proposal import declared, propose
from keten.cluster.network.reach import Network
from keten.model.kube import NetworkPolicy, Object, Resource, Route, Service, Workload
from keten.model.pod import Container, PodSpec

KEYS = (
    "podSelector", "namespaceSelector", "matchLabels", "matchExpressions", "key", "operator",
    "values", "ingress", "egress", "ingressDeny", "egressDeny", "from", "to", "ports", "port",
    "endPort", "protocol", "protocols", "ipBlock", "cidr", "except", "policyTypes", "subject",
    "namespaces", "pods", "priority", "action", "networks", "nodes", "domainNames", "portNumber",
    "portRange", "namedPort", "start", "end", "tcp", "destinationPort", "number", "range",
    "endpointSelector", "fromEndpoints", "toEndpoints", "fromEntities", "toEntities", "toCIDR",
    "toCIDRSet", "fromCIDR", "toFQDNs", "matchName", "toPorts", "toServices", "k8sService",
    "serviceName", "namespace", "enableDefaultDeny", "authentication", "mode", "rules", "specs",
    "selector", "type", "targetPort", "name", "backend", "service", "http", "paths", "backendRefs",
    "defaultBackend", "host", "layer2", "role", "network", "config", "template", "metadata",
    "labels", "spec", "multus", "networkName", "mtls", "portLevelMtls", "targetRef", "kind",
    "requiredAuthenticationRefs", "app", "8080", "sameLabels", "notSameLabels", "tier",
    "parentRefs", "listeners", "allowedRoutes", "kinds", "hostname", "hostnames", "sectionName",
    "weight", "externalIPs", "loadBalancerSourceRanges", "infrastructure", "annotations", "source",
    "principals", "notNamespaces", "operation", "when", "group", "filters", "requestMirror",
    "route", "destination", "gateways", "tls", "virtualMachineTemplate", "domain", "devices",
    "interfaces", "volumes", "serviceAccount", "serviceAccountName", "containers", "topology",
)  # fmt: skip
WORDS = (
    "In", "NotIn", "Exists", "TCP", "UDP", "ANY", "80", "web", "0.0.0.0/0", "10.0.0.0/8", "::/0",
    "Allow", "Deny", "Pass", "Accept", "all", "world", "host", "cluster", "a", "Ingress", "Egress",
    "Primary", "Secondary", "LoadBalancer", "STRICT", "x", "k8s:app", "reserved:host", "*",
    '{"type": "macvlan"}', "Server", "\u0000", "Admin", "Baseline", "Same", "Selector", "Gateway",
    "Service", "DENY", "CUSTOM", "NodePort", '{"type": "ovn-k8s-cni-overlay", "role": "primary"}',
)  # fmt: skip
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 70_000), st.integers(), st.floats(),
    st.sampled_from(WORDS), st.text(max_size=5),
)  # fmt: skip
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS), inner, max_size=5)
    ),
    max_leaves=25,
)
specs = st.dictionaries(st.sampled_from(KEYS), values, max_size=6)
KINDS = (
    ("policy.networking.k8s.io/v1alpha1", "AdminNetworkPolicy"),
    ("policy.networking.k8s.io/v1alpha1", "BaselineAdminNetworkPolicy"),
    ("policy.networking.k8s.io/v1alpha2", "ClusterNetworkPolicy"),
    ("cilium.io/v2", "CiliumNetworkPolicy"),
    ("cilium.io/v2", "CiliumClusterwideNetworkPolicy"),
    ("k8s.cni.cncf.io/v1beta1", "MultiNetworkPolicy"),
    ("k8s.cni.cncf.io/v1", "NetworkAttachmentDefinition"),
    ("k8s.ovn.org/v1", "UserDefinedNetwork"), ("k8s.ovn.org/v1", "ClusterUserDefinedNetwork"),
    ("kubevirt.io/v1", "VirtualMachine"), ("security.istio.io/v1", "PeerAuthentication"),
    ("policy.linkerd.io/v1", "Server"), ("policy.linkerd.io/v1", "AuthorizationPolicy"),
    ("policy.linkerd.io/v1", "ServerAuthorization"),
    ("security.istio.io/v1", "AuthorizationPolicy"),
    ("networking.istio.io/v1", "VirtualService"),
    ("gateway.networking.k8s.io/v1beta1", "ReferenceGrant"),
    ("kubevirt.io/v1", "VirtualMachineInstance"),
    ("kubevirt.io/v1", "VirtualMachineInstanceReplicaSet"),
    ("pool.kubevirt.io/v1beta1", "VirtualMachinePool"), ("argoproj.io/v1alpha1", "Rollout"),
)  # fmt: skip


@st.composite
def clusters(draw: st.DrawFn) -> list[Object]:
    """Draw objects of every kind, with specs of anything."""
    made: list[Object] = []
    for i in range(3):
        ports = tuple(draw(st.lists(specs, max_size=2)))
        spec = PodSpec(containers=(Container(name="c", ports=ports),), host_network=i == 2)
        made.append(
            Workload(id=f"f:Pod/a/p{i}", kind="Pod", name=f"p{i}", namespace="a" if i else "",
                     pod_labels={"app": "x"}, pod=spec, pod_path="spec",
                     annotations={"k8s.v1.cni.cncf.io/networks": draw(st.sampled_from(WORDS))})
        )  # fmt: skip
    for i in range(draw(st.integers(1, 4))):
        common: dict[str, Any] = {"name": f"o{i}", "namespace": draw(st.sampled_from(("a", ""))),
                                  "spec": draw(specs)}  # fmt: skip
        match draw(st.integers(0, 5)):
            case 0 | 1:
                made.append(
                    NetworkPolicy(id=f"f:NetworkPolicy/{i}", kind="NetworkPolicy", **common)
                )
            case 2:
                made.append(Service(id=f"f:Service/{i}", kind="Service", **common))
            case 3:
                kind = draw(st.sampled_from(("Ingress", "HTTPRoute", "Route", "Gateway")))
                made.append(Route(id=f"f:{kind}/{i}", kind=kind, **common))
            case _:
                version, kind = draw(st.sampled_from(KINDS))
                made.append(
                    Resource(id=f"f:{kind}/{i}", kind=kind, api_version=version,
                             annotations={"k8s.v1.cni.cncf.io/policy-for": "x, a/x"}, **common)
                )  # fmt: skip
    return made


@given(clusters())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_anything_is_answered(objects: list[Object]) -> None:
    network = Network(objects)
    for net in network.networks:
        for line in lines(network, net):
            assert line.sure - line.may == line.sure - line.sure
    list(from_internet(network))
    mesh = Mesh(objects)
    authorization = Authorization(objects, mesh)
    for peer in network.peers:
        to_metadata(network, peer)
        mesh.demands(peer)
        authorization.of(network.peers[0], peer, 80)
    propose(network, declared(network))


def long_policies(count: int) -> list[Object]:
    """Return so many policies of thousands of blocks, values and ports over 300 pods."""
    blocks = [{"ipBlock": {"cidr": f"{i >> 8 & 255}.{i & 255}.0.0/16"}} for i in range(0, 3000, 2)]
    values = [f"v{i}" for i in range(4000)]
    some = {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": values}]}
    names = [{"port": f"p{i}"} for i in range(2000)]
    objects: list[Object] = [
        Workload(id=f"f:Pod/a/p{i}", kind="Pod", name=f"p{i}", namespace="a",
                 pod_labels={"app": f"v{i}"}, pod_path="spec")
        for i in range(300)
    ]  # fmt: skip
    for i in range(count):
        spec = {"podSelector": some, "ingress": [{"from": blocks, "ports": names}]}
        objects.append(NetworkPolicy(id=f"f:NetworkPolicy/a/n{i}", kind="NetworkPolicy",
                                     name=f"n{i}", namespace="a", spec=spec))  # fmt: skip
    return objects


def rows(objects: list[Object]) -> list[int]:
    network = Network(objects)
    return [sum(1 for _ in network.rows(net)) for net in network.networks]


HOSTILE = {"long policies": Work(long_policies, rows, 20)}


def test_policies_of_the_longest_text_take_steps_by_their_number() -> None:
    linear(HOSTILE["long policies"], part=10)
    assert rows(long_policies(3)) >= [1]
