"""What a role allows weighs less where certainly nothing binds it, and nowhere else."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from keten import config
from keten.formats.kubernetes import snapshot
from keten.formats.kubernetes.listed import ROWS
from keten.model.finding import Finding, Severity, Verdict
from keten.pipeline import flow, trees

Value = dict[str, Any]
NOW = date(2026, 11, 23)
POLICY = config.Policy(config.Config(), "default", "", Path())
GROUP = "rbac.authorization.k8s.io"
PLURALS = {
    "ClusterRole": "clusterroles", "ClusterRoleBinding": "clusterrolebindings",
    "Role": "roles", "RoleBinding": "rolebindings",
}  # fmt: skip
CHECK = "access/secrets-readable"


def thing(kind: str, name: str, space: str = "", **more: Any) -> Value:
    meta: Value = {"name": name, "uid": f"{kind}-{space}-{name}", **more.pop("meta", {})}
    if space:
        meta["namespace"] = space
    return {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": meta, **more}


def role(kind: str, name: str, space: str = "", **more: Any) -> Value:
    rules = [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]}]
    return thing(kind, name, space, rules=rules, **more)


def binding(kind: str, name: str, space: str, to: Value) -> Value:
    ref = {"apiGroup": GROUP, "kind": to["kind"], "name": to["metadata"]["name"]}
    subjects = [{"kind": "User", "apiGroup": GROUP, "name": "ann"}]
    return thing(kind, name, space, roleRef=ref, subjects=subjects)


DEFAULTS = {"labels": {"kubernetes.io/bootstrapping": "rbac-defaults"}}
BUILT_IN = thing("ClusterRole", "system:basic-user", rules=[], meta=DEFAULTS)
KEEPER = thing("Role", "system:keeper", "kube-system", rules=[], meta=DEFAULTS)
OWN = [
    BUILT_IN, KEEPER,
    binding("ClusterRoleBinding", "system:basic-user", "", BUILT_IN),
    binding("RoleBinding", "system:keeper", "kube-system", KEEPER),
]  # fmt: skip
IDLE = [role("ClusterRole", "idle"), role("Role", "idle", "shop")]


def lists(items: list[Value]) -> dict[str, list[Value]]:
    found: dict[str, list[Value]] = {kind: [] for kind in PLURALS}
    for item in items:
        found[item["kind"]].append(item)
    return found


def write(folder: Path, items: list[Value], **manifest: Any) -> None:
    """Write a snapshot; what is denied in *manifest* is not in it."""
    lost = {missed.plural for missed in manifest.get("denied", ())}
    listed = []
    for kind, those in lists(items).items():
        plural = PLURALS[kind]
        if plural in lost:
            continue
        path = f"{GROUP}/v1/{plural}.0001.json"
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        whole = {"apiVersion": f"{GROUP}/v1", "kind": f"{kind}List", "items": those}
        (folder / path).write_text(json.dumps(whole))
        listed.append(
            snapshot.Listed(
                GROUP, "v1", plural, kind, len(those), (),
                manifest.get("within", {}).get(plural, ()),
            )
        )  # fmt: skip
    told = {key: value for key, value in manifest.items() if key != "within"}
    made = snapshot.Manifest(
        snapshot.SCHEMA, "2026-11-23T00:00:00Z", "1", "test",
        {"gitVersion": "v1.36.3"}, listed=tuple(listed), **told,
    )  # fmt: skip
    (folder / snapshot.NAME).write_bytes(msgspec.json.encode(made))


def found(folder: Path) -> dict[str, Finding]:
    """Return the findings of CHECK by what they are about."""
    scanned = trees.collect(folder, POLICY, now=NOW, progress=lambda *_: None, every=True)
    result = flow.judge(scanned, POLICY, database=None, now=NOW, progress=lambda *_: None)
    mine = [item for item in result.findings if item.check == CHECK]
    assert all(item.verdict is Verdict.FAIL for item in mine)
    return {item.subject.rpartition(":")[2]: item for item in mine}


def weights(folder: Path) -> dict[str, Severity]:
    return {subject: item.severity for subject, item in found(folder).items()}


FULL = {"ClusterRole/-/idle": Severity.MEDIUM, "Role/shop/idle": Severity.LOW}
EASED = {"ClusterRole/-/idle": Severity.LOW, "Role/shop/idle": Severity.INFO}


def test_a_role_that_nothing_binds_weighs_less_and_says_so(tmp_path: Path) -> None:
    """The fingerprint is the same, so that a baseline and a waiver still know it."""
    write(tmp_path / "idle", [*OWN, *IDLE])
    bound = [
        binding("ClusterRoleBinding", "b", "", IDLE[0]),
        binding("RoleBinding", "b", "shop", IDLE[1]),
    ]
    write(tmp_path / "bound", [*OWN, *IDLE, *bound])

    idle, held = found(tmp_path / "idle"), found(tmp_path / "bound")

    assert {key: item.severity for key, item in idle.items()} == EASED
    assert {key: item.severity for key, item in held.items()} == FULL
    assert all(item.message.endswith(" (nothing binds it)") for item in idle.values())
    assert not any("nothing binds" in item.message for item in held.values())
    assert {key: item.fingerprint for key, item in idle.items()} == {
        key: item.fingerprint for key, item in held.items()
    }


@pytest.mark.parametrize("plural", sorted(PLURALS.values()))
def test_what_was_not_listed_may_bind_it(tmp_path: Path, plural: str) -> None:
    """A right less never makes a finding lighter."""
    right = f"list {plural}.{GROUP} at cluster scope"
    write(tmp_path, [*OWN, *IDLE], denied=(snapshot.Missed(GROUP, plural, right, "no"),))

    for subject, severity in weights(tmp_path).items():
        assert severity is FULL[subject]


def test_a_cluster_of_which_some_namespaces_were_listed(tmp_path: Path) -> None:
    """A binding of another namespace may hold the cluster role."""
    write(tmp_path / "a", [*OWN, *IDLE], within={"rolebindings": ("shop",)})
    write(tmp_path / "b", [*OWN, *IDLE], namespaces=("kube-system", "shop"))

    assert weights(tmp_path / "a") == FULL
    assert weights(tmp_path / "b") == FULL


def test_a_role_that_another_gathers_is_held(tmp_path: Path) -> None:
    """An aggregating role takes it up, now or later."""
    labels = {"labels": {"shop.example/gather": "true"}}
    part = role("ClusterRole", "part", meta=labels)
    rule = {"clusterRoleSelectors": [{"matchLabels": labels["labels"]}]}
    whole = thing("ClusterRole", "whole", rules=[], aggregationRule=rule)
    write(tmp_path, [*OWN, part, whole])

    assert weights(tmp_path) == {"ClusterRole/-/part": Severity.MEDIUM}


def test_in_a_folder_of_manifests_it_stays(tmp_path: Path) -> None:
    """Bindings may stand in another repository, also where objects were exported."""
    (tmp_path / "roles.json").write_text(
        json.dumps({"apiVersion": "v1", "kind": "List", "items": IDLE})
    )
    bare = [{**item, "metadata": {**item["metadata"], "uid": ""}} for item in IDLE]
    (tmp_path / "own").mkdir()
    for number, item in enumerate(bare):
        (tmp_path / f"own/{number}.json").write_text(json.dumps(item))

    assert set(weights(tmp_path / "own").items()) == set(FULL.items())
    assert set(weights(tmp_path).items()) == set(FULL.items())


def test_a_dump_tells_by_its_own_bindings_that_it_is_whole(tmp_path: Path) -> None:
    """Every cluster has role bindings in kube-system: a dump without is of some namespaces."""
    for name, items in (("whole", [*OWN, *IDLE]), ("part", [*OWN[:3], *IDLE])):
        (tmp_path / name).mkdir()
        elsewhere = thing("RoleBinding", "x", "shop", roleRef={}, subjects=[])
        every: dict[str, list[Value]] = {row.kind: [] for row in ROWS if row.families}
        for kind, those in {**every, **lists([*items, elsewhere])}.items():
            whole = {"apiVersion": "v1", "kind": f"{kind}List", "metadata": {}, "items": those}
            (tmp_path / name / f"{kind}.json").write_text(json.dumps(whole))

    assert weights(tmp_path / "whole") == EASED
    assert weights(tmp_path / "part") == FULL
