"""The actions and reusable workflows of other repositories that a pipeline uses, as packages.

``owner/repo/path@ref``: the version is the ref; of a commit it is what the comment behind it
names (``# v4.1.1``), which is what its bots write there, and else the commit itself.
"""

from collections.abc import Mapping

from keten.formats.lazy_pattern import lazy
from keten.model.delivery import Package, Pipeline
from keten.model.evidence import Place
from keten.model.facts import Edge, Facts, Looked, Trust

MAX_NAME = 300
_USES = lazy(r"([A-Za-z0-9][A-Za-z0-9-]*+)/([A-Za-z0-9._-]++)((?:/[^@\s]*+)?)@([^\s@]++)")
_COMMIT = lazy(r"[0-9a-f]{40}|[0-9a-f]{64}")
_VERSION = lazy(r"(?:[^\s]*[=@])?(v?[0-9]+(?:\.[0-9]+){0,3}(?:[-+][0-9A-Za-z.-]+)?)")


def used(node: Pipeline, fields: Mapping[str, int], by: str) -> Facts:
    """Return the packages that *node* uses, each where its file names it first."""
    from keten.formats import purl

    found: dict[str, Package] = {}
    for uses, comment, at in _uses(node):
        parts = _USES.fullmatch(uses) if len(uses) <= MAX_NAME else None
        if parts is None or "${{" in uses:
            continue
        owner, repository, path, ref = parts.groups()
        pinned = _COMMIT.fullmatch(ref) is not None
        version = (_named(comment) if pinned else "") or ref
        url = purl.make("github", owner, repository, version, None, path.strip("/"))
        name = f"{owner}/{repository}"
        package = Package(
            f"{node.id}#{url}",
            ecosystem="github",
            name=name,
            version=version,
            purl=url,
            path=node.id,
            line=fields.get(at, 0),
            direct=True,
            source=f"git+https://github.com/{name}#{ref}" if pinned else "",
        )
        found.setdefault(package.ref, package)
    packages = found.values()
    return Facts(
        nodes=tuple(packages),
        edges=tuple(Edge(node.ref, "uses", p.ref, Trust.OBSERVED, node.id, by) for p in packages),
        looked=tuple(Looked(package.ref, "lockfile") for package in packages),
        places=tuple(Place(package.ref, node.id, package.line, 1) for package in packages),
    )


def _uses(node: Pipeline) -> list[tuple[str, str, str]]:
    """Return what is used, the comment behind it, and its field path."""
    found = []
    for job in node.jobs:
        if job.uses:
            comment = job.extra.get("comment", "")
            found.append((job.uses, comment if isinstance(comment, str) else "", f"{job.at}.uses"))
        found += [(step.uses, step.comment, f"{step.at}.uses") for step in job.steps if step.uses]
    return [(uses.strip().removeprefix("https://github.com/"), c, at) for uses, c, at in found]


def _named(comment: str) -> str:
    word = comment[:MAX_NAME].removeprefix("#").split()[:2]
    for one in word:
        match = _VERSION.fullmatch(one)
        if match:
            return match.group(1)
    return ""
