"""Server of packages is trusted without its certificate.

--trusted-host, verify_ssl = false and the like make the installer take any certificate, or
none. Whoever answers in the server's place is believed, and what they send is installed and
run. The setting is mostly a left-over from a day when a certificate had expired.
"""

from collections.abc import Iterator

from keten.checks import _locks
from keten.model import Change, Check, Example, Severity, Threat, View, Violation
from keten.model.delivery import Manifest


def run(manifest: Manifest, _: View) -> Iterator[Violation]:
    """Report each server whose certificate is not checked."""
    for i, item in enumerate(_locks.items(manifest, "trusted_hosts")):
        name = _locks.host(str(item)) or str(item).partition(":")[0]
        if _locks.is_local(name):
            continue
        where = "any server" if name == "*" else _locks.cut(name)
        at = f"trusted_hosts[{i}]"
        yield Violation(
            f"the certificate of {where} is not checked",
            at,
            severity=Severity.LOW if manifest.hashed is True else None,
            change=Change(at, _locks.cut(str(item)), "", "Check certificates of package servers"),
        )


def applies(manifest: Manifest) -> bool:
    """Take formats that can say so."""
    return manifest.format in _FORMATS and not _locks.is_sample(manifest.id)


_FORMATS = ("requirements", "Pipfile", "Pipfile.lock", "pyproject.toml", "composer.json")

CHECK = Check(
    title="Server of packages is trusted without its certificate",
    subject=Manifest,
    severity=Severity.MEDIUM,
    needs=("lockfile",),
    fix="Remove the setting; give the installer the organisation's CA instead "
    "(pip --cert, SSL_CERT_FILE).",
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR),
    controls=(
        "slsa/dependencies",
        "owasp-cicd/3",
        "owasp-cicd/9",
        "nis2/d",
        "nis2/h",
        "pci-dss/6.2",
    ),
    bad=Example("requirements.txt", "--trusted-host pypi.corp.example\nflask==3.1.0\n"),
    good=Example(
        "requirements.txt", "--index-url https://pypi.corp.example/simple\nflask==3.1.0\n"
    ),
    run=run,
    applies=applies,
    refs=("https://cwe.mitre.org/data/definitions/295.html",),
)
