"""Reach: the corners of the API texts, and what can not be known."""

import pytest
from network_manifests import (
    Shown,
    admin,
    cilium,
    document,
    namespace,
    netpol,
    objects,
    pod,
    said,
    service,
)

from keten.cluster.network import addresses, spans
from keten.cluster.network.listing import lines, mapping, text
from keten.cluster.network.mesh import Mesh
from keten.cluster.network.ports import ALL as EVERY
from keten.cluster.network.ports import NONE, ports
from keten.cluster.network.proof import prove
from keten.cluster.network.proposal import declared, propose
from keten.cluster.network.reach import Network

ALL, NO = "All Connections", "No Connections"
PODS = (
    namespace("shop", team="red")
    + namespace("data")
    + pod("shop/web", ports={"http": 8080})
    + pod("shop/api", ports={"grpc": 9000})
    + pod("data/db")
)
DENY = "{podSelector: {}, policyTypes: [Ingress, Egress]}"


def test_ports_are_exact() -> None:
    some = ports("TCP", [(80, 90), (85, 100), (443, 443)]) | ports("UDP", [(53, 53)])
    assert some.text == "TCP 80-100,443,UDP 53"
    assert (EVERY - some).text == "SCTP 1-65535,TCP 1-79,101-442,444-65535,UDP 1-52,54-65535"
    assert (some & ports("TCP", [(90, 500)])).text == "TCP 90-100,443"
    assert ports("TCP", [(0, 70000)]).text == "TCP 1-65535"
    assert ports("QUIC", [(1, 2)]) == NONE
    assert (some | (EVERY - some)) == EVERY
    assert NONE.text == NO


def test_addresses_are_cut_at_every_edge() -> None:
    block = addresses.block("10.0.0.0/8", ["10.1.0.0/16"])
    assert block is not None
    pieces = [addresses.text(piece) for piece in addresses.cut([block])]
    assert pieces[:4] == [
        "0.0.0.0-9.255.255.255", "10.0.0.0-10.0.255.255", "10.1.0.0-10.1.255.255",
        "10.2.0.0-10.255.255.255",
    ]  # fmt: skip
    assert pieces[-1].startswith("::-ffff")
    assert addresses.block("10.0.0.1/8") == addresses.block("10.0.0.0/8")
    for odd in ("", "a", "10.0.0.0/33", 7, None, "1.2.3.4/8/8", "x" * 100, "::/129"):
        assert addresses.block(odd) is None
    assert addresses.block("10.0.0.0/8", ["odd"]) is None
    assert addresses.summary(spans.minus(addresses.FOURS, block)) == (
        "any IPv4 address but 10.0.0.0/16, 10.2.0.0-10.255.255.255"
    )
    assert addresses.summary(block) == "10.0.0.0/16, 10.2.0.0-10.255.255.255"


def test_policy_types_by_default() -> None:
    shown = Shown(PODS, netpol("shop/in", "{podSelector: {matchLabels: {app: web}}}"))
    assert shown.ports("shop/api", "shop/web") == NO
    assert shown.ports("shop/web", "shop/api") == ALL
    shown = Shown(
        PODS,
        netpol(
            "shop/out",
            """
podSelector: {matchLabels: {app: web}}
egress: [{ports: [{port: 53, protocol: UDP}]}]
""",
        ),
    )
    assert shown.ports("shop/api", "shop/web") == NO  # egress rules do not undo that
    assert shown.ports("shop/web", "shop/api") == "UDP 53"
    shown = Shown(PODS, netpol("shop/out", "{podSelector: {}, policyTypes: [Egress]}"))
    assert shown.ports("data/db", "shop/web") == ALL
    assert shown.ports("shop/web", "data/db") == NO


def test_policies_add_up() -> None:
    one = netpol(
        "shop/one",
        """
podSelector: {}
ingress: [{from: [{podSelector: {matchLabels: {app: api}}}], ports: [{port: 80}]}]
""",
    )
    two = netpol(
        "shop/two",
        """
podSelector: {matchLabels: {app: web}}
ingress: [{from: [{podSelector: {}}], ports: [{port: http}, {port: 90, endPort: 95}]}]
""",
    )
    assert Shown(PODS, one).ports("shop/api", "shop/web") == "TCP 80"
    assert Shown(PODS, one, two).ports("shop/api", "shop/web") == "TCP 80,90-95,8080"
    assert Shown(PODS, one, two).ports("data/db", "shop/web") == NO


