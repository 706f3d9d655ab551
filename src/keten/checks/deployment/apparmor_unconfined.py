"""Container switches AppArmor off.

On nodes with AppArmor the runtime confines every container by default: no mounting, and no
writing to the parts of /proc and /sys that control the kernel. Unconfined takes the profile
away, and with it an obstacle to several ways out of a container, among them the release_agent
of cgroups (CVE-2022-0492).

Both the field and the older annotation are read; agents of the node (a DaemonSet) are one
lower.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._pods import around, called, context, eased, harden, hardenable, linux
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kube import Workload

_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/"


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report each container whose profile in effect is unconfined."""
    pod = around(workload).app_armor_profile
    notes = workload.pod_annotations or (workload.annotations if workload.kind == "Pod" else {})
    for path, container in hardenable(workload):
        own = context(container).app_armor_profile
        profile = pod if own is None else own
        note = notes.get(_ANNOTATION + container.name)
        if profile is None and note == "unconfined":
            meta = workload.pod_path.removesuffix("spec")
            at = f"{meta}metadata.annotations.{_ANNOTATION}{container.name}"
        elif profile and profile.get("type") == "Unconfined":
            at = (
                f"{workload.pod_path if own is None else path}.securityContext.appArmorProfile.type"
            )
        else:
            continue
        yield Violation(
            f"{called(path, container)} runs without AppArmor (unconfined)",
            at,
            key=f"{path}:apparmor",
            severity=eased(Severity.MEDIUM, workload),
            change=harden(workload, at, "Unconfined", after="RuntimeDefault", exact=note is None),
        )


CHECK = Check(
    title="Container switches AppArmor off",
    subject=Workload,
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.MEDIUM,
    applies=linux,
    fix="Leave the profile to the runtime (RuntimeDefault), or name one of your own.",
    controls=(
        "nsa-cisa/sandboxing",
        "pss/baseline",
        "cis-kubernetes/5.7.3",
        "nis2/e",
        "pci-dss/2.2",
    ),
    refs=("https://kubernetes.io/docs/tutorials/security/apparmor/",),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  securityContext:
    appArmorProfile: {type: Unconfined}
"""),
    good=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  securityContext:
    appArmorProfile: {type: RuntimeDefault}
"""),
    run=run,
)
