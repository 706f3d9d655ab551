"""Anonymous requests are allowed beyond health checks.

An AuthenticationConfiguration can keep anonymous requests to named paths. Without conditions
every path takes them; /livez, /readyz and /healthz are what probes need.
"""

from collections.abc import Iterator

from keten.checks import _configs as configs
from keten.model.check import Check, Threat
from keten.model.control_plane import ServerConfig
from keten.model.facts import View
from keten.model.finding import Severity, Violation

HEALTH = frozenset({"/livez", "/readyz", "/healthz"})


def _applies(config: ServerConfig) -> bool:
    return config.kind == "AuthenticationConfiguration" and "anonymous" in config.spec


def run(config: ServerConfig, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    anonymous = config.spec.get("anonymous")
    if not isinstance(anonymous, dict) or anonymous.get("enabled") is not True:
        return
    conditions = anonymous.get("conditions")
    if not isinstance(conditions, list) or not conditions:
        yield Violation("anonymous requests are taken at every path", "anonymous.enabled")
        return
    paths = [str(item.get("path")) for item in conditions if isinstance(item, dict)]
    wide = [path for path in paths if path.rstrip("/") not in HEALTH]
    if wide:
        yield Violation(
            f"anonymous requests are taken at {', '.join(wide[:3])[:70]}",
            "anonymous.conditions",
        )


CHECK = Check(
    title="Anonymous requests are allowed beyond health checks",
    subject=ServerConfig,
    severity=Severity.LOW,
    needs=("flags",),
    fix="Name the health paths in anonymous.conditions, or set anonymous.enabled: false.",
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/authentication",
        "cis-kubernetes/1.2.1",
        "nis2/i",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=(
        "https://kubernetes.io/docs/reference/access-authn-authz/authentication/#anonymous-authenticator-configuration",
    ),
    bad=configs.server("AuthenticationConfiguration", "anonymous: {enabled: true}\n"),
    good=configs.server(
        "AuthenticationConfiguration",
        "anonymous:\n  enabled: true\n  conditions:\n  - path: /livez\n",
    ),
    applies=_applies,
    run=run,
)
