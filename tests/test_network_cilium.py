"""Cilium's policies, layers 3 and 4, as its documentation has them."""

import pytest
from network_manifests import Shown, cilium, document, namespace, netpol, pod, said

from keten.cluster.network.exposure import from_internet

PODS = (
    namespace("shop", team="red")
    + namespace("data", team="blue")
    + pod("shop/web", ports={"http": 8080})
    + pod("shop/api", ports={"grpc": 9000})
    + pod("data/db")
    + pod("shop/node", hostNetwork=True)
)
ALL = "All Connections"
NO = "No Connections"


def test_endpoints_are_of_the_policys_namespace_unless_it_says_another() -> None:
    shown = Shown(
        PODS,
        cilium(
            "shop/web",
            """
endpointSelector: {matchLabels: {app: web}}
ingress:
- fromEndpoints:
  - matchLabels: {"k8s:app": api}
  - matchLabels: {app: db}
""",
        ),
    )
    assert shown.ports("shop/api", "shop/web") == ALL
    assert shown.ports("data/db", "shop/web") == NO
    assert shown.ports("shop/web", "data/db") == ALL
    shown = Shown(
        PODS,
        cilium(
            "shop/web",
            """
endpointSelector: {matchLabels: {app: web}}
ingress:
- fromEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": data, app: db}}]
  toPorts: [{ports: [{port: "8080", protocol: TCP}, {port: grpc}]}]
""",
        ),
    )
    assert shown.ports("data/db", "shop/web") == "TCP 8080"
    assert shown.ports("shop/api", "shop/web") == NO


def test_namespace_labels_and_service_accounts_are_labels() -> None:
    shown = Shown(
        PODS,
        pod("data/job", serviceAccountName="runner"),
        cilium(
            "wide",
            """
endpointSelector: {matchLabels: {"io.cilium.k8s.namespace.labels.team": red}}
ingress:
- fromEndpoints: [{matchLabels: {"io.cilium.k8s.policy.serviceaccount": runner}}]
""",
        ),
    )
    assert shown.ports("data/job", "shop/web") == ALL
    assert shown.ports("data/db", "shop/web") == NO
    assert shown.ports("data/db", "data/job") == ALL


def test_a_rule_that_names_nobody_isolates_and_lets_nobody_in() -> None:
    shown = Shown(PODS, cilium("shop/closed", "{endpointSelector: {}, ingress: [{}]}"))
    assert shown.ports("data/db", "shop/web") == NO
    assert shown.ports("shop/web", "data/db") == ALL
    shown = Shown(
        PODS,
        cilium(
            "shop/closed",
            """
endpointSelector: {}
ingress: [{fromEndpoints: []}]
""",
        ),
    )
    assert shown.ports("shop/api", "shop/web") == NO
    shown = Shown(PODS, cilium("shop/no-rules", "{endpointSelector: {}, ingress: []}"))
    assert shown.ports("data/db", "shop/web") == ALL


def test_ports_alone_are_for_everybody() -> None:
    shown = Shown(
        PODS,
        cilium(
            "shop/web",
            """
endpointSelector: {}
ingress: [{toPorts: [{ports: [{port: "80", endPort: 90, protocol: ANY}]}]}]
""",
        ),
    )
    assert shown.ports("data/db", "shop/web") == "SCTP 80-90,TCP 80-90,UDP 80-90"
    assert shown.into("shop/web", "203.0.113.1") == "SCTP 80-90,TCP 80-90,UDP 80-90"


