"""Newest annotated tags are not signed.

A tag is what releases are built from. Whoever may push can move an unsigned tag to another
commit, and nobody downstream can tell: in March 2025 the tags of the action
tj-actions/changed-files were moved to one malicious commit (CVE-2025-30066).

Lightweight tags can not carry a signature and are not counted.
"""

from collections.abc import Iterable

from keten.model import Check, Example, Severity, Threat, View, Violation
from keten.model.delivery import Commit, Repo


def run(_repo: Repo, view: View) -> Iterable[Violation]:
    """Count those without a signature among the annotated tags that were read."""
    tags = [c for c in view.every(Commit) if c.tag_name and c.fault == ""]
    bare = [c for c in tags if c.signature == "none"]
    if not bare:
        return
    newest = max(bare, key=lambda c: (c.when, c.id))
    yield Violation(
        f"{len(bare)} of the {len(tags)} newest annotated tags are not signed "
        f"(newest {newest.tag_name[:60]})",
        key="unsigned",
        about=(newest.ref,),
    )


CHECK = Check(
    title="Newest annotated tags are not signed",
    subject=Repo,
    severity=Severity.LOW,
    needs=("history",),
    fix="Sign release tags (git tag -s) and protect them from being moved or deleted.",
    threats=(Threat.SUPPLY_CHAIN, Threat.INSIDER),
    controls=("slsa/source", "owasp-cicd/9", "nis2/d", "pci-dss/6.5"),
    bad=Example("$", "$ git tag -a -m 'Version 1.2' v1.2\n"),
    good=Example("$", "$ git tag -s -m 'Version 1.2' v1.2\n$ git tag -v v1.2\n"),
    refs=("https://git-scm.com/docs/git-tag#Documentation/git-tag.txt--s",),
    run=run,
)
