"""kube-proxy's metrics are served on all addresses.

On port 10249 kube-proxy tells its configuration and, with enableProfiling, its inside, without
any authentication. By default it listens on the host itself alone.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    path = "metricsBindAddress"
    address = str(flags.setting(component, "metrics-bind-address", path, config="", bare=""))
    host = address.rpartition(":")[0] if ":" in address else address
    if host.strip("[]") not in flags.SECURED | {""} or address.startswith(("[::]", ":")):
        yield flags.fault(
            component,
            f"serves metrics on {address[:60]}",
            "metrics-bind-address",
            path=path,
            want="127.0.0.1:10249",
        )


CHECK = Check(
    title="kube-proxy's metrics are served on all addresses",
    subject=Component,
    severity=Severity.LOW,
    needs=("flags",),
    fix="Leave metricsBindAddress out, or set 127.0.0.1:10249.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/control-plane",
        "cis-kubernetes/4.3.1",
        "nis2/e",
        "pci-dss/2.2",
        "hipaa/164.308(a)(1)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/",),
    bad=flags.proxy("metricsBindAddress: 0.0.0.0:10249\n"),
    good=flags.proxy("metricsBindAddress: 127.0.0.1:10249\n"),
    applies=flags.of("kube-proxy"),
    run=run,
)
