"""The engine against a literal reading of the API texts, connection by connection."""

import ipaddress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs
from network_brute import Cluster, Pod

from keten.cluster.network import addresses
from keten.cluster.network.grouped import groups
from keten.cluster.network.peers import Peer
from keten.cluster.network.ports import NONE
from keten.cluster.network.proof import Proof, prove
from keten.cluster.network.proposal import Link, propose
from keten.cluster.network.reach import NO, Flow, Network
from keten.cluster.network.why import Asked, both, explain, rules
from keten.model.kube import Namespace, NetworkPolicy, Object, Resource, Workload
from keten.model.pod import Container, PodSpec

SPACES = ("a", "b", "c")
CIDRS = (
    "0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "192.168.0.0/16", "::/0",
    "fd00::/8", "128.0.0.0/1",
)  # fmt: skip
INSIDE = {
    "0.0.0.0/0": ("10.0.0.0/8", "192.168.0.0/16", "169.254.169.254/32"),
    "10.0.0.0/8": ("10.1.0.0/16", "10.255.0.0/16"),
    "10.1.0.0/16": ("10.1.2.3/32",),
    "::/0": ("fd00::/8",),
}
ADDRESSES = [
    ipaddress.ip_address(text)
    for text in ("1.2.3.4", "10.0.0.1", "10.1.2.3", "10.1.9.9", "10.255.255.255", "192.168.1.1",
                 "169.254.169.254", "fd00::1", "2001:db8::1")
]  # fmt: skip
PROTOCOLS = ("TCP", "UDP", "SCTP")
PORTS = (1, 53, 79, 80, 81, 443, 8079, 8080, 8090, 65535)

labels = st.fixed_dictionaries(
    {}, optional={"app": st.sampled_from(("x", "y", "z")), "tier": st.sampled_from(("1", "2"))}
)
NAME = "kubernetes.io/metadata.name"
_value = {"app": ("x", "y", "z"), "tier": ("1", "2"), "team": ("red", "blue"), NAME: SPACES}


@st.composite
def selectors(draw: st.DrawFn, keys: tuple[str, ...] = ("app", "tier")) -> dict[str, Any]:
    """Draw a label selector."""
    made: dict[str, Any] = {}
    if draw(st.booleans()):
        key = draw(st.sampled_from(keys))
        made["matchLabels"] = {key: draw(st.sampled_from(_value[key]))}
    if draw(st.integers(0, 3)) == 0:
        key = draw(st.sampled_from(keys))
        operator = draw(st.sampled_from(("In", "NotIn", "Exists", "DoesNotExist")))
        item: dict[str, Any] = {"key": key, "operator": operator}
        if operator in ("In", "NotIn"):
            item["values"] = draw(
                st.lists(st.sampled_from(_value[key]), min_size=1, max_size=2, unique=True)
            )
        made["matchExpressions"] = [item]
    return made


spaces = selectors(("team", NAME))


@st.composite
def blocks(draw: st.DrawFn) -> dict[str, Any]:
    """Draw an ipBlock."""
    cidr = draw(st.sampled_from(CIDRS))
    made: dict[str, Any] = {"cidr": cidr}
    if cidr in INSIDE and draw(st.booleans()):
        made["except"] = draw(st.lists(st.sampled_from(INSIDE[cidr]), max_size=2, unique=True))
    return made


@st.composite
def plain_rules(draw: st.DrawFn, field: str) -> dict[str, Any]:
    """Draw a rule of a NetworkPolicy."""
    made: dict[str, Any] = {}
    if draw(st.integers(0, 4)):
        peer = st.one_of(
            st.fixed_dictionaries({"podSelector": selectors()}),
            st.fixed_dictionaries({"namespaceSelector": spaces}),
            st.fixed_dictionaries({"namespaceSelector": spaces, "podSelector": selectors()}),
            st.fixed_dictionaries({"ipBlock": blocks()}),
        )
        made[field] = draw(st.lists(peer, min_size=1, max_size=2))
    elif draw(st.booleans()):
        made[field] = []  # as if it were not there
    if draw(st.integers(0, 4)) == 0:
        made["ports"] = []
    elif draw(st.booleans()):
        port = st.one_of(
            st.fixed_dictionaries({"port": st.sampled_from(PORTS)},
                                  optional={"protocol": st.sampled_from(PROTOCOLS)}),
            st.fixed_dictionaries({"protocol": st.sampled_from(PROTOCOLS)}),
            st.fixed_dictionaries({"port": st.sampled_from(("web", "dns"))},
                                  optional={"protocol": st.sampled_from(PROTOCOLS)}),
            st.just({"port": 79, "endPort": 8080}),
            st.just({"port": 80, "endPort": 80, "protocol": "UDP"}),
        )  # fmt: skip
        made["ports"] = draw(st.lists(port, min_size=1, max_size=3))
    return made


