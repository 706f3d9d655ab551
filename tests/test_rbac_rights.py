"""Rights against a slow literal authorizer, and its odd corners by name."""

import random
from typing import Any

import pytest
import rbac_literal
import rbac_random
from rbac_objects import CART, bind, read, rights, role

from keten.cluster.rbac.matching import matcher
from keten.cluster.rbac.requests import Identity, Request, account, group, user
from keten.cluster.rbac.rights import Rights

CLUSTERS, REQUESTS = 2_000, 100


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 4))]
)
def test_agrees_with_the_literal_authorizer(seed: int) -> None:
    rng = random.Random(seed)
    granted = 0
    for _ in range(CLUSTERS // 4):
        objects = rbac_random.objects(rng)
        ours = rights(*objects)
        for _ in range(REQUESTS):
            name, groups = rbac_random.identity(rng, objects)
            asked = rbac_random.near(rng, objects)
            theirs = rbac_literal.allowed(objects, name, groups, asked)
            decision = ours.allowed(Identity(name, tuple(groups)), Request(**asked))

            assert decision.allowed == theirs, (objects, name, groups, asked)
            assert (decision.ground is not None) == theirs
            granted += theirs
    assert granted > CLUSTERS * REQUESTS // 4 // 25, "many are allowed"


@pytest.mark.parametrize("seed", range(2))
def test_adding_a_rule_takes_no_right_away(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(200):
        objects = rbac_random.objects(rng)
        more = [*objects]
        at = rng.randrange(len(more))
        if "rules" in more[at] and "aggregationRule" not in more[at]:
            rule = rbac_random._rule(rng, urls=False)
            more[at] = {**more[at], "rules": [*more[at]["rules"], rule]}
        before, after = rights(*objects), rights(*more)
        for _ in range(50):
            name, groups = rbac_random.identity(rng, objects)
            who, asked = Identity(name, tuple(groups)), Request(**rbac_random.near(rng, objects))
            assert after.allowed(who, asked).allowed >= before.allowed(who, asked).allowed


@pytest.mark.parametrize("seed", range(2))
def test_who_can_names_exactly_those_who_can(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(300):
        objects = rbac_random.objects(rng)
        ours = rights(*objects)
        asked = Request(**rbac_random.near(rng, objects))
        told = {_key(g.subject, g.namespace) for g in ours.who_can(asked)}
        for kind, name in ours.named():
            who = Identity(name) if kind == "User" else Identity("", (name,))
            found = ours.allowed(who, asked)
            assert ((kind, name) in told) == found.allowed


def _key(subject: Any, space: str) -> tuple[str, str]:
    if subject.kind != "ServiceAccount":
        return subject.kind, subject.name
    return "User", f"system:serviceaccount:{subject.namespace or space}:{subject.name}"


@pytest.mark.parametrize("seed", range(2))
def test_of_is_what_is_allowed(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(300):
        objects = rbac_random.objects(rng)
        ours = rights(*objects)
        name, groups = rbac_random.identity(rng, objects)
        who = Identity(name, tuple(groups))
        held = list(ours.everything(who))
        for _ in range(20):
            asked = Request(**rbac_random.near(rng, objects))
            some = any(
                matcher(g.said.rule).allows(asked) and g.namespace in ("", asked.namespace)
                and not (g.namespace and asked.path)
                for g in held
            )  # fmt: skip
            assert some == ours.allowed(who, asked).allowed


SECRETS = {"verbs": ["get"], "apiGroups": [""], "resources": ["secrets"]}
GET = Request("get", resource="secrets", namespace="shop", name="db")


def test_a_role_binding_gives_a_cluster_role_in_its_namespace_only() -> None:
    found = rights(role("ClusterRole", "c", SECRETS), bind("ClusterRole/c", CART, namespace="shop"))

    assert found.allowed(account("shop", "cart"), GET).allowed
    assert not found.allowed(account("shop", "cart"), Request("get", resource="secrets")).allowed
    other = Request("get", resource="secrets", namespace="ci", name="db")
    assert not found.allowed(account("shop", "cart"), other).allowed


def test_a_binding_to_a_role_that_is_not_there_gives_nothing() -> None:
    found = rights(bind("ClusterRole/gone", CART))

    assert not found.allowed(account("shop", "cart"), GET).allowed


def test_implied_groups() -> None:
    for name in ("system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated"):
        found = rights(
            role("ClusterRole", "c", SECRETS),
            bind("ClusterRole/c", {"kind": "Group", "name": name}),
        )
        assert found.allowed(account("shop", "cart"), GET).allowed
        assert found.allowed(user("ann"), GET).allowed == (name == "system:authenticated")
        assert not found.allowed(user("system:anonymous"), GET).allowed


def test_anybody_in_system_masters_may_do_everything() -> None:
    decision = rights().allowed(user("ann", ("system:masters",)), GET)

    assert decision.allowed
    assert decision.ground is None


def test_a_list_with_names_takes_a_field_selector() -> None:
    named = {**SECRETS, "verbs": ["list"], "resourceNames": ["db"]}
    found = rights(role("ClusterRole", "c", named), bind("ClusterRole/c", CART))
    who = account("shop", "cart")

    assert not found.allowed(who, Request("list", resource="secrets", namespace="shop")).allowed
    narrow = Request("list", resource="secrets", namespace="shop", name="db")
    assert found.allowed(who, narrow).allowed


def test_a_subject_without_a_namespace_is_of_the_bindings_and_of_none_in_a_cluster_binding() -> (
    None
):
    bare = {"kind": "ServiceAccount", "name": "cart"}
    local = rights(role("ClusterRole", "c", SECRETS), bind("ClusterRole/c", bare, namespace="shop"))
    whole = rights(role("ClusterRole", "c", SECRETS), bind("ClusterRole/c", bare))

    assert local.allowed(account("shop", "cart"), GET).allowed
    assert not whole.allowed(account("shop", "cart"), GET).allowed


def test_evidence_names_binding_role_and_rule() -> None:
    other = {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}
    found = rights(role("ClusterRole", "c", other, SECRETS), bind("ClusterRole/c", CART))
    ground = found.allowed(account("shop", "cart"), GET).ground

    assert ground is not None
    assert (ground.binding.name, ground.role.name, ground.said.index) == ("b", "c", 1)


def test_aggregated_rules_name_the_role_they_were_written_in() -> None:
    sum_ = {**role("ClusterRole", "sum"), "aggregationRule": {
        "clusterRoleSelectors": [{"matchLabels": {"x": "1"}}]}}  # fmt: skip
    part = role("ClusterRole", "part", SECRETS, labels={"x": "1"})
    ground = (
        rights(sum_, part, bind("ClusterRole/sum", CART))
        .allowed(account("shop", "cart"), GET)
        .ground
    )

    assert ground is not None
    assert (ground.role.name, ground.said.role.name) == ("sum", "part")


def test_a_live_aggregated_role_is_taken_as_it_stands() -> None:
    sum_ = {**role("ClusterRole", "sum", uid="1"), "aggregationRule": {
        "clusterRoleSelectors": [{"matchLabels": {"x": "1"}}]}}  # fmt: skip
    part = role("ClusterRole", "part", SECRETS, labels={"x": "1"}, uid="2")
    found = rights(sum_, part, bind("ClusterRole/sum", CART))

    assert not found.allowed(account("shop", "cart"), GET).allowed


def test_roles_of_kubernetes_are_there_where_files_name_none() -> None:
    widened = role(
        "ClusterRole", "more", SECRETS,
        labels={"rbac.authorization.k8s.io/aggregate-to-view": "true"},
    )  # fmt: skip
    plain = Rights(read([bind("ClusterRole/view", CART)]))
    more = Rights(read([bind("ClusterRole/view", CART), widened]))
    pods = Request("list", resource="pods", namespace="shop")

    assert plain.assumed
    assert plain.allowed(account("shop", "cart"), pods).allowed
    assert not plain.allowed(account("shop", "cart"), GET).allowed
    assert more.allowed(account("shop", "cart"), GET).allowed
    assert plain.allowed(group("system:masters"), GET).allowed


def test_files_that_name_no_namespace_share_one() -> None:
    found = rights(
        role("Role", "r", SECRETS),
        {**bind("Role/r", {"kind": "ServiceAccount", "name": "cart"}), "kind": "RoleBinding"},
    )

    assert found.allowed(
        account("", "cart"), Request("get", resource="secrets", namespace="-")
    ).allowed
    assert not found.allowed(account("", "cart"), GET).allowed


def test_the_last_of_two_in_one_file_counts() -> None:
    first, second = read([role("ClusterRole", "c", SECRETS), role("ClusterRole", "c")])
    from msgspec import structs

    first = structs.replace(first, id="a.yaml:ClusterRole/-/c~9")
    second = structs.replace(second, id="a.yaml:ClusterRole/-/c~10")
    binding = read([bind("ClusterRole/c", CART)])
    found = Rights([first, second, *binding], assume=False)

    assert not found.allowed(account("shop", "cart"), GET).allowed
