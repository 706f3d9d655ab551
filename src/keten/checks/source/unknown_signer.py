"""Commits are signed by a key that is not allowed to.

A signature proves only that some key made it; anybody can make one. Whether the key is a
maintainer's is for the list of allowed signers to say: keten takes it from your configuration
and never from the repository, where whoever can push could add a line.

A key that was allowed at another time, for another purpose, or that is expired or revoked is
reported here with that reason. One finding per key.
"""

from collections.abc import Iterable

from keten.model import Check, Example, Severity, Threat, Trust, View, Violation
from keten.model.delivery import Commit, Repo

_OTHER = "the key is not one of "


def signs(repo: Repo) -> bool:
    """Return whether anything is signed at all; that nothing is has its own check."""
    return repo.signed > 0


def run(_repo: Repo, view: View) -> Iterable[Violation]:
    """Group what is not proven by key and reason."""
    found: dict[tuple[str, str], list[Commit]] = {}
    for commit in view.every(Commit):
        if commit.signature == "none" or commit.held is False or not commit.doubt:
            continue
        if commit.doubt.startswith(_OTHER):
            continue
        if commit.held is None and "keyring holds" not in commit.doubt:
            continue
        edges = view.out(commit, "signed-by", Trust.CLAIMED)
        key = edges[0].dst.partition(" ")[2] if edges else ""
        found.setdefault((key, commit.doubt), []).append(commit)
    for (key, doubt), commits in sorted(found.items()):
        newest = max(commits, key=lambda c: (c.when, c.id))
        name = newest.tag_name[:40] or newest.id[:12]
        yield Violation(
            f"{len(commits)} signed, newest {name}: {doubt[:120]}",
            key=f"{key} {doubt}",
            about=(newest.ref,),
        )


CHECK = Check(
    title="Commits are signed by a key that is not allowed to",
    subject=Repo,
    severity=Severity.MEDIUM,
    needs=("history", "signers"),
    fix="If the key is a maintainer's, add it to the allowed signers or keyring with its time "
    "window; if not, find out how these commits came in.",
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR, Threat.INSIDER),
    controls=("slsa/source", "owasp-cicd/9", "nis2/d", "pci-dss/6.5"),
    bad=Example("$", "$ git log -1 --format='%G? %GK'\nU SHA256:...\n"),
    good=Example(
        "$", '$ cat allowed_signers\na@example.org valid-before="20270101Z" ssh-ed25519 AAAA...\n'
    ),
    refs=("https://man.openbsd.org/ssh-keygen#ALLOWED_SIGNERS",),
    applies=signs,
    run=run,
)
