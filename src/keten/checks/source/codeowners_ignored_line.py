"""CODEOWNERS has a line that the forge passes over.

A rule with something that is no owner, or with a pattern that a forge does not take, does
nothing, and says so nowhere: those who wrote it believe that the files are guarded.
"""

from collections.abc import Iterable

from keten.model import Check, Example, Severity, Threat, View, Violation
from keten.model.checkout import Owners


def run(owners: Owners, _view: View) -> Iterable[Violation]:
    """Report each such line."""
    for fault in owners.faults:
        yield Violation(f"{owners.id}: {fault}", key=fault.partition(": ")[2])


CHECK = Check(
    title="CODEOWNERS has a line that the forge passes over",
    subject=Owners,
    severity=Severity.LOW,
    needs=("content",),
    fix="Name owners as @user, @organisation/team or an e-mail address; patterns take no negation.",
    threats=(Threat.INSIDER,),
    controls=("slsa/source", "owasp-cicd/1", "nis2/e", "pci-dss/6.5"),
    bad=Example(".github/CODEOWNERS", "* @example/all\n/src/ developers\n"),
    good=Example(".github/CODEOWNERS", "* @example/all\n/src/ @example/developers\n"),
    refs=("https://docs.github.com/articles/about-code-owners#codeowners-syntax",),
    run=run,
)
