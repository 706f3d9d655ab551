"""renv.lock of R: packages with their source, and what each requires.

``Hash`` is of the package's description, not of its archive, and is no hash here.
"""

from typing import Any

from keten.errors import InputError
from keten.formats import json_index
from keten.formats.json_index import table, text
from keten.formats.lazy_pattern import lazy
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft, Entry

_NEEDS = ("Requirements", "Depends", "Imports", "LinkingTo")
_NAME = lazy(r"\s*([A-Za-z][A-Za-z0-9.]*+)")
_HOSTS = {"github": "github.com", "gitlab": "gitlab.com", "bitbucket": "bitbucket.org"}


def _source(item: dict[str, Any]) -> str:
    """Return where a package comes from, "" for the repositories that are set."""
    kind = text(item.get("RemoteType")) or text(item.get("Source")).lower()
    commit = text(item.get("RemoteSha"))
    if kind in _HOSTS:
        owner, name = text(item.get("RemoteUsername")), text(item.get("RemoteRepo"))
        host = text(item.get("RemoteHost")) or _HOSTS[kind]
        host = {"api.github.com": "github.com"}.get(host, host)
        return f"git+https://{host}/{owner}/{name}#{commit}"
    if kind in ("git", "git2r", "xgit"):
        return f"git+{text(item.get('RemoteUrl'))}#{commit}"
    if kind == "url":
        return text(item.get("RemoteUrl"))
    if kind == "local":
        return f"path:{text(item.get('RemoteUrl'))}"
    return ""


def _needs(item: dict[str, Any]) -> list[str]:
    found = []
    for key in _NEEDS:
        listed = item.get(key)
        parts = listed.split(",") if isinstance(listed, str) else listed
        for one in parts if isinstance(parts, list) else ():
            name = _NAME.match(text(one))
            if name:
                found.append(name.group(1))
    return found


def read(source: Source) -> Facts:
    """Return the packages of one renv.lock."""
    document = json_index.parse(source.data, depth=2)
    root = document.value
    if not isinstance(root, dict) or not isinstance(root.get("Packages"), dict):
        raise InputError("no lockfile of renv: it has no Packages", line=1)
    draft = Draft(source, ecosystem="cran", format="renv.lock", lock=True)
    told = table(root.get("R"))
    draft.settings["r"] = text(told.get("Version"))
    repositories = told.get("Repositories")
    for one in repositories if isinstance(repositories, list) else ():  # each package names its own
        url = text(table(one).get("URL"))
        if url:
            line = document.line("R", "Repositories")
            draft.note("indexes", {"url": url, "extra": False}, line)
    entries: dict[str, Entry] = {}
    for key, item in root["Packages"].items():
        line, column = document.at("Packages", key)
        if not isinstance(item, dict) or not text(item.get("Version")):
            draft.problem(f"package {key[:60]!r} without a version", line, column)
            continue
        bioconductor = text(item.get("Source")).startswith("Bioconductor") or "git_branch" in item
        entry = draft.add(
            text(item.get("Package")) or key,
            text(item["Version"]),
            line=line,
            column=column,
            source=_source(item),
            ecosystem="bioconductor" if bioconductor else "cran",
        )
        if entry is not None:
            entries[key] = entry
    for key, entry in entries.items():
        for name in _needs(root["Packages"][key]):
            if name in entries:
                draft.require(entry, entries[name])
    return draft.facts()


READER = Reader(
    title="renv lockfile",
    media_type="application/json",
    read=read,
    link=Link.DEPENDENCIES,
    names=("renv.lock",),
)