def test_admin_policies_decide_first_and_pass_on() -> None:
    deny = admin(
        "deny",
        """
priority: 20
subject: {namespaces: {}}
ingress: [{action: Deny, from: [{namespaces: {matchLabels: {team: red}}}]}]
""",
    )
    passed = admin(
        "pass",
        """
priority: 10
subject: {pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: db}}}}
ingress:
- action: Pass
  from: [{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: web}}}}]
  ports: [{portNumber: {protocol: TCP, port: 5432}}, {namedPort: none-such}]
""",
    )
    shown = Shown(PODS, deny, passed)
    assert shown.ports("shop/web", "data/db") == "TCP 5432"
    assert shown.ports("shop/api", "data/db") == NO
    closed = netpol("data/closed", "{podSelector: {}}")
    assert Shown(PODS, deny, passed, closed).ports("shop/web", "data/db") == NO
    baseline = admin(
        "default",
        """
subject: {namespaces: {}}
ingress: [{action: Deny, from: [{namespaces: {}}]}]
""",
        "BaselineAdminNetworkPolicy",
    )
    assert Shown(PODS, deny, passed, baseline).ports("shop/web", "data/db") == NO
    opened = netpol("data/open", "{podSelector: {}, ingress: [{}]}")
    assert Shown(PODS, deny, passed, baseline, opened).ports("shop/web", "data/db") == "TCP 5432"


def test_what_two_rules_perhaps_pass_on_is_still_open() -> None:
    """Of data no Namespace is told: whether the subject holds it is not known."""
    twice = admin(
        "twice",
        """
priority: 1
subject: {namespaces: {matchExpressions: [{key: team, operator: Exists}]}}
egress:
- {action: Pass, to: [{namespaces: {matchLabels: {team: red}}}],
   ports: [{portNumber: {protocol: TCP, port: 79}}]}
- {action: Pass, to: [{pods: {namespaceSelector: {}, podSelector: {}}}],
   ports: [{portNumber: {protocol: TCP, port: 79}}]}
""",
    )
    shown = Shown(namespace("shop") + pod("shop/web") + pod("shop/api") + pod("data/db"), twice)
    assert shown.ports("data/db", "shop/web") == ALL
    assert shown.ports("shop/web", "data/db") == ALL


def test_cluster_network_policy_has_tiers() -> None:
    top = admin(
        "top",
        """
tier: Admin
priority: 5
subject: {namespaces: {}}
ingress:
- action: Accept
  from: [{namespaces: {matchLabels: {team: red}}}]
  protocols: [{tcp: {destinationPort: {range: {start: 80, end: 81}}}}, {udp: {}}]
""",
        "ClusterNetworkPolicy",
    )
    last = admin(
        "last",
        """
tier: Baseline
priority: 5
subject: {namespaces: {}}
ingress: [{action: Deny, from: [{namespaces: {}}]}]
""",
        "ClusterNetworkPolicy",
    )
    shown = Shown(PODS, top, last)
    assert shown.ports("shop/web", "data/db") == "TCP 80-81,UDP 1-65535"
    assert shown.ports("data/db", "shop/web") == NO


def test_nodes_networks_and_domain_names() -> None:
    shown = Shown(
        PODS,
        admin(
            "out",
            """
priority: 1
subject: {namespaces: {}}
egress:
- action: Allow
  to: [{networks: [10.0.0.0/8]}, {domainNames: ["*.example.com"]}]
- action: Deny
  to: [{networks: [0.0.0.0/0]}, {nodes: {matchLabels: {role: infra}}}]
""",
        ),
    )
    assert shown.out("shop/web", "10.1.1.1") == ALL
    assert shown.out("shop/web", "192.0.2.1") == NO
    assert shown.ports("shop/web", "data/db") == f"{NO} ? {ALL}"  # by its address
    network = Network(shown.objects, hosts=["a.b.example.com", "example.com"])
    web = next(peer for peer in network.peers if peer.name == "web")
    assert said(network.to_entity(web, "a.b.example.com")) == ALL
    assert said(network.to_entity(web, "example.com")) == f"{NO} ? {ALL}"


_ALL = "subject: {namespaces: {}}"


