"""Image's operating system gets no more security fixes.

After its end of support a distribution fixes nothing: each fault that is found from then on
stays open in every image that is built on it. Most advisory databases stop following the
release as well, so that a scan that finds nothing says nothing.

Where longer support is sold or given by others (Debian LTS, Ubuntu Pro), that is told: it
counts only for who has it.
"""

from collections.abc import Iterable
from datetime import timedelta

from keten.model.check import Check, Example, Threat
from keten.model.facts import Node, View
from keten.model.finding import Severity, Violation
from keten.model.image import System

SOON = timedelta(days=90)


def run(system: System, view: View) -> Iterable[Violation]:
    """Compare the last day of support with today; its last three months are worth a word."""
    name = system.name or f"{system.distro} {system.release}"
    if system.end is None:
        return
    longer = system.extended if system.extended and system.extended > system.end else None
    if system.end >= view.now:
        if system.end - view.now <= SOON:
            yield Violation(
                f"{name} is supported until {system.end} only",
                key="soon",
                severity=Severity.LOW,
            )
        return
    if longer and longer >= view.now:
        yield Violation(
            f"{name} had its last general fixes on {system.end}; extended support ends {longer}",
            severity=Severity.MEDIUM,
        )
        return
    yield Violation(f"{name} has had no fixes since {longer or system.end}")


def applies(node: Node) -> bool:
    """Return whether the system is one that has releases."""
    return isinstance(node, System) and bool(node.distro)


CHECK = Check(
    title="Image's operating system gets no more security fixes",
    subject=System,
    severity=Severity.HIGH,
    needs=("support",),
    fix="Move to a release that is supported, and rebuild.",
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR),
    controls=(
        "cis-docker/4.4",
        "nsa-cisa/upgrades",
        "nis2/e",
        "pci-dss/6.3.3",
        "hipaa/164.308(a)(1)",
    ),
    bad=Example(
        "$", "$ keten scan alpine:3.10\nAlpine Linux v3.10 has had no fixes since 2021-05-01\n"
    ),
    good=Example("$", "$ keten scan debian:13\n"),
    run=run,
    applies=applies,
    refs=("https://endoflife.date",),
)
