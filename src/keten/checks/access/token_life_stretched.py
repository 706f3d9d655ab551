"""Service account tokens live a year rather than an hour.

Pods ask for tokens of an hour. With --service-account-extend-token-expiration, which is on by
default for the sake of old clients, the API server gives them a year: a token copied out of a
pod that is long gone still opens the door.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    if flags.on(component, "service-account-extend-token-expiration", default=True):
        yield flags.fault(
            component,
            "stretches tokens of pods to a year",
            "service-account-extend-token-expiration",
            want="--service-account-extend-token-expiration=false",
        )


CHECK = Check(
    title="Service account tokens live a year rather than an hour",
    subject=Component,
    severity=Severity.LOW,
    needs=("flags",),
    fix=(
        "Set --service-account-extend-token-expiration=false once no client uses stale tokens "
        "(metric serviceaccount_stale_tokens_total)."
    ),
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/service-account-tokens",
        "cis-kubernetes/1.2.30",
        "nis2/i",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/",),
    bad=flags.pod("kube-apiserver", "service-account-key-file=/pki/sa.pub"),
    good=flags.pod("kube-apiserver", "service-account-extend-token-expiration=false"),
    applies=flags.of("kube-apiserver"),
    run=run,
)
