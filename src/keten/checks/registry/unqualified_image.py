"""Image name does not say its registry.

What a short name means is decided by each node's runtime: Docker Hub by default, a mirror or a
list of registries where someone configured it. An attacker needs only to own the name in the
registry that is asked first.

For information. Names without a tag are reported by registry/latest-tag alone.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._images import parse
from keten.checks._pods import each, listed
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report once the images of a workload that name no registry."""
    found: dict[str, str] = {}
    for path, container in each(workload):
        ref = parse(container.image)
        if ref and not ref.registry and (ref.tag or ref.digest):
            found.setdefault(ref.short, f"{path}.image")
    if found:
        name, at = next(iter(found.items()))
        yield Violation(
            f"{listed(list(found), 'image')} {'name' if len(found) > 1 else 'names'} no registry",
            at,
            key="registry",
            change=Change(
                at,
                name,
                f"docker.io/{name}" if "/" in name else f"docker.io/library/{name}",
                f"Pin the images of {workload.title}",
            ),
        )


CHECK = Check(
    title="Image name does not say its registry",
    subject=Workload,
    needs=("manifest",),
    severity=Severity.INFO,
    fix="Write the registry out (docker.io/library/NAME, or your own mirror's address).",
    threats=(Threat.SUPPLY_CHAIN,),
    controls=("nsa-cisa/trusted-images", "slsa/dependencies", "owasp-cicd/3", "nis2/d"),
    refs=("https://kubernetes.io/docs/concepts/containers/images/#image-names",),
    bad=deployment("""
containers:
- name: web
  image: acme/web:1.4
"""),
    good=deployment("""
containers:
- name: web
  image: docker.io/acme/web:1.4
"""),
    run=run,
)
