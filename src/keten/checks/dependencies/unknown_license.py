"""Package has no licence that can be judged.

Without a licence nobody may copy or run a work at all: "no licence" is no permission. What says
"BSD", "see LICENSE" or nothing has to be read by a person before it is shipped.

Asked where keten.toml has ``[licenses] unknown = "report"``. A file format that holds no
licences (Cargo.lock, go.mod) makes one finding a package; scan what is installed, where the
packages tell theirs.
"""

from collections.abc import Iterator

from keten.model import Check, Example, Severity, Threat, Trust, View, Violation
from keten.model.delivery import Package
from keten.model.rules import Ruling

_SECTION = "licenses.unknown "


def run(package: Package, view: View) -> Iterator[Violation]:
    """Report a package whose licence is not told, or not in words that can be judged."""
    for edge in view.out(package, "denied-by", Trust.OBSERVED):
        ruling = view.node(edge.dst)
        if isinstance(ruling, Ruling) and ruling.id.startswith(_SECTION):
            label = f"{package.name} {package.version}".rstrip()
            what = ruling.what if len(ruling.what) <= 60 else f"{ruling.what[:57]}..."  # noqa: PLR2004 half a line
            said = f"says of its licence {what!r}, {ruling.why}" if what else "tells no licence"
            yield Violation(f"{label} {said}", key="license")


CHECK = Check(
    title="Package has no licence that can be judged",
    subject=Package,
    section="licenses.unknown",
    severity=Severity.LOW,
    needs=("license",),
    fix="Read its licence and conclude it in keten.toml ([[licenses.package]] purl, license, "
    "reason), or replace the package.",
    threats=(Threat.SUPPLY_CHAIN,),
    controls=("slsa/dependencies", "owasp-cicd/3", "nis2/d", "pci-dss/6.3.2"),
    bad=Example("$", "$ npm view left-pad-again license\n(nothing)\n"),
    good=Example("$", "$ npm view left-pad license\nWTFPL\n"),
    run=run,
    asks="denied-by",
    refs=("https://choosealicense.com/no-permission/",),
)
