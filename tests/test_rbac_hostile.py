"""Roles and bindings made to take long, or to break something."""

from typing import Any

import pytest
from growing import Work, linear
from hypothesis import given, settings
from hypothesis import strategies as st
from rbac_objects import CART, bind, read, role

from keten import plugs
from keten.cluster.rbac import aggregation
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

Objects = list[dict[str, Any]]


def everything(objects: Objects) -> None:
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


def words(count: int, prefix: str = "w") -> list[str]:
    return [f"{prefix}{i}" for i in range(count)]


def combinations(count: int, name: str) -> Objects:
    wide = {"verbs": words(count), "apiGroups": words(count), "resources": words(count),
            "resourceNames": words(count)}  # fmt: skip
    label = {"rbac.authorization.k8s.io/aggregate-to-view": "true"}
    return [role("ClusterRole", name, wide, labels=label), bind(f"ClusterRole/{name}", CART)]


def rules(count: int) -> Objects:
    some = [{"verbs": ["get"], "apiGroups": [""], "resources": [f"r{i}"]} for i in range(count)]
    return [role("ClusterRole", "r", *some), bind("ClusterRole/r", CART, name="b")]


def subjects(count: int) -> Objects:
    people = [{"kind": "User", "name": f"u{i}"} for i in range(count)]
    rule = {"verbs": ["get"], "apiGroups": [""], "resources": ["r0"]}
    return [role("ClusterRole", "r", rule), bind("ClusterRole/r", *people)]


EVERY: dict[str, Any] = {"clusterRoleSelectors": [{}]}


def gathering(count: int) -> Objects:
    """Return roles each of which gathers all, with as many bindings."""
    rule = {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}
    roles = [{**role("ClusterRole", f"r{i}", rule), "aggregationRule": EVERY} for i in range(count)]
    bound = [bind(f"ClusterRole/r{i}", CART, name=f"b{i}") for i in range(count)]
    return [*roles, role("ClusterRole", "leaf", rule), *bound]


def gathered(count: int) -> Objects:
    roles = [{**role("ClusterRole", f"r{i}"), "aggregationRule": EVERY} for i in range(count)]
    return [*roles, bind("ClusterRole/r0", CART), bind("ClusterRole/r1", CART)]


HOSTILE = {
    "combinations": Work(lambda n: combinations(n, "r"), everything, 3_000, 10),
    "combinations of a node": Work(lambda n: combinations(n, "system:node"), everything, 3_000, 10),
    "rules": Work(rules, everything, 20_000, 10),
    "subjects": Work(subjects, everything, 20_000, 10),
    "roles that gather each other": Work(gathering, everything, 60, 10),
    "roles that gather all": Work(gathered, everything, 1_800, 10),
}


@pytest.mark.parametrize("name", ["combinations", "combinations of a node", "rules", "subjects"])
def test_very_many_take_steps_by_their_number(name: str) -> None:
    work = HOSTILE[name]
    work.do(work.make(work.size // 10))
    linear(work)


def test_roles_that_gather_each_other_have_an_end() -> None:
    everything(gathering(60))


def test_aggregation_has_a_ceiling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each role gathers all: twice the square of their number is what is counted."""
    monkeypatch.setattr(aggregation, "MOST_STEPS", 30_000)
    assert not Rights(read(gathered(120))).cut
    assert Rights(read(gathered(180))).cut
    everything(gathered(400))


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
    everything(objects)


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
