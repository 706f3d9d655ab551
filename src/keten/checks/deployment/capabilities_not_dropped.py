"""Container keeps the default capabilities.

A runtime gives each container a set of capabilities unasked. containerd and Docker give
fourteen, among them NET_RAW, with which a container forges packets in the name of its
neighbours, and SETUID and DAC_OVERRIDE, which make a foothold comfortable; CRI-O gives nine,
without NET_RAW. Most services need none, or one. What is dropped can not be used by whoever
breaks in.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._pods import called, context, harden, hardenable, linux
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report each container that does not drop ALL."""
    for path, container in hardenable(workload):
        own = context(container).capabilities
        dropped = own.drop if own else ()
        if any(name.upper() == "ALL" for name in dropped):
            continue
        at = f"{path}.securityContext.capabilities.drop"
        said = f"drops {', '.join(dropped[:4])}, not ALL" if dropped else "drops no capabilities"
        yield Violation(
            f"{called(path, container)} {said}",
            at,
            change=harden(
                workload,
                at,
                f"drop: [{', '.join(dropped)}]" if dropped else "",
                after="drop: [ALL]",
            ),
        )


CHECK = Check(
    title="Container keeps the default capabilities",
    subject=Workload,
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.LOW,
    applies=linux,
    fix="Set capabilities: {drop: [ALL]} and add back the one that is needed.",
    controls=(
        "nsa-cisa/pod-security",
        "pss/restricted",
        "cis-kubernetes/5.2.10",
        "cis-kubernetes/5.2.8",
        "nis2/e",
        "pci-dss/2.2",
    ),
    refs=("https://kubernetes.io/docs/concepts/security/pod-security-standards/",),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  securityContext:
    capabilities: {drop: [NET_RAW]}
"""),
    good=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  securityContext:
    capabilities: {drop: [ALL]}
"""),
    run=run,
)
