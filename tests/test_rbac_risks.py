"""The table of dangers, who holds them, and what does nothing."""

import pytest
from rbac_objects import API, CART, bind, read, rights, role, rule

from keten.cluster.rbac import kubernetes
from keten.cluster.rbac.danger import Danger
from keten.cluster.rbac.dangers import danger, dangers
from keten.cluster.rbac.requests import account, group
from keten.cluster.rbac.rights import Rights
from keten.cluster.rbac.risks import Risk, Risks
from keten.cluster.rbac.unused import Why, unused
from keten.model.finding import Severity

# What KubeHound, rbac-police, KubiScan and the good practices of Kubernetes name, in our words.
KNOWN = {
    "everything", "escalate-cluster", "escalate-role", "bind-cluster", "bind-role",
    "impersonate-user", "impersonate-group", "impersonate-account", "token-create",
    "token-secret", "csr-make", "node-proxy", "pod-create", "pod-patch", "pod-exec",
    "pod-attach", "pod-debug", "pod-forward", "workload-write", "job-write", "secrets-read",
    "volume-create", "mutate", "observe-admission", "control-plane-config", "node-write",
    "pods-steal", "namespace-write", "service-status", "endpoint-write", "pod-status",
    "aggregated-api", "network-open", "event-delete", "mass-delete",
}  # fmt: skip


def held(*rules: dict[str, object], namespace: str = "") -> list[Risk]:
    found = rights(
        role("ClusterRole", "r", *rules), bind("ClusterRole/r", CART, namespace=namespace)
    )
    return Risks(found).of(account("shop", "cart"))


def ids(found: list[Risk]) -> set[str]:
    return {risk.danger.id for risk in found}


def test_every_known_primitive_is_in_the_table() -> None:
    every = [one.id for one in dangers()]

    assert set(every) >= KNOWN
    assert len(every) == len(set(every)) >= 60
    for one in dangers():
        assert all(danger(other) for other in one.includes)
        assert one.how.endswith(".")


@pytest.mark.parametrize("one", dangers(), ids=lambda one: one.id)
def test_each_danger_is_found_by_just_its_rights(one: Danger) -> None:
    rules = [
        rule(ask.verbs[0], ask.resources[0], ask.group, *ask.only[:1]) for ask in one.asks
    ]  # fmt: skip
    found = {risk.danger.id: risk for risk in held(*rules)}

    assert found[one.id].severity == one.everywhere
    for left in range(len(rules)):
        fewer = [item for i, item in enumerate(rules) if i != left]
        assert one.id not in ids(held(*fewer))
    for ask, item in zip(one.asks, rules, strict=True):
        if ask.verbs != ("*",):
            other = {**item, "apiGroups": ["other.example"]}
            changed = [other if item is one_ else one_ for one_ in rules]
            assert one.id not in ids(held(*changed))


@pytest.mark.parametrize("one", dangers(), ids=lambda one: one.id)
def test_in_one_namespace_it_weighs_what_the_table_says(one: Danger) -> None:
    rules = [rule(ask.verbs[0], ask.resources[0], ask.group, *ask.only[:1]) for ask in one.asks]
    space = one.asks[0].space
    found = {risk.danger.id: risk for risk in held(*rules, namespace=space or "shop")}

    if one.local is None:
        assert one.id not in found
    elif space:
        assert found[one.id].severity == one.everywhere
        assert one.id not in ids(held(*rules, namespace="shop"))
    else:
        assert found[one.id].severity == one.local


def test_everything_includes_all_else() -> None:
    assert ids(held(rule("*", "*", "*"))) == {"everything"}


def test_a_rule_that_names_things_is_of_those() -> None:
    (risk,) = held(rule("get", "secrets", "", "db"))

    assert risk.named
    assert risk.severity is Severity.LOW


def test_names_that_matter_count_as_all() -> None:
    both = (rule("impersonate", "groups", "", "system:masters"), rule("impersonate", "users"))

    assert held(*both)[0].severity is Severity.CRITICAL
    as_ann = (both[0], rule("impersonate", "users", "", "ann"))
    assert ids([r for r in held(*as_ann) if not r.named]) == {"impersonate-group"}
    approve = rule("update", "certificatesigningrequests/approval", "certificates.k8s.io")
    serving = rule("approve", "signers", "certificates.k8s.io", "kubernetes.io/kubelet-serving")
    assert not held(approve, serving)


def test_in_kube_system_it_is_the_cluster() -> None:
    found = held(rule("create", "serviceaccounts/token"), namespace="kube-system")

    assert found[0].severity is Severity.CRITICAL


def test_rights_of_two_bindings_and_a_group_add_up() -> None:
    found = rights(
        role("ClusterRole", "r", rule("bind", "clusterroles", API)),
        role("ClusterRole", "s", rule("create", "rolebindings", API)),
        bind("ClusterRole/r", {"kind": "Group", "name": "system:serviceaccounts:shop"}),
        bind("ClusterRole/s", CART, namespace="shop"),
    )
    (risk,) = [r for r in Risks(found).of(account("shop", "cart")) if r.danger.id == "bind-role"]

    assert risk.namespace == "shop"
    assert {ground.role.name for ground in risk.grounds} == {"r", "s"}


def test_for_everyone_it_is_worse() -> None:
    found = rights(
        role("ClusterRole", "r", rule("get", "secrets")),
        bind("ClusterRole/r", {"kind": "Group", "name": "system:authenticated"}),
    )

    assert Risks(found).of(group("system:authenticated"))[0].severity is Severity.CRITICAL
    assert Risks(found).of(account("shop", "cart"))[0].severity is Severity.HIGH
    ((key, _),) = Risks(found).everyone()
    assert key == ("Group", "system:authenticated"), "said of the group only"


