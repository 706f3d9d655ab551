"""Ways in from outside: routes, gateways, services, ports of nodes; and the metadata address."""

from typing import Any

import pytest
from network_manifests import Shown, admin, document, namespace, netpol, pod, said, service

from keten.cluster.network.exposure import from_internet, to_internet, to_metadata

ALL, NO = "All Connections", "No Connections"
PODS = (
    namespace("shop", team="red")
    + namespace("data")
    + pod("shop/web", ports={"http": 8080})
    + pod("shop/api", ports={"grpc": 9000})
    + pod("data/db")
)
DENY = "{podSelector: {}, policyTypes: [Ingress, Egress]}"

ROUTE = document("networking.k8s.io/v1", "Ingress", "shop/in", {"rules": [{"http": {"paths": [
    {"path": "/", "pathType": "Prefix",
     "backend": {"service": {"name": "web", "port": {"number": 80}}}}
]}}]})  # fmt: skip
GATEWAY = document("gateway.networking.k8s.io/v1", "HTTPRoute", "shop/gw", {
    "parentRefs": [{"name": "front"}],
    "rules": [{"backendRefs": [{"name": "web", "port": 80}]}]}) + document(
    "gateway.networking.k8s.io/v1", "Gateway", "shop/front", {
        "gatewayClassName": "c", "listeners": [{"name": "web", "protocol": "HTTP", "port": 80}]},
)  # fmt: skip
VIRTUAL = document("networking.istio.io/v1", "VirtualService", "shop/vs", {
    "gateways": ["mesh", "infra/front"], "hosts": ["*"],
    "http": [{"route": [{"destination": {
        "host": "web.shop.svc.cluster.local", "port": {"number": 80}}}]}]})  # fmt: skip
OPENSHIFT = document("route.openshift.io/v1", "Route", "shop/os", {
    "to": {"kind": "Service", "name": "web"}, "port": {"targetPort": "http"}})  # fmt: skip


@pytest.mark.parametrize("route", [ROUTE, GATEWAY, OPENSHIFT, VIRTUAL])
def test_routes_lead_through_their_controller(route: str) -> None:
    shown = Shown(PODS, service("shop/web"), route)
    (way,) = from_internet(shown.network)
    assert (way.peer.title, said(way.flow)) == ("shop/web[Pod]", "TCP 8080")
    near = netpol("shop/near", "{podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}")
    assert list(from_internet(Shown(PODS, service("shop/web"), route, near).network)) == []
    named = netpol(
        "shop/named",
        """
podSelector: {}
ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: gw}}}]}]
""",
    )
    (way,) = from_internet(Shown(PODS, service("shop/web"), route, named).network)
    assert said(way.flow) == f"{NO} ? TCP 8080"  # if the controller runs there


@pytest.mark.parametrize(
    ("named", "classes", "expected"),
    [
        ({}, {}, "TCP 8080"),  # classes are not among the objects
        ({}, {"nginx": False}, f"{NO} ? TCP 8080"),
        ({}, {"nginx": False, "main": True}, "TCP 8080"),
        ({"ingressClassName": "nginx"}, {"nginx": False}, "TCP 8080"),
        ({"ingressClassName": "other"}, {"nginx": True}, f"{NO} ? TCP 8080"),
    ],
)  # fmt: skip
def test_an_ingress_is_served_by_its_class(
    named: dict[str, str], classes: dict[str, bool], expected: str
) -> None:
    spec = {"defaultBackend": {"service": {"name": "web", "port": {"number": 80}}}, **named}
    entry = document("networking.k8s.io/v1", "Ingress", "shop/in", spec)
    key = "ingressclass.kubernetes.io/is-default-class"
    made = "".join(
        document("networking.k8s.io/v1", "IngressClass", name, {"controller": "x/y"},
                 annotations={key: "true"} if default else None)
        for name, default in classes.items()
    )  # fmt: skip
    (way,) = from_internet(Shown(PODS, service("shop/web"), entry, made).network)
    assert said(way.flow) == expected


def test_a_controller_of_routes_may_be_whom_administrators_deny() -> None:
    deny = admin(
        "deny",
        """
priority: 1
subject: {namespaces: {}}
ingress:
- action: Deny
  from: [{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: api}}}}]
""",
    )
    (way,) = from_internet(Shown(PODS, service("shop/web"), ROUTE, deny).network)
    assert said(way.flow) == f"{NO} ? TCP 8080"
    everybody = admin("deny", "{priority: 1, subject: {namespaces: {}}, ingress: [{action: Deny, "
                      "from: [{namespaces: {}}]}]}")  # fmt: skip
    assert list(from_internet(Shown(PODS, service("shop/web"), ROUTE, everybody).network)) == []


