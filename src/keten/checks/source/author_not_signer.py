"""Commits are signed with a key of someone other than their committer.

The key is known and trusted, and the commit names another committer than those the key may sign
for. git and most forges call that a good signature. It is how a colleague's name comes on a
change that they never saw: by mistake, where one person has two e-mail addresses, or on
purpose.

One finding per key and name.
"""

from collections.abc import Iterable

from keten.model import Check, Example, Severity, Threat, Trust, View, Violation
from keten.model.delivery import Commit, Repo, Signer

_OTHER = "the key is not one of "


def signs(repo: Repo) -> bool:
    """Return whether anything is signed at all."""
    return repo.signed > 0


def run(_repo: Repo, view: View) -> Iterable[Violation]:
    """Group by key and by whom the commits name."""
    found: dict[tuple[str, str], list[Commit]] = {}
    for commit in view.every(Commit):
        if commit.held and commit.doubt.startswith(_OTHER):
            for edge in view.out(commit, "signed-by", Trust.CLAIMED):
                found.setdefault((edge.dst, commit.committer), []).append(commit)
    for (ref, committer), commits in sorted(found.items()):
        signer = view.node(ref)
        names = signer.principals if isinstance(signer, Signer) else ()
        newest = max(commits, key=lambda c: (c.when, c.id))
        yield Violation(
            f"{len(commits)} in the name of {committer[:60]} signed with the key of "
            f"{', '.join(names)[:80]} (newest {newest.id[:12]})",
            key=f"{ref} {committer}",
            about=(newest.ref,),
        )


CHECK = Check(
    title="Commits are signed with a key of someone other than their committer",
    subject=Repo,
    severity=Severity.MEDIUM,
    needs=("history", "signers"),
    fix="Ask both; if one person has both addresses, name both on their line of the allowed "
    "signers.",
    threats=(Threat.INSIDER, Threat.ACTOR),
    controls=("slsa/source", "owasp-cicd/9", "nis2/d", "pci-dss/6.5"),
    bad=Example("$", "$ git -c user.email=boss@example.org commit -S -m 'Approve the release'\n"),
    good=Example("$", "$ git -c user.email=me@example.org commit -S -m 'Propose a release'\n"),
    refs=("https://slsa.dev/spec/v1.2/source-requirements",),
    applies=signs,
    run=run,
)
