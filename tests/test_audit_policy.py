"""Audit policies: what is recorded, beside a literal reading of it and the server's own code."""

import json
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest
from api_server import PEERS, needs_server, serving
from growing import Work, steps
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shared_data import SHARED

from keten.cluster.auditing import Request, hidden, recorded
from keten.errors import InputError
from keten.formats.control_plane.server_files import policy_of, refused
from keten.model.control_plane import AuditPolicy

HERE = Path(__file__).parent
FUZZ = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
GO = shutil.which("go")
POLICIES, REQUESTS = 3_000, 40

USERS = ("jane", "system:kube-proxy", "system:node:a")
GROUPS = ("system:authenticated", "system:nodes", "dev")
VERBS = ("get", "list", "watch", "create", "update", "patch", "delete")
API = ("", "apps", "rbac.authorization.k8s.io")
RESOURCES = ("pods", "secrets", "deployments", "roles", "nodes")
SUBS = ("", "exec", "status", "log")
SPACES = ("", "shop", "kube-system")
NAMES = ("", "web", "controller-leader")
PATHS = ("/healthz", "/healthz/ping", "/metrics", "/api", "/apis/apps/v1", "/")
WRITTEN = (*RESOURCES, "*", "pods/*", "*/exec", "pods/exec", "*/status", "secrets/", "*/*")
STAGES = ("RequestReceived", "ResponseStarted", "ResponseComplete", "Panic")


def policy(pick: random.Random) -> dict[str, Any]:
    """Return a policy that the server takes, of the words above so that rules often match."""
    rules = []
    for _ in range(pick.randint(1, 6)):
        rule: dict[str, Any] = {
            "level": pick.choice(("None", "Metadata", "Request", "RequestResponse"))
        }
        some(pick, rule, "users", USERS)
        some(pick, rule, "userGroups", GROUPS)
        some(pick, rule, "verbs", VERBS)
        some(pick, rule, "omitStages", STAGES, rare=5)
        if pick.random() < 0.25:
            urls = ("*", "/healthz*", "/metrics", "/api*", "/apis/*", "/", "/healthz**"[:9])
            some(pick, rule, "nonResourceURLs", urls, rare=1)
        else:
            some(pick, rule, "namespaces", SPACES, rare=3)
            if pick.random() < 0.7:
                rule["resources"] = [group(pick) for _ in range(pick.randint(1, 3))]
        rules.append(rule)
    made: dict[str, Any] = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": rules}
    some(pick, made, "omitStages", STAGES, rare=4)
    return made


def group(pick: random.Random) -> dict[str, Any]:
    made: dict[str, Any] = {"group": pick.choice((*API, "*"))}
    some(pick, made, "resources", WRITTEN, rare=1)
    if "resources" in made:
        some(pick, made, "resourceNames", NAMES, rare=4)
    return made


def some(
    pick: random.Random, into: dict[str, Any], key: str, words: tuple[str, ...], rare: int = 2
) -> None:
    if pick.randrange(rare + 1) == 0 or rare == 1:
        into[key] = pick.sample(words, pick.randint(1, min(3, len(words))))


def request(pick: random.Random) -> Request:
    groups = tuple(pick.sample(GROUPS, pick.randint(0, 2)))
    if pick.random() < 0.2:
        return Request(
            verb=pick.choice(VERBS), path=pick.choice(PATHS), user=pick.choice(USERS), groups=groups
        )
    return Request(
        verb=pick.choice(VERBS),
        resource=pick.choice(RESOURCES),
        subresource=pick.choice(SUBS),
        group=pick.choice(API),
        namespace=pick.choice(SPACES),
        name=pick.choice(NAMES),
        user=pick.choice(USERS),
        groups=groups,
    )


def read(value: dict[str, Any]) -> AuditPolicy:
    return policy_of(json.dumps(value).encode(), "policy.json")


def test_a_hidden_rule_never_decides() -> None:
    pick = random.Random(7)
    seen = 0
    for _ in range(1500):
        found = read(policy(pick))
        never = hidden(found)
        seen += len(never)
        for _ in range(60):
            assert recorded(found, request(pick)).rule not in never

    assert seen > 100, "there were such rules"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({}, "has no level"),
        ({"level": "All"}, "no level 'All'"),
        ({"level": "None", "nonResourceURLs": ["a"]}, "a path that is none"),
        ({"level": "None", "nonResourceURLs": ["/a*b"]}, "a path that is none"),
        ({"level": "None", "nonResourceURLs": ["/a"], "namespaces": ["a"]}, "beside"),
        ({"level": "None", "resources": [{"group": "apps/v1"}]}, "a group that is none"),
        ({"level": "None", "resources": [{"resourceNames": ["a"]}]}, "without resources"),
        ({"level": "None", "omitStages": ["Begin"]}, "a stage that there is not"),
    ],
)
def test_what_the_server_would_refuse(rule: dict[str, Any], said: str) -> None:
    value = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [rule]}

    assert said in refused(value)
    with pytest.raises(InputError):
        read(value)


@FUZZ
@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    for text in (data, b"apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n" + data):
        try:
            policy_of(text, "a")
        except InputError:
            continue


