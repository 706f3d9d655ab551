"""10,000 bindings, 3,000 roles, 5,000 accounts: what a question costs.

    PYTHONPATH=src python bench/rbac.py [--bindings 10000] [--keep FOLDER]

Prints user CPU seconds in this process: building the engine, who-can, of, all dangers, what is
unused, single decisions, and an audit log of 200,000 events read, compared and made into the
least roles. Then ``keten rbac`` and ``keten scan`` on the same objects as YAML: CPU, wall, memory.
"""

import argparse
import gc
import io
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SPACES, ACCOUNTS = 500, 10
VERBS = ("get", "list", "watch", "create", "update", "patch", "delete")
RESOURCES = (
    ("", "configmaps"), ("", "secrets"), ("", "pods"), ("", "services"), ("", "pods/log"),
    ("apps", "deployments"), ("apps", "statefulsets"), ("batch", "jobs"), ("", "events"),
    ("networking.k8s.io", "ingresses"), ("example.io", "widgets"), ("", "pods/exec"),
)  # fmt: skip
API = "rbac.authorization.k8s.io"
EVENTS = 200_000


def objects(bindings: int) -> list[dict[str, Any]]:
    """Return roles, bindings and accounts as in the API."""
    rng = random.Random(7)  # noqa: S311 the same objects each time
    local, whole = bindings // 5, bindings // 10
    made = [_object("ClusterRole", f"cluster-{i}", "", rules=_rules(rng)) for i in range(whole)]
    made += [
        _object("Role", f"role-{i}", f"shop-{i % SPACES}", rules=_rules(rng)) for i in range(local)
    ]
    for i in range(SPACES):
        made += [
            {"apiVersion": "v1", "kind": "ServiceAccount",
             "metadata": {"name": f"app-{n}", "namespace": f"shop-{i}"}}
            for n in range(ACCOUNTS)
        ]  # fmt: skip
    for i in range(bindings):
        home = rng.randrange(SPACES)
        space, kind, name = f"shop-{home}", "ClusterRole", f"cluster-{rng.randrange(whole)}"
        if i % 10 == 0:
            space = ""
        elif i % 2:
            n = rng.randrange(local)
            home, space, kind, name = n % SPACES, f"shop-{n % SPACES}", "Role", f"role-{n}"
        elif i % 4 == 0:
            name = rng.choice(("edit", "view"))
        who = _subjects(rng, home)
        ref = {"apiGroup": API, "kind": kind, "name": name}
        bound = "RoleBinding" if space else "ClusterRoleBinding"
        made.append(_object(bound, f"b-{i}", space, roleRef=ref, subjects=who))
    return made


def _object(kind: str, name: str, space: str, **more: Any) -> dict[str, Any]:
    meta = {"name": name, **({"namespace": space} if space else {})}
    return {"apiVersion": f"{API}/v1", "kind": kind, "metadata": meta, **more}


def _rules(rng: random.Random) -> list[dict[str, Any]]:
    made = []
    for group, what in rng.sample(RESOURCES, rng.randint(2, 6)):
        verbs = rng.sample(VERBS, rng.randint(1, 5))
        made.append({"apiGroups": [group], "resources": [what], "verbs": verbs})
    return made


def _subjects(rng: random.Random, home: int) -> list[dict[str, str]]:
    name, space = f"app-{rng.randrange(ACCOUNTS)}", f"shop-{home}"
    team = {"kind": "Group", "apiGroup": API, "name": f"team-{rng.randrange(200)}"}
    return [{"kind": "ServiceAccount", "name": name, "namespace": space}, team]


def _log(rng: random.Random) -> bytes:
    lines = []
    for _ in range(EVENTS):
        space, group = f"shop-{rng.randrange(50)}", rng.choice(RESOURCES)
        user = f"system:serviceaccount:{space}:app-{rng.randrange(ACCOUNTS)}"
        what, _, sub = group[1].partition("/")
        ref = {"resource": what, "apiGroup": group[0], "namespace": space, "subresource": sub}
        one = {
            "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata",
            "stage": "ResponseComplete", "verb": rng.choice(VERBS), "objectRef": ref,
            "requestURI": f"/api/v1/namespaces/{space}/{what}",
            "user": {"username": user, "groups": ["system:authenticated"]},
            "annotations": {"authorization.k8s.io/decision": "allow"},
        }  # fmt: skip
        lines.append(json.dumps(one, separators=(",", ":")).encode())
    return b"\n".join(lines)


