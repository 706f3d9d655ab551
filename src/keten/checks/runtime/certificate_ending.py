"""Certificate of the cluster has ended or soon will.

When a certificate of the control plane ends, the cluster stops: kubelets can not report,
kubectl is refused, and renewing needs a person at the machine. kubeadm's certificates last a
year.
"""

from collections.abc import Iterator
from datetime import date

from keten.model.check import Check, Example, Threat
from keten.model.control_plane import Certificate
from keten.model.facts import View
from keten.model.finding import Severity, Violation

SOON = 30
"""Days."""


def run(certificate: Certificate, view: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    end = date.fromisoformat(certificate.ends)
    days = (end - view.now).days
    if days <= SOON:
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
