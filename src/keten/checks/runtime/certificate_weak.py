"""Certificate has a weak key or signature.

RSA keys below 2048 bits and signatures with MD5 or SHA-1 can be broken with means that money
buys; Go refuses SHA-1 signatures since 1.18, so that newer components may not accept the
certificate at all.
"""

from collections.abc import Iterator

from keten.model.check import Check, Example, Threat
from keten.model.control_plane import Certificate
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(certificate: Certificate, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    name = certificate.subject.partition(",")[0][:60]
    least = {"RSA": 2048, "DSA": 1 << 30, "EC": 224}.get(certificate.key, 0)
    if certificate.bits < least:
        yield Violation(
            f"{name} has a key of {certificate.key} {certificate.bits}",
            key=f"{certificate.id} key",
        )
    if certificate.signed in ("md5", "sha1"):
        yield Violation(f"{name} is signed with {certificate.signed.upper()}", key=certificate.id)


CHECK = Check(
    title="Certificate has a weak key or signature",
    subject=Certificate,
    severity=Severity.MEDIUM,
    needs=("content",),
    fix="Issue it anew with RSA 2048 or more, or ECDSA P-256, and SHA-256.",
    threats=(Threat.ACTOR,),
    controls=("nsa-cisa/encryption", "nis2/h", "pci-dss/4.2", "hipaa/164.312(e)", "gdpr/32"),
    refs=("https://kubernetes.io/docs/setup/best-practices/certificates/",),
    bad=Example("$", "$ openssl x509 -noout -enddate -in apiserver.crt\nPublic-Key: (1024 bit)\n"),
    good=Example("$", "$ openssl x509 -noout -enddate -in apiserver.crt\nPublic-Key: (2048 bit)\n"),
    run=run,
)
