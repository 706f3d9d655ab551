"""Container may start from a stale or foreign image on the node.

With imagePullPolicy Never, whatever lies on the node under that name runs: nothing says where it
came from, and registry, scan and signature are passed by. With IfNotPresent and a tag that
moves, nodes run different images of one name, and the patched one not at all where an old one
lies. A private image that was pulled once runs for any pod of the node, without credentials.

Polaris and kube-score ask for Always everywhere. An image named by digest is the same wherever
it comes from, and one with a version is fetched once: these are not reported.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._images import parse
from keten.checks._pods import called, each
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload

_MOVING = ("", "latest", "main", "master", "dev", "edge", "nightly", "stable")


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report each container that is told not to ask its registry, and needs to."""
    for path, container in each(workload):
        policy = container.image_pull_policy
        if policy not in ("Never", "IfNotPresent") or "@" in container.image:
            continue
        image = parse(container.image)
        if image is None or (policy == "IfNotPresent" and image.tag not in _MOVING):
            continue
        at = f"{path}.imagePullPolicy"
        yield Violation(
            f"{called(path, container)} takes {container.image[:60]} from the node ({policy})",
            at,
            severity=Severity.LOW if policy == "Never" else None,
            change=Change(at, policy, "Always", f"Ask the registry for images of {workload.title}"),
        )


CHECK = Check(
    title="Container may start from a stale or foreign image on the node",
    subject=Workload,
    needs=("manifest",),
    severity=Severity.INFO,
    fix="Name the image by digest, or set imagePullPolicy: Always.",
    threats=(Threat.SUPPLY_CHAIN,),
    controls=("nsa-cisa/trusted-images", "nis2/d", "pci-dss/6.3.3"),
    refs=("https://kubernetes.io/docs/concepts/containers/images/#image-pull-policy",),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:latest
  imagePullPolicy: IfNotPresent
"""),
    good=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  imagePullPolicy: IfNotPresent
"""),
    run=run,
)
