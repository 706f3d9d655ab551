"""Objects are related as the cluster would relate them, within what is applied together."""

from typing import Any

import pytest
from growing import Work, linear

from keten.cluster.selectors import Labelled, equality, selector
from keten.derive.objects import derive
from keten.graph.text import parse
from keten.model.facts import Facts, Looked, Trust
from keten.model.kube import NetworkPolicy, Workload


def related(text: str) -> list[str]:
    facts = derive(parse(text))
    return sorted(f"{e.src} {e.relation} {e.dst} {e.trust.name.lower()}" for e in facts.edges)


def looked(text: str) -> list[str]:
    return sorted(item.ref for item in derive(parse(text)).looked)


def workload(path: str, name: str, *, ns: str = "", **fields: str) -> str:
    more = "".join(f"  {key} {value}\n" for key, value in fields.items())
    space = f'  namespace "{ns}"\n' if ns else ""
    return (
        f"workload {path}:Deployment/{ns or '-'}/{name}\n"
        f'  kind "Deployment"\n  name "{name}"\n  path "{path}"\n{space}{more}'
    )


def other(tag: str, kind: str, path: str, name: str, *, ns: str = "", **fields: str) -> str:
    more = "".join(f"  {key} {value}\n" for key, value in fields.items())
    space = f'  namespace "{ns}"\n' if ns else ""
    return (
        f"{tag} {path}:{kind}/{ns or '-'}/{name}\n"
        f'  kind "{kind}"\n  name "{name}"\n  path "{path}"\n{space}{more}'
    )


WEB = workload("a.yaml", "web", pod_labels='{"app":"web"}')


def test_a_policy_selects_by_labels() -> None:
    policy = other(
        "netpol",
        "NetworkPolicy",
        "a.yaml",
        "p",
        spec='{"podSelector":{"matchLabels":{"app":"web"}}}',
    )
    api = workload("a.yaml", "api", pod_labels='{"app":"api"}')

    assert related(WEB + api + policy) == [
        "netpol a.yaml:NetworkPolicy/-/p selects workload a.yaml:Deployment/-/web observed"
    ]


def test_a_namespace_left_out_may_be_any() -> None:
    policy = other("netpol", "NetworkPolicy", "a.yaml", "p", ns="shop", spec='{"podSelector":{}}')
    elsewhere = workload("a.yaml", "api", ns="pay")

    assert related(WEB + elsewhere + policy) == [
        "netpol a.yaml:NetworkPolicy/shop/p selects workload a.yaml:Deployment/-/web claimed"
    ]


def test_a_policy_without_namespace_may_select_in_each() -> None:
    policy = other("netpol", "NetworkPolicy", "a.yaml", "p", spec='{"podSelector":{}}')
    elsewhere = workload("a.yaml", "api", ns="pay")

    assert [line.rpartition(" ")[2] for line in related(WEB + elsewhere + policy)] == [
        "observed",
        "claimed",
    ]


def test_a_service_without_selector_selects_nothing() -> None:
    assert related(WEB + other("service", "Service", "a.yaml", "s", spec='{"selector":{}}')) == []


def test_a_route_leads_to_services() -> None:
    spec = (
        '{"defaultBackend":{"service":{"name":"s"}},'
        '"rules":[{"http":{"paths":[{"backend":{"serviceName":"old"}}]}}]}'
    )
    text = (
        other("service", "Service", "a.yaml", "s")
        + other("service", "Service", "a.yaml", "old")
        + other("route", "Ingress", "a.yaml", "r", spec=spec)
    )

    assert [line.split()[4] for line in related(text)] == [
        "a.yaml:Service/-/old",
        "a.yaml:Service/-/s",
    ]


def test_a_route_of_openshift_leads_to_its_services() -> None:
    spec = '{"to":{"kind":"Service","name":"s"},"alternateBackends":[{"name":"t"}]}'
    text = (
        other("service", "Service", "a.yaml", "s")
        + other("service", "Service", "a.yaml", "t")
        + other("route", "Route", "a.yaml", "r", spec=spec)
    )

    assert len(related(text)) == 2


def test_a_gateway_route_names_a_namespace() -> None:
    spec = '{"rules":[{"backendRefs":[{"name":"s","namespace":"b"},{"name":"s","kind":"Bucket"}]}]}'
    text = other("service", "Service", "a.yaml", "s", ns="b") + other(
        "route", "HTTPRoute", "a.yaml", "r", ns="a", spec=spec
    )

    assert len(related(text)) == 1


