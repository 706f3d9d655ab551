"""Write src/keten/cluster/rbac/kubernetes.json: the roles and bindings of Kubernetes itself.

    go mod download -json k8s.io/kubernetes@v1.36.3      # names the module's folder, Dir
    python tools/kubernetes_rbac.py DIR [DIR OF AN OLDER VERSION ...]

Read are the module's ``bootstrappolicy/testdata`` (what the API server makes at its start) and
``api/openapi-spec/swagger.json`` (which resources there are). Both are Apache-2.0; what is taken
from them are facts. A rule is a list: verbs, API groups, resources, names, URLs, without empty
ones at its end. ``roles`` are those of the newest version, ``older`` what the same roles, or
roles that are gone, were allowed in the older versions and behind feature gates.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

TARGET = Path(__file__).parents[1] / "src/keten/cluster/rbac/kubernetes.json"
DATA = "plugin/pkg/auth/authorizer/rbac/bootstrappolicy/testdata"
_FIELDS = ("verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs")
_AGGREGATE = "rbac.authorization.k8s.io/aggregate-to-"
_PATH = re.compile(
    r"/(?:api|apis/(?P<group>[^/]+))/v[^/]+/(?P<ns>namespaces/\{namespace\}/)?"
    r"(?P<resource>[a-z]+)(?:/\{[a-z]+\}(?:/(?P<sub>[a-z]+))?)?(?:/\{path\})?"
)

Piece = tuple[str, str, str, str, str]


def main(folders: list[str]) -> None:
    """Write the data of the first folder's version, with what the others add."""
    newest, *others = (Path(folder) for folder in folders)
    version = newest.name.partition("@v")[2]
    roles, bindings, aggregates, labels = {}, {}, {}, {}
    for item in _objects(newest):
        key = _key(item)
        if item["kind"].endswith("Binding"):
            bindings[key] = [_role(item), [_subject(s) for s in item.get("subjects") or ()]]
            continue
        roles[key] = [_rule(rule) for rule in item.get("rules") or ()]
        if item.get("aggregationRule"):
            aggregates[key] = [
                next(iter(s["matchLabels"])).removeprefix(_AGGREGATE)
                for s in item["aggregationRule"]["clusterRoleSelectors"]
            ]
        to = [
            name.removeprefix(_AGGREGATE)
            for name in item["metadata"].get("labels") or ()
            if name.startswith(_AGGREGATE)
        ]
        if to:
            labels[key] = to
    older: dict[str, set[Piece]] = {}
    for folder in (newest, *others):
        for item in _objects(folder, gates=True):
            if not item["kind"].endswith("Binding"):
                found = {p for rule in item.get("rules") or () for p in _pieces(_rule(rule))}
                older.setdefault(_key(item), set()).update(found)
    for key, rules in roles.items():
        have = {piece for rule in rules for piece in _pieces(rule)}
        older[key] = {p for p in older.get(key, set()) if not _covered(p, have)}
    parts = {
        "resources": _resources(newest),
        "roles": roles,
        "aggregates": aggregates,
        "labels": labels,
        "bindings": bindings,
        "older": {key: _joined(found) for key, found in older.items() if found},
    }
    versions = [folder.name.partition("@v")[2] for folder in (newest, *others)]
    heads = [
        f'"version": {json.dumps(version)}',
        f'"versions": {json.dumps(versions)}',
        '"source": "k8s.io/kubernetes bootstrappolicy/testdata and swagger.json, Apache-2.0"',
    ]
    for name, part in parts.items():
        lines = [f"  {json.dumps(k)}: {_compact(part[k])}" for k in sorted(part)]
        heads.append(f'"{name}": {{\n' + ",\n".join(lines) + "\n}")
    TARGET.write_text("{" + ",\n".join(heads) + "}\n")


def _objects(folder: Path, *, gates: bool = False) -> Iterator[dict[str, Any]]:
    for file in sorted((folder / DATA).glob("*.yaml")):
        if gates or "featuregates" not in file.name:
            for item in yaml.load(file.read_text(), Loader=yaml.CSafeLoader)["items"]:
                if item["kind"] in ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"):
                    yield item


def _key(item: dict[str, Any]) -> str:
    space = item["metadata"].get("namespace")
    return f"{space}/{item['metadata']['name']}" if space else str(item["metadata"]["name"])


def _role(binding: dict[str, Any]) -> str:
    ref = binding["roleRef"]
    space = f"{binding['metadata']['namespace']}/" if ref["kind"] == "Role" else ""
    return f"{space}{ref['name']}"


def _subject(subject: dict[str, Any]) -> list[str]:
    return [subject["kind"], subject["name"], *filter(None, [subject.get("namespace")])]


def _rule(rule: dict[str, Any]) -> list[list[str]]:
    made = [sorted(rule.get(field) or ()) for field in _FIELDS]
    while made and not made[-1]:
        made.pop()
    return made


def _pieces(rule: list[list[str]]) -> Iterator[Piece]:
    verbs, groups, resources, names, urls = (rule + [[]] * 5)[:5]
    for verb in verbs:
        for group in groups:
            for resource in resources:
                for name in names or [""]:
                    yield verb, group, resource, name, ""
        for url in urls:
            yield verb, "", "", "", url


def _covered(piece: Piece, have: set[Piece]) -> bool:
    verb, group, resource, name, url = piece
    if url:
        return any((v, "", "", "", u) in have for v in (verb, "*") for u in (url, "*"))
    return any(
        (v, g, r, n, "") in have
        for v in (verb, "*")
        for g in (group, "*")
        for r in (resource, "*")
        for n in (name, "")
    )


def _joined(pieces: set[Piece]) -> list[list[list[str]]]:
    verbs: dict[tuple[str, ...], set[str]] = {}
    for verb, *rest in pieces:
        verbs.setdefault(tuple(rest), set()).add(verb)
    same: dict[tuple[tuple[str, ...], str, str, str], set[str]] = {}
    for (group, resource, name, url), held in verbs.items():
        same.setdefault((tuple(sorted(held)), group, name, url), set()).add(resource)
    made = []
    for (held_, group, name, url), resources in sorted(same.items()):
        rule: list[list[str]] = [list(held_), [], [], [], [url]]
        if not url:
            rule = [list(held_), [group], sorted(resources), [name] if name else [], []]
        while not rule[-1]:
            rule.pop()
        made.append(rule)
    return made


def _resources(folder: Path) -> dict[str, Any]:
    """Return ``resource.group`` to whether it is namespaced, its verbs, and its subresources."""
    document = json.loads((folder / "api/openapi-spec/swagger.json").read_bytes())
    made: dict[str, Any] = {}
    for path, body in document["paths"].items():
        found = _PATH.fullmatch(path)
        if found is None or found["resource"] in ("watch", "proxy"):
            continue
        group = found["group"] or ""
        name = f"{found['resource']}.{group}".rstrip(".")
        entry = made.setdefault(name, [0, []])
        if found["ns"]:
            entry[0] = 1
        if found["sub"] and found["sub"] not in entry[1] and body:
            entry[1].append(found["sub"])
    for entry in made.values():
        entry[1].sort()
    for name in ("localsubjectaccessreviews.authorization.k8s.io", "bindings"):
        made[name][0] = 1
    return made


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


if __name__ == "__main__":
    main(sys.argv[1:])