@pytest.mark.parametrize(
    ("kind", "name", "spec"),
    [
        ("BaselineAdminNetworkPolicy", "other", _ALL),
        ("BaselineAdminNetworkPolicy", "default",
         f"{_ALL}, ingress: [{{action: Pass, from: [{{namespaces: {{}}}}]}}]"),
        ("ClusterNetworkPolicy", "no-tier", f"priority: 1, {_ALL}"),
        ("ClusterNetworkPolicy", "no-priority", f"tier: Admin, {_ALL}"),
        ("ClusterNetworkPolicy", "allow",
         f"tier: Admin, priority: 1, {_ALL}, ingress: [{{action: Allow, from: [{_ALL[9:]}]}}]"),
        ("AdminNetworkPolicy", "two", "priority: 1, subject: {namespaces: {}, pods: {}}"),
        ("AdminNetworkPolicy", "alike", "priority: 1, subject: {namespaces: {sameLabels: [team]}}"),
        ("AdminNetworkPolicy", "names",
         f"priority: 1, {_ALL}, egress: [{{action: Deny, to: [{{domainNames: [a.example]}}]}}]"),
    ],
)  # fmt: skip
def test_what_administrators_can_not_say_is_unknown(kind: str, name: str, spec: str) -> None:
    policy = admin(name, f"{{{spec}}}", kind)
    assert Shown(PODS, policy).ports("shop/api", "shop/web") == f"{NO} ? {ALL}"
    closed = netpol("shop/closed", "{podSelector: {}}")
    said_ = Shown(PODS, policy, closed).ports("shop/api", "shop/web")
    if kind.startswith("Baseline"):  # nothing of it is asked where policies isolate
        assert said_ == NO
    else:
        assert said_ == f"{NO} ? {ALL}"


def test_of_one_priority_either_may_decide() -> None:
    spec = "{priority: 5, subject: {namespaces: {}}, ingress: [{action: %s, from: [%s]}]}"
    web = "{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: web}}}}"
    both = admin("a", spec % ("Allow", "{namespaces: {}}")) + admin("b", spec % ("Deny", web))
    shown = Shown(PODS, both)
    assert shown.ports("shop/web", "data/db") == f"{NO} ? {ALL}"
    assert shown.ports("shop/api", "data/db") == ALL
    first = admin("c", spec.replace("5", "4") % ("Deny", web))
    assert Shown(PODS, both, first).ports("shop/web", "data/db") == NO
    passed = admin("a", spec % ("Pass", web)) + admin("b", spec % ("Allow", web))
    assert Shown(PODS, passed).ports("shop/web", "data/db") == ALL
    closed = netpol("data/closed", "{podSelector: {}}")
    assert Shown(PODS, passed, closed).ports("shop/web", "data/db") == f"{NO} ? {ALL}"


def test_nodes_are_the_pods_in_their_network() -> None:
    host = pod("shop/agent", hostNetwork=True)
    spec = "{priority: 5, subject: {namespaces: {}}, egress: [{action: Deny, to: [{nodes: %s}]}]}"
    assert Shown(PODS, host, admin("a", spec % "{}")).ports("shop/web", "shop/agent") == NO
    some = admin("a", spec % "{matchLabels: {role: infra}}")
    assert Shown(PODS, host, some).ports("shop/web", "shop/agent") == f"{NO} ? {ALL}"


@pytest.mark.parametrize("spec", [
    "{podSelector: {}, ingress: [{from: [{}]}]}",
    "{podSelector: {}, ingress: [{ports: [{port: 80, endPort: 70}]}]}",
    "{podSelector: {matchExpressions: [{key: a, operator: Like}]}}",
    "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: '10.0.0.0/64'}}]}]}",
])  # fmt: skip
def test_a_policy_that_the_server_refuses_is_unknown(spec: str) -> None:
    shown = Shown(PODS, netpol("shop/odd", spec))
    assert shown.ports("shop/api", "shop/web").endswith(f"? {ALL}") or shown.network.notes == []
    assert shown.ports("data/db", "data/db") == ALL


def test_policies_of_others_are_unknown_never_unreachable() -> None:
    calico = document("projectcalico.org/v3", "NetworkPolicy", "shop/strict", {"selector": "all()"})
    shown = Shown(PODS, calico)
    assert shown.ports("shop/api", "shop/web") == f"{NO} ? {ALL}"
    assert shown.ports("data/db", "data/db") == ALL
    assert shown.network.notes == [
        "NetworkPolicy shop/strict: policies of projectcalico.org are not read"
    ]
    closed = netpol("data/closed", "{podSelector: {}}")
    shown = Shown(PODS, calico, closed)
    assert shown.ports("shop/web", "data/db") == NO  # shut on the side that is known
    everywhere = document("crd.projectcalico.org/v1", "GlobalNetworkPolicy", "g", {"order": 1})
    assert Shown(PODS, everywhere, closed).ports("shop/web", "data/db") == f"{NO} ? {ALL}"
    staged = document("projectcalico.org/v3", "StagedNetworkPolicy", "shop/later", {"a": 1})
    assert Shown(PODS, staged).ports("shop/api", "shop/web") == ALL