def gateway(**listener: Any) -> str:
    """Return a Gateway in ``infra`` with one listener, of HTTP for its own namespace."""
    one = {"name": "web", "protocol": "HTTP", "port": 80, **listener}
    spec = {"gatewayClassName": "c", "listeners": [one]}
    return document("gateway.networking.k8s.io/v1", "Gateway", "infra/front", spec)


def route(kind: str = "HTTPRoute", *, space: str = "shop", **more: Any) -> str:
    """Return a route of ``infra/front`` to ``shop/web``."""
    spec = {
        "parentRefs": [{"name": "front", "namespace": "infra"}],
        "rules": [{"backendRefs": [{"name": "web", "namespace": "shop", "port": 80}]}],
        **more,
    }
    return document("gateway.networking.k8s.io/v1", kind, f"{space}/r", spec)


def grant(**to: Any) -> str:
    """Return a grant of ``shop`` for routes of ``infra``."""
    source = {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "infra"}
    spec = {"from": [source], "to": [{"group": "", "kind": "Service", **to}]}
    return document("gateway.networking.k8s.io/v1beta1", "ReferenceGrant", "shop/g", spec)


_RED = {"from": "Selector", "selector": {"matchLabels": {"team": "red"}}}
_BLUE = {"from": "Selector", "selector": {"matchLabels": {"team": "blue"}}}


@pytest.mark.parametrize(
    ("objects_", "expected"),
    [
        (gateway() + route(), None),  # listeners take routes of their own namespace
        (gateway() + route(space="infra"), None),  # and nobody granted it the service
        (gateway() + route(space="infra") + grant(), "TCP 8080"),
        (gateway() + route(space="infra") + grant(name="web"), "TCP 8080"),
        (gateway() + route(space="infra") + grant(name="api"), None),
        (gateway() + route("GRPCRoute", space="infra") + grant(), None),
        (gateway(allowedRoutes={"namespaces": {"from": "All"}}) + route(), "TCP 8080"),
        (gateway(allowedRoutes={"namespaces": _RED}) + route(), "TCP 8080"),
        (gateway(allowedRoutes={"namespaces": _BLUE}) + route(), None),
        (gateway(allowedRoutes={"namespaces": {"from": "None"}}) + route(), None),
        (route(), f"{NO} ? TCP 8080"),  # the gateway is not among the objects
        (route(parentRefs=[]), None),
        (route(parentRefs=[{"group": "", "kind": "Service", "name": "web"}]), None),
    ],
)  # fmt: skip
def test_gateways_take_what_they_allow(objects_: str, expected: str | None) -> None:
    shown = Shown(PODS, service("shop/web"), objects_)
    assert [said(way.flow) for way in from_internet(shown.network)] == (
        [] if expected is None else [expected]
    )


@pytest.mark.parametrize(
    ("listener", "more", "taken"),
    [
        ({"protocol": "TCP"}, {}, False),
        ({"protocol": "HTTPS"}, {}, True),
        ({"protocol": "TCP", "kinds": ["HTTPRoute"]}, {}, True),
        ({"protocol": "HTTP", "kinds": ["GRPCRoute"]}, {}, False),
        ({"hostname": "*.example.com"}, {"hostnames": ["a.b.example.com"]}, True),
        ({"hostname": "*.example.com"}, {"hostnames": ["example.com"]}, False),
        ({"hostname": "a.example.com"}, {"hostnames": ["*.example.com"]}, True),
        ({"hostname": "*.a.example.com"}, {"hostnames": ["*.example.com"]}, True),
        ({"hostname": "a.example.com"}, {}, True),
        ({}, {"parentRefs": [{"name": "front", "namespace": "infra", "sectionName": "x"}]}, False),
        ({}, {"parentRefs": [{"name": "front", "namespace": "infra", "port": 80}]}, True),
        ({}, {"parentRefs": [{"name": "front", "namespace": "infra", "port": 81}]}, False),
        ({}, {"rules": [{"backendRefs": [{"name": "web", "port": 80, "weight": 0}]}]}, False),
        ({}, {"rules": [{"filters": [{"type": "RequestMirror", "requestMirror": {
            "backendRef": {"name": "web", "port": 80}}}]}]}, True),
    ],
)  # fmt: skip
def test_listeners_take_what_fits(
    listener: dict[str, Any], more: dict[str, Any], *, taken: bool
) -> None:
    kinds = [{"kind": kind} for kind in listener.pop("kinds", ())]
    allowed = {"namespaces": {"from": "All"}, **({"kinds": kinds} if kinds else {})}
    shown = Shown(
        PODS, service("shop/web"), gateway(allowedRoutes=allowed, **listener), route(**more)
    )
    assert bool(list(from_internet(shown.network))) is taken


