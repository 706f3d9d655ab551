"""Pod Security exempts users, runtime classes or namespaces of workloads.

Exemptions are silent: no label tells of them. Of a user, a workload's controller makes the
pods, so that the exemption of one person does nothing and that of a controller undoes the
standard for all. A namespace other than the cluster's own takes any pod.
"""

from collections.abc import Iterator

from keten.checks import _configs as configs
from keten.model.check import Check, Threat
from keten.model.control_plane import ServerConfig
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def _own(name: str) -> bool:
    """Return whether a namespace is one of the cluster's own programs, by its name."""
    return name.startswith(("kube-", "openshift")) or name.endswith("-system")


def _applies(config: ServerConfig) -> bool:
    return config.kind == "PodSecurityConfiguration"


def run(config: ServerConfig, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    exempt = config.spec.get("exemptions")
    if not isinstance(exempt, dict):
        return
    for name in ("usernames", "runtimeClasses", "namespaces"):
        given = exempt.get(name)
        given = given if isinstance(given, list) else []
        wide = [str(item) for item in given if not (name == "namespaces" and _own(str(item)))]
        if wide:
            yield Violation(
                f"{name} {', '.join(wide[:3])[:70]} are exempt from Pod Security",
                f"exemptions.{name}",
                key=name,
            )


CHECK = Check(
    title="Pod Security exempts users, runtime classes or namespaces of workloads",
    subject=ServerConfig,
    severity=Severity.LOW,
    needs=("flags",),
    fix=(
        "Exempt only the namespaces of the cluster's own programs; label namespaces for the rest."
    ),
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/pod-security",
        "cis-kubernetes/5.2.1",
        "nis2/e",
        "pci-dss/2.2",
        "hipaa/164.308(a)(1)",
        "gdpr/25",
    ),
    refs=(
        "https://kubernetes.io/docs/tasks/configure-pod-container/enforce-standards-admission-controller/",
    ),
    bad=configs.server(
        "PodSecurityConfiguration", "exemptions:\n  namespaces: [kube-system, shop]\n"
    ),
    good=configs.server("PodSecurityConfiguration", "exemptions:\n  namespaces: [kube-system]\n"),
    applies=_applies,
    run=run,
)
