"""Image is taken by tag and not by digest.

A tag is a name that its owner, or whoever has the owner's push credentials, can move to other
content. In March 2026 attackers pushed malicious builds of the scanner Trivy to its public
registries and moved the tags of its GitHub action. A digest names the content itself: what was
scanned and signed is what runs.

Low where a tag is of a line of releases (1.4, stable, alpine), which its owner moves as a matter
of course; of a single release (1.4.2, a day, a commit) it is advice, as most estates begin here.
One finding names all images of the workload. Missing tags and latest are reported by
registry/latest-tag.
"""

import re
from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._images import parse
from keten.checks._pods import each, listed
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload

# Three numbers, a day, or a commit.
_RELEASE = re.compile(r"\d\.\d+\.\d|(?<!\d)20\d{6}(?!\d)|(?<![0-9a-f])[0-9a-f]{7,64}(?![0-9a-z])")


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report the images of a workload that have a version and no digest."""
    found: dict[str, str] = {}
    for path, container in each(workload):
        ref = parse(container.image)
        if ref and not ref.digest and ref.tag not in ("", "latest"):
            found.setdefault(container.image, f"{path}.image")
    if found:
        image, at = next(iter(found.items()))
        moves = not all(_RELEASE.search(name.rpartition(":")[2]) for name in found)
        yield Violation(
            f"{listed(list(found), 'image')} {'have' if len(found) > 1 else 'has'} no digest",
            at,
            key="digest",
            severity=Severity.LOW if moves else Severity.INFO,
            change=Change(at, image, f"{image}@sha256:...", f"Pin the images of {workload.title}"),
        )


CHECK = Check(
    title="Image is taken by tag and not by digest",
    subject=Workload,
    needs=("manifest",),
    severity=Severity.LOW,
    fix="Add the digest to the tag (NAME:1.4@sha256:...), and let a bot move both.",
    threats=(Threat.SUPPLY_CHAIN,),
    controls=(
        "nsa-cisa/trusted-images",
        "slsa/dependencies",
        "owasp-cicd/9",
        "nis2/d",
        "pci-dss/6.5",
    ),
    refs=("https://kubernetes.io/docs/concepts/containers/images/#image-names",),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
"""),
    good=deployment("""
containers:
- name: web
  image: "registry.example/web:1.4@sha256:\\
    0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
"""),
    run=run,
)
