"""Attestation of a package does not hold.

An attestation is its publisher's signed word on which bytes are the package and what built
them: PyPI keeps them since 2024 (PEP 740), npm since 2023. One that does not hold is worse than
none: somebody changed the statement, or the package after it was signed. In the attack on
Ultralytics (December 2024) the attestations told which releases the project's own workflow had
built, and which were uploaded with a stolen token.

Reported where the signature is not one of the certificate's key, the statement is none, or the
package beside it or the lockfile has another hash. One that holds is unknown, not passed:
somebody has to name who may issue the certificate.
"""

from collections.abc import Iterator

from keten.model import Check, Example, Severity, Threat, Trust, View, Violation
from keten.model.delivery import Attestation, Package


def run(attestation: Attestation, view: View) -> Iterator[Violation]:
    """Report what does not hold."""
    name = attestation.id.rpartition("#")[0].rpartition("/")[2][:80]
    if attestation.fault:
        yield Violation(f"{name}: {attestation.fault}", key="fault")
    for edge in view.out(attestation, "contradicts", Trust.OBSERVED):
        package = view.node(edge.dst)
        if isinstance(package, Package):
            label = f"{package.name} {package.version}"
            yield Violation(
                f"{name} attests {label} with another hash than {package.path} locks",
                key=package.identity,
            )


CHECK = Check(
    title="Attestation of a package does not hold",
    subject=Attestation,
    severity=Severity.MEDIUM,
    needs=("issuer",),
    fix="Fetch package and attestation again from the index; if they still disagree, do not use "
    "the package and tell its maintainers.",
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR),
    controls=("slsa/dependencies", "owasp-cicd/9", "nis2/d", "pci-dss/6.2"),
    bad=Example(
        "$",
        "$ pypi-attestations verify attestation shop-1.0.tar.gz\nVerification failed\n",
    ),
    good=Example("$", "$ pypi-attestations verify attestation shop-1.0.tar.gz\nOK\n"),
    run=run,
    refs=("https://peps.python.org/pep-0740/",),
)