def test_pods_in_their_nodes_network() -> None:
    host = pod("shop/agent", hostNetwork=True)
    deny = netpol("shop/deny", DENY)
    shown = Shown(PODS, host, deny)
    assert shown.ports("data/db", "shop/agent") == ALL  # no policy holds it
    assert shown.ports("shop/agent", "shop/web") == f"{NO} ? {ALL}"  # if it is the pod's node
    shown = Shown(PODS, host, deny, hosts_are_pods=True)
    assert shown.ports("data/db", "shop/agent") == NO
    assert shown.ports("shop/agent", "shop/web") == NO


def test_a_named_port_is_that_of_the_pod_it_goes_to() -> None:
    shown = Shown(
        PODS,
        pod("data/web2", ports={"http": 9999}),
        netpol(
            "shop/out",
            """
podSelector: {matchLabels: {app: api}}
policyTypes: [Egress]
egress: [{to: [{namespaceSelector: {}}], ports: [{port: http}]}]
""",
        ),
    )
    assert shown.ports("shop/api", "shop/web") == "TCP 8080"
    assert shown.ports("shop/api", "data/web2") == "TCP 9999"
    assert shown.ports("shop/api", "data/db") == NO
    assert shown.out("shop/api", "10.0.0.1") == NO


def test_live_pods_are_their_top_most_owners() -> None:
    text_ = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: registry.example/a}]}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata:
  name: web-7f
  namespace: shop
  ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: u1, controller: true}]
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, pod-template-hash: 7f}}
    spec: {containers: [{name: c, image: registry.example/a}]}
