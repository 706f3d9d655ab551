"""Disruption budget lets no pod go.

With maxUnavailable 0, or minAvailable 100 %, no pod may be evicted: a node can not be drained
without force. Updates of the node's kernel, runtime and kubelet wait behind it, and with them
the patches for what gets an attacker out of a container.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Resource


def run(budget: Resource, _: View) -> Iterator[Violation]:
    """Report a budget that can never be met with one pod less."""
    for name, bad in (("maxUnavailable", (0, "0%", "0")), ("minAvailable", ("100%",))):
        said = budget.spec.get(name)
        if said in bad and not isinstance(said, bool):
            at = f"spec.{name}"
            yield Violation(
                f"{budget.title} lets no pod be evicted ({name}: {said})",
                at,
                change=Change(
                    at,
                    str(said),
                    "1",
                    f"Let {budget.title} give way",
                    exact=name == "maxUnavailable",
                ),
            )


def _applies(budget: Resource) -> bool:
    return budget.kind == "PodDisruptionBudget"


CHECK = Check(
    title="Disruption budget lets no pod go",
    subject=Resource,
    needs=("manifest",),
    severity=Severity.LOW,
    applies=_applies,
    fix="Set maxUnavailable: 1, and run one replica more where one is too few.",
    threats=(Threat.INSIDER,),
    controls=("nsa-cisa/upgrades", "nis2/c", "pci-dss/6.3.3", "hipaa/164.308(a)(7)"),
    refs=("https://kubernetes.io/docs/tasks/run-application/configure-pdb/",),
    bad=manifest("""
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec:
  maxUnavailable: 0
  selector: {matchLabels: {app: web}}
"""),
    good=manifest("""
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec:
  maxUnavailable: 1
  selector: {matchLabels: {app: web}}
"""),
    run=run,
)
