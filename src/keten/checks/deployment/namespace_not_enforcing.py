"""Namespace enforces no Pod Security Standard.

Pod Security admission refuses dangerous pods in a namespace that says at which level. Without
the label enforce, or at privileged, whoever may create a pod may create one that owns its node.
The labels warn and audit refuse nothing.

Low, as another admission controller may do the same; namespaces of Kubernetes itself are not
judged.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Namespace

_LABEL = "pod-security.kubernetes.io/enforce"
_OWN = ("kube-system", "kube-public", "kube-node-lease", "default")


def run(namespace: Namespace, _: View) -> Iterator[Violation]:
    """Report a namespace that enforces nothing."""
    level = namespace.labels.get(_LABEL, "")
    if level not in ("baseline", "restricted"):
        at = f"metadata.labels.{_LABEL}"
        said = f"enforces the level {level}" if level else "enforces no Pod Security Standard"
        yield Violation(
            f"namespace {namespace.name} {said}",
            at,
            change=Change(
                f'metadata.labels["{_LABEL}"]',
                level,
                f"{_LABEL}: baseline",
                f"Enforce Pod Security in {namespace.name}",
                exact=True,
            ),
        )


def _applies(namespace: Namespace) -> bool:
    return namespace.name not in _OWN


CHECK = Check(
    title="Namespace enforces no Pod Security Standard",
    needs=("manifest",),
    severity=Severity.LOW,
    subject=Namespace,
    applies=_applies,
    fix="Label the namespace pod-security.kubernetes.io/enforce: restricted, or baseline.",
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=(
        "nsa-cisa/pod-security",
        "pss/baseline",
        "cis-kubernetes/5.2.1",
        "nis2/e",
        "pci-dss/2.2",
    ),
    refs=("https://kubernetes.io/docs/concepts/security/pod-security-admission/",),
    bad=manifest("""
apiVersion: v1
kind: Namespace
metadata: {name: shop}
"""),
    good=manifest("""
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    pod-security.kubernetes.io/enforce: restricted
"""),
    run=run,
)
