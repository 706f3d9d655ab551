"""What of a cluster is listed, and what is not known where it may not be.

The one table: the lister asks for these resources, the ClusterRole grants these and no
more, and what a right that is missing leaves UNKNOWN follows from *links* and *families*.
"""

from collections.abc import Iterable
from functools import cache

from msgspec import Struct

from keten.model.evidence import Link

_WORKLOADS, _RIGHTS, _NETWORK, _NAMED = "workloads", "rights", "network", "references"


class Row(Struct, frozen=True):
    """A resource: its group, plural and kind, in the version that keten knows best.

    *links* are those whose verdicts rest on it. *families* are the questions over several
    objects that can not be answered without it: a subject of the family is not known to have
    all its objects. ``references``: only of what names an object of the kind. None of them for
    what is judged by itself only.
    """

    group: str
    plural: str
    kind: str
    version: str
    namespaced: bool = True
    links: tuple[Link, ...] = (Link.DEPLOYMENT,)
    families: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return how kubectl and RBAC errors name it: ``networkpolicies.networking.k8s.io``."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def right(self) -> str:
        """Return the right that listing it takes."""
        return f"list {self.name} at cluster scope"

    def within(self, namespace: str) -> str:
        """Return the right that seeing those of one namespace takes."""
        return f"{'list' if self.namespaced else 'get'} {self.name} in namespace {namespace}"


_RUNS = (
    Link.IMAGE, Link.REGISTRY, Link.ACCESS, Link.SECRETS, Link.DEPLOYMENT, Link.RUNTIME,
)  # fmt: skip
_ALL = (_WORKLOADS, _RIGHTS, _NETWORK)
_GATEWAY = "gateway.networking.k8s.io"
_RBAC = "rbac.authorization.k8s.io"
_HOOKS = "admissionregistration.k8s.io"
_NET = "networking.k8s.io"
_ANP = "policy.networking.k8s.io"
_CILIUM = "cilium.io"
_CALICO = "crd.projectcalico.org"
_ISTIO, _ISTIO_NET = "security.istio.io", "networking.istio.io"
_LINKERD = "policy.linkerd.io"
_KRUISE, _CNI = "apps.kruise.io", "k8s.cni.cncf.io"
_OVN, _AWS = "k8s.ovn.org", "networking.k8s.aws"


def _runs(group: str, *pairs: tuple[str, str], version: str = "v1") -> Iterable[Row]:
    for plural, kind in pairs:
        yield Row(group, plural, kind, version, links=_RUNS, families=_ALL)


def _in(
    group: str, version: str, *pairs: tuple[str, str], links: tuple[Link, ...] = (Link.RUNTIME,),
    families: tuple[str, ...] = (_NETWORK, _WORKLOADS),
) -> Iterable[Row]:  # fmt: skip
    for plural, kind in pairs:
        yield Row(group, plural, kind, version, links=links, families=families)


def _over(
    group: str, version: str, *pairs: tuple[str, str], links: tuple[Link, ...] = (Link.RUNTIME,),
    families: tuple[str, ...] = (),
) -> Iterable[Row]:  # fmt: skip
    for plural, kind in pairs:
        yield Row(group, plural, kind, version, False, links, families)  # noqa: FBT003


