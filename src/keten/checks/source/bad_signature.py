"""Signature of a commit or tag does not hold.

The signature is there, and it was not made over this object: the object was changed after it
was signed, or the signature was copied from another. That happens when a tool rewrites history
and keeps old signatures, and when somebody wants a commit to look signed; git log shows both
alike unless it is asked to verify.

Objects whose bytes do not have the hash that they are named by are reported here too.
"""

from collections.abc import Iterable

from keten.model import Check, Example, Severity, Threat, View, Violation
from keten.model.delivery import Commit


def judged(commit: Commit) -> bool:
    """Return whether there is a verdict; those that can not be judged are told of the repo."""
    return commit.held is not None


def run(commit: Commit, _view: View) -> Iterable[Violation]:
    """Report what is wrong with it."""
    if commit.held is False:
        what = f"tag {commit.tag_name[:60]}" if commit.tag_name else f"commit {commit.id[:12]}"
        yield Violation(f"{what}: {commit.fault or 'the signature does not hold'}", key="fault")


CHECK = Check(
    title="Signature of a commit or tag does not hold",
    subject=Commit,
    severity=Severity.HIGH,
    needs=("commit",),
    fix="Find out who made it (git log --show-signature) and compare with another clone; if a "
    "rewrite left an old signature behind, sign anew.",
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR, Threat.INSIDER),
    controls=("slsa/source", "owasp-cicd/9", "nis2/d", "pci-dss/6.5"),
    bad=Example("$", "$ git verify-commit HEAD\nCould not verify signature.\n"),
    good=Example("$", '$ git verify-commit HEAD\nGood "git" signature for a@example.org\n'),
    refs=("https://git-scm.com/docs/gitformat-signature",),
    applies=judged,
    run=run,
)
