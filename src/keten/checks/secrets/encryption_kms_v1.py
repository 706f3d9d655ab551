"""KMS provider uses the retired version 1.

KMS v1 asks the key service for every object, and is slow enough that people leave things
unencrypted. It is deprecated since Kubernetes 1.28 and off by default since 1.29: the next
upgrade leaves an API server that can not read its secrets.
"""

from collections.abc import Iterator

from keten.checks import _configs as configs
from keten.model.check import Check, Threat
from keten.model.control_plane import Encryption
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation


def run(encryption: Encryption, _: View) -> Iterator[Violation]:
    """Report it, with what is set and where."""
    for i, entry in enumerate(encryption.entries):
        for j, provider in enumerate(entry.providers):
            if provider.kind == "kms" and provider.api == "v1":
                at = f"resources[{i}].providers[{j}].kms"
                yield Violation(
                    f"kms provider {provider.name[:60] or '(no name)'} is version 1",
                    at,
                    key=f"{i}.{j}",
                    change=Change(f"{at}.apiVersion", "v1", "v2", "Move to KMS v2"),
                )


CHECK = Check(
    title="KMS provider uses the retired version 1",
    subject=Encryption,
    severity=Severity.LOW,
    needs=("flags",),
    fix=(
        "Add the provider with apiVersion: v2 before it, rewrite the secrets, then remove the "
        "old one."
    ),
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=(
        "nsa-cisa/secrets",
        "cis-kubernetes/1.2.28",
        "nis2/h",
        "pci-dss/3.5",
        "hipaa/164.312(a)",
        "gdpr/32",
    ),
    refs=("https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/",),
    bad=configs.encryption(
        "- resources: [secrets]\n  providers:\n  - kms: {name: vault, endpoint: unix:///k.sock}\n"
    ),
    good=configs.encryption("- resources: [secrets]\n  providers:\n" + configs.KMS),
    run=run,
)
