"""Attestation of a package does not hold, or is not its publisher's.

An attestation is its publisher's signed word on which bytes are the package and what built
them: PyPI keeps them since 2024 (PEP 740), npm since 2023. One that does not hold is worse than
none: somebody changed the statement, or the package after it was signed. In the attack on
Ultralytics (December 2024) the attestations told which releases the project's own workflow had
built, and which were uploaded with a stolen token.

Reported where the signature is not one of the key, the statement is none, or the package beside
it or the lockfile has another hash; with a trusted root or the registry's keys in keten.toml,
also where nobody trusted issued the certificate, no log has the entry, or the time is not
proven; with publishers there, where somebody else signed. One that holds passes where all of
that is named, and is unknown else: anybody can make a certificate, and anybody with an account
at a forge gets one.
"""

from collections.abc import Iterator

from keten.model import Check, Example, Severity, Threat, Trust, View, Violation
from keten.model.delivery import Attestation, Package
from keten.model.rules import Ruling

_RELATIONS = (("refuted-by", "proof"), ("misattributed-by", "publisher"))


def run(attestation: Attestation, view: View) -> Iterator[Violation]:
    """Report what does not hold."""
    name = attestation.id.rpartition("#")[0].rpartition("/")[2][:80]
    if attestation.fault:
        yield Violation(f"{name}: {attestation.fault}", key="fault")
    for relation, key in _RELATIONS:
        for edge in view.out(attestation, relation, Trust.OBSERVED):
            ruling = view.node(edge.dst)
            if isinstance(ruling, Ruling):
                yield Violation(f"{name}: {ruling.why}", key=key)
    for edge in view.out(attestation, "contradicts", Trust.OBSERVED):
        package = view.node(edge.dst)
        if isinstance(package, Package):
            label = f"{package.name} {package.version}"
            yield Violation(
                f"{name} attests {label} with another hash than {package.path} locks",
                key=package.identity,
            )


CHECK = Check(
    title="Attestation of a package does not hold, or is not its publisher's",
    subject=Attestation,
    severity=Severity.MEDIUM,
    needs=("issuer", "publisher"),
    fix="Fetch package and attestation again from the index; if they still disagree, or somebody "
    "else signed, do not use the package and tell its maintainers.",
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
