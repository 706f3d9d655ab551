"""The table of dangerous rights.

Sources: Kubernetes, "Role Based Access Control Good Practices" and "Using RBAC", privilege
escalation prevention; the code of Kubernetes 1.36 for the exact conditions; and the primitives
that the public tools KubeHound, rbac-police, KubiScan and Kubernetes' own CVEs name.
"""

from functools import cache

from keten.cluster.rbac.danger import Ask, Danger, Gain
from keten.model.finding import Severity

INFO, LOW, MEDIUM, HIGH, CRITICAL = Severity

_WRITE = ("create", "update", "patch")
_CHANGE = ("update", "patch")
_READ = ("get", "list", "watch")
_ANY = ("get", "create", "update", "patch", "delete")
_RBAC = "rbac.authorization.k8s.io"
_CERTS = "certificates.k8s.io"
_AUTHN = "authentication.k8s.io"
_CLIENT = ("kubernetes.io/kube-apiserver-client", "kubernetes.io/*")
_KUBELET = ("kubernetes.io/kube-apiserver-client-kubelet", "kubernetes.io/*")
_ADMINS = ("system:masters", "kubeadm:cluster-admins")
_STRONG = ("cluster-admin", "admin", "edit", "system:kube-controller-manager")
_APPROVE = Ask(_CHANGE, _CERTS, ("certificatesigningrequests/approval",), loose=True)
_CONFIGS = (
    "aws-auth", "coredns", "extension-apiserver-authentication", "kube-proxy", "kubeadm-config",
    "kubelet-config", "cilium-config",
)  # fmt: skip
_CONTROLLERS = ("deployments", "daemonsets", "statefulsets", "replicasets")

EVERYTHING = Danger(
    id="everything", may="do everything", gain=Gain.CLUSTER,
    asks=(Ask(("*",), "*", ("*",)),), everywhere=CRITICAL, local=HIGH, named=MEDIUM,
    how="It holds every right there is and every right there will be.",
)  # fmt: skip