def told(what: str, run: Callable[[], Any]) -> Any:
    """Print what *run* costs, and return what it returns."""
    began = time.process_time()
    result = run()
    print(f"{what:<58}{time.process_time() - began:8.3f} s")
    return result


def engine(items: list[dict[str, Any]]) -> None:
    """Print what the engine costs."""
    from keten.cluster.rbac.least import differing, usages
    from keten.cluster.rbac.requests import Request, account
    from keten.cluster.rbac.rights import Rights
    from keten.cluster.rbac.risks import Risks
    from keten.cluster.rbac.seen import Seen, gather
    from keten.cluster.rbac.unused import unused
    from keten.formats.audit_log import Log
    from keten.formats.kubernetes.objects import node

    gc.disable()
    nodes = [node(item, f"a.yaml:{i}", "a.yaml", clean=True) for i, item in enumerate(items)]
    rights = told(f"engine of {len(nodes):,} objects", lambda: Rights(nodes))
    asked = Request("get", resource="secrets")
    found = told(
        "who can get secrets, anywhere", lambda: list(rights.who_can(asked, anywhere=True))
    )
    print(f"  {len(found):,} subjects of bindings")
    one = Request("delete", resource="pods", namespace="shop-7")
    told("who can delete pods in one namespace", lambda: list(rights.who_can(one)))
    told("all rights of one account", lambda: list(rights.everything(account("shop-7", "app-1"))))
    people = [account(f"shop-{i}", "app-1") for i in range(100)]
    requests = [Request(verb, g, r.partition("/")[0], r.partition("/")[2], "shop-7")
                for verb in VERBS for g, r in RESOURCES]  # fmt: skip
    many = [(who, what) for who in people for what in requests]
    told(f"{len(many):,} decisions", lambda: [rights.allowed(*pair) for pair in many])
    risks = told("every danger of everybody", lambda: list(Risks(rights).everyone()))
    print(f"  {sum(len(r) for _, r in risks):,} dangers of {len(risks):,} subjects")
    told("what is unused", lambda: unused(nodes, rights, whole=True))
    data = _log(random.Random(3))  # noqa: S311 the same log each time
    seen: dict[Any, Seen] = {}
    told(f"audit log of {EVENTS:,} events, {len(data) >> 20} MB, read",
         lambda: gather(Log(io.BytesIO(data)), seen))  # fmt: skip
    told(f"its {len(seen):,} different requests compared", lambda: differing(rights, seen))
    every = told("least roles of all its users, proved", lambda: list(usages(rights, seen)))
    assert all(usage.replayed == len(usage.used) for usage in every)


def programs(folder: Path) -> None:
    """Print what the commands cost on *folder*."""
    for argv in (
        ["rbac", "who-can", "get", "secrets"],
        ["rbac", "dangers"],
        ["scan", "--check", "access/*", "--fail-on", "never", "--no-cache"],
    ):
        command = [sys.executable, "-m", "keten", *argv, str(folder), "--quiet"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
        wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime - before.ru_utime
        print(
            f"{'keten ' + ' '.join(argv):<58}{used:8.2f} s CPU, {wall:.2f} s wall, "
            f"at most {after.ru_maxrss >> 10} MB"
        )


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--bindings", type=int, default=10_000)
    parser.add_argument("--keep", type=Path)
    arguments = parser.parse_args()
    items = objects(arguments.bindings)
    engine(items)
    folder = arguments.keep or Path(tempfile.mkdtemp(prefix="keten-rbac-"))
    folder.mkdir(exist_ok=True, parents=True)
    for part in range(100):
        text = "\n---\n".join(json.dumps(item, indent=1) for item in items[part::100])
        (folder / f"{part}.yaml").write_text(text)
    programs(folder)
    if not arguments.keep:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
