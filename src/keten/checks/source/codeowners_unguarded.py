"""CODEOWNERS gives nobody its own file.

The rules decide who must approve a change. Where no rule names an owner of the file itself,
whoever may approve anything may approve a change of the rules, and with it the end of all of
them.
"""

from collections.abc import Iterable

from keten.model import Change, Check, Example, Severity, Threat, View, Violation
from keten.model.checkout import Owners


def run(owners: Owners, _view: View) -> Iterable[Violation]:
    """Ask whether the last rule that matches the file names an owner."""
    if owners.rules and not owners.itself:
        yield Violation(
            f"no rule gives {owners.id} an owner",
            key="itself",
            change=Change("", "", f"/{owners.id} @your-org/maintainers", "Own CODEOWNERS"),
        )


CHECK = Check(
    title="CODEOWNERS gives nobody its own file",
    subject=Owners,
    severity=Severity.LOW,
    needs=("content",),
    fix="Add a last rule that gives the file to those who decide on review.",
    threats=(Threat.INSIDER, Threat.ACTOR),
    controls=("slsa/source", "owasp-cicd/1", "nis2/e", "pci-dss/6.5"),
    bad=Example(".github/CODEOWNERS", "/src/ @example/developers\n"),
    good=Example(".github/CODEOWNERS", "* @example/developers\n/.github/ @example/maintainers\n"),
    refs=("https://docs.github.com/articles/about-code-owners",),
    run=run,
)