_TAKE = (
    Danger(
        id="escalate-cluster", may="give cluster roles any right", gain=Gain.CLUSTER,
        asks=(Ask(("escalate",), _RBAC, ("clusterroles",)), Ask(_WRITE, _RBAC, ("clusterroles",))),
        everywhere=CRITICAL, named=MEDIUM, includes=("role-write",),
        how="The API server does not check that who writes a role has what the role grants.",
    ),
    Danger(
        id="escalate-role", may="give roles any right in their namespace", gain=Gain.CLUSTER,
        asks=(Ask(("escalate",), _RBAC, ("roles",)), Ask(_WRITE, _RBAC, ("roles",))),
        everywhere=CRITICAL, local=HIGH, includes=("role-write",),
        how="As with cluster roles, within each namespace, that of the control plane too.",
    ),
    Danger(
        id="bind-cluster", may="bind any cluster role to anyone", gain=Gain.CLUSTER,
        asks=(
            Ask(("bind",), _RBAC, ("clusterroles",), only=_STRONG),
            Ask(_WRITE, _RBAC, ("clusterrolebindings",), loose=True),
        ),
        everywhere=CRITICAL, includes=("grant-own",),
        how="It binds cluster-admin to itself.",
    ),
    Danger(
        id="bind-role", may="bind any role in a namespace", gain=Gain.CLUSTER,
        asks=(
            Ask(("bind",), _RBAC, ("clusterroles", "roles"), only=_STRONG),
            Ask(_WRITE, _RBAC, ("rolebindings",), loose=True),
        ),
        everywhere=CRITICAL, local=HIGH, includes=("grant-own",),
        how="It binds cluster-admin to itself within the namespace.",
    ),
    Danger(
        id="impersonate-group", may="act as a member of any group", gain=Gain.CLUSTER,
        asks=(
            Ask(("impersonate",), "", ("groups",), only=_ADMINS),
            Ask(("impersonate",), "", ("users", "serviceaccounts"), loose=True),
        ),
        everywhere=CRITICAL, includes=("impersonate-user",),
        how="As any user with the group system:masters, no check is left.",
    ),
    Danger(
        id="impersonate-user", may="act as any user", gain=Gain.IDENTITY,
        asks=(Ask(("impersonate",), "", ("users",)),), everywhere=CRITICAL,
        how="As system:kube-controller-manager it makes tokens for every account.",
    ),
    Danger(
        id="impersonate-account", may="act as any service account", gain=Gain.IDENTITY,
        asks=(Ask(("impersonate",), "", ("serviceaccounts",)),), everywhere=CRITICAL, local=HIGH,
        how="Accounts of controllers in kube-system hold the whole cluster.",
    ),
    Danger(
        id="impersonate-constrained", may="act as other users for named verbs", gain=Gain.IDENTITY,
        asks=(Ask(("impersonate:user-info",), _AUTHN, ("users",)),), everywhere=MEDIUM,
        how="For the verbs that impersonate-on:user-info names (Kubernetes 1.36); no node, no "
        "service account, no member of system:masters.",
    ),
    Danger(
        id="impersonate-constrained-account", may="act as service accounts for named verbs",
        gain=Gain.IDENTITY,
        asks=(Ask(("impersonate:serviceaccount",), _AUTHN, ("serviceaccounts",)),),
        everywhere=MEDIUM, local=MEDIUM,
        how="For the verbs that impersonate-on:serviceaccount names (Kubernetes 1.36).",
    ),
    Danger(
        id="impersonate-constrained-node", may="act as any node for named verbs",
        gain=Gain.IDENTITY,
        asks=(Ask(("impersonate:arbitrary-node",), _AUTHN, ("nodes",)),), everywhere=MEDIUM,
        how="For the verbs that impersonate-on:arbitrary-node names (Kubernetes 1.36): get on "
        "secrets gives those of the node's pods.",
    ),
    Danger(
        id="token-create", may="make a token for any service account", gain=Gain.IDENTITY,
        asks=(Ask(("create",), "", ("serviceaccounts/token",)),), everywhere=CRITICAL, local=HIGH,
        how="The token is that of a controller of kube-system, or of whatever runs beside.",
    ),
    Danger(
        id="token-secret", may="have a lasting token made for any account", gain=Gain.IDENTITY,
        asks=(Ask(("create",), "", ("secrets",)), Ask(_READ, "", ("secrets",))),
        everywhere=CRITICAL, local=HIGH, named=None, includes=("secrets-read",),
        how="A Secret of type kubernetes.io/service-account-token is filled in, and read.",
    ),
    Danger(
        id="csr-make", may="issue itself client certificates", gain=Gain.CLUSTER,
        asks=(
            Ask(("create",), _CERTS, ("certificatesigningrequests",)),
            _APPROVE, Ask(("approve",), _CERTS, ("signers",), only=_CLIENT),
        ),
        everywhere=CRITICAL, named=None, includes=("csr-approve",),
        how="For any user and any group but system:masters; it can not be revoked.",
    ),
    Danger(
        id="csr-approve", may="approve client certificates", gain=Gain.IDENTITY,
        asks=(_APPROVE, Ask(("approve",), _CERTS, ("signers",), only=_CLIENT)),
        everywhere=HIGH, named=None,
        how="Whoever may ask for one beside it is any user.",
    ),
    Danger(
        id="csr-node", may="approve certificates of nodes", gain=Gain.NODE,
        asks=(_APPROVE, Ask(("approve",), _CERTS, ("signers",), only=_KUBELET)),
        everywhere=HIGH, named=None,
        how="As a node: the secrets and tokens of the pods that are bound to it.",
    ),
    Danger(
        id="aggregated-api", may="take over an API group", gain=Gain.CLUSTER,
        asks=(Ask(_WRITE, "apiregistration.k8s.io", ("apiservices",)),), everywhere=HIGH,
        how="The API server hands its requests, with their bodies, to a server of its choice.",
    ),
    Danger(
        id="control-plane-config", may="change the settings of the control plane",
        gain=Gain.CLUSTER,
        asks=(Ask(_WRITE, "", ("configmaps",), only=_CONFIGS, space="kube-system"),),
        everywhere=HIGH, local=HIGH,
        how="aws-auth maps cloud identities to system:masters; coredns answers every name.",
    ),
)  # fmt: skip

_NODES = (
    Danger(
        id="node-proxy", may="speak to kubelets as the API server", gain=Gain.NODE,
        asks=(Ask(_ANY, "", ("nodes/proxy",)),), everywhere=CRITICAL, named=HIGH,
        how="Commands in every pod; sent to the kubelet itself, they are in no audit log.",
    ),
    Danger(
        id="volume-create", may="make volumes of the nodes' disks", gain=Gain.NODE,
        asks=(Ask(("create",), "", ("persistentvolumes",)),), everywhere=MEDIUM, named=None,
        how="A volume with a host path, claimed by a pod that Pod Security lets pass.",
    ),
    Danger(
        id="node-write", may="relabel nodes and change their taints", gain=Gain.NODE,
        asks=(Ask(_CHANGE, "", ("nodes", "nodes/status")),), everywhere=MEDIUM,
        how="Pods that were to run elsewhere are drawn to a node of its choice.",
    ),
    Danger(
        id="pods-steal", may="move pods to a node of its choice", gain=Gain.NODE,
        asks=(
            Ask((*_CHANGE, "delete"), "", ("nodes", "nodes/status")),
            Ask(("delete", "deletecollection"), "", ("pods",)),
        ),
        everywhere=HIGH, named=None, includes=("node-write", "pod-evict"),
        how="From a node that is broken into: all others are tainted, and their pods removed.",
    ),
    Danger(
        id="node-log", may="read the logs of nodes", gain=Gain.NODE,
        asks=(Ask(("get",), "", ("nodes/log",)),), everywhere=LOW,
        how="All of /var/log, and with a pod that may write there, what links in it lead to.",
    ),
    Danger(
        id="device-admin", may="claim devices that are in use", gain=Gain.NODE,
        asks=(
            Ask(("create",), "resource.k8s.io", ("resourceclaims", "resourceclaimtemplates")),
        ),
        everywhere=LOW, named=None,
        how="With adminAccess, in namespaces labelled resource.kubernetes.io/admin-access.",
    ),
    Danger(
        id="node-checkpoint", may="have the memory of containers written to disk", gain=Gain.NODE,
        asks=(Ask(("create",), "", ("nodes/checkpoint",)),), everywhere=LOW,
        how="A checkpoint holds every secret that a process has in memory.",
    ),
    Danger(
        id="schedule", may="place pods on nodes", gain=Gain.NODE,
        asks=(Ask(("create",), "", ("pods/binding", "bindings")),), everywhere=LOW, local=INFO,
        how="Past the scheduler: taints are not looked at.",
    ),
    Danger(
        id="node-join", may="make tokens that join nodes", gain=Gain.NODE,
        asks=(Ask(("create",), "", ("secrets",), space="kube-system"),),
        everywhere=HIGH, local=HIGH, named=None,
        how="A Secret of type bootstrap.kubernetes.io/token, where bootstrap tokens are taken.",
    ),
)  # fmt: skip

