"""Image is not what its digests say.

A digest is the only name of an image that nobody can move: who reviewed, signed and scanned it
did so by that name. Where the bytes of a layer, of the configuration or of the manifest have
another digest than the one they are called by, somebody or something has changed them since:
an archive edited on its way through an air gap, a cache or registry that was written to, a
broken disk. Runtimes refuse such an image; scanners that do not look report what the changed
layer says of itself, and an attacker who swaps a package database hides behind them.

keten hashes each blob as it unpacks it, and each layer's unpacked tar too, whatever kind of
source the image comes from. Nothing that such a blob says counts for anything.
"""

from collections.abc import Iterable

from keten.model.check import Check, Example, Threat
from keten.model.delivery import Image
from keten.model.facts import Node, View
from keten.model.finding import Severity, Violation


def run(image: Image, _view: View) -> Iterable[Violation]:
    """Report each blob that is not what it is called by, with both digests."""
    assert image.content is not None
    for wrong in image.content.mismatches:
        by = f" ({wrong.by})" if wrong.by else ""
        yield Violation(
            f"{wrong.what} is {wrong.found}, not {wrong.expected}{by}",
            key=f"{wrong.what} {wrong.expected}",
        )


def applies(node: Node) -> bool:
    """Return whether the image itself was read."""
    return isinstance(node, Image) and node.content is not None


CHECK = Check(
    title="Image is not what its digests say",
    subject=Image,
    severity=Severity.CRITICAL,
    needs=("image",),
    fix="Do not run it. Pull it again by digest from where it was built, compare, and find out "
    "where on its way it was changed.",
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR),
    controls=("nsa-cisa/trusted-images", "cis-docker/4.2", "nis2/d", "pci-dss/6.3.2"),
    bad=Example(
        "$",
        "$ keten scan docker-archive:app.tar\nlayer 2, unpacked is sha256:52b1..., not "
        "sha256:9c0f... (diff ID in the config)\n",
    ),
    good=Example(
        "$",
        "$ skopeo copy docker://registry.example/app@sha256:1f3a... oci:app\n"
        "$ keten scan oci:app\n",
    ),
    run=run,
    applies=applies,
    refs=("https://github.com/opencontainers/image-spec/blob/main/descriptor.md#verification",),
)
