"""Random small clusters of roles and bindings, and random requests to them.

Few words, so that rules and requests meet often. What is made is valid for an API server.
"""

import random
from typing import Any

SPACES = ("shop", "ci", "kube-system")
VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "bind")
GROUPS = ("", "apps", "rbac.authorization.k8s.io")
RESOURCES = ("pods", "secrets", "deployments", "clusterroles", "nodes")
SUBS = ("", "", "status", "exec", "log", "proxy")
NAMES = ("", "", "db", "web", "admin")
PATHS = ("/healthz", "/healthz/ping", "/metrics", "/logs/a", "/", "/api*")
URLS = ("/healthz", "/healthz*", "/healthz/*", "/metrics", "*", "/logs/*")
USERS = ("ann", "bob", "system:serviceaccount:shop:cart", "system:serviceaccount:ci:runner")
TEAMS = (
    "dev",
    "ops",
    "system:serviceaccounts",
    "system:serviceaccounts:shop",
    "system:authenticated",
)
LABELS = ("x", "y", "z")
API = "rbac.authorization.k8s.io"


def objects(rng: random.Random, *, aggregation: bool = True) -> list[dict[str, Any]]:
    """Return roles and bindings as in the API."""
    made: list[dict[str, Any]] = []
    for i in range(rng.randint(1, 5)):
        meta: dict[str, Any] = {"name": f"c{i}"}
        if rng.random() < 0.5:
            meta["labels"] = {rng.choice(LABELS): "1" for _ in range(rng.randint(1, 2))}
        role = _head("ClusterRole", meta)
        role["rules"] = [_rule(rng, urls=True) for _ in range(rng.randint(0, 3))]
        if aggregation and rng.random() < 0.4:
            selectors = [
                {"matchLabels": {rng.choice(LABELS): "1"}} for _ in range(rng.randint(1, 2))
            ]
            role["aggregationRule"] = {"clusterRoleSelectors": selectors}
            role["rules"] = []
        made.append(role)
    for i in range(rng.randint(0, 3)):
        role = _head("Role", {"name": f"r{i}", "namespace": rng.choice(SPACES)})
        role["rules"] = [_rule(rng, urls=False) for _ in range(rng.randint(0, 3))]
        made.append(role)
    made += [_binding(rng, i) for i in range(rng.randint(1, 5))]
    rng.shuffle(made)
    return made


def _head(kind: str, meta: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": f"{API}/v1", "kind": kind, "metadata": meta}


def _some(rng: random.Random, words: tuple[str, ...], most: int = 2) -> list[str]:
    return rng.sample(words, rng.randint(1, most))


def _rule(rng: random.Random, *, urls: bool) -> dict[str, Any]:
    verbs = ["*"] if rng.random() < 0.1 else _some(rng, VERBS, 4)
    if urls and rng.random() < 0.2:
        return {"verbs": verbs, "nonResourceURLs": _some(rng, URLS)}
    groups = ["*"] if rng.random() < 0.1 else _some(rng, GROUPS)
    kinds = []
    for name in _some(rng, RESOURCES, 3):
        sub = rng.choice(SUBS)
        kinds.append(f"{rng.choice((name, name, name, '*'))}/{sub}" if sub else name)
    if rng.random() < 0.1:
        kinds = ["*"]
    rule: dict[str, Any] = {"verbs": verbs, "apiGroups": groups, "resources": kinds}
    if rng.random() < 0.25:
        rule["resourceNames"] = _some(rng, ("db", "web", "admin"))
    return rule


def _binding(rng: random.Random, i: int) -> dict[str, Any]:
    whole = rng.random() < 0.4
    meta = {"name": f"b{i}"} if whole else {"name": f"b{i}", "namespace": rng.choice(SPACES)}
    made = _head("ClusterRoleBinding" if whole else "RoleBinding", meta)
    kind = "ClusterRole" if whole or rng.random() < 0.5 else "Role"
    name = f"{'c' if kind == 'ClusterRole' else 'r'}{rng.randint(0, 5)}"
    made["roleRef"] = {"apiGroup": API, "kind": kind, "name": name}
    made["subjects"] = [_subject(rng, whole=whole) for _ in range(rng.randint(1, 3))]
    return made


def _subject(rng: random.Random, *, whole: bool) -> dict[str, Any]:
    draw = rng.random()
    if draw < 0.4:
        account = {"kind": "ServiceAccount", "name": rng.choice(("cart", "runner"))}
        if whole or rng.random() < 0.6:
            account["namespace"] = rng.choice(SPACES)
        return account
    if draw < 0.7:
        return {"kind": "User", "apiGroup": API, "name": rng.choice(USERS)}
    return {"kind": "Group", "apiGroup": API, "name": rng.choice(TEAMS)}


def identity(rng: random.Random, objects: list[dict[str, Any]]) -> tuple[str, list[str]]:
    """Return a user and its groups, often one that a binding names; the groups may be any."""
    groups = rng.sample(TEAMS, rng.randint(0, 3))
    subject = rng.choice([s for item in objects for s in item.get("subjects", ())])
    match subject:
        case {"kind": "Group", "name": name}:
            return rng.choice(USERS), sorted({*groups, name})
        case {"kind": "ServiceAccount", "name": name} if rng.random() < 0.7:
            space = subject.get("namespace") or rng.choice(SPACES)
            return f"system:serviceaccount:{space}:{name}", groups
        case _:
            return rng.choice(USERS), groups


def near(rng: random.Random, objects: list[dict[str, Any]]) -> dict[str, str]:
    """Return a request likely to meet a rule: a rule's own words, one of them changed at times."""
    rules = [rule for item in objects for rule in item.get("rules", ())]
    asked = request(rng)
    if not rules or rng.random() < 0.3:
        return asked
    rule = rng.choice(rules)
    verb = rng.choice(rule["verbs"]).replace("*", "get")
    if "nonResourceURLs" in rule:
        return {"verb": verb, "path": rng.choice(rule["nonResourceURLs"]).replace("*", "x")}
    if "path" in asked:
        return asked
    resource, _, sub = rng.choice(rule["resources"]).partition("/")
    made = {
        "verb": verb,
        "group": rng.choice(rule["apiGroups"]).replace("*", "apps"),
        "resource": resource.replace("*", "pods"),
        "subresource": sub,
        "namespace": asked["namespace"],
        "name": rng.choice(rule.get("resourceNames", NAMES)),
    }
    if rng.random() < 0.3:
        field = rng.choice(list(made))
        made[field] = asked[field]
    return made


def request(rng: random.Random) -> dict[str, str]:
    """Return what is asked for."""
    if rng.random() < 0.1:
        return {"verb": rng.choice(("get", "create")), "path": rng.choice(PATHS)}
    return {
        "verb": rng.choice(VERBS),
        "group": rng.choice(GROUPS),
        "resource": rng.choice(RESOURCES),
        "subresource": rng.choice(SUBS),
        "namespace": rng.choice((*SPACES, "")),
        "name": rng.choice(NAMES),
    }