_CODE = (
    Danger(
        id="pod-create", may="run pods of its choice", gain=Gain.CODE,
        asks=(Ask(("create",), "", ("pods",)),), everywhere=HIGH, local=MEDIUM, named=None,
        how="With any account and any secret of the namespace; on the node without Pod Security.",
    ),
    Danger(
        id="workload-write", may="run pods through controllers", gain=Gain.CODE,
        asks=(Ask(_WRITE, "apps", _CONTROLLERS),), everywhere=HIGH, local=MEDIUM, named=LOW,
        how="As with pods; changing a template is enough.",
    ),
    Danger(
        id="job-write", may="run pods through jobs", gain=Gain.CODE,
        asks=(Ask(_WRITE, "batch", ("jobs", "cronjobs")),), everywhere=HIGH, local=MEDIUM,
        how="As with pods.",
    ),
    Danger(
        id="replication-write", may="run pods through replication controllers", gain=Gain.CODE,
        asks=(Ask(_WRITE, "", ("replicationcontrollers",)),), everywhere=HIGH, local=MEDIUM,
        how="As with pods.",
    ),
    Danger(
        id="pod-patch", may="change the images of running pods", gain=Gain.CODE,
        asks=(Ask(_CHANGE, "", ("pods",)),), everywhere=HIGH, local=MEDIUM,
        how="The container starts again with another image, and the pod's token.",
    ),
    Danger(
        id="pod-exec", may="run commands in pods", gain=Gain.CODE,
        asks=(Ask(("create", "get"), "", ("pods/exec",)),), everywhere=HIGH, local=MEDIUM,
        how="get alone is enough before Kubernetes 1.35, over a WebSocket.",
    ),
    Danger(
        id="pod-attach", may="attach to processes in pods", gain=Gain.CODE,
        asks=(Ask(("create", "get"), "", ("pods/attach",)),), everywhere=HIGH, local=MEDIUM,
        how="A process that reads its standard input is a shell.",
    ),
    Danger(
        id="pod-debug", may="add containers to running pods", gain=Gain.CODE,
        asks=(Ask(_CHANGE, "", ("pods/ephemeralcontainers",)),), everywhere=HIGH, local=MEDIUM,
        how="An ephemeral container of its own image, with the pod's token and network.",
    ),
    Danger(
        id="privileged-constraint", may="have privileged pods admitted (OpenShift)", gain=Gain.NODE,
        asks=(
            Ask(
                ("use",), "security.openshift.io", ("securitycontextconstraints",),
                only=("privileged", "anyuid", "hostaccess", "hostmount-anyuid", "hostnetwork"),
            ),
        ),
        everywhere=HIGH, local=MEDIUM, named=None,
        how="The constraint lets its pods be root, or on the host.",
    ),
    Danger(
        id="argo-write", may="run pods through Argo", gain=Gain.CODE,
        asks=(
            Ask(_WRITE, "argoproj.io", ("workflows", "cronworkflows", "applications", "rollouts")),
        ),
        everywhere=MEDIUM, local=LOW, how="The controller makes what the object says.",
    ),
    Danger(
        id="tekton-write", may="run pods through Tekton", gain=Gain.CODE,
        asks=(Ask(_WRITE, "tekton.dev", ("taskruns", "pipelineruns", "tasks", "pipelines")),),
        everywhere=MEDIUM, local=LOW, how="The controller makes what the object says.",
    ),
    Danger(
        id="knative-write", may="run pods through Knative", gain=Gain.CODE,
        asks=(Ask(_WRITE, "serving.knative.dev", ("services", "configurations")),),
        everywhere=MEDIUM, local=LOW, how="The controller makes what the object says.",
    ),
)  # fmt: skip


@cache
def dangers() -> tuple[Danger, ...]:
    """Return the whole table; EVERYTHING first, as it includes all others."""
    from keten.cluster.rbac.dangers_more import MORE

    return EVERYTHING, *_TAKE, *_NODES, *_CODE, *MORE


@cache
def danger(name: str) -> Danger:
    """Return the danger of that id; KeyError where there is none."""
    return {item.id: item for item in dangers()}[name]
