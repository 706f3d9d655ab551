"""Image has no verified provenance.

Provenance is the builder's signed statement of what was built, from which source and how.
Without it something that an intruder made on a laptop and uploaded under the right name looks
like any other: in 2021 Codecov's uploader was replaced on its storage with a leaked key, past
the build, and two months went by before a customer compared checksums.

A statement that somebody merely attached does not count; the signature has to hold for a
builder that is trusted.
"""

from collections.abc import Iterator

from keten.model.check import Check, Example, Threat
from keten.model.delivery import Image
from keten.model.facts import Trust, View
from keten.model.finding import Severity, Violation

_ASK = "$ cosign verify-attestation --type slsaprovenance1 registry.example/web:1.4"


def run(image: Image, view: View) -> Iterator[Violation]:
    """Ask for one build whose provenance is proven."""
    if not view.out(image, "built-by", Trust.VERIFIED):
        claimed = view.out(image, "built-by", Trust.CLAIMED)
        said = "only unverified provenance" if claimed else "no provenance"
        yield Violation(f"image {image.id} has {said}", key="provenance")


CHECK = Check(
    title="Image has no verified provenance",
    severity=Severity.MEDIUM,
    subject=Image,
    needs=("provenance",),
    fix="Have the build sign SLSA provenance, push it beside the image, verify it at admission.",
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR, Threat.INSIDER),
    controls=(
        "slsa/build-l1",
        "slsa/build-l2",
        "owasp-cicd/9",
        "nsa-cisa/trusted-images",
        "nis2/d",
        "pci-dss/6.2",
    ),
    refs=("https://slsa.dev/spec/v1.1/provenance",),
    bad=Example("$", f"{_ASK}\nError: no matching attestations\n"),
    good=Example("$", f"{_ASK}\nThe following checks were performed: ...\n"),
    run=run,
)
