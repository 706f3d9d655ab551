"""Text holds invisible characters that carry something.

Two ways are known. Letters that show as blank (Hangul filler) or as nothing (zero-width joiner)
make an identifier that no reviewer sees. Rows of tag characters or variation selectors carry
whole programs in what looks like an empty string: the worm GlassWorm hid its code so in
extensions of VS Code in October 2025. The same characters carry orders to coding agents in
prose.
"""

from collections.abc import Iterable

from keten.checks.source._fixtures import is_fixture
from keten.model import Check, Example, Severity, Threat, View, Violation
from keten.model.delivery import File


def run(file: File, _view: View) -> Iterable[Violation]:
    """Ask the traits; what is told of fixtures is what they are for."""
    if is_fixture(file.id):
        return
    if "hidden-data" in file.traits:
        yield Violation(f"{file.id} hides bytes in characters that show as nothing", key="hidden")
    if "invisible" in file.traits:
        yield Violation(
            f"{file.id} has an identifier with a letter that shows as nothing", key="invisible"
        )


CHECK = Check(
    title="Text holds invisible characters that carry something",
    subject=File,
    severity=Severity.HIGH,
    needs=("content",),
    fix="Look at the line with the characters shown (cat -A) and take them "
    "out; find out who put them in.",
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR, Threat.INSIDER),
    controls=(
        "slsa/source",
        "owasp-cicd/1",
        "nis2/e",
        "pci-dss/5.2",
        "pci-dss/6.2",
        "hipaa/164.308(a)(5)",
    ),
    bad=Example("$", "$ git grep -lP '[\\x{E0100}-\\x{E01EF}]{4}'\nindex.js\n"),
    good=Example("$", "$ git grep -lP '[\\x{E0100}-\\x{E01EF}]{4}'\n"),
    refs=("https://www.unicode.org/reports/tr55/",),
    run=run,
)
