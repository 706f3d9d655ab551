"""Certificate lasts for many years.

Nobody can revoke a client certificate in Kubernetes: for as long as it lasts, whoever got hold
of its key logs in. kubeadm's last one year, its authorities ten.
"""

from collections.abc import Iterator
from datetime import date

from keten.model.check import Check, Example, Threat
from keten.model.control_plane import Certificate
from keten.model.facts import View
from keten.model.finding import Severity, Violation

MOST = 3
"""Years."""


def run(certificate: Certificate, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if certificate.authority:
        return
    years = (
        date.fromisoformat(certificate.ends) - date.fromisoformat(certificate.begins)
    ).days / 365.25
    if years > MOST:
        name = certificate.subject.partition(",")[0][:60]
        yield Violation(
            f"{name} lasts {years:.0f} years, until {certificate.ends}", key=certificate.id
        )


CHECK = Check(
    title="Certificate lasts for many years",
    subject=Certificate,
    severity=Severity.LOW,
    needs=("content",),
    fix="Issue certificates for a year or less, and renew them by a machine.",
    threats=(Threat.ACTOR,),
    controls=("nsa-cisa/encryption", "nis2/h", "pci-dss/4.2", "hipaa/164.312(e)", "gdpr/32"),
    refs=("https://kubernetes.io/docs/setup/best-practices/certificates/",),
    bad=Example(
        "$", "$ openssl x509 -noout -enddate -in apiserver.crt\nnotAfter=Nov 20 12:00:00 2036 GMT\n"
    ),
    good=Example(
        "$", "$ openssl x509 -noout -enddate -in apiserver.crt\nnotAfter=Oct  1 12:00:00 2027 GMT\n"
    ),
    run=run,
)