---
"""
    live = "".join(
        pod(f"shop/web-7f-{i}", {"app": "web", "pod-template-hash": "7f"}).replace(
            "  namespace: shop",
            "  namespace: shop\n  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, "
            "name: web-7f, uid: u2, controller: true}]",
        )
        for i in range(3)
    )
    shown = Shown(text_, live)
    assert [peer.title for peer in shown.network.peers] == ["shop/web[Deployment]"]
    assert len(shown.network.peers[0].refs) == 4
    by_hash = netpol("shop/hash", "{podSelector: {matchLabels: {pod-template-hash: 7f}}}")
    assert shown.network.peers[0].labels == {"app": "web"}
    told = [
        peer.labels.get("pod-template-hash") for peer in Shown(text_, live, by_hash).network.peers
    ]
    assert "7f" in told


def test_pods_of_one_owner_with_other_labels_are_told_apart_where_it_matters() -> None:
    def owned(name: str, tier: str) -> str:
        return pod(name, {"app": "x", "tier": tier}).replace(
            "  namespace: shop",
            "  namespace: shop\n  ownerReferences: [{apiVersion: v1, kind: Thing, name: t, "
            "uid: u, controller: true}]",
        )

    two = owned("shop/a", "1") + owned("shop/b", "2")
    shown = Shown(PODS, two)
    (net,) = shown.network.networks
    assert "shop/t[Thing] => data/db[Pod] : All Connections" in text(
        list(lines(shown.network, net))
    )
    split = netpol("shop/one", "{podSelector: {matchLabels: {tier: '1'}}, policyTypes: [Egress]}")
    shown = Shown(PODS, two, split)
    (net,) = shown.network.networks
    found = text(list(lines(shown.network, net)))
    assert "shop/t[Thing]{tier=2} => data/db[Pod] : All Connections" in found
    assert not any(line.startswith("shop/t[Thing]{tier=1} =>") for line in found)


def test_mutual_tls_is_told() -> None:
    strict = document("security.istio.io/v1", "PeerAuthentication", "istio-system/default",
                      {"mtls": {"mode": "STRICT"}})  # fmt: skip
    lenient = document("security.istio.io/v1", "PeerAuthentication", "shop/web", {
        "selector": {"matchLabels": {"app": "web"}}, "mtls": {"mode": "STRICT"},
        "portLevelMtls": {"8080": {"mode": "PERMISSIVE"}}})  # fmt: skip
    shown = Shown(PODS, strict, lenient)
    mesh = Mesh(shown.objects)
    found = {p.title: [(d.ports.text, d.by, d.sure) for d in mesh.demands(p)]
             for p in shown.network.peers}  # fmt: skip
    assert found == {
        "data/db[Pod]": [("TCP 1-65535", "PeerAuthentication istio-system/default", False)],
        "shop/api[Pod]": [("TCP 1-65535", "PeerAuthentication istio-system/default", False)],
        "shop/web[Pod]": [("TCP 1-8079,8081-65535", "PeerAuthentication shop/web", False)],
    }
    server = document("policy.linkerd.io/v1beta3", "Server", "shop/web-http", {
        "podSelector": {"matchLabels": {"app": "web"}}, "port": "http"})  # fmt: skip
    rule = document("policy.linkerd.io/v1alpha1", "AuthorizationPolicy", "shop/web", {
        "targetRef": {"group": "policy.linkerd.io", "kind": "Server", "name": "web-http"},
        "requiredAuthenticationRefs": [{"kind": "MeshTLSAuthentication", "name": "web"}],
    })  # fmt: skip
    shown = Shown(PODS, server, rule)
    web = next(p for p in shown.network.peers if p.name == "web")
    assert [d.ports.text for d in Mesh(shown.objects).demands(web)] == ["TCP 8080"]
    assert Mesh(Shown(PODS, server).objects).demands(web) == []


def test_networks_that_users_define() -> None:
    udn = document("k8s.ovn.org/v1", "UserDefinedNetwork", "shop/own", {
        "topology": "Layer2", "layer2": {"role": "Primary"}})  # fmt: skip
    spaces = namespace("shop", **{"k8s.ovn.org/primary-user-defined-network": ""})
    nad = document("k8s.cni.cncf.io/v1", "NetworkAttachmentDefinition", "data/lan", {
        "config": '{"type": "macvlan"}'})  # fmt: skip
    tied = "".join(
        document("v1", "Pod", f"data/{name}", {"containers": [{"name": "c", "image": "a"}]},
                 labels={"app": name}, annotations={"k8s.v1.cni.cncf.io/networks": value})
        for name, value in (("a", "lan"), ("b", '[{"name": "lan"}]'), ("c", "data/lan@net1"))
    )  # fmt: skip
    policy = document("k8s.cni.cncf.io/v1beta1", "MultiNetworkPolicy", "data/p",
                      {"podSelector": {"matchLabels": {"app": "a"}}, "policyTypes": ["Ingress"]},
                      annotations={"k8s.v1.cni.cncf.io/policy-for": "lan"})  # fmt: skip
    deny = netpol("data/deny", DENY)
    plain = PODS.replace(namespace("shop", team="red"), spaces)
    shown = Shown(plain, udn, nad, tied, policy, deny)
    assert [net.heading for net in shown.network.networks] == [
        "Pod network", "primary UDN shop", "secondary NAD lan",
    ]  # fmt: skip
    assert shown.ports("shop/web", "shop/api") == ALL
    assert shown.ports("shop/web", "data/db") == NO  # nothing joins the two networks
    assert shown.ports("data/a", "data/db") == NO
    assert shown.ports("data/a", "data/b") == ALL  # over the lan, past the deny of the other
    assert shown.ports("data/b", "data/a") == NO
    assert shown.ports("data/c", "data/b") == ALL
    assert "\tSecondary Networks: lan[NAD]" in list(mapping(shown.network))


def test_what_services_declare_is_proposed_and_proved() -> None:
    dns = pod("kube-system/coredns", {"k8s-app": "kube-dns"})
    shown = Shown(PODS, dns, service("shop/web", "LoadBalancer"), service("data/db"))
    links = declared(shown.network)
    made = propose(shown.network, links)
    assert not made.gaps
    proof = prove(shown.objects, made, links)
    assert (proof.missing, proof.further) == ((), ())
    assert {policy["metadata"]["namespace"] for policy in made.policies} == {"shop", "data"}
    wider = netpol("data/open", "{podSelector: {}, ingress: [{}]}")
    shown = Shown(PODS, dns, service("shop/web", "LoadBalancer"), service("data/db"), wider)
    links = declared(shown.network)
    proof = prove(shown.objects, propose(shown.network, links), links)
    assert not proof.missing
    assert proof.further  # policies that are there still allow more, and it says so


def test_a_policy_of_cilium_beside_network_policy() -> None:
    both = netpol("shop/deny", DENY) + cilium(
        "shop/web",
        """
