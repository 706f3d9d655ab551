"""Rights beside a real API server: its access reviews, its own roles."""

import contextlib
import itertools
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rbac_literal
import rbac_random
from api_server import needs_server, serving
from rbac_server import RBAC, Server

from keten import plugs
from keten.cli import main
from keten.cli.rbac_least import manifest
from keten.cluster.rbac import kubernetes
from keten.cluster.rbac.least import differing, usages
from keten.cluster.rbac.matching import matcher
from keten.cluster.rbac.requests import Identity, Request
from keten.cluster.rbac.rights import Rights
from keten.cluster.rbac.risks import Risks
from keten.cluster.rbac.seen import Seen, gather
from keten.formats.audit_log import Log
from keten.formats.kubernetes.objects import node
from keten.graph.places import Places
from keten.graph.store import Graph
from keten.model.check import Check
from keten.model.finding import Verdict
from keten.model.kube import Object
from keten.pipeline.judge import asked, judge
from keten.testing.cases import TODAY
from keten.testing.examples import facts_of

pytestmark = [pytest.mark.slow, needs_server]
ROUNDS, REQUESTS = 25, 200
API = "rbac.authorization.k8s.io"


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


def test_no_alarm_on_what_kubernetes_makes_itself() -> None:
    with serving() as kubectl, contextlib.closing(Server(kubectl)) as fresh:
        listed = fresh.every()
        assert not list(Risks(Rights(read(listed))).everyone())
        assert not found_by_checks(listed)

        role = next(
            i for i in listed if i["metadata"]["name"] == "system:controller:job-controller"
        )
        role["rules"].append({"verbs": ["list"], "apiGroups": [""], "resources": ["secrets"]})
        fresh.ask("PUT", f"{RBAC}/clusterroles/{role['metadata']['name']}", role)
        stranger = {"kind": "ServiceAccount", "name": "cart", "namespace": "shop"}
        named = "system:controller:clusterrole-aggregation-controller"
        fresh.create(
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "ClusterRoleBinding",
                "metadata": {"name": "more"},
                "roleRef": {
                    "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": named
                },
                "subjects": [stranger],
            }
        )  # fmt: skip
        changed = fresh.every()
        told = dict(Risks(Rights(read(changed))).everyone())
        assert {key[1].rpartition(":")[2] for key in told} == {"cart", "job-controller"}
        assert {
            r.danger.id for r in told["User", "system:serviceaccount:kube-system:job-controller"]
        } == {"secrets-read"}
        assert found_by_checks(changed) >= {"access/own-role-widened", "access/own-role-bound"}


def found_by_checks(listed: list[dict[str, Any]]) -> set[str]:
    """Return the access checks that fail over a dump of what was listed."""
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": listed})
    facts = facts_of({"dump.json": text.encode()})
    view, places = Graph(facts, TODAY), Places(facts.places)
    failed = set()
    for name in plugs.names(Check):
        check = plugs.load(Check, name)
        if name.startswith("access/"):
            for item in facts.nodes:
                if asked(check, item) and any(
                    f.verdict is not Verdict.UNKNOWN
                    for f in judge(name, check, item, view, places=places)
                ):
                    failed.add(name)
    return failed


AUDIT = """
apiVersion: audit.k8s.io/v1
kind: Policy
rules: [{level: Metadata}]
"""


