"""Namespaces without a label take any pod.

With a default of privileged, which is the default of the default, a namespace that somebody
makes and forgets to label takes privileged pods. The configuration is the one place to close
that for all namespaces to come.
"""

from collections.abc import Iterator

from keten.checks import _configs as configs
from keten.model.check import Check, Threat
from keten.model.control_plane import ServerConfig
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation


def _applies(config: ServerConfig) -> bool:
    return config.kind == "PodSecurityConfiguration"


def run(config: ServerConfig, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    defaults = config.spec.get("defaults")
    level = defaults.get("enforce") if isinstance(defaults, dict) else None
    if level in (None, "", "privileged"):
        yield Violation(
            f"namespaces without a label enforce {level or 'privileged (the default)'}",
            "defaults.enforce",
            change=Change("defaults.enforce", str(level or ""), "baseline", "Close the default"),
        )


CHECK = Check(
    title="Namespaces without a label take any pod",
    subject=ServerConfig,
    severity=Severity.LOW,
    needs=("flags",),
    fix="Set defaults.enforce: baseline, and exempt the cluster's own namespaces.",
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
    bad=configs.server("PodSecurityConfiguration", "defaults: {enforce: privileged}\n"),
    good=configs.server("PodSecurityConfiguration", "defaults: {enforce: baseline}\n"),
    applies=_applies,
    run=run,
)
