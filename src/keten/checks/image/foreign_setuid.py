"""Setuid program that no package brought.

A setuid program runs with its owner's rights, mostly root's, whoever starts it. The few that a
distribution ships are known and looked after; one that somebody added is the classic back door
of an intruder who was root once, and a fault in it is root for everyone in the container.
``no_new_privs`` (allowPrivilegeEscalation: false) switches all of them off.
"""

from collections.abc import Iterable

from keten.model.check import Check, Example, Threat
from keten.model.facts import Node, View
from keten.model.finding import Severity, Violation
from keten.model.image import SystemFile

_SPECIAL = frozenset({"setuid", "setgid", "capabilities"})


def run(file: SystemFile, _view: View) -> Iterable[Violation]:
    """Report what no package explains; setgid and capabilities are a step lower."""
    if file.owner:
        return
    who = "root" if file.uid == 0 else f"user {file.uid}"
    if "setuid" in file.traits:
        yield Violation(f"{file.id} runs as {who} whoever starts it, and no package has it")
    elif "setgid" in file.traits:
        yield Violation(
            f"{file.id} runs with group {file.gid} whoever starts it, and no package has it",
            severity=Severity.LOW,
        )
    else:
        yield Violation(
            f"{file.id} has file capabilities, and no package has it", severity=Severity.LOW
        )


def applies(node: Node) -> bool:
    """Return whether the file gives rights to who starts it."""
    return isinstance(node, SystemFile) and not _SPECIAL.isdisjoint(node.traits)


CHECK = Check(
    title="Setuid program that no package brought",
    subject=SystemFile,
    severity=Severity.MEDIUM,
    needs=("installed",),
    fix="Take it out of the image, or take the bit off (chmod u-s) and grant what it needs "
    "otherwise.",
    threats=(Threat.ACTOR, Threat.SUPPLY_CHAIN),
    controls=("cis-docker/4.8", "nsa-cisa/non-root", "nis2/e", "pci-dss/2.2"),
    bad=Example("$", "$ find / -perm -4000\n/usr/local/bin/helper\n"),
    good=Example("$", "$ find / -perm -4000\n"),
    run=run,
    applies=applies,
    refs=("https://man7.org/linux/man-pages/man7/capabilities.7.html",),
)
