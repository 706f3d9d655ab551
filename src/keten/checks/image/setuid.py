"""Build makes a program setuid.

A setuid program runs as its owner, mostly root, whoever starts it. A fault in it is a way back
to root that USER does not close: CVE-2021-4034 in pkexec and CVE-2021-3156 in sudo each gave
root to any user of the machine.
"""

from collections.abc import Iterable

from keten.checks.image import _recipe as recipe
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Dockerfile
from keten.model.facts import View
from keten.model.finding import Severity, Violation

_LETTERS = frozenset({"u+s", "+s", "ug+s", "a+s", "u+xs", "u+sx"})
_SETUID = 0o4000


def run(dockerfile: Dockerfile, _view: View) -> Iterable[Violation]:
    """Judge the modes that chmod is given, in stages that ship."""
    final = tuple(f"stages[{index}]." for index, _ in recipe.chain(dockerfile))
    for at, command in recipe.ran(dockerfile):
        if command.program != "chmod" or not at.startswith(final):
            continue
        words = [word for word in command.args if not word.startswith("-")]
        if len(words) > 1 and (words[0] in _LETTERS or _octal(words[0]) & _SETUID):
            yield Violation(f"chmod {words[0]} {words[1][:60]}", at=at, key=words[1][:80])


def _octal(mode: str) -> int:
    return int(mode, 8) if 3 < len(mode) < 6 and set(mode) <= set("01234567") else 0  # noqa: PLR2004 0755 or 04755


CHECK = Check(
    title="Build makes a program setuid",
    subject=Dockerfile,
    severity=Severity.MEDIUM,
    needs=("dockerfile",),
    fix=(
        "Leave the bit off; give the one capability it needs instead, or do the work before USER."
    ),
    threats=(Threat.ACTOR,),
    controls=("cis-docker/4.8", "nsa-cisa/non-root", "nis2/e", "pci-dss/2.2"),
    bad=Example(
        "Dockerfile",
        """\
FROM debian:trixie
COPY tool /usr/bin/tool
RUN chmod u+s /usr/bin/tool
USER 10001
""",
    ),
    good=Example(
        "Dockerfile",
        """\
FROM debian:trixie
COPY tool /usr/bin/tool
RUN chmod 0755 /usr/bin/tool
USER 10001
""",
    ),
    run=run,
    refs=("https://cwe.mitre.org/data/definitions/250.html",),
)