endpointSelector: {matchLabels: {app: web}}
ingress: [{fromEntities: [cluster]}]
""",
    )
    shown = Shown(PODS, both)
    assert shown.ports("data/db", "shop/web") == ALL
    assert shown.ports("data/db", "shop/api") == NO


def test_labels_of_a_namespace_that_no_object_tells() -> None:
    bare = pod("a/web") + pod("b/db")
    by_team = netpol(
        "b/db",
        """
podSelector: {}
ingress: [{from: [{namespaceSelector: {matchLabels: {team: red}}}]}]
""",
    )
    assert Shown(bare, by_team).ports("a/web", "b/db") == f"{NO} ? {ALL}"
    told = namespace("a") + namespace("b")
    assert Shown(told, bare, by_team).ports("a/web", "b/db") == NO
    by_name = by_team.replace("team: red", "kubernetes.io/metadata.name: c")
    assert Shown(bare, by_name).ports("a/web", "b/db") == NO
    subject = admin(
        "deny",
        """
priority: 1
subject: {namespaces: {matchLabels: {zone: dmz}}}
ingress: [{action: Deny, from: [{namespaces: {}}]}]
""",
    )
    assert Shown(bare, subject).ports("a/web", "b/db") == f"{NO} ? {ALL}"
    assert Shown(told, bare, subject).ports("a/web", "b/db") == ALL
    wide = cilium(
        "wide",
        """
endpointSelector: {matchLabels: {io.cilium.k8s.namespace.labels.zone: dmz}}
ingress: [{}]
""",
    )
    assert Shown(bare, wide).ports("a/web", "b/db") == f"{NO} ? {ALL}"
    assert Shown(told, bare, wide).ports("a/web", "b/db") == ALL


def test_more_blocks_than_are_judged_are_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    some = netpol(
        "shop/many",
        """
podSelector: {}
ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}, {ipBlock: {cidr: 10.0.0.0/9}}]}]
""",
    )
    assert Shown(PODS, some).into("shop/web", "10.1.1.1") == ALL
    monkeypatch.setattr("keten.cluster.network.reading.MOST_BLOCKS", 1)
    assert Shown(PODS, some).into("shop/web", "10.1.1.1") == f"{NO} ? {ALL}"
    monkeypatch.setattr("keten.cluster.network.reading.MOST_RULES", 0)
    shown = Shown(PODS, some)
    assert shown.network.notes == ["the policies: more than 0 rules are not judged"]


def test_policies_that_could_not_be_listed_are_unknown() -> None:
    closed = netpol("data/closed", "{podSelector: {}}")
    parts = objects(PODS + closed)
    peers = {f"{p.namespace}/{p.name}": p for p in Network(parts).peers}

    def ask(*rights: str) -> list[str]:
        network = Network(parts, unlisted=[f"list {right} at cluster scope" for right in rights])
        found = {f"{p.namespace}/{p.name}": p for p in network.peers}
        assert found.keys() == peers.keys()
        pairs = (("shop/web", "shop/api"), ("shop/web", "data/db"))
        return [said(network.between(found[a], found[b])) for a, b in pairs]

    assert ask() == [ALL, NO]
    assert ask("secrets", "pods") == [ALL, NO]
    assert ask("networkpolicies.networking.k8s.io") == [f"{NO} ? {ALL}", f"{NO} ? {ALL}"]
    assert ask("ciliumclusterwidenetworkpolicies.cilium.io")[0] == f"{NO} ? {ALL}"


def test_names_are_asked_of_whoever_answers_for_them() -> None:
    local = pod("kube-system/node-local-dns", {"k8s-app": "node-local-dns"}, hostNetwork=True)
    other = pod("openshift-dns/dns", {"dns.operator.openshift.io/daemonset-dns": "default"})
    shown = Shown(PODS, local, other, service("shop/web"))
    links = declared(shown.network)
    made = propose(shown.network, links)
    proof = prove(shown.objects, made, links)
    assert (proof.missing, proof.further) == ((), ())
    made = propose(shown.network, links, everywhere=True)
    proof = prove(shown.objects, made, links)
    assert (proof.missing, proof.further) == ((), ())
    (rules,) = {
        repr(policy["spec"]["egress"])
        for policy in made.policies
        if policy["metadata"]["name"] == "default-allow-dns"
    }
    assert "169.254.20.10/32" in rules
    assert "5353" in rules
