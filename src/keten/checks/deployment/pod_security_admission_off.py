"""Pod Security admission is switched off.

With the plugin PodSecurity disabled the labels of namespaces do nothing: a namespace that says
restricted takes privileged pods. That goes unseen, since the labels are still there.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if flags.switched_off(component, "PodSecurity"):
        yield flags.fault(
            component,
            "disables the plugin PodSecurity",
            "disable-admission-plugins",
            want="without PodSecurity",
        )
    elif "PodSecurity=false" in component.words("feature-gates"):
        yield flags.fault(
            component, "switches PodSecurity off by its feature gate", "feature-gates"
        )


CHECK = Check(
    title="Pod Security admission is switched off",
    subject=Component,
    severity=Severity.MEDIUM,
    needs=("flags",),
    fix=(
        "Remove PodSecurity from --disable-admission-plugins; exempt what must be with a "
        "PodSecurityConfiguration."
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
    refs=("https://kubernetes.io/docs/concepts/security/pod-security-admission/",),
    bad=flags.pod("kube-apiserver", "disable-admission-plugins=PodSecurity"),
    good=flags.pod("kube-apiserver", "enable-admission-plugins=NodeRestriction"),
    applies=flags.of("kube-apiserver"),
    run=run,
)
