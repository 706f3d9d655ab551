"""Kubernetes objects as nodes of the model."""

from collections.abc import Callable
from typing import Any

import msgspec

from keten.formats.kubernetes.accept import accepts
from keten.formats.kubernetes.prune import prune
from keten.formats.kubernetes.rules import PODS, at
from keten.formats.kubernetes.schema import group_of, schema
from keten.model import kube
from keten.model.custom_pods import OWN_FIELDS, TEMPLATES
from keten.model.pod import PodSpec

CUSTOM = 1 << 16  # characters of JSON of a custom resource's spec that are kept

_ROUTES = {
    "networking.k8s.io": {"Ingress"},
    "extensions": {"Ingress"},
    "gateway.networking.k8s.io": {
        "Gateway", "HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute",
    },
    "route.openshift.io": {"Route"},
}  # fmt: skip
_OUTSIDE = {"apiVersion", "kind", "metadata", "status"}
_STATUS = {"Node": ("nodeInfo", "addresses"), "CertificateSigningRequest": ("conditions",)}
_OF_VERSIONS = ("name", "served", "storage", "deprecated")


def node(value: dict[str, Any], key: str, path: str, *, clean: bool) -> kube.Object:
    """Return the node for the object *value*; *key* is its id, *path* its file.

    *clean*: it was judged and found to be as the API has it. Otherwise what does not fit is
    left out.
    """
    if clean:
        try:
            return _node(value, key, path)
        except msgspec.ValidationError:
            pass  # a null somewhere: allowed, and the same as not there
    return _node(_pruned(value), key, path)


def _pruned(value: dict[str, Any]) -> dict[str, Any]:
    kind, version = value["kind"], value["apiVersion"]
    name = schema().kinds.get(f"{version}/{kind}") or _ANY_VERSION.get(kind)
    if name is not None:
        return {**prune(value, name), "kind": kind, "apiVersion": version}
    kept = {**value, "metadata": prune(value.get("metadata") or {}, "ObjectMeta")}
    return {key: item for key, item in kept.items() if item is not None}


_ANY_VERSION = {
    "Deployment": "Deployment",
    "DaemonSet": "DaemonSet",
    "ReplicaSet": "ReplicaSet",
    "StatefulSet": "StatefulSet",
    "CronJob": "CronJob",
    "Job": "Job",
    "Role": "Role",
    "ClusterRole": "ClusterRole",
    "RoleBinding": "RoleBinding",
    "ClusterRoleBinding": "ClusterRoleBinding",
    "NetworkPolicy": "NetworkPolicy",
}


def _node(value: dict[str, Any], key: str, path: str) -> kube.Object:
    kind, version = value["kind"], value["apiVersion"]
    meta = _dict(value.get("metadata"))
    common = {
        "id": key,
        "kind": kind,
        "name": name_of(meta),
        "namespace": _text(meta.get("namespace")),
        "path": path,
        "labels": _map(meta.get("labels")),
        "annotations": _map(meta.get("annotations")),
        "uid": _text(meta.get("uid")),
        "owner": _owner(meta),
    }
    group = group_of(version)
    if kind in PODS and group in _BUILT_IN:
        return _workload(value, common)
    if (group, kind) in TEMPLATES:
        made = _custom(value, common, TEMPLATES[group, kind])
        if made is not None:
            return made
    if kind in _ROUTES.get(group, ()):
        return kube.Route(**common, spec=_dict(value.get("spec")), api_version=version)
    make = _MAKERS.get((group, kind))
    return make(value, common) if make else _resource(value, common)


def _custom(value: dict[str, Any], common: dict[str, Any], path: str) -> kube.Workload | None:
    """Return the workload that a custom resource is; None where its template is none, or a part.

    What is not told there its controller may take from elsewhere.
    """
    template = at(value, path)
    pod = _dict(_dict(template).get("spec"))
    if value["apiVersion"].startswith("serving.knative.dev/"):
        pod = {name: item for name, item in pod.items() if name not in OWN_FIELDS}
    containers = _dicts(pod.get("containers"))
    if not containers or not all(_text(one.get("image")) for one in containers):
        return None
    if not accepts("PodSpec")(pod):
        return None
    meta, own = _dict(_dict(template).get("metadata")), _dict(value.get("spec"))
    return kube.Workload(
        **common,
        pod=msgspec.convert(prune(pod, "PodSpec"), PodSpec),
        pod_path=f"{path}.spec",
        pod_labels=_map(meta.get("labels")),
        pod_annotations=_map(meta.get("annotations")),
        api_version=value["apiVersion"],
        spec={name: item for name, item in own.items() if name not in ("template", "jobTargetRef")},
    )


