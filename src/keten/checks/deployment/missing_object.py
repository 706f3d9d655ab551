"""Workload refers to what is not there.

A pod that names a secret, config map, claim or class that does not exist does not start; what
runs today goes on until its node is drained, and then is gone. Whoever may create an object of
that name, often less guarded than the workload itself, decides what the pod gets.

Asked of live clusters only: what is made by hand, or by an operator, shows in no file. What the
manifest says is optional is left out.
"""

from collections.abc import Iterator

from keten.checks._beside import beside, has_key
from keten.checks._examples import manifest
from keten.cluster.references import references
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Severity, Violation
from keten.model.kube import Workload

SHOWN = 3
"""Names of one kind that are told; the rest is counted."""


def run(workload: Workload, view: View) -> Iterator[Violation]:
    """Report by kind what a live workload needs and the cluster does not have; keys one by one."""
    absent: dict[str, dict[str, str]] = {}
    keys: dict[tuple[str, str, str], str] = {}
    for one in references(workload):
        if one.optional:
            continue
        space = "" if one.kind.endswith("Class") else workload.namespace
        found = beside(view, workload).named(one.kind, one.name, space)
        if not found:
            absent.setdefault(one.kind, {}).setdefault(one.name, one.at)
        elif one.key and not any(has_key(item, one.key) for item in found):
            keys.setdefault((one.kind, one.name, one.key), one.at)
    for kind, names in absent.items():
        first, at = next(iter(names.items()))
        told = f"{kind}/{first}, which is not there"
        if len(names) > 1:
            more = ", ..." if len(names) > SHOWN else ""
            shown = ", ".join([*names][:SHOWN])
            told = f"{len(names)} objects of kind {kind} that are not there: {shown}{more}"
        yield Violation(f"{workload.title} refers to {told}", at, key=f"{kind}/{first}")
    for (kind, name, key), at in keys.items():
        said = f"{workload.title} refers to {kind}/{name}, which has no key {key[:40]}"
        yield Violation(said, at, key=f"{kind}/{name} {key}")


def _applies(workload: Workload) -> bool:
    return bool(workload.uid)


CHECK = Check(
    title="Workload refers to what is not there",
    subject=Workload,
    needs=("manifest", "references"),
    severity=Severity.LOW,
    applies=_applies,
    fix="Create the object, correct its name, or remove the workload that nobody misses.",
    threats=(
        Threat.INSIDER,
        Threat.ACTOR,
    ),
    controls=("nsa-cisa/upgrades", "nis2/e", "pci-dss/2.2"),
    refs=("https://kubernetes.io/docs/concepts/configuration/secret/#restrictions",),
    bad=manifest("""
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, uid: "1"}
spec:
  containers:
  - name: web
    image: registry.example/web:1.4
    envFrom: [{secretRef: {name: db}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: x, namespace: other, uid: "90"}
---
apiVersion: v1
kind: Secret
metadata: {name: x, namespace: other, uid: "91"}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: x, namespace: other, uid: "92"}
spec: {}
"""),
    good=manifest("""
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, uid: "1"}
spec:
  containers:
  - name: web
    image: registry.example/web:1.4
    envFrom: [{secretRef: {name: db}}]
---
apiVersion: v1
kind: Secret
metadata: {name: db, namespace: shop, uid: "2"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: x, namespace: other, uid: "90"}
---
apiVersion: v1
kind: Secret
metadata: {name: x, namespace: other, uid: "91"}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: x, namespace: other, uid: "92"}
spec: {}
"""),
    run=run,
)
