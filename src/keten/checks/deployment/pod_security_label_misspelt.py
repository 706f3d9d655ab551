"""Pod Security label says nothing that is understood.

A label whose name is a letter away from the real one does nothing at all: the namespace is taken
to be held to a standard and lets everything in. A level that does not exist is refused by the API
server when it is set, and where it is there already taken for restricted.
"""

from collections.abc import Iterator
from functools import lru_cache

from keten.checks._examples import manifest
from keten.cluster.podsecurity.namespaces import LABEL, setting
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Namespace

_MODES = ("enforce", "audit", "warn")
_KNOWN = {f"{LABEL}{mode}{end}" for mode in _MODES for end in ("", "-version")}


def run(namespace: Namespace, _: View) -> Iterator[Violation]:
    """Report labels of Pod Security that have no such name, level or version."""
    for mode in _MODES:
        for said in setting(namespace.labels, mode).wrong:
            key = said.partition(":")[0]
            yield _violation(namespace, key, f"says {said.removeprefix(LABEL)}, which is no value")
    for key in namespace.labels:
        if key not in _KNOWN and _meant(key):
            yield _violation(namespace, key, f"has a label that is not read: {key[:60]}")


def _violation(namespace: Namespace, key: str, what: str) -> Violation:
    return Violation(
        f"namespace {namespace.name} {what}",
        f"metadata.labels.{key}",
        change=Change(
            f"metadata.labels.{key}", namespace.labels.get(key, ""), "", f"Mend {namespace.title}"
        ),
    )


@lru_cache(1024)
def _meant(key: str) -> bool:
    """Return whether a label is one of Pod Security misspelt."""
    if key.startswith(LABEL):
        return True
    prefix, _, name = key.partition("/")
    word = name.removesuffix("-version")
    near = prefix.replace("-", "").replace("_", "").lower()
    return near in ("podsecurity.kubernetes.io", "podsecurity.k8s.io") and word in _MODES


CHECK = Check(
    title="Pod Security label says nothing that is understood",
    subject=Namespace,
    needs=("manifest",),
    severity=Severity.MEDIUM,
    fix="Write pod-security.kubernetes.io/enforce with privileged, baseline or restricted.",
    threats=(Threat.INSIDER,),
    controls=("nsa-cisa/pod-security", "cis-kubernetes/5.2.1", "nis2/e", "pci-dss/2.2"),
    refs=(
        "https://kubernetes.io/docs/concepts/security/pod-security-admission/#pod-security-admission-labels-for-namespaces",
    ),
    bad=manifest("""
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels: {pod-security.kubernetes.io/enforced: restricted}
"""),
    good=manifest("""
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    pod-security.kubernetes.io/enforce: restricted
    pod-security.kubernetes.io/enforce-version: v1.34
"""),
    run=run,
)
