"""Container chooses an SELinux type that is not confined.

SELinux keeps containers from the host's files and from each other by their type. A type other
than those made for containers, spc_t above all, or a user or role of one's own choice, takes
the pod out of that cage. On Red Hat's systems SELinux in its default, enforcing mode kept
CVE-2019-5736, a way out through runc, from working.
"""

from collections.abc import Iterator

from keten.checks._examples import deployment
from keten.checks._pods import around, called, context, eased, harden, hardenable, linux
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kube import Workload

_CONFINED = ("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t")


def run(workload: Workload, _: View) -> Iterator[Violation]:
    """Report each SELinux type, user or role outside the Baseline standard."""
    places = [(workload.pod_path, "the pod", around(workload).se_linux_options)]
    places += [(p, called(p, c), context(c).se_linux_options) for p, c in hardenable(workload)]
    for path, who, options in places:
        for name in ("type", "user", "role") if options else ():
            value = options.get(name) or "" if options else ""
            if value if name != "type" else value not in _CONFINED:
                at = f"{path}.securityContext.seLinuxOptions.{name}"
                yield Violation(
                    f"{who} runs with the SELinux {name} {value}",
                    at,
                    severity=eased(Severity.MEDIUM, workload),
                    change=harden(workload, at, f"{name}: {value}", after=""),
                )


CHECK = Check(
    title="Container chooses an SELinux type that is not confined",
    subject=Workload,
    needs=("manifest",),
    threats=(Threat.ACTOR,),
    severity=Severity.MEDIUM,
    applies=linux,
    fix="Leave the type to the runtime (container_t); set no user and no role.",
    controls=(
        "nsa-cisa/pod-security",
        "pss/baseline",
        "cis-kubernetes/5.7.3",
        "nis2/e",
        "pci-dss/2.2",
    ),
    refs=("https://kubernetes.io/docs/concepts/security/pod-security-standards/",),
    bad=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  securityContext:
    seLinuxOptions: {type: spc_t}
"""),
    good=deployment("""
containers:
- name: web
  image: registry.example/web:1.4
  securityContext:
    seLinuxOptions: {type: container_t, level: "s0:c123,c456"}
"""),
    run=run,
)
