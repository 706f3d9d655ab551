"""Role allows stopping the control plane's leaders.

Schedulers, controller managers and the controllers of clouds hold leases in kube-system: who has
the lease acts, the others wait. Whoever may change leases there takes them, and nothing acts any
more; a controller of its own may then act in their place.

Reported is a Role in kube-system that does not name its leases. Whoever elects leaders there
creates leases without a name, and changes them by name.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.checks._rules import dangerous, judged
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Role


def run(role: Role, _: View) -> Iterator[Violation]:
    """Report a role of kube-system that changes leases it does not name."""
    found = dangerous(role, "lease-write") if role.kind == "Role" else None
    if found is not None:
        at = f"rules[{found.index}]"
        yield Violation(
            f"{role.title} may take the leases of the control plane in kube-system",
            at,
            change=Change(at, "leases", "resourceNames: [...]", f"Narrow {role.title}"),
        )


CHECK = Check(
    title="Role allows stopping the control plane's leaders",
    needs=("manifest",),
    severity=Severity.INFO,
    subject=Role,
    applies=judged,
    fix="Name the lease (resourceNames) for get, update and patch; create needs no name.",
    threats=(
        Threat.ACTOR,
        Threat.INSIDER,
    ),
    controls=(
        "nsa-cisa/rbac",
        "nsa-cisa/control-plane",
        "nis2/i",
        "pci-dss/7.2",
        "hipaa/164.308(a)(4)",
    ),
    refs=("https://kubernetes.io/docs/concepts/architecture/leases/",),
    bad=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: agent, namespace: kube-system}
rules:
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create, update]
"""),
    good=manifest("""
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: agent, namespace: kube-system}
rules:
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [shop-operator]
  verbs: [get, update]
"""),
    run=run,
)
