"""Admission policy refuses all that it matches.

The API server can not judge it: the kind of its parameters is gone with its definition, the
object that its binding names is not there, or its expressions read parameters that the binding
does not name. With failurePolicy Fail, which is the default, every request that it matches is
refused, also where the binding was only to warn. Whoever may delete one definition or one config
map stops what the policy watches over: the pods of a node that restarts, too.

That something is not there is said of clusters that were listed only.
"""

from collections.abc import Iterator

from keten.checks._examples import manifest
from keten.cluster.admission.parameters import BINDINGS, stuck
from keten.cluster.estates import estate
from keten.model.check import Check, Threat
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation
from keten.model.kube import Resource


def run(binding: Resource, view: View) -> Iterator[Violation]:
    """Report a binding whose policy can not be judged."""
    why = stuck(binding, estate(view).of(binding).scope)
    if why:
        at = "spec.paramRef" if "paramRef" in binding.spec else "spec.policyName"
        yield Violation(
            f"policy {binding.spec.get('policyName')} {why}",
            at,
            change=Change(at, "", "", f"Mend the parameters of {binding.title}"),
        )


def _applies(item: Resource) -> bool:
    return item.kind in BINDINGS and item.api_version.startswith("admissionregistration.k8s.io/")


CHECK = Check(
    title="Admission policy refuses all that it matches",
    needs=("manifest", "objects"),
    severity=Severity.HIGH,
    subject=Resource,
    applies=_applies,
    fix="Bring the parameters back and name them in paramRef, or ask params != null.",
    threats=(Threat.ACTOR, Threat.INSIDER),
    controls=("nsa-cisa/third-parties", "nis2/c", "hipaa/164.308(a)(7)"),
    refs=("https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/",),
    bad=manifest("""
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: replicas}
spec:
  paramKind: {apiVersion: rules.example/v1, kind: ReplicaLimit}
  matchConstraints:
    resourceRules:
    - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}
  validations:
  - expression: object.spec.replicas <= params.maxReplicas
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: replicas}
spec:
  policyName: replicas
  validationActions: [Deny]
"""),
    good=manifest("""
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: replicas}
spec:
  paramKind: {apiVersion: rules.example/v1, kind: ReplicaLimit}
  matchConstraints:
    resourceRules:
    - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}
  validations:
  - expression: object.spec.replicas <= params.maxReplicas
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: replicas}
spec:
  policyName: replicas
  validationActions: [Deny]
  paramRef: {name: limit, parameterNotFoundAction: Deny}
"""),
    run=run,
)
