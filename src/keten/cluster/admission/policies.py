"""A policy of keten as ValidatingAdmissionPolicy objects with their bindings (v1, since 1.30).

The API server evaluates them in its own process: no webhook that has to be up, so nothing that
can lock a cluster out. What is a fault of a pod is refused of pods; of the controllers that
make pods it is told (Warn, Audit), as Pod Security admission does, or refused where asked.

Kubernetes' own namespaces are left out unless named: their pods may need the node.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from keten.cluster.podsecurity.namespaces import SERVED
from keten.cluster.podsecurity.standard import Level, holding, minor_of

_GROUP = "admissionregistration.k8s.io/v1"
_CONTAINERS = (
    "dyn(variables.spec.?containers.orValue([]))"
    " + dyn(variables.spec.?initContainers.orValue([]))"
    " + dyn(variables.spec.?ephemeralContainers.orValue([]))"
)


class Wanted(Struct, frozen=True, kw_only=True):
    """What is to be written out.

    *version* is of the Pod Security Standards. *registries* are registries, or repositories
    below one, below which every image must lie; none means any. *digests*: every image must be
    named by digest. *refuse_controllers*: refuse Deployments and their like too. *warn_only*:
    refuse nothing, only warn and tell the audit log.
    """

    name: str = "keten"
    level: Level = Level.PRIVILEGED
    version: str = "latest"
    registries: tuple[str, ...] = ()
    digests: bool = False
    refuse_controllers: bool = False
    exempt: tuple[str, ...] = SERVED
    warn_only: bool = False


class _Shape(Struct, frozen=True):
    """Where the pod is in some kinds of object. *mark* ends the policy's name."""

    mark: str
    template: str
    rules: tuple[tuple[str, tuple[str, ...]], ...]


_SHAPES = (
    _Shape("pods", "object", (("", ("pods", "pods/ephemeralcontainers")),)),
    _Shape(
        "controllers",
        "object.spec.template",
        (
            ("", ("replicationcontrollers",)),
            ("apps", ("daemonsets", "deployments", "replicasets", "statefulsets")),
            ("batch", ("jobs",)),
        ),
    ),
    _Shape("cronjobs", "object.spec.jobTemplate.spec.template", (("batch", ("cronjobs",)),)),
    _Shape("podtemplates", "object.template", (("", ("podtemplates",)),)),
)


def written(wanted: Wanted) -> list[dict[str, Any]]:
    """Return the policies and their bindings; none where *wanted* asks for nothing.

    Raises InputError for a version that is none.
    """
    validations = [*_standard(wanted), *_images(wanted)]
    if not validations:
        return []
    made: list[dict[str, Any]] = []
    for shape in _SHAPES:
        made.append(_policy(wanted, shape, validations))
        made.append(_binding(wanted, shape))
    return made


def _standard(wanted: Wanted) -> Iterator[dict[str, str]]:
    from keten.cluster.podsecurity.cel import ASKS, expression

    minor = minor_of(wanted.version)
    for control, _ in holding(wanted.level, minor):
        version = "latest" if wanted.version == "latest" else f"v1.{minor}"
        yield {
            "expression": expression(control.id, minor),
            "message": f"{control.id}: {ASKS[control.id]} "
            f"(Pod Security Standards, {wanted.level} {version})",
            "reason": "Forbidden",
        }


def _images(wanted: Wanted) -> Iterator[dict[str, str]]:
    if wanted.registries:
        below = " || ".join(
            f'i == {_text(place)} || ["/", ":", "@"].exists(s, i.startsWith({_text(place)} + s))'
            for place in sorted(wanted.registries)
        )
        yield {
            "expression": f"variables.images.all(i, {below})",
            "message": f"every image must come from {' or '.join(sorted(wanted.registries))}",
            "reason": "Forbidden",
        }
    if wanted.digests:
        yield {
            "expression": 'variables.images.all(i, i.matches("@sha256:[0-9a-f]{64}$"))',
            "message": "every image must be named by digest (@sha256:...)",
            "reason": "Forbidden",
        }


_HOST = 'x.split("/")[0]'
_IMAGES = (
    'variables.containers.map(c, c.?image.orValue("")).filter(x, x != "").map(x, '
    f'!x.contains("/") ? "docker.io/library/" + x : '
    f'({_HOST}.contains(".") || {_HOST}.contains(":") || {_HOST} == "localhost") ? x : '
    '"docker.io/" + x)'
)
"""Images with the registry and the folder that a reference leaves out put in."""


def _policy(wanted: Wanted, shape: _Shape, validations: Sequence[dict[str, str]]) -> dict[str, Any]:
    variables = [
        ("spec", f"{shape.template}.spec"),
        ("annotations", f"{shape.template}.?metadata.?annotations.orValue({{}})"),
        ("containers", _CONTAINERS),
    ]
    if any("variables.images" in one["expression"] for one in validations):
        variables.append(("images", _IMAGES))
    if not any("variables.annotations" in one["expression"] for one in validations):
        del variables[1]
    return {
        "apiVersion": _GROUP,
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": f"{wanted.name}-{shape.mark}"},
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {
                "resourceRules": [
                    {
                        "apiGroups": [group],
                        "apiVersions": ["v1"],
                        "operations": ["CREATE", "UPDATE"],
                        "resources": list(resources),
                    }
                    for group, resources in shape.rules
                ]
            },
            "matchConditions": [
                {
                    "name": "the-pod-changes",
                    "expression": f'request.operation != "UPDATE" || {_changed(shape)}',
                }
            ],
            "variables": [{"name": name, "expression": text} for name, text in variables],
            "validations": list(validations),
        },
    }


_LISTS = ("containers", "initContainers", "ephemeralContainers")


def _changed(shape: _Shape) -> str:
    """Return whether an update can change the verdict: of a pod, as Pod Security admission asks.

    Of a pod, images change and ephemeral containers are added; what else may change (labels,
    finalizers, tolerations, scheduling gates, resources) is of a pod that was judged before.
    """
    if shape.template != "object":
        return f"{shape.template} != {shape.template.replace('object', 'oldObject', 1)}"
    images = "{0}.spec.?{1}.orValue([]).map(c, c.name + '=' + c.?image.orValue(''))"
    return " || ".join(
        f"{images.format('object', name)} != {images.format('oldObject', name)}" for name in _LISTS
    )


def _binding(wanted: Wanted, shape: _Shape) -> dict[str, Any]:
    refuse = (shape.mark == "pods" or wanted.refuse_controllers) and not wanted.warn_only
    match: dict[str, Any] = {}
    if wanted.exempt:
        match["matchResources"] = {
            "namespaceSelector": {
                "matchExpressions": [
                    {
                        "key": "kubernetes.io/metadata.name",
                        "operator": "NotIn",
                        "values": sorted(wanted.exempt),
                    }
                ]
            }
        }
    return {
        "apiVersion": _GROUP,
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": f"{wanted.name}-{shape.mark}"},
        "spec": {
            "policyName": f"{wanted.name}-{shape.mark}",
            "validationActions": ["Deny"] if refuse else ["Warn", "Audit"],
            **match,
        },
    }


def _text(value: str) -> str:
    """Return *value* as a string of CEL."""
    return '"' + value.rstrip("/").replace("\\", "\\\\").replace('"', '\\"') + '"'