def test_a_binding_grants_and_names() -> None:
    text = (
        other("role", "Role", "a.yaml", "r", ns="shop")
        + other("role", "Role", "a.yaml", "r", ns="pay")
        + other("serviceaccount", "ServiceAccount", "a.yaml", "cart", ns="shop")
        + other(
            "binding",
            "RoleBinding",
            "a.yaml",
            "b",
            ns="shop",
            role_kind='"Role"',
            role_name='"r"',
            subjects='[{"kind":"ServiceAccount","name":"cart","namespace":"shop"}]',
        )
    )

    assert [line.partition(" RoleBinding")[0].split(" ", 2)[2] for line in related(text)] == [
        "grants role a.yaml:Role/shop/r observed",
        "to serviceaccount a.yaml:ServiceAccount/shop/cart observed",
    ]


def test_what_a_workload_reads_and_runs_as() -> None:
    pod = (
        '{"containers":[{"name":"c","env":[{"name":"A","valueFrom":{"secretKeyRef":{"name":"s1"}}}],'
        '"envFrom":[{"configMapRef":{"name":"m"}}]}],"imagePullSecrets":[{"name":"pull"}],'
        '"volumes":[{"secret":{"secretName":"s2"}},{"projected":{"sources":[{"secret":{"name":"s3"}}]}}]}'
    )
    text = workload("a.yaml", "web", pod=pod) + "".join(
        other("secret", "Secret", "a.yaml", name) for name in ("s1", "s2", "s3", "pull", "not")
    )
    text += other("configmap", "ConfigMap", "a.yaml", "m")
    text += other("serviceaccount", "ServiceAccount", "a.yaml", "default")

    assert [line.split(" ", 2)[2] for line in related(text)] == [
        "reads configmap a.yaml:ConfigMap/-/m observed",
        "reads secret a.yaml:Secret/-/pull observed",
        "reads secret a.yaml:Secret/-/s1 observed",
        "reads secret a.yaml:Secret/-/s2 observed",
        "reads secret a.yaml:Secret/-/s3 observed",
        "runs-as serviceaccount a.yaml:ServiceAccount/-/default observed",
    ]


POLICY = '{"podSelector":{}}'


def test_copies_are_applied_apart() -> None:
    text = "".join(
        workload(f"{folder}/web.yaml", "web")
        + other("netpol", "NetworkPolicy", f"{folder}/np.yaml", f"np-{folder}", spec=POLICY)
        for folder in ("base", "release")
    )

    assert related(text) == [
        (
            "netpol base/np.yaml:NetworkPolicy/-/np-base selects "
            "workload base/web.yaml:Deployment/-/web observed"
        ),
        (
            "netpol release/np.yaml:NetworkPolicy/-/np-release selects "
            "workload release/web.yaml:Deployment/-/web observed"
        ),
    ]
    assert len(looked(text)) == 4


def test_a_folders_own_files_are_apart_from_its_children() -> None:
    text = workload("web.yaml", "web") + workload("old/web.yaml", "web")
    text += other("netpol", "NetworkPolicy", "np.yaml", "np", spec=POLICY)

    assert [line.split()[-2] for line in related(text)] == ["web.yaml:Deployment/-/web"]


def test_alternatives_in_one_folder_are_not_known_to_be_whole() -> None:
    text = workload("dev.yaml", "web") + workload("prod.yaml", "web")

    assert looked(text) == []


@pytest.mark.parametrize(
    ("chart", "whole"),
    [
        ('chart charts/x/Chart.yaml\n  tool "helm"\n', False),
        ('chart charts/x/Chart.yaml\n  tool "helm"\n  rendered true\n', True),
        ('chart kustomization.yaml\n  tool "kustomize"\n', False),
        (
            (
                'chart kustomization.yaml\n  tool "kustomize"\n'
                '  spec {"kind":"Kustomization","resources":["a.yaml"],"namespace":"shop"}\n'
            ),
            True,
        ),
        (
            (
                'chart kustomization.yaml\n  tool "kustomize"\n'
                '  spec {"resources":["a.yaml"],"components":["c"]}\n'
            ),
            False,
        ),
        (
            'chart kustomization.yaml\n  tool "kustomize"\n  spec {"resources":["../b"]}\n',
            False,
        ),
    ],
)
def test_a_template_that_was_not_rendered_hides_objects(chart: str, *, whole: bool) -> None:
    assert bool(looked(WEB + chart)) is whole


