"""Images are admitted when nobody can be asked about them.

The plugin ImagePolicyWebhook asks a service whether images may run. With defaultAllow: true what
it can not ask about is let in: who cuts the service off, or keeps it busy, runs what it would
have refused. Without the field the API server takes false.
"""

from collections.abc import Iterator

from keten.checks import _configs as configs
from keten.model.check import Check, Threat
from keten.model.control_plane import ServerConfig
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation


def _policies(config: ServerConfig) -> Iterator[tuple[int, dict[str, object]]]:
    """Yield what is configured of the plugin, with its number in the list."""
    given = config.spec.get("plugins")
    for i, plugin in enumerate(given if isinstance(given, list) else ()):
        if isinstance(plugin, dict) and plugin.get("name") == "ImagePolicyWebhook":
            inner = plugin.get("configuration")
            policy = inner.get("imagePolicy") if isinstance(inner, dict) else None
            if isinstance(policy, dict):
                yield i, policy


def _applies(config: ServerConfig) -> bool:
    return config.kind == "AdmissionConfiguration" and any(_policies(config))


def run(config: ServerConfig, _: View) -> Iterator[Violation]:
    """Report a plugin that lets in what it can not ask about."""
    for i, policy in _policies(config):
        if policy.get("defaultAllow") is True:
            at = f"plugins[{i}].configuration.imagePolicy.defaultAllow"
            yield Violation(
                "ImagePolicyWebhook admits what it can not ask about",
                at,
                key=str(i),
                change=Change(at, "true", "false", "Refuse images that nobody judges"),
            )


CHECK = Check(
    title="Images are admitted when nobody can be asked about them",
    subject=ServerConfig,
    severity=Severity.MEDIUM,
    needs=("flags",),
    fix="Set defaultAllow: false, and run the service in more than one place.",
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR),
    controls=(
        "nsa-cisa/trusted-images",
        "cis-kubernetes/5.5.1",
        "slsa/dependencies",
        "nis2/d",
        "pci-dss/6.3.2",
    ),
    refs=(
        "https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#imagepolicywebhook",
    ),
    bad=configs.server(
        "AdmissionConfiguration",
        "plugins:\n- name: ImagePolicyWebhook\n  configuration:\n    imagePolicy:\n"
        "      defaultAllow: true\n",
    ),
    good=configs.server(
        "AdmissionConfiguration",
        "plugins:\n- name: ImagePolicyWebhook\n  configuration:\n    imagePolicy:\n"
        "      defaultAllow: false\n",
    ),
    applies=_applies,
    run=run,
)
