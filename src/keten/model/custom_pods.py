"""Custom resources that pods are made of: where their pod template stands, where there is one.

A resource is named here if its controller makes pods of one PodTemplateSpec that stands in it as
it is. Sources: the types of each project in its own repository (argo-rollouts
pkg/apis/rollouts/v1alpha1, openshift/api apps/v1, openkruise/kruise apis/apps, knative/serving
pkg/apis/serving/v1, kedacore/keda apis/keda/v1alpha1, agones pkg/apis/agones/v1,
actions-runner-controller apis/actions.github.com/v1alpha1).
"""

from collections.abc import Mapping

TEMPLATES: Mapping[tuple[str, str], str] = {
    ("argoproj.io", "Rollout"): "spec.template",
    ("apps.openshift.io", "DeploymentConfig"): "spec.template",
    ("apps.kruise.io", "CloneSet"): "spec.template",
    ("apps.kruise.io", "StatefulSet"): "spec.template",
    ("apps.kruise.io", "DaemonSet"): "spec.template",
    ("apps.kruise.io", "BroadcastJob"): "spec.template",
    ("serving.knative.dev", "Service"): "spec.template",
    ("serving.knative.dev", "Configuration"): "spec.template",
    ("keda.sh", "ScaledJob"): "spec.jobTargetRef.template",
    ("agones.dev", "GameServer"): "spec.template",
    ("agones.dev", "GameServerSet"): "spec.template.spec.template",
    ("agones.dev", "Fleet"): "spec.template.spec.template",
    ("actions.github.com", "AutoscalingRunnerSet"): "spec.template",
}
"""The field path of the pod template, by group and kind."""

OWN_FIELDS = frozenset({
    "containerConcurrency", "timeoutSeconds", "responseStartTimeoutSeconds", "idleTimeoutSeconds",
})  # fmt: skip
"""Fields that Knative's RevisionSpec has beside those of a pod."""

INERT = frozenset({
    "AuthorizationPolicy", "BackendConfig", "Certificate", "ClusterIssuer", "ClusterPolicy",
    "ClusterSecretStore", "DestinationRule", "EnvoyFilter", "ExternalSecret", "FrontendConfig",
    "Gateway", "Issuer", "ManagedCertificate", "PeerAuthentication", "PodMonitor", "Policy",
    "Probe", "PrometheusRule", "RequestAuthentication", "ScaledObject", "ScrapeConfig",
    "SealedSecret", "SecretStore", "ServiceEntry", "ServiceMonitor", "Sidecar", "Telemetry",
    "VirtualService",
    "AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "CiliumClusterwideNetworkPolicy",
    "CiliumNetworkPolicy", "ClusterNetworkPolicy", "GlobalNetworkPolicy", "NetworkPolicy",
})  # fmt: skip
"""Kinds of widely used operators that make no pods; nor do those of Kubernetes that are left."""


def may_make(api_version: str, kind: str) -> bool:
    """Return whether pods that are not to be seen may come of a custom resource."""
    group = api_version.partition("/")[0] if "/" in api_version else ""
    return "." in group and not group.endswith(".k8s.io") and kind not in INERT
