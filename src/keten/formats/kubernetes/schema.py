"""The API's kinds and the fields of its types, from api.json (Kubernetes 1.36.3).

``tools/kubernetes_schema.py`` writes the data and says what the letters mean.
"""

from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct


class Schema(Struct, frozen=True):
    """*kinds* maps ``apiVersion/Kind`` to a type, *types* a type to its fields' types."""

    version: str
    kinds: dict[str, str]
    types: dict[str, dict[str, str]]


@cache
def schema() -> Schema:
    """Return the data; read once, in about a millisecond."""
    data = (Path(__file__).parent / "api.json").read_bytes()
    return msgspec.json.decode(data, type=Schema)


@cache
def groups() -> frozenset[str]:
    """Return the API groups that the API server itself serves (``""`` is core)."""
    return frozenset(group_of(name.rpartition("/")[0]) for name in schema().kinds)


def served_as(group: str, kind: str) -> str:
    """Return the best apiVersion of *group* that serves *kind*, "" where none does."""
    found = [name.rpartition("/")[0] for name in schema().kinds if name.endswith(f"/{kind}")]
    return min((one for one in found if group_of(one) == group), key=len, default="")


def applied(api_version: str, kind: str) -> bool:
    """Return whether *kind* is a thing that is applied: not an answer of the API (APIGroup)."""
    name = schema().kinds.get(f"{api_version}/{kind}")
    if name is None:
        return True
    fields = schema().types[name]
    return fields.get("metadata") == "ObjectMeta" or "items" in fields


def group_of(api_version: str) -> str:
    """Return the group of an apiVersion: ``""`` for ``v1``."""
    return api_version.partition("/")[0] if "/" in api_version else ""


# The API versions that are gone: the kind, the version where it stood, since when, and where
# it stands now. Source: the Kubernetes deprecated API migration guide.
_GONE: dict[str, tuple[str, str]] = {
    "extensions/v1beta1/Deployment": ("1.16", "apps/v1"),
    "extensions/v1beta1/DaemonSet": ("1.16", "apps/v1"),
    "extensions/v1beta1/ReplicaSet": ("1.16", "apps/v1"),
    "extensions/v1beta1/NetworkPolicy": ("1.16", "networking.k8s.io/v1"),
    "extensions/v1beta1/PodSecurityPolicy": ("1.16", ""),
    "extensions/v1beta1/Ingress": ("1.22", "networking.k8s.io/v1"),
    "apps/v1beta1/Deployment": ("1.16", "apps/v1"),
    "apps/v1beta1/StatefulSet": ("1.16", "apps/v1"),
    "apps/v1beta2/Deployment": ("1.16", "apps/v1"),
    "apps/v1beta2/StatefulSet": ("1.16", "apps/v1"),
    "apps/v1beta2/DaemonSet": ("1.16", "apps/v1"),
    "apps/v1beta2/ReplicaSet": ("1.16", "apps/v1"),
    "admissionregistration.k8s.io/v1beta1/MutatingWebhookConfiguration": (
        "1.22",
        "admissionregistration.k8s.io/v1",
    ),
    "admissionregistration.k8s.io/v1beta1/ValidatingWebhookConfiguration": (
        "1.22",
        "admissionregistration.k8s.io/v1",
    ),
    "apiextensions.k8s.io/v1beta1/CustomResourceDefinition": ("1.22", "apiextensions.k8s.io/v1"),
    "apiregistration.k8s.io/v1beta1/APIService": ("1.22", "apiregistration.k8s.io/v1"),
    "certificates.k8s.io/v1beta1/CertificateSigningRequest": ("1.22", "certificates.k8s.io/v1"),
    "coordination.k8s.io/v1beta1/Lease": ("1.22", "coordination.k8s.io/v1"),
    "networking.k8s.io/v1beta1/Ingress": ("1.22", "networking.k8s.io/v1"),
    "networking.k8s.io/v1beta1/IngressClass": ("1.22", "networking.k8s.io/v1"),
    **{
        f"rbac.authorization.k8s.io/{version}/{kind}": (since, "rbac.authorization.k8s.io/v1")
        for version, since in (("v1beta1", "1.22"), ("v1alpha1", "1.23"))
        for kind in ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")
    },
    "scheduling.k8s.io/v1beta1/PriorityClass": ("1.22", "scheduling.k8s.io/v1"),
    "storage.k8s.io/v1beta1/CSIDriver": ("1.22", "storage.k8s.io/v1"),
    "storage.k8s.io/v1beta1/CSINode": ("1.22", "storage.k8s.io/v1"),
    "storage.k8s.io/v1beta1/StorageClass": ("1.22", "storage.k8s.io/v1"),
    "storage.k8s.io/v1beta1/VolumeAttachment": ("1.22", "storage.k8s.io/v1"),
    "storage.k8s.io/v1beta1/CSIStorageCapacity": ("1.27", "storage.k8s.io/v1"),
    "batch/v1beta1/CronJob": ("1.25", "batch/v1"),
    "batch/v2alpha1/CronJob": ("1.21", "batch/v1"),
    "discovery.k8s.io/v1beta1/EndpointSlice": ("1.25", "discovery.k8s.io/v1"),
    "events.k8s.io/v1beta1/Event": ("1.25", "events.k8s.io/v1"),
    "autoscaling/v2beta1/HorizontalPodAutoscaler": ("1.25", "autoscaling/v2"),
    "autoscaling/v2beta2/HorizontalPodAutoscaler": ("1.26", "autoscaling/v2"),
    "policy/v1beta1/PodDisruptionBudget": ("1.25", "policy/v1"),
    "policy/v1beta1/PodSecurityPolicy": ("1.25", ""),
    "node.k8s.io/v1beta1/RuntimeClass": ("1.25", "node.k8s.io/v1"),
    **{
        f"flowcontrol.apiserver.k8s.io/{version}/{kind}": (since, "flowcontrol.apiserver.k8s.io/v1")
        for version, since in (("v1beta1", "1.26"), ("v1beta2", "1.29"), ("v1beta3", "1.32"))
        for kind in ("FlowSchema", "PriorityLevelConfiguration")
    },
}


def gone(api_version: str, kind: str) -> tuple[str, str] | None:
    """Return since which Kubernetes a kind is gone and where it stands now ("" nowhere)."""
    return _GONE.get(f"{api_version}/{kind}")