@pytest.mark.parametrize(
    ("spec", "annotations", "expected"),
    [
        ({"type": "NodePort"}, {}, f"{NO} ? TCP 8080"),  # nodes mostly have no public address
        ({"type": "LoadBalancer", "loadBalancerClass": "x/y"}, {}, f"{NO} ? TCP 8080"),
        ({"type": "LoadBalancer"}, {"cloud.google.com/load-balancer-type": "Internal"}, None),
        ({"type": "LoadBalancer"},
         {"service.beta.kubernetes.io/aws-load-balancer-type": "external"}, f"{NO} ? TCP 8080"),
        ({"type": "LoadBalancer", "loadBalancerSourceRanges": ["10.0.0.0/8"]}, {}, None),
        ({"type": "LoadBalancer", "loadBalancerSourceRanges": ["192.0.2.0/24"]}, {}, "TCP 8080"),
        ({"externalIPs": ["203.0.113.7"]}, {}, f"{NO} ? TCP 8080"),
        ({"externalIPs": ["10.1.1.1"]}, {}, None),
        ({"type": "ExternalName", "externalName": "example.com"}, {}, None),
    ],
)  # fmt: skip
def test_what_of_a_service_is_public(
    spec: dict[str, Any], annotations: dict[str, str], expected: str | None
) -> None:
    made = document("v1", "Service", "shop/web", {
        "selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http"}], **spec,
    }, annotations=annotations)  # fmt: skip
    assert [said(way.flow) for way in from_internet(Shown(PODS, made).network)] == (
        [] if expected is None else [expected]
    )


def test_an_ingress_names_ports_by_name_or_number_and_has_a_default() -> None:
    named = {"name": "web", "port": {"name": "front"}}
    ports_ = [{"name": "front", "port": 80, "targetPort": "http"}, {"name": "back", "port": 81}]
    made = document("v1", "Service", "shop/web", {"selector": {"app": "web"}, "ports": ports_})
    for spec in (
        {"defaultBackend": {"service": named}},
        {"rules": [{"http": {"paths": [{"path": "/", "backend": {"service": named}}]}}]},
    ):
        entry = document("networking.k8s.io/v1", "Ingress", "shop/in", spec)
        assert [said(way.flow) for way in from_internet(Shown(PODS, made, entry).network)] == [
            "TCP 8080"
        ]
    for port in ({"name": "none"}, {"number": 82}):
        other: Any = {"defaultBackend": {"service": {"name": "web", "port": port}}}
        entry = document("networking.k8s.io/v1", "Ingress", "shop/in", other)
        assert list(from_internet(Shown(PODS, made, entry).network)) == []


def test_load_balancers_take_the_world_in() -> None:
    balancer = service("shop/web", "LoadBalancer")
    (way,) = from_internet(Shown(PODS, balancer).network)
    assert (way.by, said(way.flow)) == ("Service shop/web", "TCP 8080")
    local = service("shop/web", "LoadBalancer", externalTrafficPolicy="Local")
    inner = netpol(
        "shop/inner",
        """
podSelector: {}
ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]
""",
    )
    assert list(from_internet(Shown(PODS, local, inner).network)) == []
    (way,) = from_internet(Shown(PODS, balancer, inner).network)
    assert said(way.flow) == f"{NO} ? TCP 8080"  # through a node, whose address may be let in
    assert list(from_internet(Shown(PODS, service("shop/web")).network)) == []


def test_ports_of_the_node() -> None:
    shown = Shown(pod("shop/agent", hostNetwork=True, ports={"metrics": 9100}))
    (way,) = from_internet(shown.network)
    assert (way.by, said(way.flow)) == ("port of the node", f"{NO} ? TCP 9100")


def test_the_metadata_address() -> None:
    shown = Shown(PODS)
    peer = next(p for p in shown.network.peers if p.name == "web")
    assert said(to_metadata(shown.network, peer)) == "TCP 80"
    for block, open_, free in (
        ("{cidr: 0.0.0.0/0}", "TCP 80", ALL),
        ("{cidr: 0.0.0.0/0, except: [169.254.0.0/16]}", NO, ALL),
        ("{cidr: 128.0.0.0/1}", "TCP 80", ALL),
        ("{cidr: 10.0.0.0/8}", NO, NO),
    ):
        shown = Shown(
            PODS,
            netpol(
                "shop/out",
                f"""
podSelector: {{}}
policyTypes: [Egress]
egress: [{{to: [{{ipBlock: {block}}}]}}]
""",
            ),
        )
        peer = next(p for p in shown.network.peers if p.name == "web")
        assert said(to_metadata(shown.network, peer)) == open_
        assert said(to_internet(shown.network, peer)) == free