def oracle() -> Path | None:
    """Return the program that judges with the server's own code; built once, None without Go."""
    made = PEERS / "audit-policy"
    if made.exists():
        return made
    if GO is None or SHARED is None:
        return None
    folder = PEERS / "audit-policy-source"
    (folder / "cmd").mkdir(parents=True, exist_ok=True)
    for name in ("go.mod", "go.sum"):
        shutil.copy(SHARED / "peers/kubernetes" / name, folder)
    shutil.copy(HERE / "oracles/audit_policy.go", folder / "cmd/main.go")
    command = [GO, "build", "-mod=mod", "-trimpath", "-o", str(made), "./cmd"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return made


@pytest.mark.slow
@pytest.mark.skipif(GO is None and not (PEERS / "audit-policy").exists(), reason="no Go here")
def test_levels_are_those_of_the_servers_own_code() -> None:
    program = oracle()
    if program is None:
        pytest.skip("no modules of Kubernetes here")
    pick = random.Random(11)
    cases = [(policy(pick), [request(pick) for _ in range(REQUESTS)]) for _ in range(POLICIES)]
    asked = b"\n".join(
        msgspec.json.encode({"Policy": json.dumps(made), "Requests": requests})
        for made, requests in cases
    )
    run = subprocess.run([program], input=asked, capture_output=True, check=True)
    answers = [json.loads(line) for line in run.stdout.splitlines()]

    assert len(answers) == POLICIES
    decided = 0
    for (made, requests), answer in zip(cases, answers, strict=True):
        assert not answer["error"], (answer["error"], made)
        found = read(made)
        for one, level, omit in zip(requests, answer["levels"], answer["omit"], strict=True):
            ours = recorded(found, one)
            decided += ours.rule >= 0
            assert ours.level == level, (made, one)
            if level != "None":
                assert not set(ours.stages) & set(omit), (made, one)
                assert set(ours.stages) | set(omit) >= {"RequestReceived", "ResponseComplete"}

    assert decided > POLICIES * REQUESTS // 20


POLICY = """
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: None
  nonResourceURLs: ["/healthz*", "/readyz*", "/livez*"]
- level: None
  users: ["system:apiserver"]
- level: Metadata
  resources:
  - {group: "", resources: [secrets, configmaps, serviceaccounts/token]}
- level: RequestResponse
  verbs: [create, delete]
  resources:
  - {group: rbac.authorization.k8s.io}
- level: Request
  namespaces: [default]
- level: None
  verbs: [list]
"""


@pytest.mark.slow
@needs_server
def test_a_real_log_has_what_the_policy_says(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(POLICY)
    log = tmp_path / "audit.log"
    with serving(
        f"--audit-policy-file={tmp_path}/policy.yaml",
        f"--audit-log-path={log}",
        "--audit-log-mode=blocking",
    ) as kubectl:
        for words in (
            ["create", "secret", "generic", "one", "--from-literal=a=b"],
            ["get", "secrets", "-A"],
            ["create", "clusterrole", "r", "--verb=get", "--resource=pods"],
            ["create", "configmap", "c", "--from-literal=a=b"],
            ["create", "token", "default"],
            ["get", "pods", "-n", "kube-system"],
            ["get", "pods", "-n", "default"],
            ["get", "--raw", "/version"],
            ["get", "--raw", "/healthz"],
            ["delete", "clusterrole", "r"],
        ):
            subprocess.run([*kubectl, *words], check=False, capture_output=True)
    found = policy_of(POLICY.encode(), "policy.yaml")
    events = [json.loads(line) for line in log.read_text().splitlines()]
    seen = set()
    for event in events:
        one = of(event)
        ours = recorded(found, one)
        assert ours.level == event["level"], event
        assert event["stage"] in (*ours.stages, "Panic"), event
        seen.add((event["level"], one.what))

    assert len(events) >= 8, "one of each command that is recorded"
    assert ("Metadata", "create secrets") in seen
    assert ("RequestResponse", "create clusterroles.rbac.authorization.k8s.io") in seen
    assert ("Metadata", "create serviceaccounts/token") in seen
    assert ("Request", "list pods") in seen, "in the namespace that is named"
    assert not [item for item in seen if "/healthz" in item[1]]


def of(event: dict[str, Any]) -> Request:
    """Return the request that an event is of."""
    user = event.get("impersonatedUser") or event["user"]
    who = {"user": user["username"], "groups": tuple(user.get("groups", ()))}
    ref = event.get("objectRef")
    if ref is None:
        return Request(verb=event["verb"], path=event["requestURI"].partition("?")[0], **who)
    name = "" if event["verb"] == "create" and not ref.get("subresource") else ref.get("name", "")
    return Request(
        verb=event["verb"],
        resource=ref.get("resource", ""),
        subresource=ref.get("subresource", ""),
        group=ref.get("apiGroup", ""),
        namespace=ref.get("namespace", ""),
        name=name,
        **who,
    )


def large(count: int) -> AuditPolicy:
    """Return a policy of so many rules that say the same of 3,000 resources."""
    group = {"group": "apps", "resources": [f"r{i}" for i in range(150)]}
    rules = [{"level": "Metadata", "resources": [group] * 20} for _ in range(count)]
    return read({"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": rules})


HOSTILE = {"rules": Work(large, hidden, 300, 10)}


def test_a_large_policy_is_judged_in_bounded_steps() -> None:
    """Rules are compared with rules: up to the ceiling of steps, and no further."""
    few, more = large(5), large(10)
    assert steps(lambda: hidden(more)) < 3 * steps(lambda: hidden(few))
    assert len(hidden(large(300))) > 100
