"""Workload is exempted from another tool's checks.

An annotation tells Polaris, kube-linter, kube-score, Checkov or KICS to pass over what they would
report here. It has no reason, no owner and no end, and whoever changes the manifest may write it:
an intruder as well. It is not honoured here; what it hides is judged like anything else.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.checks._pods import listed
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload

_PREFIXES = ("ignore-check.kube-linter.io/", "kube-linter.io/ignore", "checkov.io/skip")
_NAMES = ("kube-score/ignore", "kics.io/ignore")


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report the annotations by which other tools are told to look away."""
    if not workload.annotations:
        return
    found = sorted(key for key, value in workload.annotations.items() if _exempts(key, value))
    if found:
        at = f"metadata.annotations.{found[0]}"
        yield Violation(
            f"{workload.title} asks other tools to look away: {listed(found, 'annotation', 2)}",
            at,
            key="exempt",
            change=Change(at, found[0], "", f"Give the exemptions of {workload.title} an end"),
        )


def _exempts(key: str, value: str) -> bool:
    if key.startswith("polaris.fairwinds.com/"):
        return key.endswith(("-exempt", "/exempt")) and value.lower() == "true"
    return key in _NAMES or key.startswith(_PREFIXES)


CHECK = Check(
    title="Workload is exempted from another tool's checks",
    subject=Workload,
    needs=("manifest",),
    severity=Severity.INFO,
    fix="Mend what is hidden, or write a waiver with a reason, an owner and an end.",
    threats=(Threat.INSIDER,),
    controls=("nsa-cisa/scanning", "nis2/f", "pci-dss/6.5"),
    refs=(
        "https://polaris.docs.fairwinds.com/customization/exemptions/",
        "https://docs.kubelinter.io/#/configuring-kubelinter",
    ),
    bad=manifest("""
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, annotations: {kube-score/ignore: pod-probes}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "registry.example/web:1.4", ports: [{containerPort: 8080, name: http}]}
"""),
    good=manifest("""
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "registry.example/web:1.4", ports: [{containerPort: 8080, name: http}]}
"""),
    run=run,
)
