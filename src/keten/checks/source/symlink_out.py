"""Symbolic link leads out of the source tree.

What a build reads through it is not in the repository: another file on each machine. A link to
/etc or to a home folder makes a build copy what lies there into an image or archive, and tools
that write through links write outside.

keten does not follow it.
"""

from collections.abc import Iterable

from keten.checks.source._fixtures import is_fixture
from keten.model import Check, Example, Severity, Threat, View, Violation
from keten.model.delivery import File


def run(file: File, _view: View) -> Iterable[Violation]:
    """Ask the trait, which the collector gives."""
    if "symlink-out" in file.traits and not is_fixture(file.id):
        yield Violation(f"{file.id} is a symbolic link that leads out of the tree", key="symlink")


CHECK = Check(
    title="Symbolic link leads out of the source tree",
    subject=File,
    severity=Severity.LOW,
    needs=("content",),
    fix="Link within the tree by a relative path, or keep a copy.",
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR, Threat.INSIDER),
    controls=("slsa/source", "owasp-cicd/4", "nis2/e", "pci-dss/6.2"),
    bad=Example("$", "$ ln -s /etc/ssl/private config/tls\n"),
    good=Example("$", "$ ln -s ../shared/tls config/tls\n"),
    refs=("https://cwe.mitre.org/data/definitions/61.html",),
    run=run,
)
