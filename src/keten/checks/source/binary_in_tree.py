"""Program in machine or byte code is kept in the source tree.

Nobody can review it and nothing says what source it was built from; whoever replaces it changes
what runs without a line of a diff. The backdoor in xz 5.6.0 and 5.6.1 (CVE-2024-3094) was
hidden in binary files that passed for test data.

Wrappers of build tools (gradle-wrapper.jar, maven-wrapper.jar) are for information: compare
them with the checksums that their projects publish. Fixtures of tests are not reported.
"""

from collections.abc import Iterable

from keten.checks.source._fixtures import is_fixture
from keten.model import Check, Example, Severity, Threat, View, Violation
from keten.model.delivery import File

_KINDS = {
    "elf": "a Linux program (ELF)",
    "pe": "a Windows program (PE)",
    "mach-o": "a macOS program (Mach-O)",
    "java-class": "a Java class file",
    "java-archive": "a Java archive",
    "python-bytecode": "Python byte code",
    "dex": "Android byte code",
}
_WRAPPERS = frozenset(("gradle-wrapper.jar", "maven-wrapper.jar"))


def run(file: File, _view: View) -> Iterable[Violation]:
    """Report programs outside of fixtures."""
    kind = next((_KINDS[trait] for trait in file.traits if trait in _KINDS), "")
    if not kind or is_fixture(file.id):
        return
    wrapper = file.id.rpartition("/")[2] in _WRAPPERS
    yield Violation(
        f"{file.id} is {kind}",
        key="binary",
        severity=Severity.INFO if wrapper else None,
    )


CHECK = Check(
    title="Program in machine or byte code is kept in the source tree",
    subject=File,
    severity=Severity.LOW,
    needs=("content",),
    fix="Build it from source in the pipeline, or fetch it there by digest, "
    "and take it out of the tree.",
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR, Threat.INSIDER),
    controls=("slsa/source", "owasp-cicd/9", "nis2/d", "pci-dss/6.2"),
    bad=Example("$", "$ file tools/helper\ntools/helper: ELF 64-bit LSB executable\n"),
    good=Example("$", "$ cat tools/helper.digest\nsha256:...\n"),
    refs=(
        "https://github.com/ossf/scorecard/blob/main/docs/checks.md#binary-artifacts",
        "https://www.cve.org/CVERecord?id=CVE-2024-3094",
    ),
    run=run,
)
