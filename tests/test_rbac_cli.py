"""keten rbac, as people run it."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from rbac_literal import allowed
from rbac_objects import CART, bind, role, rule
from test_rbac_audit import event

from keten.cli import main
from keten.cluster.rbac.words import alternatives, request


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    folder = tmp_path / "estate"
    folder.mkdir()
    objects = [
        role("ClusterRole", "reader", rule("get list", "secrets configmaps")),
        role("Role", "own", rule("get list create delete", "pods pods/log"), namespace="shop"),
        bind("ClusterRole/reader", CART, {"kind": "Group", "name": "ops"}, name="readers"),
        bind("Role/own", CART, namespace="shop", name="own"),
        role("ClusterRole", "loose", rule("*", "*", "*")),
        {"apiVersion": "v1", "kind": "ServiceAccount",
         "metadata": {"name": "cart", "namespace": "shop"}},
    ]  # fmt: skip
    (folder / "all.yaml").write_text("---\n".join(yaml.safe_dump(one) for one in objects))
    return folder


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    assert main(["rbac", *argv, "--quiet"]) == 0
    out = capsys.readouterr().out
    if "--json" not in argv:
        assert all(len(line) <= 80 for line in out.split("\n") if "/audit.log" not in line), out
    return out


def run_json(capsys: pytest.CaptureFixture[str], *argv: str) -> Any:
    return json.loads(run(capsys, *argv, "--json"))


def test_who_can(estate: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "who-can", "get", "secrets", str(estate))

    assert out == (
        "May get secrets:\n"
        "  everywhere\n"
        "    Group ops\n"
        "        by ClusterRoleBinding readers: ClusterRole reader, rule 1\n"
        "    ServiceAccount shop/cart\n"
        "        by ClusterRoleBinding readers: ClusterRole reader, rule 1\n"
        "  By Kubernetes' own bindings 6 more (--all names them).\n"
        "  And every member of system:masters.\n"
    )


@pytest.mark.parametrize(
    ("words", "holders"),
    [
        (("delete", "po"), {"ServiceAccount shop/cart"}),
        (("delete", "pods", "-n", "shop"), {"ServiceAccount shop/cart"}),
        (("delete", "pods", "--name", "web", "-n", "shop"), {"ServiceAccount shop/cart"}),
        (("delete", "pods", "-n", "other"), set()),
        (("get", "pods/log", "--name", "web"), {"ServiceAccount shop/cart"}),
        (("get", "cm"), {"ServiceAccount shop/cart", "Group ops"}),
        (("get", "/metrics"), set()),
        (("patch", "deployments.apps/scale"), set()),
        (("get", "things.example.io"), set()),
    ],
)
def test_who_can_takes_words(
    words: tuple[str, ...], holders: set[str], estate: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (told,) = run_json(capsys, "who-can", *words, str(estate))

    assert {one["subject"] for one in told["holders"]} == holders


def test_of(estate: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "of", "shop:cart", str(estate))

    assert "  everywhere, by ClusterRoleBinding readers\n    ClusterRole reader\n" in out
    assert "      get, list: secrets, configmaps\n" in out
    assert "  in namespace shop, by RoleBinding own\n" in out
    assert run(capsys, "of", "ServiceAccount", "shop/cart", str(estate)) == out
    assert run(capsys, "of", "group", "ops", str(estate)).startswith("Group ops")
    assert "nothing but what everyone may" in run(capsys, "of", "user", "bob", str(estate))
    assert "system:public-info-viewer" in run(capsys, "of", "user", "bob", "--all", str(estate))


def test_dangers(estate: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "dangers", str(estate))

    assert "HIGH     Group ops\n  high     may read secrets everywhere\n" in out
    assert "Bound to nobody, and dangerous if they were: ClusterRole/loose." in out
    (told,) = run_json(capsys, "dangers", str(estate))
    (first, _) = told["subjects"]
    assert first["dangers"][0]["grounds"][0]["binding"]["path"] == "all.yaml"
    assert out.endswith("How each is used: --how.\n")
    assert "           list and watch give the contents as get does.\n" in run(
        capsys, "dangers", "--how", str(estate)
    )


def test_unused(estate: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "unused", str(estate))

    assert "ClusterRole loose: no binding refers to it" in out
    assert "Not certain" in out


def used_log(folder: Path) -> Path:
    user = {
        "username": "system:serviceaccount:shop:cart",
        "groups": ["system:authenticated", "system:serviceaccounts", "system:serviceaccounts:shop"],
    }
    secret = {"resource": "secrets", "namespace": "shop", "name": "db"}
    deny = {"authorization.k8s.io/decision": "forbid"}
    events = [
        event("list", user=user, objectRef={"resource": "pods", "namespace": "shop"}),
        event("get", user=user),
        event("get", user=user, objectRef=secret),
        event("get", user=user, objectRef=secret),
        event("delete", user=user, objectRef=secret, annotations=deny),
        event("get", user={"username": "kim"}, objectRef=secret),
    ]
    path = folder / "audit.log.gz"
    lines = "".join(f"{json.dumps(one)}\n" for one in events)
    path.write_bytes(gzip.compress(f"{lines}not an event\n".encode()))
    return path


def test_least(estate: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = used_log(tmp_path)
    out = run(capsys, "least", "--audit", str(log), "--subject", "shop:cart", str(estate))

    assert "6 events, 1 line skipped" in out
    assert "4 as these objects say, 1 otherwise" in out
    assert "allowed by the server, not by these objects: kim: get secrets db -n shop" in out
    assert "of 12 rights granted, 9 unused" in out
    assert "refused: delete secrets db -n shop" in out
    assert "these allow all of it (3 of 3 replayed)" in out


def test_a_user_with_the_groups_of_a_certificate(
    estate: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = run(capsys, "of", "user", "bob", "--group", "ops", str(estate))
    assert out.startswith("User bob, in ops, system:authenticated\n")
    assert ", to group ops\n" in out
    out = run(capsys, "of", "user", "bob", "--group", "system:masters", str(estate))
    assert "everything: no check is asked of system:masters" in out
    assert main(["rbac", "of", "group", "ops", "--group", "x", str(estate)]) == 2


def test_logs_of_a_folder_and_roles_without_names(
    estate: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    log = used_log(tmp_path)
    for name in ("audit.log-2026.gz", "audit.log"):
        (folder / name).write_bytes(log.read_bytes())
    argv = ("least", "--audit", str(folder), "--subject", "shop:cart", str(estate))
    assert f"{folder}/audit.log: 6 events, 1 line skipped" in run(capsys, *argv)
    assert "resourceNames: [db]" in run(capsys, *argv, "--yaml")
    assert "resourceNames" not in run(capsys, *argv, "--yaml", "--any-name")


def test_a_log_without_events_is_refused(
    estate: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "server.log"
    log.write_text("I0101 server.go:1] up\n")
    assert main(["rbac", "least", "--audit", str(log), str(estate), "--quiet"]) == 3
    said = capsys.readouterr().err
    assert "no audit event in it (line 1: not an audit event" in said
    assert "CloudWatch" in said


def test_who_may_by_name_is_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.yaml").write_text("""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: tls}
rules:
- {apiGroups: [""], resources: [secrets], resourceNames: [tls, ca], verbs: [get, create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: tls}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: tls}
subjects:
- {kind: Group, name: ops, apiGroup: rbac.authorization.k8s.io}
""")
    out = run(capsys, "who-can", "get", "secrets", str(tmp_path))
    assert "  Only to what their rules name:\n    Group ops: ca, tls\n" in out
    assert "Group ops" not in run(capsys, "who-can", "create", "secrets", str(tmp_path))
    assert "May get secrets tls:" in run(
        capsys, "who-can", "get", "secrets", "--name", "tls", str(tmp_path)
    )


def test_what_is_no_resource_of_the_api_is_asked_for_all_the_same() -> None:
    for verb, resource, name, said in (
        ("impersonate", "users", "", "impersonate users"),
        (
            "impersonate",
            "userextras/scopes",
            "",
            "impersonate userextras.authentication.k8s.io/scopes",
        ),
        ("impersonate", "uids.authentication.k8s.io", "", "impersonate uids.authentication.k8s.io"),
        ("impersonate:user-info", "users", "", "impersonate:user-info users.authentication.k8s.io"),
        (
            "impersonate:arbitrary-node",
            "no",
            "n",
            "impersonate:arbitrary-node nodes.authentication.k8s.io n",
        ),
        ("use", "scc", "anyuid", "use securitycontextconstraints.security.openshift.io anyuid"),
        ("approve", "signers", "a.example/b", "approve signers.certificates.k8s.io a.example/b"),
    ):
        found, local = request(verb, resource, name, "shop")
        assert (str(found), local) == (said, False)
    found, local = request("impersonate:serviceaccount", "sa", "cart", "shop")
    assert (found.group, found.namespace, local) == ("authentication.k8s.io", "shop", True)
    asked = request("approve", "signers", "a.example/b", "")[0]
    assert [one.name for one in alternatives(asked)] == ["a.example/b", "a.example/*"]
    pods = request("get", "pods", "a", "")[0]
    assert alternatives(pods) == (pods,)


def test_the_least_manifests_are_what_was_used_and_no_more(
    estate: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = used_log(tmp_path)
    text = run(
        capsys, "least", "--audit", str(log), "--subject", "shop:cart", "--yaml", str(estate)
    )
    objects = list(yaml.safe_load_all(text))

    assert [one["kind"] for one in objects] == ["Role", "RoleBinding"]
    who = "system:serviceaccount:shop:cart"
    asks = {
        "verb": "get",
        "group": "",
        "resource": "secrets",
        "subresource": "",
        "namespace": "shop",
    }
    assert allowed(objects, who, [], {**asks, "name": "db"})
    assert not allowed(objects, who, [], {**asks, "name": "other"})
    assert not allowed(objects, who, [], {**asks, "name": "db", "namespace": "ci"})
    assert not allowed(objects, who, [], {**asks, "verb": "delete", "name": "db"})
    assert allowed(objects, who, [], {**asks, "resource": "pods", "name": "any"})


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("who-can", "get"), "usage"),
        (("of",), "usage"),
        (("dangers", "a", "b"), "usage"),
        (("who-can", "get", "nothings", "ESTATE"), "no resource 'nothings'"),
        (("least", "ESTATE"), "--audit"),
        (("least", "--audit", "no.log", "ESTATE"), "No such file"),
        (("least", "--audit", "LOG", "--subject", "no:one", "ESTATE"), "says nothing of"),
        (("dangers", "EMPTY"), "no Kubernetes roles"),
    ],
)
def test_wrong_usage_is_said(
    argv: tuple[str, ...], said: str, estate: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    (tmp_path / "empty").mkdir()
    words = {
        "ESTATE": str(estate),
        "EMPTY": str(tmp_path / "empty"),
        "LOG": str(used_log(tmp_path)),
    }

    assert main(["rbac", *(words.get(word, word) for word in argv), "--quiet"]) == 2
    assert said in capsys.readouterr().err


def test_a_definition_among_the_objects_names_its_resource(
    estate: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.example.io"},
        "spec": {
            "group": "example.io", "scope": "Cluster",
            "names": {"plural": "things", "kind": "Thing"}, "versions": [],
        },
    }  # fmt: skip
    (estate / "definition.yaml").write_text(yaml.safe_dump(definition))
    more = [
        role("ClusterRole", "things", rule("get", "things", "example.io")),
        bind("ClusterRole/things", CART, name="things"),
    ]
    (estate / "more.yaml").write_text("---\n".join(yaml.safe_dump(one) for one in more))

    (told,) = run_json(capsys, "who-can", "get", "things", str(estate))
    assert told["request"] == "get things.example.io"
    assert [one["subject"] for one in told["holders"]] == ["ServiceAccount shop/cart"]


def test_several_clusters_in_one_tree_are_told_apart(
    estate: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("east", "west"):
        (estate / name).mkdir()
        (estate / name / "all.yaml").write_text((estate / "all.yaml").read_text())
    (estate / "all.yaml").unlink()
    out = run(capsys, "who-can", "delete", "pods", str(estate))

    assert "== east\n" in out
    assert "== west\n" in out