def test_from_a_real_audit_log_to_the_least_role(tmp_path: Path) -> None:
    policy, log = tmp_path / "policy.yaml", tmp_path / "audit.log"
    policy.write_text(AUDIT)
    flags = (f"--audit-policy-file={policy}", f"--audit-log-path={log}")
    with serving(*flags) as kubectl, contextlib.closing(Server(kubectl)) as server:
        made = _estate(server)
        cart, ops = _token(server, "shop", "cart"), _token(server, "shop", "ops")
        _use(server, cart, ops)
        with log.open("rb") as stream:
            seen: dict[Any, Seen] = {}
            read_log = Log(stream)
            gather(read_log, seen)
        assert read_log.events > 100
        assert not read_log.skipped

        rights = Rights(read(server.every()))
        differ, agree, _ = differing(rights, seen)
        assert not differ
        assert agree > 50
        found = {usage.user: usage for usage in usages(rights, seen)}
        assert all(usage.replayed == len(usage.used) for usage in found.values())
        account = "system:serviceaccount:shop:cart"
        used = {str(request) for request in found[account].used}
        assert {
            "get configmaps one -n shop", "list configmaps -n shop", "create configmaps -n shop",
            "patch configmaps applied -n shop", "create configmaps applied -n shop",
        } <= used  # fmt: skip
        assert {str(r) for r in found[account].refused} == {"get secrets db -n shop"}
        assert any("delete configmaps" in one.unused for one in found[account].granted)
        assert {str(r) for r in found["system:serviceaccount:shop:ops"].used} >= {
            "impersonate users ann"
        }
        kim = {str(r) for r in found["system:serviceaccount:shop:ops"].used}
        assert kim >= {
            "impersonate:user-info users.authentication.k8s.io kim",
            "impersonate-on:user-info:list services -n shop",
        }
        assert {str(r) for r in found["ann"].used} == {"list pods -n shop"}

        for item in made:  # now the proposed roles instead of the wide ones
            server.delete(item)
        for name in (account, "system:serviceaccount:shop:ops", "ann", "kim"):
            for one in found[name].objects:
                server.create(manifest(one))
        server.settle()
        for name in (account, "system:serviceaccount:shop:ops", "ann", "kim"):
            for request in found[name].used:
                asked_for = {f: getattr(request, f) for f in Request.__struct_fields__}
                groups = ["system:authenticated"]
                assert server.review(name, groups, asked_for), (name, request)
        gone = {"verb": "delete", "resource": "configmaps", "namespace": "shop", "name": "one"}
        assert not server.review(account, [], gone)
        _use(server, cart, ops)  # and the very requests succeed again


def _estate(server: Server) -> list[dict[str, Any]]:
    """Make accounts with wide rights, and return the roles and bindings."""
    server.namespace("shop")
    for name in ("cart", "ops"):
        server.ask("POST", "/api/v1/namespaces/shop/serviceaccounts", {"metadata": {"name": name}})
    wide = {"verbs": ["*"], "apiGroups": [""], "resources": ["configmaps"]}
    wide["verbs"] = ["get", "list", "create", "patch", "delete"]
    acts = {
        "verbs": ["impersonate"],
        "apiGroups": [""],
        "resources": ["users"],
        "resourceNames": ["ann"],
    }
    kim = {
        "verbs": ["impersonate:user-info"],
        "apiGroups": ["authentication.k8s.io"],
        "resources": ["users"],
        "resourceNames": ["kim"],
    }
    on = {"verbs": ["impersonate-on:user-info:list"], "apiGroups": [""], "resources": ["services"]}
    pods = {"verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods", "services"]}
    made = []
    for name, rule, space in (("cart", wide, "shop"), ("ops", acts, ""), ("ann", pods, "shop")):
        meta = {"name": name, **({"namespace": space} if space else {})}
        kind = "Role" if space else "ClusterRole"
        head = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": meta}
        api = "rbac.authorization.k8s.io"
        who = [{"kind": "ServiceAccount", "name": name, "namespace": "shop"}]
        if name == "ann":
            who = [{"kind": "User", "name": one, "apiGroup": api} for one in ("ann", "kim")]
        made.append({**head, "kind": kind, "rules": [rule, kim, on] if name == "ops" else [rule]})
        ref = {"kind": kind, "name": name, "apiGroup": api}
        made.append({**head, "kind": f"{kind}Binding", "roleRef": ref, "subjects": who})
    for item in made:
        server.create(item)
    server.settle()
    return made


def _token(server: Server, space: str, name: str) -> str:
    path = f"/api/v1/namespaces/{space}/serviceaccounts/{name}/token"
    status, answer = server.ask("POST", path, {"spec": {}})
    assert status == 201, answer
    return str(answer["status"]["token"])


def _use(server: Server, cart: str, ops: str) -> None:
    """Do, as the accounts, what they are there for; each request succeeds, one is refused."""
    maps = "/api/v1/namespaces/shop/configmaps"
    server.ask("DELETE", f"{maps}/one")
    server.ask("DELETE", f"{maps}/applied")
    one = {"metadata": {"name": "one"}}
    assert server.ask("POST", maps, one, token=cart)[0] == 201
    assert server.ask("GET", f"{maps}/one", token=cart)[0] == 200
    assert server.ask("GET", f"{maps}?limit=5", token=cart)[0] == 200
    applied = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "applied"}}
    apply = {"Content-Type": "application/apply-patch+yaml"}
    path = f"{maps}/applied?fieldManager=keten"
    assert server.ask("PATCH", path, applied, token=cart, headers=apply)[0] == 201
    assert server.ask("GET", "/api/v1/namespaces/shop/secrets/db", token=cart)[0] == 403
    assert server.ask("GET", "/version", token=cart)[0] == 200
    ann = {"Impersonate-User": "ann"}
    assert server.ask("GET", "/api/v1/namespaces/shop/pods", token=ops, headers=ann)[0] == 200
    kim = {"Impersonate-User": "kim"}  # constrained: of Kubernetes 1.36
    assert server.ask("GET", "/api/v1/namespaces/shop/services", token=ops, headers=kim)[0] == 200


