"""Events are not rate-limited.

A pod that fails in a loop, or an attacker, can write events until etcd is full or slow, and
drowns what an investigation looks for. The plugin EventRateLimit bounds them, by server,
namespace, user or source.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if not flags.listed(component, "EventRateLimit"):
        yield flags.fault(
            component,
            "does not enable EventRateLimit",
            "enable-admission-plugins",
            want="EventRateLimit",
        )


CHECK = Check(
    title="Events are not rate-limited",
    subject=Component,
    severity=Severity.INFO,
    needs=("flags",),
    fix=(
        "Add EventRateLimit to --enable-admission-plugins, with a configuration in "
        "--admission-control-config-file."
    ),
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/resource-limits",
        "cis-kubernetes/1.2.9",
        "nis2/e",
        "pci-dss/2.2",
        "hipaa/164.308(a)(1)",
        "gdpr/32",
    ),
    refs=(
        "https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#eventratelimit",
    ),
    bad=flags.pod("kube-apiserver", "enable-admission-plugins=NodeRestriction"),
    good=flags.pod("kube-apiserver", "enable-admission-plugins=NodeRestriction,EventRateLimit"),
    applies=flags.of("kube-apiserver"),
    run=run,
)
