"""Istio's AuthorizationPolicy: what layer 4 decides, and what it leaves open."""

from typing import Any

import pytest
from network_manifests import document, namespace, objects, pod

from keten.cluster.network.authorization import Authorization, Narrowed
from keten.cluster.network.mesh import Mesh
from keten.cluster.network.reach import Network

_MESH = {"istio-injection": "enabled"}


def policy(name: str, spec: dict[str, Any]) -> str:
    return document("security.istio.io/v1", "AuthorizationPolicy", name, spec)


def asked(*parts: str, src: str = "web", port: int = 80, meshed: bool = True) -> Narrowed | None:
    """Return what the proxy of ``data/db`` says; *src* "" is an address outside."""
    spaces = namespace("shop", **_MESH if meshed else {}) + namespace("data", **_MESH)
    text = spaces + pod("shop/web", serviceAccountName="web") + pod("data/db") + "".join(parts)
    found = objects(text)
    peers = {peer.name: peer for peer in Network(found).peers}
    return Authorization(found, Mesh(found)).of(peers.get(src), peers["db"], port)


def verdict(*parts: str, src: str = "web", port: int = 80, meshed: bool = True) -> str:
    found = asked(*parts, src=src, port=port, meshed=meshed)
    return "none" if found is None else found.verdict


def source(**said: list[str]) -> dict[str, Any]:
    return {"from": [{"source": said}]}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({}, "yes"),
        (source(namespaces=["shop"]), "yes"),
        (source(namespaces=["sh*"]), "yes"),
        (source(namespaces=["data"]), "no"),
        (source(notNamespaces=["shop"]), "no"),
        (source(notNamespaces=["data"]), "yes"),
        (source(principals=["cluster.local/ns/shop/sa/web"]), "yes"),
        (source(principals=["*"]), "yes"),
        (source(principals=["*/sa/web"]), "yes"),
        (source(principals=["cluster.local/ns/shop/sa/api"]), "no"),
        (source(principals=["corp.example/ns/shop/sa/web"]), "unknown"),  # the mesh's own name?
        (source(notPrincipals=["cluster.local/ns/shop/*"]), "no"),
        (source(serviceAccounts=["shop/web"]), "yes"),
        (source(serviceAccounts=["web"]), "no"),  # of the policy's own namespace
        (source(ipBlocks=["10.0.0.0/8"]), "unknown"),
        (source(requestPrincipals=["*"]), "unknown"),
        (source(namespaces=["data"], requestPrincipals=["*"]), "no"),
        ({"to": [{"operation": {"ports": ["80"]}}]}, "yes"),
        ({"to": [{"operation": {"ports": ["81"]}}]}, "no"),
        ({"to": [{"operation": {"notPorts": ["80"]}}]}, "no"),
        ({"to": [{"operation": {"methods": ["GET"]}}]}, "unknown"),
        ({"to": [{"operation": {"ports": ["81"], "paths": ["/"]}}]}, "no"),
        ({"to": [{"operation": {"ports": ["81"]}}, {"operation": {"ports": ["80"]}}]}, "yes"),
        ({**source(namespaces=["shop"]), "to": [{"operation": {"ports": ["81"]}}]}, "no"),
        ({"when": [{"key": "destination.port", "values": ["80"]}]}, "yes"),
        ({"when": [{"key": "destination.port", "notValues": ["80"]}]}, "no"),
        ({"when": [{"key": "source.namespace", "values": ["shop"]}]}, "yes"),
        ({"when": [{"key": "request.headers[x]", "values": ["1"]}]}, "unknown"),
    ],
)
def test_one_rule(rule: dict[str, Any], expected: str) -> None:
    assert verdict(policy("data/p", {"rules": [rule]})) == expected
    denied = {"yes": "no", "no": "yes", "unknown": "unknown"}[expected]
    assert verdict(policy("data/p", {"action": "DENY", "rules": [rule]})) == denied
    assert verdict(policy("data/p", {"action": "AUDIT", "rules": [rule]})) == "none"


def test_whom_a_policy_holds() -> None:
    nobody: dict[str, Any] = {}  # an empty policy allows nothing
    assert verdict(policy("data/p", nobody)) == "no"
    assert verdict(policy("shop/p", nobody)) == "none"
    assert verdict(policy("istio-system/p", nobody)) == "no"
    other = {"selector": {"matchLabels": {"app": "other"}}}
    assert verdict(policy("data/p", other)) == "none"
    at_gateway = {"targetRefs": [{"kind": "Gateway", "name": "g"}], "rules": []}
    assert verdict(policy("data/p", at_gateway)) == "unknown"
    linkerd = document("policy.linkerd.io/v1alpha1", "AuthorizationPolicy", "data/l", {})
    assert verdict(linkerd) == "none"


def test_actions_in_their_order() -> None:
    allow = policy("data/a", {"rules": [source(namespaces=["shop"])]})
    deny = policy(
        "data/d", {"action": "DENY", "rules": [{"to": [{"operation": {"ports": ["80"]}}]}]}
    )
    custom = policy("data/c", {"action": "CUSTOM", "rules": [{}]})
    assert verdict(allow, deny) == "no"
    assert verdict(allow, deny, port=81) == "yes"
    assert verdict(deny, port=81) == "yes"
    assert verdict(allow, custom) == "unknown"
    assert verdict(allow, deny, custom) == "no"
    never = policy("data/d", {"action": "DENY"})
    assert verdict(never) == "yes"


def test_who_is_not_surely_in_the_mesh_has_perhaps_no_certificate() -> None:
    allow = policy("data/a", {"rules": [source(namespaces=["shop"])]})
    assert verdict(allow, meshed=False) == "unknown"
    assert verdict(allow, src="") == "no"  # an address outside
    assert verdict(policy("data/a", {"rules": [source(notNamespaces=["x"])]}), src="") == "yes"
    ports = policy("data/a", {"rules": [{"to": [{"operation": {"ports": ["80"]}}]}]})
    assert verdict(ports, meshed=False) == "yes"
