"""Scheduler asks a service that it does not know for sure.

An extender sees every pod that is to be placed and says on which node; with a bind verb it binds
it itself. Who answers in its place moves pods with secrets to a node that is theirs. Over plain
HTTP, or where the certificate is not checked, anyone on the way can.
"""

from collections.abc import Iterator
from typing import Any

from keten.checks import _flags as flags
from keten.model.check import Check, Threat
from keten.model.control_plane import SCHEDULER, Component
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def _applies(component: Component) -> bool:
    return flags.of(SCHEDULER, by_file=True)(component) and component.config is not None


def run(component: Component, _: View) -> Iterator[Violation]:
    """Report each extender that is asked without knowing who answers."""
    for i, extender in enumerate(flags.entries((component.config or {}).get("extenders"))):
        if isinstance(extender, dict):
            why = _why(extender)
            if why:
                where = _without_login(str(extender.get("urlPrefix")))[:60]
                at = f"extenders[{i}].tlsConfig" if "certificate" in why else f"extenders[{i}]"
                yield flags.fault(component, f"asks {where} {why}", "", path=at)


def _without_login(url: str) -> str:
    scheme, slashes, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{slashes}{host.rpartition('@')[2]}{slash}{path}"


def _why(extender: dict[str, Any]) -> str:
    """Return how an extender is not known for sure; "" where it is, or is on the host itself."""
    scheme, _, rest = str(extender.get("urlPrefix") or "").partition("://")
    host = rest.partition("/")[0].rpartition("@")[2]
    host = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    if not rest or host in flags.SECURED:
        return ""
    tls = extender.get("tlsConfig")
    if isinstance(tls, dict) and tls.get("insecure") is True:
        return "without checking its certificate"
    return "over plain HTTP" if scheme == "http" else ""


CHECK = Check(
    title="Scheduler asks a service that it does not know for sure",
    subject=Component,
    severity=Severity.MEDIUM,
    needs=("flags",),
    fix="Give the extender a certificate: https in urlPrefix, enableHTTPS, tlsConfig.caFile.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/control-plane", "nsa-cisa/encryption", "nis2/h", "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/config-api/kube-scheduler-config.v1/",),
    bad=flags.scheduler("extenders:\n- urlPrefix: http://gpu.kube-system.svc:8888/v1\n"),
    good=flags.scheduler(
        "extenders:\n- urlPrefix: https://gpu.kube-system.svc:8888/v1\n  enableHTTPS: true\n"
        "  tlsConfig: {caFile: /etc/kubernetes/pki/ca.crt}\n"
    ),
    applies=_applies,
    run=run,
)  # fmt: skip
