"""Kubelet signs its own serving certificate.

The API server then can not know that it talks to this kubelet, and who stands between them sees
the shells and logs that pass. It is the default, and kubeadm's.
"""

from collections.abc import Iterator

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    file = flags.setting(component, "tls-cert-file", "tlsCertFile", config="", bare="")
    asked = flags.setting(
        component,
        "rotate-server-certificates",
        "serverTLSBootstrap",
        config=False,
        bare=False,
    )
    if not file and asked is not True:
        yield flags.fault(
            component,
            "signs its own serving certificate",
            "rotate-server-certificates",
            path="serverTLSBootstrap",
            want="true",
        )


CHECK = Check(
    title="Kubelet signs its own serving certificate",
    subject=Component,
    severity=Severity.LOW,
    needs=("flags",),
    fix=(
        "Set serverTLSBootstrap: true and approve the requests, or set tlsCertFile and "
        "tlsPrivateKeyFile."
    ),
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/encryption",
        "cis-kubernetes/4.2.9",
        "cis-kubernetes/4.2.11",
        "nis2/h",
        "pci-dss/4.2",
        "hipaa/164.312(e)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/",),
    bad=flags.kubelet("port: 10250\n"),
    good=flags.kubelet("serverTLSBootstrap: true\n"),
    applies=flags.of("kubelet"),
    run=run,
)
