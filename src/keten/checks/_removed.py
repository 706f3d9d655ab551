"""API versions that Kubernetes has stopped serving, from its deprecation guide.

Source: https://kubernetes.io/docs/reference/using-api/deprecation-guide/
"""

from collections.abc import Iterator

from keten.model.finding import Change, Violation
from keten.model.kube import Resource, Route, Workload

_APPS = {
    "extensions/v1beta1": ("Deployment", "DaemonSet", "ReplicaSet"),
    "apps/v1beta1": ("Deployment", "StatefulSet"),
    "apps/v1beta2": ("Deployment", "DaemonSet", "ReplicaSet", "StatefulSet"),
}

REMOVED: dict[tuple[str, str], tuple[str, str]] = {
    **{(api, kind): ("1.16", "apps/v1") for api, kinds in _APPS.items() for kind in kinds},
    ("extensions/v1beta1", "PodSecurityPolicy"): ("1.16", "Pod Security admission"),
    ("extensions/v1beta1", "Ingress"): ("1.22", "networking.k8s.io/v1"),
    ("networking.k8s.io/v1beta1", "Ingress"): ("1.22", "networking.k8s.io/v1"),
    ("networking.k8s.io/v1beta1", "IngressClass"): ("1.22", "networking.k8s.io/v1"),
    ("apiextensions.k8s.io/v1beta1", "CustomResourceDefinition"): (
        "1.22",
        "apiextensions.k8s.io/v1",
    ),
    ("apiregistration.k8s.io/v1beta1", "APIService"): ("1.22", "apiregistration.k8s.io/v1"),
    ("scheduling.k8s.io/v1beta1", "PriorityClass"): ("1.22", "scheduling.k8s.io/v1"),
    ("storage.k8s.io/v1beta1", "CSIDriver"): ("1.22", "storage.k8s.io/v1"),
    ("storage.k8s.io/v1beta1", "CSINode"): ("1.22", "storage.k8s.io/v1"),
    ("storage.k8s.io/v1beta1", "StorageClass"): ("1.22", "storage.k8s.io/v1"),
    ("storage.k8s.io/v1beta1", "VolumeAttachment"): ("1.22", "storage.k8s.io/v1"),
    ("batch/v1beta1", "CronJob"): ("1.25", "batch/v1"),
    ("batch/v2alpha1", "CronJob"): ("1.21", "batch/v1"),
    ("discovery.k8s.io/v1beta1", "EndpointSlice"): ("1.25", "discovery.k8s.io/v1"),
    ("policy/v1beta1", "PodDisruptionBudget"): ("1.25", "policy/v1"),
    ("policy/v1beta1", "PodSecurityPolicy"): ("1.25", "Pod Security admission"),
    ("autoscaling/v2beta1", "HorizontalPodAutoscaler"): ("1.25", "autoscaling/v2"),
    ("node.k8s.io/v1beta1", "RuntimeClass"): ("1.25", "node.k8s.io/v1"),
    ("autoscaling/v2beta2", "HorizontalPodAutoscaler"): ("1.26", "autoscaling/v2"),
    ("storage.k8s.io/v1beta1", "CSIStorageCapacity"): ("1.27", "storage.k8s.io/v1"),
}
"""(apiVersion, kind) to the release that stopped serving it and what to use."""


def removed(item: Workload | Route | Resource) -> Iterator[Violation]:
    """Report an apiVersion that Kubernetes has removed: since when, and what to write."""
    found = REMOVED.get((item.api_version, item.kind))
    if found is None:
        return
    since, instead = found
    group = "Move to API versions that are served"
    yield Violation(
        f"{item.kind} {item.api_version} is not served since Kubernetes {since}",
        "apiVersion",
        change=Change("apiVersion", item.api_version, instead, group),
    )
