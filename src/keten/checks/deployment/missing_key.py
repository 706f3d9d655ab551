"""Workload asks for a key that its config map does not have.

The pod does not start, or runs without a setting that a reviewer believes is made. A key that was
renamed in one of two files is found when the next node goes.

Config maps without any key are filled by something else and are not judged, nor are secrets, whose
values seldom stand in files. In clusters deployment/missing-object asks.
"""

from collections.abc import Iterator

from keten.checks._beside import beside, has_key, known
from keten.checks._examples import manifest
from keten.cluster.references import references
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Workload


def run(workload: Workload, view: View) -> Iterator[Violation]:
    """Report each key that none of the objects of that name has."""
    if not known(view, "ConfigMap"):
        return
    for one in references(workload):
        if not one.key or one.optional or "$" in one.key or one.kind != "ConfigMap":
            continue
        found = beside(view, workload).named(one.kind, one.name, workload.namespace)
        if found and not any(has_key(item, one.key) for item in found):
            what = f"{one.kind}/{one.name}"
            yield Violation(
                f"{workload.title} asks for {one.key[:60]}, which {what} does not have",
                one.at,
                change=Change(one.at, one.key, "", f"Mend what {workload.title} refers to"),
            )


def _applies(workload: Workload) -> bool:
    return not workload.uid


CHECK = Check(
    title="Workload asks for a key that its config map does not have",
    subject=Workload,
    needs=("manifest", "objects"),
    severity=Severity.LOW,
    applies=_applies,
    fix="Write the same key in both places.",
    threats=(Threat.INSIDER,),
    controls=("nsa-cisa/upgrades", "nis2/e", "pci-dss/6.5"),
    refs=("https://kubernetes.io/docs/concepts/configuration/configmap/",),
    bad=manifest("""
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
  - name: web
    image: registry.example/web:1.4
    env:
    - name: LOG_LEVEL
      valueFrom: {configMapKeyRef: {name: web, key: log-level}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: web, namespace: shop}
data: {log.level: info}
"""),
    good=manifest("""
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
  - name: web
    image: registry.example/web:1.4
    env:
    - name: LOG_LEVEL
      valueFrom: {configMapKeyRef: {name: web, key: log.level}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: web, namespace: shop}
data: {log.level: info}
"""),
    run=run,
)
