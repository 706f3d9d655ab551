"""Roles and bindings made to take long, or to break something."""

import time
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from rbac_objects import CART, bind, read, role

from keten import plugs
from keten.cluster.rbac.least import usages
from keten.cluster.rbac.requests import Request, account
from keten.cluster.rbac.rights import Rights
from keten.cluster.rbac.risks import Risks
from keten.cluster.rbac.seen import Seen
from keten.cluster.rbac.unused import unused
from keten.graph.places import Places
from keten.graph.store import Graph
from keten.model.check import Check
from keten.model.finding import Verdict
from keten.pipeline.judge import asked, judge
from keten.testing.cases import TODAY
from keten.testing.examples import facts_of

LONG = 10.0  # seconds: noisy machines


def everything(*objects: dict[str, Any]) -> None:
    """Ask all there is to ask."""
    nodes = read(objects)
    rights = Rights(nodes)
    who = account("shop", "cart")
    list(rights.everything(who))
    list(rights.who_can(Request("get", resource="secrets"), anywhere=True))
    list(Risks(rights).everyone())
    risks = Risks(rights)
    for one in rights.roles:
        risks.role(one)
    unused(nodes, rights, whole=True)
    list(usages(rights, {(who, Request("get", resource="secrets")): Seen(times=1, allowed=1)}))


def quick(*objects: dict[str, Any]) -> None:
    began = time.process_time()
    everything(*objects)
    assert time.process_time() - began < LONG


def words(count: int, prefix: str = "w") -> list[str]:
    return [f"{prefix}{i}" for i in range(count)]


def test_a_rule_of_very_many_combinations() -> None:
    wide = {"verbs": words(3_000), "apiGroups": words(3_000), "resources": words(3_000),
            "resourceNames": words(3_000)}  # fmt: skip
    label = {"rbac.authorization.k8s.io/aggregate-to-view": "true"}
    for name in ("system:node", "r"):
        quick(role("ClusterRole", name, wide, labels=label), bind(f"ClusterRole/{name}", CART))


def test_very_many_rules_and_subjects() -> None:
    rules = [{"verbs": ["get"], "apiGroups": [""], "resources": [f"r{i}"]} for i in range(20_000)]
    people = [{"kind": "User", "name": f"u{i}"} for i in range(20_000)]

    quick(role("ClusterRole", "r", *rules), bind("ClusterRole/r", CART, name="b"))
    quick(role("ClusterRole", "r", rules[0]), bind("ClusterRole/r", *people))


def test_roles_that_gather_each_other_have_an_end() -> None:
    rule = {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}
    every: dict[str, Any] = {"clusterRoleSelectors": [{}]}
    count = 60
    roles = [{**role("ClusterRole", f"r{i}", rule), "aggregationRule": every} for i in range(count)]
    quick(*roles, role("ClusterRole", "leaf", rule), *(
        bind(f"ClusterRole/r{i}", CART, name=f"b{i}") for i in range(count)
    ))  # fmt: skip


def test_aggregation_has_a_ceiling() -> None:
    every: dict[str, Any] = {"clusterRoleSelectors": [{}]}
    roles = [{**role("ClusterRole", f"r{i}"), "aggregationRule": every} for i in range(1_800)]
    began = time.process_time()
    nodes = read([*roles, bind("ClusterRole/r0", CART), bind("ClusterRole/r1", CART)])
    assert Rights(nodes).cut
    quick(*roles, bind("ClusterRole/r0", CART))
    assert time.process_time() - began < LONG


_WORD = st.sampled_from(["", "*", "secrets", "pods/exec", "*/exec", "get", "/x*", "\x00", "a/b/c"])
_WORDS = st.lists(_WORD, max_size=4)
_RULE = st.fixed_dictionaries(
    {},
    optional={
        "verbs": _WORDS, "apiGroups": _WORDS, "resources": _WORDS, "resourceNames": _WORDS,
        "nonResourceURLs": _WORDS,
    },
)  # fmt: skip
_ANY = st.none() | st.integers() | st.text(max_size=3) | st.lists(st.none(), max_size=2)
_SUBJECT = st.fixed_dictionaries(
    {}, optional={"kind": st.sampled_from(["User", "Group", "ServiceAccount", "x"]),
                  "name": _WORD, "namespace": _WORD},
)  # fmt: skip
_SELECTOR = st.fixed_dictionaries(
    {},
    optional={"matchLabels": st.dictionaries(_WORD, _WORD, max_size=2), "matchExpressions": _ANY},
)  # fmt: skip
_NAMES = st.sampled_from(["r", "view", "system:node", "cluster-admin", ""])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["Role", "ClusterRole"]), _NAMES,
                       st.lists(_RULE, max_size=3), st.lists(_SELECTOR, max_size=2) | st.none()),
             max_size=4),
    st.lists(st.tuples(st.sampled_from(["", "shop"]), _NAMES, st.lists(_SUBJECT, max_size=3)),
             max_size=4),
)  # fmt: skip
def test_nothing_makes_it_fall(roles: Any, bindings: Any) -> None:
    objects = []
    for kind, name, rules, selectors in roles:
        one = role(kind, name, *rules, **({"namespace": "shop"} if kind == "Role" else {}))
        if selectors is not None and kind == "ClusterRole":
            one["aggregationRule"] = {"clusterRoleSelectors": selectors}
        objects.append(one)
    for i, (space, name, subjects) in enumerate(bindings):
        objects.append(bind(f"ClusterRole/{name}", *subjects, namespace=space, name=f"b{i}"))
    everything(*objects)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(_NAMES, st.lists(_RULE, min_size=1, max_size=3)), min_size=1, max_size=3))
def test_no_role_breaks_a_check(roles: Any) -> None:
    import json

    items = [role("ClusterRole", name or "x", *rules) for name, rules in roles]
    items += [bind(f"ClusterRole/{name}", CART, name="b") for name, _ in roles]
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    facts = facts_of({"a.json": text.encode()})
    view, places = Graph(facts, TODAY), Places(facts.places)
    for name in plugs.names(Check):
        if name.startswith("access/"):
            check = plugs.load(Check, name)
            for one in facts.nodes:
                if asked(check, one):
                    found = judge(name, check, one, view, places=places)
                    assert Verdict.ERROR not in {f.verdict for f in found}, (name, found)
