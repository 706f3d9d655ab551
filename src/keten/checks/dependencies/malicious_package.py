"""Package was published to do harm.

Whoever installs it runs it: an install script reads environment variables, tokens and keys and
sends them away, before any test or scan of the result. Attackers take over a maintainer's
account, publish under a name one typing error away, or take a name that an organisation uses
only inside (Birsan's dependency confusion, 2021). In 2018 event-stream 3.3.6 on npm pulled in
flatmap-stream, which stole the keys of one wallet program; it took more than two months until
somebody noticed.

Such reports name packages and versions that were removed from their registry; a lockfile, a
mirror or a cache may still hold them. A machine that installed one has to be counted as lost.
"""

from collections.abc import Iterable

from keten.model import Change, Check, Example, Severity, Threat, Trust, View, Violation
from keten.model.delivery import Advisory, Package
from keten.model.facts import Node

_LOCAL = (".", "/", "file:", "link:", "workspace:", "portal:", "path+", "path:")


def run(package: Package, view: View) -> Iterable[Violation]:
    """Report each report of malice that names the version."""
    for edge in view.out(package, "affected-by", Trust.OBSERVED):
        advisory = view.node(edge.dst)
        if isinstance(advisory, Advisory) and advisory.malicious:
            name = advisory.vulnerability
            yield Violation(
                f"{package.name} {package.version} is malicious, says {name}",
                key=name,
                severity=Severity.CRITICAL,
                change=Change("version", package.version, "", group=f"Remove {package.name}"),
                about=(advisory.ref,),
            )


def applies(node: Node) -> bool:
    """Leave out what names no version, and what is not from a registry or repository."""
    return isinstance(node, Package) and bool(node.version) and not node.source.startswith(_LOCAL)


CHECK = Check(
    title="Package was published to do harm",
    subject=Package,
    severity=Severity.CRITICAL,
    needs=("malicious-packages",),
    fix="Remove the package, and take every machine that installed it as lost: rotate the "
    "secrets it could read, and build anew from clean machines.",
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR),
    controls=(
        "nsa-cisa/scanning",
        "slsa/dependencies",
        "owasp-cicd/3",
        "nis2/d",
        "pci-dss/5.2",
        "pci-dss/6.3.1",
        "hipaa/164.308(a)(5)",
        "gdpr/32",
    ),
    bad=Example(
        "$",
        "$ npm ls flatmap-stream\nshop@1.0.0\n`-- event-stream@3.3.6\n  `-- flatmap-stream@0.1.1\n",
    ),
    good=Example("$", "$ npm ls flatmap-stream\nshop@1.0.0\n`-- (empty)\n"),
    run=run,
    applies=applies,
    asks="affected-by",
    refs=("https://github.com/ossf/malicious-packages",),
)