def test_deny_wins_over_allow_and_over_network_policy() -> None:
    allow = netpol("shop/open", "{podSelector: {}, ingress: [{}]}")
    deny = cilium(
        "wide",
        """
endpointSelector: {matchLabels: {app: web}}
ingressDeny:
- fromEndpoints: [{matchLabels: {app: db}}]
  toPorts: [{ports: [{port: "22", protocol: TCP}]}]
""",
    )
    shown = Shown(PODS, allow, deny)
    assert shown.ports("data/db", "shop/web") == "SCTP 1-65535,TCP 1-21,23-65535,UDP 1-65535"
    assert shown.ports("shop/api", "shop/web") == ALL
    assert Shown(PODS, deny).ports("shop/api", "shop/web") == NO  # a deny isolates, too
    mild = deny.replace("spec:", "spec:\n  enableDefaultDeny: {ingress: false}")
    assert Shown(PODS, mild).ports("shop/api", "shop/web") == ALL
    assert Shown(PODS, mild).ports("data/db", "shop/web").startswith("SCTP 1-65535,TCP 1-21,23")


@pytest.mark.parametrize(
    ("entities", "db", "outside", "six", "node"),
    [
        ("[world]", NO, ALL, ALL, f"{NO} ? {ALL}"),
        ("[world-ipv4]", NO, ALL, NO, f"{NO} ? {ALL}"),
        ("[cluster]", ALL, NO, NO, ALL),
        ("[all]", ALL, ALL, ALL, ALL),
        ("[none]", NO, NO, NO, f"{NO} ? {ALL}"),
        ("[host]", NO, NO, NO, f"{NO} ? {ALL}"),
    ],
)
def test_entities(entities: str, db: str, outside: str, six: str, node: str) -> None:
    shown = Shown(
        PODS,
        cilium(
            "shop/web",
            f"""
endpointSelector: {{matchLabels: {{app: web}}}}
egress: [{{toEntities: {entities}}}]
""",
        ),
    )
    assert shown.ports("shop/web", "data/db") == db
    assert shown.out("shop/web", "203.0.113.1") == outside
    assert shown.out("shop/web", "2001:db8::1") == six
    assert shown.ports("shop/web", "shop/node") == node


def test_blocks_hosts_and_what_is_kept_elsewhere() -> None:
    shown = Shown(
        PODS,
        cilium(
            "shop/web",
            """
endpointSelector: {matchLabels: {app: web}}
egress:
- toCIDR: [198.51.100.7]
- toCIDRSet: [{cidr: 10.0.0.0/8, except: [10.96.0.0/12]}]
  toPorts: [{ports: [{port: "443", protocol: TCP}]}]
- toFQDNs: [{matchName: api.example.com}, {matchPattern: "*.example.org"}]
  toPorts: [{ports: [{port: "0", protocol: TCP}]}]
""",
        ),
    )
    assert shown.out("shop/web", "198.51.100.7") == ALL
    assert shown.out("shop/web", "198.51.100.8") == NO
    assert shown.out("shop/web", "10.1.1.1") == "TCP 443"
    assert shown.out("shop/web", "10.97.1.1") == NO
    assert shown.out("shop/web", "api.example.com") == "TCP 1-65535 ? SCTP 1-65535,UDP 1-65535"
    assert shown.ports("shop/web", "data/db") == NO  # a block names no pods
    group = Shown(
        PODS,
        cilium(
            "shop/web",
            """
endpointSelector: {matchLabels: {app: web}}
egress: [{toCIDRSet: [{cidrGroupRef: partners}]}]
""",
        ),
    )
    assert group.out("shop/web", "10.1.1.1") == f"{NO} ? {ALL}"


def test_services_mean_their_pods() -> None:
    service = document("v1", "Service", "data/db", {"selector": {"app": "db"},
                                                    "ports": [{"port": 5432}]})  # fmt: skip
    policy = cilium(
        "shop/web",
        """
endpointSelector: {matchLabels: {app: web}}
egress: [{toServices: [{k8sService: {serviceName: db, namespace: data}}]}]
""",
    )
    assert Shown(PODS, service, policy).ports("shop/web", "data/db") == ALL
    assert Shown(PODS, service, policy).ports("shop/web", "shop/api") == NO
    assert Shown(PODS, policy).out("shop/web", "10.1.1.1") == f"{NO} ? {ALL}"


