"""Admission policies that can not be judged, and so refuse all that they match.

A policy whose ``failurePolicy`` is Fail refuses where it can not be configured: the kind of its
parameters is not served, a binding asks for a parameter that is not there and says Deny, or its
expressions read parameters that the binding does not name. That goes for bindings that only
warn, too, in the first two cases.
Source: Kubernetes 1.36, apiserver/pkg/admission/plugin/policy/generic (policy_dispatcher.go).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from keten.cluster.definitions import definitions
from keten.cluster.scopes import Scope
from keten.model.kube import ConfigMap, Object, Resource

BINDINGS = {
    "ValidatingAdmissionPolicyBinding": "ValidatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding": "MutatingAdmissionPolicy",
}
_NAMELESS = "reads params, and its binding names none"
_READS = re.compile(r"(?<![\w.\"'])params\.(?!\?)")
_GUARDS = re.compile(r"params\s*[!=]=\s*null|has\(params")


def stuck(binding: Resource, scope: Scope) -> str:
    """Return why the policy of *binding* refuses all that it matches, "" where it does not.

    Only what is certain: an absent kind or object of a cluster that was listed.
    """
    kind, name = BINDINGS[binding.kind], str(binding.spec.get("policyName") or "")
    policy = next((one for one in _resources(scope.objects, kind) if one.name == name), None)
    if policy is None or policy.spec.get("failurePolicy") == "Ignore":
        return ""
    wanted = _dict(policy.spec.get("paramKind"))
    group, _, version = str(wanted.get("apiVersion") or "").rpartition("/")
    if not wanted or not version:
        return ""
    ref = _dict(binding.spec.get("paramRef"))
    said = f"{wanted.get('kind')} of {wanted.get('apiVersion')}"
    served = scope.cluster.groups if scope.cluster is not None else {}
    if served and version not in served.get(group, ()):
        return f"takes {said}, which the cluster does not serve"
    if not ref:
        actions = binding.spec.get("validationActions")  # which a mutating one has not
        warns = isinstance(actions, list) and "Deny" not in actions
        return "" if warns or not _unguarded(policy.spec) else _NAMELESS
    if ref.get("parameterNotFoundAction") == "Deny" and _absent(ref, group, wanted, scope):
        return f"takes {said} {ref['name']}, which is not there"
    return ""


def _absent(ref: Mapping[str, Any], group: str, wanted: Mapping[str, Any], scope: Scope) -> bool:
    """Return whether the object that *ref* names is certainly not there."""
    name, space, kind = ref.get("name"), ref.get("namespace"), wanted.get("kind")
    cluster = scope.cluster
    if cluster is None or not name:
        return False
    there: Iterable[Object]
    if not group and kind == "ConfigMap":
        resource = "configmaps"
        there = (one for one in scope.objects if isinstance(one, ConfigMap))
    else:
        resource = next(
            (one.name for one in definitions(scope) if (one.group, one.kind) == (group, kind)), ""
        )
        there = _resources(scope.objects, str(kind))
    if resource not in cluster.listed or resource in cluster.within:
        return False
    if any(resource in right for right in (*cluster.denied, *cluster.failed)):
        return False
    return not any(one.name == name and space in (None, one.namespace) for one in there)


def _unguarded(spec: Mapping[str, Any]) -> bool:
    """Return whether each expression that decides reads params, and none asks whether it may."""
    rows = [*_list(spec.get("validations")), *_list(spec.get("mutations"))]
    texts = [text for row in rows for text in _texts(row)]
    texts += [text for row in _list(spec.get("variables")) for text in _texts(row)]
    guarded = any(
        _GUARDS.search(text)
        for text in (
            *texts,
            *(t for row in _list(spec.get("matchConditions")) for t in _texts(row)),
        )
    )
    return not guarded and any(_READS.search(text) for text in texts)


def _texts(row: Any) -> Iterable[str]:
    if isinstance(row, dict):
        for one in (row, _dict(row.get("applyConfiguration")), _dict(row.get("jsonPatch"))):
            if isinstance(one.get("expression"), str):
                yield one["expression"]


def _resources(objects: Iterable[Object], kind: str) -> Iterable[Resource]:
    return (one for one in objects if isinstance(one, Resource) and one.kind == kind)


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
