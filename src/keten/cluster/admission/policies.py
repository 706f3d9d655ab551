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
        places = sorted({_place(place) for place in wanted.registries})
        below = " || ".join(_below(place) for place in places)
        yield {
            "expression": f"variables.images.all(i, {below})",
            "message": f"every image must come from {' or '.join(places)}",
            "reason": "Forbidden",
        }
    if wanted.digests:
        yield {
            "expression": f'variables.images.all(i, i.matches("{_DIGEST}"))',
            "message": "every image must be named by digest (@sha256:...)",
            "reason": "Forbidden",
        }


_DIGEST = "@sha(256:[0-9a-f]{64}|384:[0-9a-f]{96}|512:[0-9a-f]{128})$"
_HUB = ("index.docker.io", "registry-1.docker.io")
"""Other names of docker.io."""
_HOST = 'x.split("/")[0]'
_IMAGES = (
    'variables.containers.map(c, c.?image.orValue("")).filter(x, x != "")'
    # what names no registry is of docker.io
    f'.map(x, x.contains("/") && ({_HOST}.contains(".") || {_HOST}.contains(":") || '
    f'{_HOST} == "localhost" || {_HOST} != {_HOST}.lowerAscii()) ? x : "docker.io/" + x)'
    f'.map(x, {_HOST} in {list(_HUB)} ? "docker.io/" + x.substring({_HOST}.size() + 1) : x)'
    # and what lies there in no folder in library
    '.map(x, x.matches("^docker[.]io/[^/]+$") ? "docker.io/library/" + x.substring(10) : x)'
)
"""Images with the registry and the folder that a reference leaves out put in, as keten reads
references (formats/reference)."""


def _place(text: str) -> str:
    """Return a registry, or a repository of one, as images name it."""
    host, slash, path = text.strip().strip("/").partition("/")
    host = host.lower()
    return f"{'docker.io' if host in _HUB else host}{slash}{path}"


def _below(place: str) -> str:
    """Return whether image ``i`` lies below *place*, or is a tag or digest of that repository."""
    if "/" not in place:
        return f"i.startsWith({_text(place + '/')})"  # behind a host a colon is a port's
    ends = " || ".join(f"i.startsWith({_text(place + end)})" for end in "/:@")
    return f"i == {_text(place)} || {ends}"


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
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