ROWS: tuple[Row, ...] = (
    *_over(
        "", "v1", ("namespaces", "Namespace"), links=(Link.DEPLOYMENT, Link.RUNTIME), families=_ALL
    ),
    *_over("", "v1", ("nodes", "Node")),
    *_over("", "v1", ("persistentvolumes", "PersistentVolume"), links=(Link.DEPLOYMENT,)),
    *_runs("", ("pods", "Pod"), ("replicationcontrollers", "ReplicationController")),
    *_runs(
        "apps",
        ("daemonsets", "DaemonSet"),
        ("deployments", "Deployment"),
        ("replicasets", "ReplicaSet"),
        ("statefulsets", "StatefulSet"),
    ),
    *_runs("batch", ("cronjobs", "CronJob"), ("jobs", "Job")),
    *_in(
        "", "v1", ("serviceaccounts", "ServiceAccount"),
        links=(Link.ACCESS, Link.DEPLOYMENT), families=(_RIGHTS, _WORKLOADS),
    ),
    *_in("", "v1", ("services", "Service")),
    *_in("", "v1", ("configmaps", "ConfigMap"), links=(Link.SECRETS, Link.DEPLOYMENT),
        families=(_NAMED,)),
    *_in("", "v1", ("secrets", "Secret"), families=(_NAMED,),
        links=(Link.ACCESS, Link.SECRETS, Link.DEPLOYMENT, Link.RUNTIME)),
    *_in(
        "", "v1",
        ("limitranges", "LimitRange"), ("resourcequotas", "ResourceQuota"),
        links=(Link.DEPLOYMENT,), families=(_WORKLOADS,),
    ),
    *_in(
        "", "v1", ("persistentvolumeclaims", "PersistentVolumeClaim"),
        links=(Link.DEPLOYMENT,), families=(_NAMED,),
    ),
    *_in("policy", "v1", ("poddisruptionbudgets", "PodDisruptionBudget"), families=(_WORKLOADS,)),
    *_in(
        "autoscaling", "v2", ("horizontalpodautoscalers", "HorizontalPodAutoscaler"),
        families=(_WORKLOADS,),
    ),
    *_in(_RBAC, "v1", ("rolebindings", "RoleBinding"), ("roles", "Role"),
        links=(Link.ACCESS,), families=(_RIGHTS, _WORKLOADS)),
    *_over(_RBAC, "v1", ("clusterrolebindings", "ClusterRoleBinding"),
        ("clusterroles", "ClusterRole"), links=(Link.ACCESS,), families=(_RIGHTS, _WORKLOADS)),
    *_in(_NET, "v1", ("networkpolicies", "NetworkPolicy"), ("ingresses", "Ingress")),
    *_over(_NET, "v1", ("ingressclasses", "IngressClass")),
    *_over(_HOOKS, "v1",
        ("mutatingwebhookconfigurations", "MutatingWebhookConfiguration"),
        ("validatingwebhookconfigurations", "ValidatingWebhookConfiguration"),
        ("validatingadmissionpolicies", "ValidatingAdmissionPolicy"),
        ("validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding"),
        ("mutatingadmissionpolicies", "MutatingAdmissionPolicy"),
        ("mutatingadmissionpolicybindings", "MutatingAdmissionPolicyBinding")),
    *_over("apiextensions.k8s.io", "v1", ("customresourcedefinitions", "CustomResourceDefinition")),
    *_over("apiregistration.k8s.io", "v1", ("apiservices", "APIService")),
    *_over("certificates.k8s.io", "v1",
        ("certificatesigningrequests", "CertificateSigningRequest"), links=(Link.ACCESS,)),
    *_over("node.k8s.io", "v1", ("runtimeclasses", "RuntimeClass"), families=(_NAMED,),
        links=(Link.DEPLOYMENT, Link.RUNTIME)),
    *_over("scheduling.k8s.io", "v1", ("priorityclasses", "PriorityClass"), families=(_NAMED,),
        links=(Link.DEPLOYMENT, Link.RUNTIME)),
    *_over("storage.k8s.io", "v1", ("csidrivers", "CSIDriver"), ("storageclasses", "StorageClass"),
        links=(Link.DEPLOYMENT,)),
    *_over(_ANP, "v1alpha1", ("adminnetworkpolicies", "AdminNetworkPolicy"),
        ("baselineadminnetworkpolicies", "BaselineAdminNetworkPolicy"),
        families=(_NETWORK, _WORKLOADS)),
    *_over(_ANP, "v1alpha2", ("clusternetworkpolicies", "ClusterNetworkPolicy"),
        families=(_NETWORK, _WORKLOADS)),
    *_in(_CILIUM, "v2", ("ciliumnetworkpolicies", "CiliumNetworkPolicy")),
    *_over(_CILIUM, "v2",
        ("ciliumclusterwidenetworkpolicies", "CiliumClusterwideNetworkPolicy"),
        families=(_NETWORK, _WORKLOADS)),
    *_in(_CALICO, "v1", ("networkpolicies", "NetworkPolicy")),
    *_over(_CALICO, "v1", ("globalnetworkpolicies", "GlobalNetworkPolicy"),
        families=(_NETWORK, _WORKLOADS)),
    *_over(_GATEWAY, "v1", ("gatewayclasses", "GatewayClass")),
    *_in(_GATEWAY, "v1", ("gateways", "Gateway"), ("httproutes", "HTTPRoute"),
        ("grpcroutes", "GRPCRoute")),
    *_in(_GATEWAY, "v1alpha2", ("tcproutes", "TCPRoute"), ("tlsroutes", "TLSRoute"),
        ("udproutes", "UDPRoute")),
    *_in(_GATEWAY, "v1beta1", ("referencegrants", "ReferenceGrant")),
    *_in("route.openshift.io", "v1", ("routes", "Route")),
    *_over("security.openshift.io", "v1",
        ("securitycontextconstraints", "SecurityContextConstraints"), links=(Link.DEPLOYMENT,),
        families=(_WORKLOADS,)),
    *_in(_ISTIO, "v1", ("authorizationpolicies", "AuthorizationPolicy"),
        ("peerauthentications", "PeerAuthentication")),
    *_in(_ISTIO_NET, "v1", ("destinationrules", "DestinationRule"), ("gateways", "Gateway"),
        ("serviceentries", "ServiceEntry"), ("sidecars", "Sidecar"),
        ("virtualservices", "VirtualService")),
    *_in(_LINKERD, "v1alpha1", ("authorizationpolicies", "AuthorizationPolicy"),
        ("meshtlsauthentications", "MeshTLSAuthentication"),
        ("networkauthentications", "NetworkAuthentication")),
    *_in(_LINKERD, "v1beta3", ("servers", "Server")),
    *_in("argoproj.io", "v1alpha1", ("applications", "Application"), ("appprojects", "AppProject"),
        links=(Link.DEPLOYMENT,), families=()),
    # What has a pod template of its own (model/custom_pods).
    *_runs("argoproj.io", ("rollouts", "Rollout"), version="v1alpha1"),
    *_runs("apps.openshift.io", ("deploymentconfigs", "DeploymentConfig")),
    *_runs(_KRUISE, ("clonesets", "CloneSet"), ("daemonsets", "DaemonSet"),
        ("broadcastjobs", "BroadcastJob"), version="v1alpha1"),
    *_runs(_KRUISE, ("statefulsets", "StatefulSet"), version="v1beta1"),
    *_runs("serving.knative.dev", ("services", "Service"), ("configurations", "Configuration")),
    *_runs("keda.sh", ("scaledjobs", "ScaledJob"), version="v1alpha1"),
    *_runs("agones.dev", ("fleets", "Fleet"), ("gameservers", "GameServer"),
        ("gameserversets", "GameServerSet")),
    *_runs("actions.github.com", ("autoscalingrunnersets", "AutoscalingRunnerSet"),
        version="v1alpha1"),
    # What takes part in who reaches whom (cluster/network): machines, networks, plugins' policies.
    *_in("kubevirt.io", "v1", ("virtualmachines", "VirtualMachine"),
        ("virtualmachineinstances", "VirtualMachineInstance"),
        ("virtualmachineinstancereplicasets", "VirtualMachineInstanceReplicaSet")),
    *_in("pool.kubevirt.io", "v1beta1", ("virtualmachinepools", "VirtualMachinePool")),
    *_in(_OVN, "v1", ("egressfirewalls", "EgressFirewall"),
        ("userdefinednetworks", "UserDefinedNetwork")),
    *_over(_OVN, "v1", ("clusteruserdefinednetworks", "ClusterUserDefinedNetwork"),
        families=(_NETWORK, _WORKLOADS)),
    *_in("network.openshift.io", "v1", ("egressnetworkpolicies", "EgressNetworkPolicy")),
    *_in(_CNI, "v1", ("network-attachment-definitions", "NetworkAttachmentDefinition")),
    *_in(_CNI, "v1beta1", ("multi-networkpolicies", "MultiNetworkPolicy")),
    *_in("projectcalico.org", "v3", ("networkpolicies", "NetworkPolicy")),
    *_over("projectcalico.org", "v3", ("globalnetworkpolicies", "GlobalNetworkPolicy"),
        families=(_NETWORK, _WORKLOADS)),
    *_in("crd.antrea.io", "v1beta1", ("networkpolicies", "NetworkPolicy")),
    *_over("crd.antrea.io", "v1beta1", ("clusternetworkpolicies", "ClusterNetworkPolicy"),
        families=(_NETWORK, _WORKLOADS)),
    *_in("networking.gke.io", "v1alpha1", ("fqdnnetworkpolicies", "FQDNNetworkPolicy")),
    *_in(_AWS, "v1alpha1", ("applicationnetworkpolicies", "ApplicationNetworkPolicy")),
    *_over(_AWS, "v1alpha1", ("clusternetworkpolicies", "ClusterNetworkPolicy"),
        families=(_NETWORK, _WORKLOADS)),
    *_over("kyverno.io", "v1", ("clusterpolicies", "ClusterPolicy"), links=(Link.DEPLOYMENT,)),
    *_in("kyverno.io", "v1", ("policies", "Policy"), links=(Link.DEPLOYMENT,), families=()),
)  # fmt: skip

SECRETS = "secrets"
"""Whose right to list also lets read every value: it is granted apart."""


@cache
def rows() -> dict[tuple[str, str], Row]:
    """Return the rows by group and plural."""
    return {(row.group, row.plural): row for row in ROWS}
