"""Newest commits are not signed.

The author and committer of an unsigned commit are whatever was typed by whoever made it.
Someone who gets hold of a token or of the server can add commits in any maintainer's name: in
March 2021 two commits with a backdoor were pushed to PHP's own git server in the names of
Rasmus Lerdorf and Nikita Popov.

Reported once for a repository, with the share of unsigned commits. Lower where nobody signs at
all: that is a decision still to be taken, while a single unsigned commit among signed ones may
be an intruder's.
"""

from collections.abc import Iterable

from keten.model import Check, Example, Severity, Threat, View, Violation
from keten.model.delivery import Commit, Repo


def run(_repo: Repo, view: View) -> Iterable[Violation]:
    """Count those without a signature among the commits that were read."""
    commits = [c for c in view.every(Commit) if not c.tag_name and c.committer]
    bare = [c for c in commits if c.signature == "none"]
    if not bare:
        return
    newest = max(bare, key=lambda c: (c.when, c.id))
    some = len(bare) < len(commits)
    yield Violation(
        f"{len(bare)} of the {len(commits)} newest commits are not signed "
        f"(newest {newest.id[:12]})",
        key="unsigned",
        severity=Severity.MEDIUM if some and len(bare) * 2 < len(commits) else Severity.LOW,
        about=(newest.ref,),
    )


CHECK = Check(
    title="Newest commits are not signed",
    subject=Repo,
    severity=Severity.LOW,
    needs=("history",),
    fix="Sign commits (git config gpg.format ssh; commit.gpgsign true) and have the forge refuse "
    "unsigned ones on protected branches.",
    threats=(Threat.SUPPLY_CHAIN, Threat.INSIDER),
    controls=("slsa/source", "owasp-cicd/9", "nis2/d", "pci-dss/6.5"),
    bad=Example("$", "$ git log -1 --format=%G?\nN\n"),
    good=Example("$", "$ git commit -S -m 'Fix the parser'\n$ git log -1 --format=%G?\nG\n"),
    refs=(
        "https://git-scm.com/docs/git-commit#Documentation/git-commit.txt--S",
        "https://slsa.dev/spec/v1.2/source-requirements",
    ),
    run=run,
)