def test_layer_7_and_authentication_are_noted_and_deny_nothing() -> None:
    shown = Shown(
        PODS,
        cilium(
            "shop/web",
            """
endpointSelector: {matchLabels: {app: web}}
ingress:
- fromEndpoints: [{}]
  authentication: {mode: required}
  toPorts: [{ports: [{port: "8080", protocol: TCP}], rules: {http: [{method: GET}]}}]
""",
        ),
    )
    assert shown.ports("shop/api", "shop/web") == "TCP 8080"
    (rule,) = {clause.rule for clause in shown.network.judge.clauses["ingress"] if clause.sure}
    assert rule.notes == ("layer 7: http", "mutual authentication required")


def test_icmp_alone_opens_no_port() -> None:
    shown = Shown(
        PODS,
        cilium(
            "shop/web",
            """
endpointSelector: {matchLabels: {app: web}}
ingress: [{fromEndpoints: [{}], icmps: [{fields: [{type: 8, family: IPv4}]}]}]
""",
        ),
    )
    assert shown.ports("shop/api", "shop/web") == NO


@pytest.mark.parametrize("spec", [
    "{endpointSelector: {}, ingress: [{fromRequires: [{}]}]}",
    "{endpointSelector: {}, ingress: [{fromEntities: [martians]}]}",
    "{endpointSelector: {}, egress: [{toCIDR: [nowhere]}]}",
    "{ingress: [{}]}",
    "{endpointSelector: {}, egress: [{toPorts: [{ports: [{port: '70000'}]}]}]}",
])  # fmt: skip
def test_what_is_not_read_is_unknown_and_never_closed(spec: str) -> None:
    shown = Shown(PODS, cilium("shop/odd", spec))
    assert shown.ports("shop/api", "shop/web") == f"{NO} ? {ALL}"
    assert shown.ports("data/db", "data/db") == ALL
    assert shown.network.notes


def test_a_policy_for_nodes_is_noted() -> None:
    shown = Shown(PODS, cilium("hosts", "{nodeSelector: {}, ingress: [{}]}"))
    assert shown.ports("shop/api", "shop/web") == ALL
    assert shown.network.notes == [
        "CiliumClusterwideNetworkPolicy hosts holds nodes, not pods: it is not judged"
    ]


def test_several_rules_in_one_object() -> None:
    shown = Shown(
        PODS,
        """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: many, namespace: shop}
specs:
- endpointSelector: {matchLabels: {app: web}}
  ingress: [{fromEndpoints: [{matchLabels: {app: api}}]}]
- endpointSelector: {matchLabels: {app: api}}
  ingress: [{}]
""",
    )
    assert shown.ports("shop/api", "shop/web") == ALL
    assert shown.ports("data/db", "shop/web") == NO
    assert shown.ports("shop/web", "shop/api") == NO


def test_a_controller_of_routes_may_be_let_in() -> None:
    route = document("networking.k8s.io/v1", "Ingress", "shop/in", {
        "defaultBackend": {"service": {"name": "web", "port": {"number": 8080}}}})  # fmt: skip
    service = document("v1", "Service", "shop/web", {"selector": {"app": "web"},
                                                     "ports": [{"port": 8080}]})  # fmt: skip
    for rule, told in (
        ("{fromEntities: [ingress]}", [f"{NO} ? TCP 8080"]),
        ("{fromEndpoints: [{matchLabels: {io.kubernetes.pod.namespace: gw}}]}",
         [f"{NO} ? TCP 8080"]),
        ("{fromEndpoints: [{matchLabels: {app: api}}]}", []),
        ("{fromEntities: [cluster]}", ["TCP 8080"]),
    ):  # fmt: skip
        shown = Shown(
            PODS,
            route,
            service,
            cilium(
                "shop/web",
                f"""
endpointSelector: {{matchLabels: {{app: web}}}}
ingress: [{rule}]
""",
            ),
        )
        assert [said(way.flow) for way in from_internet(shown.network)] == told
