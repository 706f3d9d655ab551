"""What the checks of credentials say alike: never the value, always what kind and how sure."""

from collections.abc import Callable, Iterator

from keten.model.delivery import Credential
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation

CONTROLS = (
    "nsa-cisa/secrets",
    "owasp-cicd/6",
    "nis2/i",
    "pci-dss/8.6",
    "hipaa/164.312(a)",
    "gdpr/32",
)

_HOST_KEYS = "etc/ssh/ssh_host_"
_SNAKEOIL = "etc/ssl/private/ssl-cert-snakeoil.key"
"""What Debian's ssl-cert makes when it is installed: no one's identity, but one for all copies."""


def of(*kinds: str) -> Callable[[Credential], bool]:
    """Return the question whether a credential is of these kinds."""

    def applies(credential: Credential) -> bool:
        return credential.kind in kinds

    return applies


def run(credential: Credential, _: View) -> Iterator[Violation]:
    """Report the credential, with the severity its detector and its place give it.

    At INFO it is what documentation and tests write, and nothing to act on.
    """
    if credential.severity is Severity.INFO:
        return
    told = credential.title
    if credential.shape:
        told += f" ({credential.shape})"
    if credential.proof:
        told += f", {credential.proof}"
    group = f"Revoke the credentials in {credential.path} and take them out"
    after = "a reference to a secret store"
    if credential.layer and credential.path.startswith(_HOST_KEYS):
        group = "Make SSH's host keys when the container starts: all copies share the image's"
        after = "no key in the image"
    severity = credential.severity
    if credential.path == _SNAKEOIL:
        told += ", made by Debian's ssl-cert as it was installed"
        told += ": all copies of the image share it" if credential.layer else ""
        group = "Make ssl-cert's key when the container starts (make-ssl-cert), or leave it out"
        after = "no key in the image"
        severity = min(severity, Severity.LOW)
    if credential.deleted:
        told += "; a later layer hides it, who pulls the image has it"
    yield Violation(
        told,
        key=credential.id,
        severity=severity,
        change=Change("", credential.title, after, group),
    )
