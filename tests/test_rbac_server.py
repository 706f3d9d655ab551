"""Rights beside a real API server: its access reviews, its own roles."""

import contextlib
import itertools
import random
from collections.abc import Iterator
from typing import Any

import pytest
import rbac_literal
import rbac_random
from api_server import needs_server, serving
from rbac_server import Server

from keten.cluster.rbac import kubernetes
from keten.cluster.rbac.matching import matcher
from keten.cluster.rbac.requests import Identity, Request
from keten.cluster.rbac.rights import Rights
from keten.formats.kubernetes.objects import node
from keten.model.kube import Object

pytestmark = [pytest.mark.slow, needs_server]
ROUNDS, REQUESTS = 25, 200


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as kubectl, contextlib.closing(Server(kubectl)) as one:
        yield one


def read(objects: list[dict[str, Any]]) -> list[Object]:
    made = []
    for i, item in enumerate(objects):
        one = node(item, f"a.yaml:{i}", "a.yaml", clean=True)
        assert isinstance(one, Object)
        made.append(one)
    return made


def test_every_decision_is_the_servers(server: Server) -> None:
    rng = random.Random(36)
    own = server.every()
    for space in rbac_random.SPACES:
        server.namespace(space)
    granted = asked_in_all = 0
    for _ in range(ROUNDS):
        objects = rbac_random.objects(rng)
        for item in objects:  # the aggregation controller is not running: its work is done here
            rules = item.get("rules")
            if item.get("aggregationRule"):
                rules = rbac_literal.rules_of(objects, item, [])
            server.create(item if rules is None else {**item, "rules": rules})
        server.settle()
        from_files = Rights(read([*own, *objects]), assume=False)
        live = Rights(read(server.every()))
        assert not live.assumed
        for _ in range(REQUESTS):
            name, groups = rbac_random.identity(rng, objects)
            asked = rbac_random.near(rng, objects)
            theirs = server.review(name, groups, asked)
            who, request = Identity(name, tuple(groups)), Request(**asked)
            assert from_files.allowed(who, request).allowed == theirs, (objects, who, request)
            assert live.allowed(who, request).allowed == theirs
            granted, asked_in_all = granted + theirs, asked_in_all + 1
        for item in objects:
            server.delete(item)
        server.settle()
    assert granted > asked_in_all // 20


def test_every_reported_right_is_one(server: Server) -> None:
    rng = random.Random(37)
    objects: list[dict[str, Any]] = []
    for space in rbac_random.SPACES:
        server.namespace(space)
    for i in range(16):
        for item in rbac_random.objects(rng, aggregation=False):
            item["metadata"]["name"] = f"{item['metadata']['name']}-{i}"
            if "roleRef" in item:
                item["roleRef"]["name"] = f"{item['roleRef']['name']}-{i}"
            objects.append(item)
            server.create(item)
    server.settle()
    rights = Rights(read(server.every()))
    reported = 0
    for kind, name in rights.named():
        who = Identity(name) if kind == "User" else Identity("", (name,))
        for ground in rights.everything(who):
            for request in _concrete(ground.said.rule, ground.namespace):
                asked = {f: getattr(request, f) for f in Request.__struct_fields__}
                assert server.review(who.user, list(who.groups), asked), (who, request)
                reported += 1
        told = [matcher(g.said.rule) for g in rights.everything(who) if not g.namespace]
        for _ in range(5):  # and what is not reported is none
            asked = rbac_random.near(rng, objects)
            if not server.review(who.user, list(who.groups), asked):
                assert not any(rule.allows(Request(**asked)) for rule in told)
    for item in objects:
        server.delete(item)
    assert reported > 1_000


def _concrete(rule: Any, space: str) -> Iterator[Request]:
    for verb in rule.verbs:
        for url in rule.non_resource_urls:
            yield Request(verb.replace("*", "any"), path=url.replace("*", "any") or "/")
        names = rule.resource_names or ("",)
        for group, what, name in itertools.product(rule.api_groups, rule.resources, names):
            resource, _, sub = what.replace("*", "any").partition("/")
            yield Request(
                verb.replace("*", "any"), group.replace("*", "any.io"), resource, sub, space, name
            )


def test_what_we_know_of_kubernetes_own_is_what_the_server_makes(server: Server) -> None:
    theirs = [
        item for item in server.every()
        if item["metadata"].get("labels", {}).get("kubernetes.io/bootstrapping") == "rbac-defaults"
    ]  # fmt: skip
    live = {(o.kind, o.namespace, o.name): o for o in read(theirs)}
    ours = [*kubernetes.roles(), *kubernetes.bindings()]

    assert {(o.kind, o.namespace, o.name) for o in ours} == set(live)
    assert sum(o.kind == "ClusterRole" for o in ours) >= 69
    for mine in kubernetes.roles():
        found: Any = live[mine.kind, mine.namespace, mine.name]
        if mine.aggregation:
            assert found.aggregation == mine.aggregation
        else:
            assert _flat(found.rules) == _flat(mine.rules)
    for one in kubernetes.bindings():
        found = live[one.kind, one.namespace, one.name]
        assert (found.role_kind, found.role_name) == (one.role_kind, one.role_name)
        assert {(s.kind, s.name, s.namespace) for s in found.subjects} == {
            (s.kind, s.name, s.namespace) for s in one.subjects
        }


def _flat(rules: Any) -> set[Request]:
    return {request for rule in rules for request in _concrete(rule, "")}


def test_resources_we_know_are_those_the_server_serves(server: Server) -> None:
    served: dict[str, bool] = {}
    for folder in ("/api/v1", *_versions(server)):
        group = folder.split("/")[2] if folder.startswith("/apis/") else ""
        _, answer = server.ask("GET", folder)
        for item in answer["resources"]:
            served[f"{item['name'].partition('/')[0]}.{group}".rstrip(".")] = item["namespaced"]

    ours = {name: bool(space) for name, (space, _) in kubernetes.known().resources.items()}
    assert {name: ours.get(name) for name in served} == served


def _versions(server: Server) -> Iterator[str]:
    _, answer = server.ask("GET", "/apis")
    for group in answer["groups"]:
        yield from (f"/apis/{version['groupVersion']}" for version in group["versions"])
