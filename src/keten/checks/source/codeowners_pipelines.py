"""CODEOWNERS gives nobody the pipelines.

A pipeline holds the secrets of the release. Where its definition has no owner, a change of it
needs no more approval than a change of a comment, and a colleague's stolen account is enough to
have the secrets sent away.
"""

from collections.abc import Iterable

from keten.model import Change, Check, Example, Severity, Threat, View, Violation
from keten.model.checkout import Owners
from keten.model.delivery import Pipeline


def run(owners: Owners, view: View) -> Iterable[Violation]:
    """Ask only where there are workflows to own."""
    here = [p for p in view.every(Pipeline) if "workflows/" in p.id and p.id.startswith(".")]
    if owners.rules and owners.workflows is False and here:
        yield Violation(
            f"no rule of {owners.id} gives the {len(here)} workflow(s) an owner",
            key="workflows",
            change=Change("", "", "/.github/workflows/ @your-org/maintainers", "Own the pipelines"),
        )


CHECK = Check(
    title="CODEOWNERS gives nobody the pipelines",
    subject=Owners,
    severity=Severity.LOW,
    needs=("content", "tree"),
    fix="Add a rule that gives /.github/workflows/ to those who may release.",
    threats=(Threat.INSIDER, Threat.ACTOR),
    controls=("slsa/source", "owasp-cicd/1", "owasp-cicd/4", "nis2/e", "pci-dss/6.5"),
    bad=Example("$", "$ cat .github/CODEOWNERS\n/src/ @example/developers\n"),
    good=Example(".github/CODEOWNERS", "/.github/ @example/maintainers\n"),
    refs=("https://docs.github.com/articles/about-code-owners",),
    run=run,
)