def test_what_an_apply_creates_takes_the_right_to_create(server: Server) -> None:
    server.namespace("shop")
    maps = "/api/v1/namespaces/shop/configmaps"
    server.ask("POST", "/api/v1/namespaces/shop/serviceaccounts", {"metadata": {"name": "apply"}})
    token = _token(server, "shop", "apply")
    head = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "metadata": {"name": "apply", "namespace": "shop"},
    }
    ref = {"kind": "Role", "name": "apply", "apiGroup": "rbac.authorization.k8s.io"}
    who = {"kind": "ServiceAccount", "name": "apply", "namespace": "shop"}
    server.create({**head, "kind": "RoleBinding", "roleRef": ref, "subjects": [who]})
    applied = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "named"}}
    apply = {"Content-Type": "application/apply-patch+yaml"}
    for verbs, status in ((["patch"], 403), (["patch", "create"], 201)):
        rule = {
            "verbs": verbs,
            "apiGroups": [""],
            "resources": ["configmaps"],
            "resourceNames": ["named"],
        }
        role = {**head, "kind": "Role", "rules": [rule]}
        server.ask("DELETE", f"{RBAC}/namespaces/shop/roles/apply")
        server.create(role)
        server.settle()
        path = f"{maps}/named?fieldManager=keten"
        assert server.ask("PATCH", path, applied, token=token, headers=apply)[0] == status


def test_a_live_cluster_is_asked(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config").write_text(_kubeconfig(server, server.token))
    where = ["k8s://one", "--kubeconfig", str(tmp_path / "config"), "--quiet", "--json"]
    assert main(["rbac", "who-can", "escalate", "clusterroles", "--all", *where]) == 0
    (told,) = json.loads(capsys.readouterr().out)

    assert {one["subject"] for one in told["holders"]} == {
        "Group system:masters",
        "ServiceAccount kube-system/clusterrole-aggregation-controller",
    }


def test_what_may_not_be_listed_is_told(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.namespace("shop")
    path = "/api/v1/namespaces/shop/serviceaccounts"
    server.ask("POST", path, {"metadata": {"name": "half"}})
    names = ["clusterrolebindings", "rolebindings", "roles"]  # not clusterroles
    only = {"verbs": ["get", "list"], "apiGroups": [API], "resources": names}
    head = {"apiVersion": f"{API}/v1", "metadata": {"name": "half"}}
    ref = {"kind": "ClusterRole", "name": "half", "apiGroup": API}
    who = {"kind": "ServiceAccount", "name": "half", "namespace": "shop"}
    made = [
        {**head, "kind": "ClusterRole", "rules": [only]},
        {**head, "kind": "ClusterRoleBinding", "roleRef": ref, "subjects": [who]},
    ]
    for item in made:
        server.create(item)
    server.settle()
    (tmp_path / "config").write_text(_kubeconfig(server, _token(server, "shop", "half")))
    where = ["k8s://one", "--kubeconfig", str(tmp_path / "config"), "--quiet"]
    assert main(["rbac", "who-can", "get", "secrets", *where]) == 0
    told = capsys.readouterr()
    for item in made:
        server.delete(item)

    assert "missing is the right to list clusterroles" in told.err
    assert "may grant more" in told.err or "not all rights are known" in told.err


def _kubeconfig(server: Server, token: str) -> str:
    config = {
        "apiVersion": "v1", "kind": "Config", "current-context": "one",
        "contexts": [{"name": "one", "context": {"cluster": "one", "user": "one"}}],
        "users": [{"name": "one", "user": {"token": token}}],
        "clusters": [{"name": "one", "cluster": {
            "server": f"https://{server.host}", "insecure-skip-tls-verify": True}}],
    }  # fmt: skip
    return json.dumps(config)
