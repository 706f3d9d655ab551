"""Pods run without the sandbox that policy asks for.

Containers share the kernel of their node: a fault in it, and there is one every few months
(CVE-2022-0185 and CVE-2024-1086 were used against containers), is the way out. A sandbox puts a
kernel of its own (Kata Containers) or one written anew (gVisor) in between. It is chosen by the
pod's runtimeClassName, and a pod that leaves it out runs without, and nothing says so.

keten.toml names what belongs into one: code of customers, builds, what parses files of strangers.
``[[sandbox]] runtime-classes = ["gvisor"], namespaces = ["tenant-*"], labels = {tier = "guest"}``.
"""

from collections.abc import Iterator

from keten.model.check import Check, Example, Threat
from keten.model.facts import Trust, View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload
from keten.model.rules import Ruling


def run(workload: Workload, view: View) -> Iterator[Violation]:
    """Report a workload of another runtime class than policy asks for."""
    for edge in view.out(workload, "denied-by", Trust.OBSERVED):
        ruling = view.node(edge.dst)
        if isinstance(ruling, Ruling):
            at = f"{workload.pod_path}.runtimeClassName"
            said = f"in runtime class {ruling.what[:60]}" if ruling.what else "in no sandbox"
            yield Violation(
                f"{workload.title} runs {said}; {ruling.why[:60]}",
                at,
                change=Change(at, ruling.what, ruling.wanted, f"Put {workload.title} in a sandbox"),
            )


CHECK = Check(
    title="Pods run without the sandbox that policy asks for",
    subject=Workload,
    section="sandbox",
    severity=Severity.MEDIUM,
    needs=("manifest", "runtime-class"),
    fix="Set runtimeClassName to one that policy names, where nodes have it.",
    threats=(Threat.ACTOR, Threat.SUPPLY_CHAIN),
    controls=("nsa-cisa/sandboxing", "nis2/e", "pci-dss/2.2"),
    refs=("https://kubernetes.io/docs/concepts/containers/runtime-class/",),
    bad=Example(
        "$", "$ kubectl -n tenant-a get pod web -o jsonpath='{.spec.runtimeClassName}'\n\n"
    ),
    good=Example(
        "$", "$ kubectl -n tenant-a get pod web -o jsonpath='{.spec.runtimeClassName}'\ngvisor\n"
    ),
    run=run,
    asks="denied-by",
)
