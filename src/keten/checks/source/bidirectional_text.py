"""Source shows other code than it runs, by bidirectional control characters.

Characters that reverse the reading order, left open within a line, make an editor or a review
show code in an order in which no compiler reads it: a comment that seems to end, a test that
seems to be there (CVE-2021-42574, "Trojan Source"). Pairs that close within their line, as right
to left text in a string has them, are not reported; nor are translations and prose.
"""

from collections.abc import Iterable

from keten.checks.source._fixtures import is_fixture
from keten.model import Check, Example, Severity, Threat, View, Violation
from keten.model.delivery import File


def run(file: File, _view: View) -> Iterable[Violation]:
    """Ask the trait; what is told of fixtures is what they are for."""
    if "bidi" in file.traits and not is_fixture(file.id):
        yield Violation(f"{file.id} leaves a bidirectional control character open", key="bidi")


CHECK = Check(
    title="Source shows other code than it runs, by bidirectional control characters",
    subject=File,
    severity=Severity.HIGH,
    needs=("content",),
    fix="Look at the line with the characters shown (cat -A; git diff shows "
    "<U+202E>) and take them out.",
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR, Threat.INSIDER),
    controls=(
        "slsa/source",
        "owasp-cicd/1",
        "nis2/e",
        "pci-dss/5.2",
        "pci-dss/6.2",
        "hipaa/164.308(a)(5)",
    ),
    bad=Example("$", "$ git grep -lP '[\\x{202A}-\\x{202E}\\x{2066}-\\x{2069}]'\nauth.c\n"),
    good=Example("$", "$ git grep -lP '[\\x{202A}-\\x{202E}\\x{2066}-\\x{2069}]'\n"),
    refs=(
        "https://www.cve.org/CVERecord?id=CVE-2021-42574",
        "https://www.unicode.org/reports/tr55/",
    ),
    run=run,
)