def name_of(meta: dict[str, Any]) -> str:
    """Return an object's name, or the beginning it is to be given."""
    return _text(meta.get("name")) or _text(meta.get("generateName"))


def _owner(meta: dict[str, Any]) -> str:
    """Return ``Kind/name`` of the controller (meta/v1 OwnerReference), "" where there is none."""
    for ref in _dicts(meta.get("ownerReferences")):
        if ref.get("controller") is True:
            return f"{_text(ref.get('kind'))}/{_text(ref.get('name'))}"
    return ""


_BUILT_IN = {"", "apps", "batch", "extensions"}


def _workload(value: dict[str, Any], common: dict[str, Any]) -> kube.Workload:
    path = PODS[common["kind"]]
    pod = msgspec.convert(_dict(at(value, path)), PodSpec)
    if path == "spec":
        meta, spec = _dict(value.get("metadata")), {}
    else:
        meta = _dict(at(value, path.removesuffix("spec") + "metadata"))
        own = _dict(value.get("spec"))
        spec = {name: item for name, item in own.items() if name != "template"}
        if common["kind"] == "CronJob":
            spec = _without_template(spec)
    live: dict[str, Any] = {}
    if common["kind"] == "Pod" and common["uid"]:
        live = _live(value, pod)
        pod = msgspec.structs.replace(pod, node_name="")  # the scheduler's word, not the author's
        if _MIRROR in _map(meta.get("annotations")):  # a kubelet's own pod is never given a token
            pod = msgspec.structs.replace(pod, automount_service_account_token=False)
    return kube.Workload(
        **common,
        **live,
        pod=pod,
        pod_path=path,
        pod_labels=_map(meta.get("labels")),
        pod_annotations=_map(meta.get("annotations")),
        api_version=value["apiVersion"],
        spec=spec,
    )


_MIRROR = "kubernetes.io/config.mirror"


def _live(value: dict[str, Any], pod: PodSpec) -> dict[str, Any]:
    """Return what a live pod says of where it runs and what it really runs.

    One that has ended runs nowhere, and its address may be another's.
    """
    status = _dict(value.get("status"))
    ended = status.get("phase") in ("Succeeded", "Failed")
    told = [] if ended else [*_dicts(status.get("podIPs")), {"ip": status.get("podIP")}]
    images: dict[str, tuple[str, ...]] = {}
    for name in ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"):
        for one in _dicts(status.get(name)):
            if digest := _digest(_text(one.get("imageID"))):
                images[_text(one.get("name"))] = (digest,)
    return {
        "nodes": (pod.node_name,) if pod.node_name and not ended else (),
        "pod_ips": tuple(sorted({_text(one.get("ip")) for one in told} - {""})),
        "image_ids": images,
    }


def _digest(image: str) -> str:
    """Return the digest in an imageID: ``docker-pullable://name@sha256:…``, ``name@sha256:…``."""
    digest = image.rpartition("@")[2].removeprefix("docker://")
    return digest if digest.startswith("sha256:") else ""


def _without_template(spec: dict[str, Any]) -> dict[str, Any]:
    job = _dict(spec.get("jobTemplate"))
    inner = {name: item for name, item in _dict(job.get("spec")).items() if name != "template"}
    return {**spec, "jobTemplate": {**job, "spec": inner}} if job else spec


def _role(value: dict[str, Any], common: dict[str, Any]) -> kube.Role:
    rules = msgspec.convert(_list(value.get("rules")), tuple[kube.Rule, ...])
    return kube.Role(**common, rules=rules, aggregation=value.get("aggregationRule"))


def _binding(value: dict[str, Any], common: dict[str, Any]) -> kube.Binding:
    ref = _dict(value.get("roleRef"))
    return kube.Binding(
        **common,
        role_kind=_text(ref.get("kind")),
        role_name=_text(ref.get("name")),
        subjects=msgspec.convert(_list(value.get("subjects")), tuple[kube.Subject, ...]),
    )


def _account(value: dict[str, Any], common: dict[str, Any]) -> kube.ServiceAccount:
    return kube.ServiceAccount(
        **common,
        automount=value.get("automountServiceAccountToken"),
        secrets=_dicts(value.get("secrets")),
        image_pull_secrets=_dicts(value.get("imagePullSecrets")),
    )


def _config_map(value: dict[str, Any], common: dict[str, Any]) -> kube.ConfigMap:
    keys = {*_dict(value.get("data")), *_dict(value.get("binaryData"))}
    return kube.ConfigMap(**common, keys=tuple(sorted(keys)))


