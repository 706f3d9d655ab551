"""Certificates of the cluster are issued for many years.

Nobody can revoke a client certificate in Kubernetes. What the controller manager signs, for
kubelets and for people who ask, lasts a year unless --cluster-signing-duration says more; what
kubeadm makes, a year unless certificateValidityPeriod does. Set to ten years to be rid of
renewals, a stolen key logs in for ten years.
"""

import re
from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation

MOST = 3
"""Years."""
_HOURS = 365 * 24
_PART = re.compile(r"([0-9]{1,9}(?:\\.[0-9]{0,9})?)(h|m(?!s))", re.ASCII)
_FLAGS = ("cluster-signing-duration", "experimental-cluster-signing-duration")
_PERIOD = "certificateValidityPeriod"


def _years(text: str) -> float:
    """Return a Go duration in years, without what is below a minute."""
    units = {"h": 1.0, "m": 1 / 60}
    return sum(float(n) * units[unit] for n, unit in _PART.findall(text[:100])) / _HOURS


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report what is issued for more than MOST years."""
    for flag in _FLAGS:
        said = component.flag(flag)
        if _years(said) > MOST:
            yield flags.fault(
                component, f"issues certificates for {_years(said):.0f} years", flag,
                want=f"--{flag}=8760h",
            )  # fmt: skip
    period = str((component.config or {}).get(_PERIOD) or "")
    if _years(period) > MOST:
        yield flags.fault(
            component, f"is given certificates for {_years(period):.0f} years, as all that kubeadm "
            "makes", "", path=_PERIOD, want="8760h0m0s",
        )  # fmt: skip


CHECK = Check(
    title="Certificates of the cluster are issued for many years",
    subject=Component,
    severity=Severity.LOW,
    needs=("flags",),
    fix="Leave the setting out (a year), and renew by a machine.",
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=("nsa-cisa/authentication", "nis2/h", "pci-dss/4.2", "hipaa/164.312(e)", "gdpr/32"),
    refs=(
        "https://kubernetes.io/docs/reference/command-line-tools-reference/kube-controller-manager/",
    ),
    bad=flags.pod("kube-controller-manager", "cluster-signing-duration=87600h0m0s"),
    good=flags.pod("kube-controller-manager", "cluster-signing-duration=8760h0m0s"),
    applies=flags.of("kube-controller-manager"),
    run=run,
)