def test_a_template_elsewhere_hides_nothing() -> None:
    text = workload("a/web.yaml", "web") + workload("b/web.yaml", "web")
    text += 'chart b/chart/Chart.yaml\n  tool "helm"\n'

    assert looked(text) == ["workload a/web.yaml:Deployment/-/web"]


def test_an_operators_resource_may_make_pods() -> None:
    text = "".join(
        other("service", "Service", "a.yaml", "s", ns=ns, spec='{"selector":{"app":"x"}}')
        + workload("a.yaml", "w", ns=ns)
        for ns in ("mon", "shop")
    )
    api = '"monitoring.coreos.com/v1"'
    text += other("resource", "Prometheus", "a.yaml", "k8s", ns="mon", api_version=api)

    assert "service a.yaml:Service/mon/s" not in looked(text)
    assert "service a.yaml:Service/shop/s" in looked(text)


def test_what_lies_alone_is_not_looked_at() -> None:
    service = other("service", "Service", "a/s.yaml", "s", spec='{"selector":{"app":"x"}}')
    elsewhere = workload("b/w.yaml", "web", pod_labels='{"app":"web"}')
    beside = workload("a/w.yaml", "web", pod_labels='{"app":"web"}')
    binding = other("binding", "RoleBinding", "a/b.yaml", "b", role_kind='"Role"')

    assert "service a/s.yaml:Service/-/s" not in looked(service + elsewhere)
    assert "service a/s.yaml:Service/-/s" in looked(service + beside)
    assert looked(binding) == []
    assert len(looked(binding + other("role", "Role", "a/r.yaml", "r"))) == 2


def test_what_lies_in_another_scope_is_not_absent() -> None:
    text = workload("a/w.yaml", "web") + workload("b/w.yaml", "web", pod_labels='{"app":"x"}')
    service = other("service", "Service", "a/s.yaml", "s", spec='{"selector":{"app":"x"}}')
    policy = other("netpol", "NetworkPolicy", "a/n.yaml", "n", spec='{"podSelector":{}}')
    typo = other("service", "Service", "a/t.yaml", "t", spec='{"selector":{"app":"y"}}')

    assert [ref for ref in looked(text + service + policy + typo) if "workload" not in ref] == [
        "netpol a/n.yaml:NetworkPolicy/-/n",
        "service a/t.yaml:Service/-/t",
    ]


def test_a_role_that_the_cluster_brings_is_not_absent() -> None:
    role = other("role", "Role", "a.yaml", "r", ns="kube-system")
    fields = {
        "role_kind": '"Role"',
        "role_name": '"extension-apiserver-authentication-reader"',
        "subjects": '[{"kind":"ServiceAccount","name":"metrics","namespace":"mon"}]',
    }
    account = other("serviceaccount", "ServiceAccount", "b.yaml", "metrics", ns="mon")
    text = (
        account + role + other("binding", "RoleBinding", "a.yaml", "b", ns="kube-system", **fields)
    )

    assert looked(text) == [
        "role a.yaml:Role/kube-system/r",
        "serviceaccount b.yaml:ServiceAccount/mon/metrics",
    ]


def test_what_lies_beside_an_unread_manifest_is_not_looked_at() -> None:
    text = workload("a/w.yaml", "web") + workload("b/v.yaml", "api")
    unread = 'problem "a/broken.yaml" {"what":"not YAML","link":"deployment"}\n'

    assert looked(text + unread) == ["workload b/v.yaml:Deployment/-/api"]


def test_a_kustomization_anywhere_may_give_the_tag() -> None:
    pod = '{"containers":[{"name":"c","image":"r.example/web:latest"},{"name":"d","image":"db"}]}'
    images = '[{"name":"r.example/web","newTag":"v2"},{"name":"db","newName":"pg"},7,{"name":1}]'
    chart = f'chart prod/kustomization.yaml\n  tool "kustomize"\n  spec {{"images":{images}}}\n'

    assert related(workload("base/a.yaml", "web", pod=pod) + chart) == [
        "workload base/a.yaml:Deployment/-/web retagged-by chart prod/kustomization.yaml claimed"
    ]