@st.composite
def netpols(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a NetworkPolicy."""
    spec: dict[str, Any] = {"podSelector": draw(selectors())}
    for way, field in (("ingress", "from"), ("egress", "to")):
        if draw(st.booleans()):
            spec[way] = draw(st.lists(plain_rules(field), max_size=2))
    if draw(st.booleans()):
        spec["policyTypes"] = draw(
            st.lists(st.sampled_from(("Ingress", "Egress")), max_size=2, unique=True)
        )
    return {"namespace": draw(st.sampled_from(SPACES)), "spec": spec}


subjects = st.one_of(
    st.fixed_dictionaries({"namespaces": spaces}),
    st.fixed_dictionaries(
        {"pods": st.fixed_dictionaries({"namespaceSelector": spaces, "podSelector": selectors()})}
    ),
)
relative = st.one_of(
    st.fixed_dictionaries({"sameLabels": st.sampled_from((["team"], [NAME], [NAME, "team"]))}),
    st.just({"notSameLabels": [NAME]}),
)
older = st.one_of(
    st.fixed_dictionaries({"namespaces": relative}),
    st.fixed_dictionaries(
        {"pods": st.fixed_dictionaries({"namespaces": relative, "podSelector": selectors()})}
    ),
)
"""Peers as v1alpha1 had them before v0.1.2."""
_numbers = st.one_of(
    st.builds(
        lambda p, n: {"portNumber": {"protocol": p, "port": n}},
        st.sampled_from(PROTOCOLS), st.sampled_from(PORTS),
    ),
    st.builds(
        lambda p: {"portRange": {"protocol": p, "start": 53, "end": 8079}},
        st.sampled_from(PROTOCOLS),
    ),
    st.builds(lambda n: {"namedPort": n}, st.sampled_from(("web", "dns"))),
)  # fmt: skip
_protocols = st.one_of(
    st.builds(
        lambda p, n: {p: {"destinationPort": {"number": n}}},
        st.sampled_from(("tcp", "udp", "sctp")), st.sampled_from(PORTS),
    ),
    st.builds(
        lambda p: {p: {"destinationPort": {"range": {"start": 80, "end": 443}}}},
        st.sampled_from(("tcp", "udp", "sctp")),
    ),
    st.builds(lambda p: {p: {}}, st.sampled_from(("tcp", "udp"))),
    st.just({"destinationNamedPort": "web"}),
)  # fmt: skip


@st.composite
def admin_specs(draw: st.DrawFn, actions: tuple[str, ...], *, newer: bool) -> dict[str, Any]:
    """Draw the spec of a policy of administrators."""
    spec: dict[str, Any] = {"subject": draw(subjects)}
    for way, field in (("ingress", "from"), ("egress", "to")):
        rules = []
        for _ in range(draw(st.integers(0, 3))):
            outside = st.builds(
                lambda c: {"networks": c}, st.lists(st.sampled_from(CIDRS), min_size=1, max_size=2)
            )
            inner = subjects if newer else st.one_of(subjects, subjects, older)
            peer = st.one_of(inner, outside) if way == "egress" else inner
            rule: dict[str, Any] = {
                "action": draw(st.sampled_from(actions)),
                field: draw(st.lists(peer, min_size=1, max_size=2)),
            }
            if draw(st.booleans()):
                one = _protocols if newer else _numbers
                rule["protocols" if newer else "ports"] = draw(
                    st.lists(one, min_size=1, max_size=2)
                )
            rules.append(rule)
        spec[way] = rules
    return spec


@st.composite
def clusters(draw: st.DrawFn) -> tuple[Cluster, list[Pod], list[Object]]:
    """Draw a cluster: for the literal reading, and as the model's objects."""
    objects: list[Object] = []
    names: dict[str, dict[str, str]] = {}
    for name in SPACES:
        own = draw(st.sampled_from(({}, {"team": "red"}, {"team": "blue"})))
        names[name] = {"kubernetes.io/metadata.name": name, **own}
        objects.append(Namespace(id=f"f:Namespace/-/{name}", kind="Namespace", name=name,
                                 labels=dict(own)))  # fmt: skip
    pods: list[Pod] = []
    for i in range(draw(st.integers(2, 5))):
        web = draw(st.sampled_from(PORTS))
        dns = draw(st.sampled_from(PROTOCOLS))
        ip = draw(st.sampled_from(("10.0.0.7", "10.1.2.3", "10.1.3.4", "192.168.3.4", "fd00::9")))
        pod: Pod = {
            "ip": ipaddress.ip_address(ip),
            "name": f"p{i}",
            "namespace": draw(st.sampled_from(SPACES)),
            "labels": draw(labels),
            "ports": draw(st.sampled_from(([], [("web", "TCP", web)],
                                           [("web", "TCP", web), ("dns", dns, 53)]))),
        }  # fmt: skip
        pods.append(pod)
        ports = tuple({"name": n, "protocol": p, "containerPort": c} for n, p, c in pod["ports"])
        objects.append(
            Workload(
                id=f"f:Pod/{pod['namespace']}/p{i}", kind="Pod", name=f"p{i}",
                namespace=pod["namespace"], labels=pod["labels"], pod_labels=pod["labels"],
                pod=PodSpec(containers=(Container(name="c", ports=ports),)), pod_path="spec",
                pod_ips=(ip,),
            )
        )  # fmt: skip
    plain = draw(st.lists(netpols(), max_size=4))
    for i, policy in enumerate(plain):
        objects.append(
            NetworkPolicy(id=f"f:NetworkPolicy/{policy['namespace']}/n{i}", kind="NetworkPolicy",
                          name=f"n{i}", namespace=policy["namespace"], spec=policy["spec"])
        )  # fmt: skip
    admin: list[dict[str, Any]] = []
    baseline: list[dict[str, Any]] = []
    priorities = st.integers(1, 3) if draw(st.integers(0, 3)) == 0 else st.integers(1, 900)
    for i in range(draw(st.integers(0, 3))):
        newer = draw(st.booleans())
        actions = ("Accept", "Deny", "Pass") if newer else ("Allow", "Deny", "Pass")
        spec = {**draw(admin_specs(actions, newer=newer)), "priority": draw(priorities)}
        kind, version = ("ClusterNetworkPolicy", "v1alpha2") if newer else (
            "AdminNetworkPolicy", "v1alpha1")  # fmt: skip
        tier = admin
        if newer:
            spec["tier"] = draw(st.sampled_from(("Admin", "Admin", "Baseline")))
            tier = admin if spec["tier"] == "Admin" else baseline
        tier.append({"spec": spec})
        objects.append(_admin(kind, version, f"a{i}", spec))
    if draw(st.booleans()):
        spec = draw(admin_specs(("Allow", "Deny"), newer=False))
        baseline.append({"spec": spec})
        objects.append(_admin("BaselineAdminNetworkPolicy", "v1alpha1", "default", spec))
    return Cluster(names, plain, admin, baseline), pods, objects


def _admin(kind: str, version: str, name: str, spec: dict[str, Any]) -> Resource:
    return Resource(id=f"f:{kind}/-/{name}", kind=kind, name=name, spec=spec,
                    api_version=f"policy.networking.k8s.io/{version}")  # fmt: skip


_VERDICT = {True: "yes", False: "no", None: "unknown"}


def said(flow: Flow, protocol: str, port: int) -> bool | None:
    """Return what is said of a port; None where it is not known."""
    sure, may = flow.sure.holds(protocol, port), flow.may.holds(protocol, port)
    return sure if sure == may else None


def compare(cluster: Cluster, pods: list[Pod], objects: list[Object]) -> int:
    """Compare every connection; return how many there were."""
    network = Network(objects)
    of = {peer.name: peer for peer in network.peers}
    count = 0
    for src in pods:
        for dst in pods:
            if src is dst:
                continue
            flow = network.between(of[src["name"]], of[dst["name"]])
            for protocol in PROTOCOLS:
                for port in PORTS:
                    count += 1
                    assert said(flow, protocol, port) is cluster.reaches(
                        src, dst, protocol, port
                    ), (src, dst, protocol, port)
        count += _outside(cluster, network, of[src["name"]], src)
    return count


def _outside(cluster: Cluster, network: Network, peer: Peer, pod: Pod) -> int:
    count = 0
    for address in ADDRESSES:
        number = addresses.address(str(address))
        assert number is not None
        ((_, out),) = network.to_outside(peer, number)
        ((_, into),) = network.from_outside(peer, number)
        for protocol in PROTOCOLS:
            for port in PORTS:
                count += 2
                assert said(out, protocol, port) is cluster.reaches(pod, address, protocol, port), (
                    pod,
                    address,
                    protocol,
                    port,
                )
                assert said(into, protocol, port) is cluster.reaches(
                    address, pod, protocol, port
                ), (address, pod, protocol, port)
    return count


@given(clusters())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_rows_pairs_and_reasons_say_the_same(made: Any) -> None:
    _, _, objects = made
    network = Network(objects)
    (net,) = network.networks
    judge = network.judge
    rows: dict[tuple[str, str], Flow] = {}
    for place, row in network.rows(net):
        senders = [p for p in network.peers if network.same(net, place) >> network.place(p) & 1]
        for (sure, may), who in row.items():
            for dst in network.peers:
                if who >> network.place(dst) & 1:
                    for src in senders:
                        assert (src.title, dst.title) not in rows
                        rows[src.title, dst.title] = Flow(sure, may)
    for src in network.peers:
        for dst in network.peers:
            flow = network.between(src, dst)
            assert rows.get((src.title, dst.title), NO) == flow
            a, b = network.place(src), network.place(dst)
            for protocol, port in (("TCP", 80), ("UDP", 53), ("SCTP", 8080)):
                out = Asked("egress", a, 1 << b, protocol, port)
                into = Asked("ingress", b, 1 << a, protocol, port)
                sides = [rules(judge, one) for one in (out, into)]
                assert sides == [explain(judge, one) for one in (out, into)]
                assert both(*sides) == _VERDICT[said(flow, protocol, port)]


@given(clusters(), st.data())
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
def test_rows_and_pairs_agree_on_what_is_not_known(made: Any, data: st.DataObject) -> None:
    _, _, objects = made
    odd: list[Object] = []
    for item in objects:
        if isinstance(item, Namespace) and data.draw(st.booleans()):
            continue  # its labels are not known
        if isinstance(item, Workload) and data.draw(st.integers(0, 3)) == 0:
            odd.append(structs.replace(item, pod=structs.replace(item.pod, host_network=True)))
            continue
        odd.append(item)
    if data.draw(st.booleans()):
        space = data.draw(st.sampled_from(SPACES))
        odd.append(Resource(id="f:NetworkPolicy/c", kind="NetworkPolicy", name="c",
                            namespace=space, api_version="projectcalico.org/v3"))  # fmt: skip
    if data.draw(st.booleans()):
        refused: dict[str, Any] = {"podSelector": {}, "ingress": [{"from": [{}]}]}
        odd.append(NetworkPolicy(id="f:NetworkPolicy/r", kind="NetworkPolicy", name="r",
                                 namespace="a", spec=refused))  # fmt: skip
    if data.draw(st.booleans()):
        rule = {"toEntities": [data.draw(st.sampled_from(("host", "cluster", "world")))]}
        spec = {"endpointSelector": data.draw(selectors()), "egress": [rule],
                "ingressDeny": [{"fromEndpoints": [data.draw(selectors())]}]}  # fmt: skip
        odd.append(Resource(id="f:CNP/x", kind="CiliumNetworkPolicy", name="x", namespace="b",
                            api_version="cilium.io/v2", spec=spec))  # fmt: skip
    network = Network(odd)
    (net,) = network.networks
    rows: dict[tuple[str, str], Flow] = {}
    for place, row in network.rows(net):
        senders = [p for p in network.peers if network.same(net, place) >> network.place(p) & 1]
        for (sure, may), who in row.items():
            assert sure - may == NONE
            for dst in network.peers:
                if who >> network.place(dst) & 1:
                    for src in senders:
                        assert (src.title, dst.title) not in rows
                        rows[src.title, dst.title] = Flow(sure, may)
    for src in network.peers:
        for dst in network.peers:
            assert rows.get((src.title, dst.title), NO) == network.between(src, dst)


@given(clusters(), st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_who_knows_less_says_nothing_that_is_wrong(made: Any, data: st.DataObject) -> None:
    """Labels of namespaces and addresses of pods are not told: what is said for sure is so."""
    _, _, objects = made
    less: list[Object] = []
    live = data.draw(st.booleans())  # all or none: those that are told tell the family
    for item in objects:
        if isinstance(item, Namespace) and data.draw(st.booleans()):
            continue
        if isinstance(item, Workload) and not live:
            less.append(structs.replace(item, pod_ips=()))
            continue
        less.append(item)
    known, guessed = Network(objects), Network(less)
    of = {peer.name: peer for peer in guessed.peers}
    for src in known.peers:
        for dst in known.peers:
            if src is not dst:
                true = known.between(src, dst)
                flow = guessed.between(of[src.name], of[dst.name])
                assert flow.sure - true.sure == NONE
                assert true.may - flow.may == NONE


@given(clusters())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_groups_are_the_pairs(made: Any) -> None:
    _, _, objects = made
    network = Network(objects)
    (net,) = network.networks
    pairs: dict[tuple[str, str], Flow] = {}
    for group in groups(network, net, lambda _: True, lambda _: True):
        for src in group.senders:
            for row in group.rows:
                for name in row.whom:
                    if name.startswith("outside (") or src.startswith("outside ("):
                        continue
                    space = name.partition("/*")[0]
                    all_of = [p.title for p in network.peers if p.namespace == space]
                    for dst in all_of if "/* (" in name else [name]:
                        if src != dst:
                            assert (src, dst) not in pairs
                            pairs[src, dst] = Flow(row.sure, row.may)
    for a in network.peers:
        for b in network.peers:
            if a is not b:
                assert pairs.get((a.title, b.title), NO) == network.between(a, b)


@given(clusters(), st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_proposal_allows_exactly_the_links(made: Any, data: st.DataObject) -> None:
    _, _, objects = made
    bare = [item for item in objects if not isinstance(item, NetworkPolicy | Resource)]
    network = Network(bare)
    ends: list[Peer | str] = [*network.peers, "10.1.0.0/16", "192.168.0.0/16", "fd00::/8"]
    links = []
    for _ in range(data.draw(st.integers(0, 6))):
        src, dst = (data.draw(st.sampled_from(ends)) for _ in range(2))
        if src is not dst and (isinstance(src, Peer) or isinstance(dst, Peer)):
            protocol = data.draw(st.sampled_from(PROTOCOLS))
            links.append(Link(src, dst, protocol, data.draw(st.sampled_from(PORTS))))
    proposal = propose(network, links)
    proof = prove(bare, proposal, links)
    if not proposal.gaps:  # two workloads with the same labels are not to be told apart
        assert proof == Proof((), ())
    assert not proof.missing
    if links and not proposal.gaps:  # and the proof is one: it sees what is not there
        some = prove(bare, proposal, links[1:])
        assert bool(some.further) is (links[0].key not in {link.key for link in links[1:]})


@given(clusters())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_engine_reads_the_texts_as_they_stand(made: Any) -> None:
    compare(*made)


@pytest.mark.slow
def test_a_million_connections() -> None:
    total = 0

    @given(clusters())
    @settings(max_examples=900, deadline=None, suppress_health_check=list(HealthCheck))
    def run(made: Any) -> None:
        nonlocal total
        total += compare(*made)

    run()
    assert total >= 1_000_000, total
    print(f"{total} connections, 0 differences")