def test_no_alarm_on_kubernetes_own() -> None:
    assert not list(Risks(Rights([])).everyone())
    risks = Risks(Rights([]))
    assert not [role.name for role in kubernetes.roles() if risks.role(role)]


def test_what_was_added_to_kubernetes_own_is_judged() -> None:
    own = next(r for r in kubernetes.roles() if r.name == "system:controller:job-controller")
    rules = [*map(_spoken, own.rules), rule("get list", "secrets")]
    found = Rights(read([role("ClusterRole", own.name, *rules)]))
    ((key, risks),) = Risks(found).everyone()

    assert key == ("User", "system:serviceaccount:kube-system:job-controller")
    assert ids(risks) == {"secrets-read"}


def _spoken(one: object) -> dict[str, object]:
    import msgspec

    made: dict[str, object] = msgspec.to_builtins(one)
    return made


def test_a_stranger_with_a_role_of_kubernetes_is_judged_by_all_of_it() -> None:
    to = "ClusterRole/system:controller:clusterrole-aggregation-controller"
    found = Risks(Rights(read([bind(to, CART)])))

    assert ids(found.of(account("shop", "cart"))) == {"escalate-cluster"}


def test_unused() -> None:
    get = rule("get", "configmaps")
    objects = read([
        role("Role", "used", get, namespace="shop"),
        role("Role", "free", get, namespace="shop"),
        role("ClusterRole", "part", get, labels={"x": "1"}),
        role("ClusterRole", "loose", get),
        {**role("ClusterRole", "sum"),
         "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"x": "1"}}]}},
        bind("ClusterRole/sum", CART, name="sum"),
        bind("Role/used", CART, namespace="shop", name="a"),
        bind("Role/used", {**CART, "namespace": ""}, namespace="shop", name="again"),
        bind("Role/gone", CART, namespace="shop", name="gone"),
        bind("ClusterRole/elsewhere", CART, name="elsewhere"),
        bind("Role/used", namespace="shop", name="nobody"),
    ])  # fmt: skip
    found = unused(objects, Rights(objects), whole=True)

    assert [(one.item.name, one.why, one.certain) for one in found] == [
        ("loose", Why.UNBOUND, False),
        ("elsewhere", Why.DANGLING, False),
        ("free", Why.UNBOUND, True),
        ("again", Why.REPEATED, True),
        ("gone", Why.DANGLING, True),
        ("nobody", Why.NOBODY, True),
    ]
    assert not any(one.certain for one in unused(objects, Rights(objects), whole=False))


def test_constrained_impersonation_takes_its_own_verb_for_its_own_resource() -> None:
    group_ = "authentication.k8s.io"
    for verb, resource, found in (
        ("impersonate:user-info", "users", "impersonate-constrained"),
        ("impersonate:serviceaccount", "serviceaccounts", "impersonate-constrained-account"),
        ("impersonate:arbitrary-node", "nodes", "impersonate-constrained-node"),
    ):
        assert ids(held(rule(verb, resource, group_))) == {found}
        local = ids(held(rule(verb, resource, group_), namespace="shop"))
        assert local == ({found} if resource == "serviceaccounts" else set())
    # its own node only; a verb for another resource; the core group, as of old
    for verb, resource, api in (
        ("impersonate:associated-node", "nodes", group_),
        ("impersonate:user-info", "nodes", group_),
        ("impersonate:user-info", "users", ""),
        ("impersonate-on:user-info:list", "pods", ""),
    ):
        assert not held(rule(verb, resource, api))


def test_rules_that_no_request_matches() -> None:
    objects = read([
        role(
            "ClusterRole",
            "r",
            rule("*", "pods/* */scale pods/log"),
            rule("get", "userextras/*", "authentication.k8s.io"),
            rule("get", "deployments pods"),
            rule("get", "deployments", "apps"),
            rule("create deletecollection", "secrets", "", "a"),
            rule("create get", "secrets", "", "a"),
            rule("create", "serviceaccounts/token", "", "a"),
        ),
        role("ClusterRole", "fine", rule("get", "pods/log */scale"), rule("*", "*", "*")),
        role("ClusterRole", "both", {**rule("get", "pods deployments"), "apiGroups": ["", "apps"]}),
        *(bind(f"ClusterRole/{name}", CART, name=name) for name in ("r", "fine", "both")),
    ])  # fmt: skip
    found = unused(objects, Rights(objects), whole=True)
    assert [(one.item.name, one.why) for one in found] == [("r", Why.INERT)]
    assert found[0].about == (
        "pods/*: name each subresource, userextras/*: name each subresource, "
        "deployments: of group apps, not the core group, and 1 more"
    )


def test_bindings_that_name_nobody_and_roles_that_gather_nothing() -> None:
    nobody = {"kind": "ServiceAccount", "name": "cart"}
    gathers = {
        **role("ClusterRole", "g"),
        "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]},
    }
    objects = read([
        role("ClusterRole", "r", rule("get", "pods")),
        bind("ClusterRole/r", nobody, CART),
        bind("ClusterRole/r", nobody, name="local", namespace="shop"),
        gathers,
        bind("ClusterRole/g", CART, name="gathers"),
    ])  # fmt: skip
    found = unused(objects, Rights(objects), whole=True)
    assert [(one.item.name, one.why, one.certain) for one in found] == [
        ("b", Why.NOWHERE, True),
        ("gathers", Why.EMPTY, False),
    ]
