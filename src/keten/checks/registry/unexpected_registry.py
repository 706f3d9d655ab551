"""Image comes from a registry that policy does not name.

Anyone can push an image to a public registry under a name that looks right; images with miners
and back doors stay there for months (Unit 42 counted 20 million pulls of such, 2021). An
organisation that runs only what lies in registries it answers for can scan it, sign it, and
take it back.

keten.toml names the registries, or repositories below one: ``[registries] images =
["registry.example", "docker.io/library"]``. Asked of what manifests, Dockerfiles and
pipelines name.
"""

from collections.abc import Iterator

from keten.model import Change, Check, Example, Severity, Threat, Trust, View, Violation
from keten.model.delivery import Image
from keten.model.rules import Ruling


def run(image: Image, view: View) -> Iterator[Violation]:
    """Report an image that lies below none of what is named."""
    for edge in view.out(image, "misplaced-by", Trust.OBSERVED):
        ruling = view.node(edge.dst)
        if isinstance(ruling, Ruling):
            wanted = ruling.why if len(ruling.why) <= 60 else f"{ruling.why[:57]}..."  # noqa: PLR2004 half a line
            yield Violation(
                f"image {image.id} comes from {ruling.what}; {wanted}",
                key=ruling.what,
                change=Change("", image.id, "", f"Take {image.id} from a registry of your own"),
            )


CHECK = Check(
    title="Image comes from a registry that policy does not name",
    subject=Image,
    section="registries.images",
    severity=Severity.MEDIUM,
    needs=("reference",),
    fix="Copy the image, with its signatures, into a registry that policy names; name it there.",
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR),
    controls=("nsa-cisa/trusted-images", "slsa/dependencies", "nis2/d", "pci-dss/6.3.2"),
    bad=Example("$", "$ kubectl get pod web -o jsonpath='{..image}'\nghcr.io/somebody/web:1.4\n"),
    good=Example("$", "$ kubectl get pod web -o jsonpath='{..image}'\nregistry.example/web:1.4\n"),
    run=run,
    asks="misplaced-by",
    refs=("https://kubernetes.io/docs/concepts/containers/images/",),
)
