"""Package comes from another index than policy names for it.

A name that an organisation uses inside is free on the public registry: whoever registers it
there with a high version is installed instead, wherever the public index is asked too. Alex
Birsan showed it in 2021 at Apple, Microsoft and more than thirty others; torchtriton on PyPI
did it in December 2022 to who installed a nightly build of PyTorch.

keten.toml says which names come from which index (``[[registries.index]]`` ecosystem, names,
hosts). Reported is what a lockfile takes from elsewhere, and what a requirements file would
also look for elsewhere. A lockfile without addresses, in a project that names no index, is
unknown: what is installed is then decided by the settings of the machine that builds.
"""

from collections.abc import Iterator

from keten.model import Change, Check, Example, Severity, Threat, Trust, View, Violation
from keten.model.delivery import Package
from keten.model.rules import Ruling


def run(package: Package, view: View) -> Iterator[Violation]:
    """Report each index that is not the one named."""
    for edge in view.out(package, "misplaced-by", Trust.OBSERVED):
        ruling = view.node(edge.dst)
        if isinstance(ruling, Ruling):
            label = f"{package.name} {package.version}".rstrip()
            verb = "comes" if package.source else "may come"
            yield Violation(
                f"{label} {verb} from {ruling.what}: {ruling.why}",
                key=ruling.what,
                change=Change(
                    "source", ruling.what, ruling.wanted, f"Take {package.name} from its own index"
                ),
            )


CHECK = Check(
    title="Package comes from another index than policy names for it",
    subject=Package,
    section="registries.index",
    severity=Severity.HIGH,
    needs=("index",),
    fix="Tie the name to its index in the package manager's own settings and lock again; register "
    "the name on the public registry, or take a scope that is yours.",
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR),
    controls=("slsa/dependencies", "owasp-cicd/3", "nis2/d", "pci-dss/6.2"),
    bad=Example(
        "$",
        "$ grep resolved package-lock.json | grep @shop\n"
        '"resolved": "https://registry.npmjs.org/@shop/models/-/models-99.0.0.tgz"\n',
    ),
    good=Example(
        "$",
        "$ grep resolved package-lock.json | grep @shop\n"
        '"resolved": "https://npm.shop.example/@shop/models/-/models-1.4.0.tgz"\n',
    ),
    run=run,
    asks="misplaced-by",
    refs=("https://medium.com/@alex.birsan/dependency-confusion-4a5d60fec610",),
)
