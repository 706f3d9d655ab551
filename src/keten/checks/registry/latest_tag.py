"""Image is taken by a tag that says nothing.

Without a tag, or with latest, the registry decides at each start of a pod what runs: two
replicas can run two builds, a rollback brings back nothing, and whoever can push to the
repository deploys. No scan and no signature that was looked at before holds for what comes
next.

One finding for each image of the workload; a digest settles it. Low for a bare name such as
web: it is often one that a tool replaces before the manifest is applied (Skaffold, a chart),
which can not be told from here. Names to which a kustomization in the same tree gives a tag are
not reported.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._images import parse
from keten.checks._pods import each
from keten.model.check import Check, Threat
from keten.model.delivery import Chart
from keten.model.facts import Trust, View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload

_MOVING = ("", "latest")


def run(workload: Workload, view: View) -> Iterator[Violation]:
    """Report each image without digest whose tag is latest or missing."""
    seen = _replaced(workload, view)
    for path, container in each(workload):
        ref = parse(container.image)
        if ref is None or ref.digest or ref.tag not in _MOVING or ref.short in seen:
            continue
        seen.add(ref.short)
        at = f"{path}.image"
        said = "the tag latest" if ref.tag else "no tag"
        local = not ref.registry and "/" not in ref.repository and not ref.tag
        yield Violation(
            f"image {ref.short} has {said}",
            at,
            severity=Severity.LOW if local else Severity.MEDIUM,
            change=Change(
                at,
                container.image,
                f"{ref.short}:VERSION@sha256:...",
                f"Pin the images of {workload.title}",
            ),
        )


def _replaced(workload: Workload, view: View) -> set[str]:
    """Return the names to which a kustomization of the target gives a tag."""
    charts = [view.node(e.dst) for e in view.out(workload, "retagged-by", Trust.CLAIMED)]
    images = [c.spec.get("images") or [] for c in charts if isinstance(c, Chart)]
    return {
        str(i["name"]) for items in images for i in items if isinstance(i, dict) and i.get("name")
    }


CHECK = Check(
    title="Image is taken by a tag that says nothing",
    subject=Workload,
    needs=("manifest", "tree"),
    severity=Severity.MEDIUM,
    fix="Name the version and its digest: NAME:1.4@sha256:...",
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
  image: registry.example/web:latest
"""),
    good=deployment("""
containers:
- name: web
  image: "registry.example/web:1.4@sha256:\\
    0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
"""),
    run=run,
)
