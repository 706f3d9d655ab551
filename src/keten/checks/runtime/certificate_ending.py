"""Certificate of the cluster has ended or soon will.

When a certificate of the control plane ends, the cluster stops: kubelets can not report,
kubectl is refused, and renewing needs a person at the machine. kubeadm's certificates last a
year. With an authority all that it issued must be made anew, so that it is told half a year
before. What lasts for weeks is renewed by a machine: it is told when a tenth of its life is left.
"""

from collections.abc import Iterator
from datetime import date

from keten.model.check import Check, Example, Threat
from keten.model.control_plane import Certificate
from keten.model.facts import View
from keten.model.finding import Severity, Violation

SOON, AUTHORITY = 30, 180
"""Days before the end of a certificate, and of an authority, all of whose must be issued anew."""
PART = 10
"""What lasts for less than ten times SOON is renewed often: a tenth of its life is soon then."""


def _soon(certificate: Certificate, end: date) -> int:
    """Return how many days before its end a certificate should have been renewed."""
    most = AUTHORITY if certificate.authority else SOON
    try:
        life = (end - date.fromisoformat(certificate.begins)).days
    except ValueError:
        return most
    return min(most, max(life // PART, 1))


def run(certificate: Certificate, view: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    end = date.fromisoformat(certificate.ends)
    days = (end - view.now).days
    if days <= _soon(certificate, end):
        name = certificate.subject.partition(",")[0][:60]
        said = f"ended on {end}" if days < 0 else f"ends on {end}, in {days} days"
        yield Violation(
            f"{name} {said}",
            key=certificate.id,
            severity=Severity.HIGH if days < 0 else None,
        )


CHECK = Check(
    title="Certificate of the cluster has ended or soon will",
    subject=Certificate,
    severity=Severity.MEDIUM,
    needs=("content",),
    fix=(
        "Renew it: kubeadm certs renew all, or the tool that issued it; and have that done by "
        "a machine."
    ),
    threats=(Threat.ACTOR,),
    controls=("nsa-cisa/encryption", "nis2/h", "pci-dss/4.2", "hipaa/164.312(e)", "gdpr/32"),
    refs=("https://kubernetes.io/docs/setup/best-practices/certificates/",),
    bad=Example(
        "$", "$ openssl x509 -noout -enddate -in apiserver.crt\nnotAfter=Nov 20 12:00:00 2026 GMT\n"
    ),
    good=Example(
        "$", "$ openssl x509 -noout -enddate -in apiserver.crt\nnotAfter=Oct  1 12:00:00 2027 GMT\n"
    ),
    run=run,
)