def test_a_policy_of_another_make_may_select_all() -> None:
    api = '"cilium.io/v2"'
    policy = other("resource", "CiliumNetworkPolicy", "a.yaml", "p", ns="shop", api_version=api)
    text = policy + workload("a.yaml", "web", ns="shop") + workload("a.yaml", "api", ns="pay")

    assert related(text) == [
        (
            "resource a.yaml:CiliumNetworkPolicy/shop/p selects "
            "workload a.yaml:Deployment/shop/web claimed"
        )
    ]


LABELS = [{"app": "web", "tier": "front"}, {"app": "api"}, {}]


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        ({}, [0, 1, 2]),
        (None, [0, 1, 2]),
        ({"matchLabels": {"app": "web"}}, [0]),
        (
            {"matchExpressions": [{"key": "app", "operator": "In", "values": ["web", "api"]}]},
            [0, 1],
        ),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}, [1, 2]),
        ({"matchExpressions": [{"key": "tier", "operator": "Exists"}]}, [0]),
        ({"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}, [1, 2]),
        (
            {
                "matchLabels": {"app": "web"},
                "matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}],
            },
            [],
        ),
    ],
)
def test_selector(spec: Any, found: list[int]) -> None:
    wanted = selector(spec)

    assert wanted is not None
    assert Labelled(LABELS).select(wanted) == found


@pytest.mark.parametrize(
    "spec",
    [
        [],
        {"matchLabels": ["app"]},
        {"matchLabels": {"app": 1}},
        {"matchExpressions": {"key": "app"}},
        {"matchExpressions": ["app"]},
        {"matchExpressions": [{"key": "app", "operator": "Is", "values": ["web"]}]},
        {"matchExpressions": [{"key": "app", "operator": "In", "values": []}]},
        {"matchExpressions": [{"key": "app", "operator": "In", "values": [1]}]},
        {"matchExpressions": [{"key": "app", "operator": "Exists", "values": ["web"]}]},
    ],
)
def test_a_selector_that_the_api_server_refuses(spec: Any) -> None:
    assert selector(spec) is None


def test_a_plain_map() -> None:
    assert equality({"a": 1}) is None
    assert equality("a") is None


def many(count: int) -> Facts:
    """Return so many workloads in 50 namespaces, and a policy for each 20 of them."""
    workloads = [
        Workload(
            id=f"{i}.yaml:Deployment/n/{i}",
            kind="Deployment",
            name=str(i),
            namespace=f"n{i % 50}",
            path=f"{i}.yaml",
            pod_labels={"app": f"a{i % 500}", "id": str(i)},
        )
        for i in range(count)
    ]
    policies = [
        NetworkPolicy(
            id=f"p.yaml:NetworkPolicy/n/{i}",
            kind="NetworkPolicy",
            name=str(i),
            namespace=f"n{i % 50}",
            path="p.yaml",
            spec={"podSelector": {"matchLabels": {"app": f"a{i}"}} if i >= 50 else {}},
        )
        for i in range(count // 20)
    ]
    return Facts(nodes=(*workloads, *policies))


HOSTILE = {"workloads": Work(many, derive, 10_000, 2)}


def test_workloads_are_bound_in_steps_by_their_number() -> None:
    linear(HOSTILE["workloads"])
    given = many(10_000)

    facts = derive(given)

    assert sum(e.trust is Trust.OBSERVED for e in facts.edges) == 10_000 + 450 * 20
    assert Looked(given.nodes[0].ref, "objects") in facts.looked


def test_a_flood_of_edges_is_a_problem() -> None:
    workloads = [
        Workload(id=f"a:Pod/-/{i}", kind="Pod", name=str(i), path="a") for i in range(1_000)
    ]
    policies = [
        NetworkPolicy(
            id=f"a:NetworkPolicy/-/{i}", kind="NetworkPolicy", name=str(i), path="a",
            spec={"podSelector": {}},
        )
        for i in range(600)
    ]  # fmt: skip

    facts = derive(Facts(nodes=(*workloads, *policies)))

    assert facts.edges == ()
    assert facts.looked == ()
    assert [p.what[:20] for p in facts.problems] == ["the selectors here s"]
