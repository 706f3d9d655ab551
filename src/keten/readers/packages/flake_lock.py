"""flake.lock of Nix: inputs at a commit, with the hash of their tree.

An input of GitHub, GitLab or another repository is a package of that host without a version:
Nix knows commits only.
"""

from typing import Any

from keten.errors import InputError
from keten.formats import json_index
from keten.formats.json_index import table, text
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft, Entry

_HOSTS = {"github": "github.com", "gitlab": "gitlab.com", "sourcehut": "git.sr.ht"}


def _source(locked: dict[str, Any]) -> str:
    """Return where an input comes from, with its commit."""
    kind, commit = text(locked.get("type")), text(locked.get("rev"))
    if kind in _HOSTS:
        host = text(locked.get("host")) or _HOSTS[kind]
        return f"git+https://{host}/{text(locked.get('owner'))}/{text(locked.get('repo'))}#{commit}"
    url = text(locked.get("url"))
    if kind in ("git", "hg"):
        return f"{kind}+{url.removeprefix('git+')}#{commit}"
    if kind == "path":
        return f"path:{text(locked.get('path'))}"
    return url


def _names(root: dict[str, Any], node: dict[str, Any]) -> list[str]:
    """Return the nodes that a node's inputs mean; a list is a path from the root."""
    nodes, found = table(root.get("nodes")), []
    for told in table(node.get("inputs")).values():
        if isinstance(told, str):
            found.append(told)
        elif isinstance(told, list):
            here = text(root.get("root"))
            for step in told[:20]:
                here = text(table(table(nodes.get(here)).get("inputs")).get(text(step)))
            found.append(here)
    return found


def read(source: Source) -> Facts:
    """Return the inputs of one flake.lock."""
    document = json_index.parse(source.data, depth=2)
    root = table(document.value)
    nodes = root.get("nodes")
    if not isinstance(nodes, dict) or not isinstance(root.get("root"), str):
        raise InputError("no lockfile of Nix: it has no nodes", line=1)
    draft = Draft(source, ecosystem="nix", format="flake.lock", lock=True)
    draft.settings["version"] = root.get("version")
    entries: dict[str, Entry] = {}
    for key, item in nodes.items():
        locked = table(table(item).get("locked"))
        line, column = document.at("nodes", key)
        if key == root["root"] and not locked:
            continue
        if not locked:
            draft.problem(f"input {key[:60]!r} is not locked", line, column)
            continue
        origin = _source(locked)
        if origin.startswith("path:"):
            draft.note("members", {"name": key, "path": origin[5:]}, line)
            continue
        owner, name = text(locked.get("owner")), text(locked.get("repo"))
        digest = text(locked.get("narHash"))
        entry = draft.add(
            f"{owner}/{name}" if owner and name else key,
            line=line,
            column=column,
            source=origin,
            qualifiers={"vcs_url": origin.replace("#", "@") if origin.startswith("git+") else ""},
        )
        if entry is not None:
            entries[key] = entry
            if digest:
                draft.note("trees", digest, line)
    for key, entry in entries.items():
        for name in _names(root, table(nodes[key])):
            if name in entries:
                draft.require(entry, entries[name])
    asked = _names(root, table(nodes.get(root["root"])))
    draft.rank([entries[name] for name in asked if name in entries])
    return draft.facts()


READER = Reader(
    title="Nix flake lockfile",
    media_type="application/json",
    read=read,
    link=Link.DEPENDENCIES,
    ceiling=8 << 20,
    names=("flake.lock",),
)
