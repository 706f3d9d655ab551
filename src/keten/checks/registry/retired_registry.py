"""Image comes from a place that is no longer maintained.

What stays in a frozen registry gets no security fixes, and one day can not be pulled at all.
k8s.gcr.io has had no new images since 3 April 2023. In 2025 Bitnami moved its versioned images
to docker.io/bitnamilegacy, where they are not patched.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._images import parse
from keten.checks._pods import each
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload

_RETIRED = (
    ("k8s.gcr.io", "", "k8s.gcr.io is frozen since April 2023", "registry.k8s.io"),
    ("docker.io", "bitnamilegacy/", "bitnamilegacy is not patched", "a maintained image"),
    ("", "bitnamilegacy/", "bitnamilegacy is not patched", "a maintained image"),
    ("gcr.io", "google_containers/", "gcr.io/google_containers is frozen", "registry.k8s.io"),
    ("gcr.io", "kubernetes-helm/", "Helm 2 is out of support since 2020", "Helm 3 or later"),
)


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report each image from a registry or repository that was given up."""
    for path, container in each(workload):
        ref = parse(container.image)
        for registry, prefix, why, instead in _RETIRED if ref else ():
            if ref and ref.registry == registry and ref.repository.startswith(prefix):
                at = f"{path}.image"
                yield Violation(
                    f"image {container.image}: {why}",
                    at,
                    change=Change(
                        at,
                        container.image,
                        instead,
                        f"Take the images of {workload.title} from where they are maintained",
                    ),
                )


CHECK = Check(
    title="Image comes from a place that is no longer maintained",
    subject=Workload,
    needs=("manifest",),
    severity=Severity.MEDIUM,
    fix="Take the image from where it is maintained now (registry.k8s.io for Kubernetes' own).",
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR),
    controls=(
        "nsa-cisa/trusted-images",
        "nsa-cisa/upgrades",
        "slsa/dependencies",
        "nis2/d",
        "pci-dss/6.3.3",
    ),
    refs=("https://kubernetes.io/blog/2023/03/10/image-registry-redirect/",),
    bad=deployment("""
containers:
- name: web
  image: k8s.gcr.io/pause:3.5
"""),
    good=deployment("""
containers:
- name: web
  image: registry.k8s.io/pause:3.10
"""),
    run=run,
)
