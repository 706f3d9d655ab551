"""Dependency is a repository at a branch or tag.

A branch moves with every push and a tag can be moved by whoever can push: the next build takes
other code, and no version number changes. In March 2025 the tags of the GitHub action
tj-actions/changed-files were moved to a commit that printed secrets; a package that is taken
from a repository is no safer.

A manifest whose lockfile names the commit is not reported.
"""

from collections.abc import Iterator

from keten.checks import _locks
from keten.model import Change, Check, Example, Severity, Threat, View, Violation
from keten.model.delivery import Manifest

_SYSTEMS = ("git+", "hg+", "svn+", "bzr+")
_COMMIT = frozenset("0123456789abcdef")
_SHORTEST = 12
_DIGITS = 40
_BUILT = frozenset({"go-binary", "cargo-auditable", "deps.json"})
"""What a program says of itself: it was built from a commit, and is not built again from it."""


def run(manifest: Manifest, view: View) -> Iterator[Violation]:
    """Report each repository whose reference can move."""
    found = [
        (p.name, p.source, _locks.at(p))
        for p in _locks.packages(manifest, view)
        if p.source.startswith(_SYSTEMS)
    ]
    for i, item in enumerate(_locks.items(manifest, "unnamed")):
        if str(item).startswith(_SYSTEMS):
            found.append(
                (str(item).partition("#")[0].rpartition("/")[2], str(item), f"unnamed[{i}]")
            )
    found = [one for one in found if not _fixed(one[1].partition("#")[2], lock=manifest.lock)]
    if not found or (manifest.format in _locks.LOCKS and _locks.locked(manifest, view)):
        return
    for name, source, at in found:
        ref = source.partition("#")[2].rpartition("=")[2]
        where = f"at {_locks.cut(ref)}" if ref else "at its default branch"
        yield Violation(
            f"{_locks.cut(name)} is taken from a repository {where}, which can move",
            at,
            key=name,
            severity=Severity.LOW if ref.lstrip("v")[:1].isdigit() else None,
            change=Change(at, _locks.cut(ref), "the commit's hash", "Pin repositories to commits"),
        )


def _fixed(ref: str, *, lock: bool) -> bool:
    """Return whether a reference names a commit; a lockfile may shorten it."""
    ref = ref.rpartition("commit=")[2].partition("&")[0].lower()
    least = _SHORTEST if lock else _DIGITS
    return len(ref) >= least and _COMMIT.issuperset(ref)


def applies(manifest: Manifest) -> bool:
    """Leave out tests and examples, and what was built already."""
    return manifest.format not in _BUILT and not _locks.is_sample(manifest.id)


CHECK = Check(
    title="Dependency is a repository at a branch or tag",
    subject=Manifest,
    severity=Severity.MEDIUM,
    needs=("packages", "tree"),
    fix="Name the full commit hash instead of the branch or tag, or take a release with a hash.",
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR),
    controls=("slsa/dependencies", "owasp-cicd/3", "nis2/d", "pci-dss/6.3.2"),
    bad=Example("requirements.txt", "shop-models @ git+https://github.com/webshop/models@main\n"),
    good=Example(
        "requirements.txt",
        "shop-models @ git+https://github.com/webshop/models@4f2d1c3b5a69788796a5b4c3d2e1f00112233445\n",
    ),
    run=run,
    applies=applies,
    refs=("https://pip.pypa.io/en/stable/topics/vcs-support/",),
)