def _secret(value: dict[str, Any], common: dict[str, Any]) -> kube.Secret:
    both = (_dict(value.get("data")), _dict(value.get("stringData")))
    keys = {name for part in both for name, item in part.items() if item}
    common["annotations"] = {
        name: text
        for name, text in common["annotations"].items()
        if name != "kubectl.kubernetes.io/last-applied-configuration"  # holds the values again
    }
    kind = _text(value.get("type"))
    meta = _dict(value.get("metadata"))
    return kube.Secret(
        **common,
        type=kind,
        keys=tuple(sorted(keys)),
        created=_day(_text(meta.get("creationTimestamp"))) if common["uid"] else "",
        expires=_expiration(*both) if kind == BOOTSTRAP else "",
    )


BOOTSTRAP = "bootstrap.kubernetes.io/token"


def _expiration(data: dict[str, Any], plain: dict[str, Any]) -> str:
    """Return the day on which a bootstrap token ends; "" where none is told."""
    import base64
    import binascii

    said = _text(plain.get("expiration"))
    try:
        said = said or base64.b64decode(_text(data.get("expiration"))[:100]).decode("ascii")
    except (binascii.Error, ValueError):
        return ""
    return _day(said)


def _day(time: str) -> str:
    """Return the day of a time (RFC 3339), "" for what is none."""
    from datetime import date

    try:
        return date.fromisoformat(time[:10]).isoformat()
    except ValueError:
        return ""


def _webhook(value: dict[str, Any], common: dict[str, Any]) -> kube.Webhook:
    return kube.Webhook(**common, webhooks=_dicts(value.get("webhooks")))


def _resource(value: dict[str, Any], common: dict[str, Any]) -> kube.Resource:
    kind = common["kind"]
    if "spec" in value:
        spec = _dict(value["spec"])
    else:
        spec = {name: item for name, item in value.items() if name not in _OUTSIDE}
    if kind == "CustomResourceDefinition":
        spec = _definition(spec)
    if spec and len(msgspec.json.encode(spec)) > CUSTOM:
        spec = {}
    said = _dict(value.get("status")) if kind in _STATUS else {}
    status = {name: said[name] for name in _STATUS.get(kind, ()) if name in said}
    return kube.Resource(**common, api_version=value["apiVersion"], spec=spec, status=status)


def _definition(spec: dict[str, Any]) -> dict[str, Any]:
    """Return a CustomResourceDefinition's spec without its schemas, which are big."""
    versions = [
        {name: item for name, item in version.items() if name in _OF_VERSIONS}
        for version in _dicts(spec.get("versions"))
    ]
    kept = {name: item for name, item in spec.items() if name not in ("versions", "validation")}
    return {**kept, "versions": versions} if versions else kept


def _speced(kind: Callable[..., Any]) -> Callable[[dict[str, Any], dict[str, Any]], Any]:
    return lambda value, common: kind(**common, spec=_dict(value.get("spec")))


def _bare(kind: Callable[..., Any]) -> Callable[[dict[str, Any], dict[str, Any]], Any]:
    return lambda _, common: kind(**common)


_RBAC = "rbac.authorization.k8s.io"
_HOOKS = "admissionregistration.k8s.io"
_MAKERS: dict[tuple[str, str], Callable[[dict[str, Any], dict[str, Any]], Any]] = {
    ("", "Namespace"): _bare(kube.Namespace),
    ("", "Service"): _speced(kube.Service),
    ("networking.k8s.io", "NetworkPolicy"): _speced(kube.NetworkPolicy),
    ("extensions", "NetworkPolicy"): _speced(kube.NetworkPolicy),
    (_RBAC, "Role"): _role,
    (_RBAC, "ClusterRole"): _role,
    (_RBAC, "RoleBinding"): _binding,
    (_RBAC, "ClusterRoleBinding"): _binding,
    ("", "ServiceAccount"): _account,
    ("", "ConfigMap"): _config_map,
    ("", "Secret"): _secret,
    (_HOOKS, "ValidatingWebhookConfiguration"): _webhook,
    (_HOOKS, "MutatingWebhookConfiguration"): _webhook,
}


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dicts(value: Any) -> tuple[dict[str, Any], ...]:
    return tuple(item for item in _list(value) if isinstance(item, dict))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _map(value: Any) -> dict[str, str]:
    """Return labels or annotations; one that is null is not there."""
    return {name: item for name, item in _dict(value).items() if isinstance(item, str)}
