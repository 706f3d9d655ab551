"""API server lets requests run for long.

A request that may run for many minutes holds a slot of the server; a few hundred of them, cheap
for who sends them, keep everyone else out. The default is one minute, and CIS asks for no more
than five.
"""

import re
from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation

MOST = 300
"""Seconds, as CIS asks."""
_PART = re.compile(r"([0-9]{1,9}(?:\.[0-9]{0,9})?)(h|m(?!s)|s)", re.ASCII)
_UNITS = {"h": 3600, "m": 60, "s": 1}


def _seconds(text: str) -> float:
    """Return a Go duration in seconds, without what is below a second."""
    return sum(float(count) * _UNITS[unit] for count, unit in _PART.findall(text[:100]))


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    seconds = _seconds(component.flag("request-timeout", "1m"))
    if seconds > MOST:
        yield flags.fault(
            component,
            f"lets requests run for {component.flag('request-timeout')[:20]}",
            "request-timeout",
            want="--request-timeout=300s",
        )


CHECK = Check(
    title="API server lets requests run for long",
    subject=Component,
    severity=Severity.INFO,
    needs=("flags",),
    fix="Set --request-timeout to 300s or less.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/resource-limits",
        "cis-kubernetes/1.2.20",
        "nis2/e",
        "pci-dss/2.2",
        "hipaa/164.308(a)(1)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/",),
    bad=flags.pod("kube-apiserver", "request-timeout=1h"),
    good=flags.pod("kube-apiserver", "request-timeout=60s"),
    applies=flags.of("kube-apiserver"),
    run=run,
)
