"""Program that nothing explains.

Every program in an image came from somewhere: a package of the distribution, a language's
package, a known runtime. One that none of them explains has no version that anyone can name,
so no advisory will ever be found for it, and no source that anyone could look at. It may be the
team's own program; it may be a tool that was downloaded in a build step, or what an intruder
left. An inventory that leaves it out is not one.
"""

from collections.abc import Iterable

from keten.model.check import Check, Example, Threat
from keten.model.facts import Node, View
from keten.model.finding import Severity, Violation
from keten.model.image import SystemFile


def run(file: SystemFile, _view: View) -> Iterable[Violation]:
    """Report the file; nothing more is known of it."""
    if "unexplained" in file.traits:
        yield Violation(f"no package and no build information explains {file.id}")


def applies(node: Node) -> bool:
    """Return whether the file can be run; of the others nobody asks where they are from."""
    return isinstance(node, SystemFile) and "device" not in node.traits


CHECK = Check(
    title="Program that nothing explains",
    subject=SystemFile,
    severity=Severity.LOW,
    needs=("installed",),
    fix="Install it as a package, build it with its build information kept (Go: no -buildinfo "
    "removal; Rust: cargo auditable), or say in an SBOM what it is.",
    threats=(Threat.SUPPLY_CHAIN,),
    controls=("cis-docker/4.11", "nsa-cisa/trusted-images", "nis2/d", "pci-dss/6.3.2"),
    bad=Example("$", "$ dpkg -S /usr/local/bin/tool\ndpkg-query: no path found matching pattern\n"),
    good=Example("$", "$ dpkg -S /usr/bin/curl\ncurl: /usr/bin/curl\n"),
    run=run,
    applies=applies,
    refs=("https://www.cisa.gov/sbom",),
)
