"""Authorization is configured to let requests through.

AuthorizationConfiguration lists authorizers in order. AlwaysAllow lets everything through;
without RBAC roles do nothing; a webhook whose failure counts as no opinion is passed over when
it is down or made to be, so that what it was to deny goes on to the next.
"""

from collections.abc import Iterator

from keten.checks import _configs as configs
from keten.model.check import Check, Threat
from keten.model.control_plane import ServerConfig
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def _applies(config: ServerConfig) -> bool:
    return config.kind == "AuthorizationConfiguration"


def run(config: ServerConfig, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    given = config.spec.get("authorizers")
    entries = [item for item in given if isinstance(item, dict)] if isinstance(given, list) else []
    kinds = [str(item.get("type")) for item in entries]
    for i, (entry, kind) in enumerate(zip(entries, kinds, strict=True)):
        hook = entry.get("webhook")
        if kind == "AlwaysAllow":
            yield Violation(
                "AlwaysAllow lets every request through",
                f"authorizers[{i}].type",
                key=str(i),
                severity=Severity.CRITICAL,
            )
        elif isinstance(hook, dict) and hook.get("failurePolicy") == "NoOpinion":
            yield Violation(
                f"webhook {str(entry.get('name'))[:60]} is passed over when it fails",
                f"authorizers[{i}].webhook.failurePolicy",
                key=str(i),
                severity=Severity.LOW,
            )
    if "RBAC" not in kinds:
        yield Violation("RBAC is not among the authorizers", "authorizers", key="rbac")


CHECK = Check(
    title="Authorization is configured to let requests through",
    subject=ServerConfig,
    severity=Severity.HIGH,
    needs=("flags",),
    fix=(
        "List Node and RBAC, take AlwaysAllow out, and set failurePolicy: Deny where the "
        "webhook denies."
    ),
    threats=(Threat.ACTOR,),
    controls=(
        "nsa-cisa/rbac",
        "cis-kubernetes/1.2.6",
        "cis-kubernetes/1.2.8",
        "nis2/i",
        "pci-dss/2.2",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/reference/access-authn-authz/authorization/",),
    bad=configs.server(
        "AuthorizationConfiguration", "authorizers:\n- type: AlwaysAllow\n  name: all\n"
    ),
    good=configs.server(
        "AuthorizationConfiguration",
        "authorizers:\n- type: Node\n  name: node\n- type: RBAC\n  name: rbac\n",
    ),
    applies=_applies,
    run=run,
)
