"""Which workloads and roles are parts of a cluster that can not do their work with less.

A network plugin writes into the node's CNI folders, a storage driver mounts into pods from
outside them, the control plane's own pods are of the node: each is privileged in every cluster
that there is. What a workload *is* shows by what it mounts and runs beside it, whatever its name;
the rest is known by the name of its image. Either counts only where the cluster's own things are:
as an agent on each node, or in kube-system; and beside the sidecars of CSI. Nothing here says that
a workload is sound.

Sources: the CNI specification (``/etc/cni/net.d``, ``/opt/cni/bin``), Kubernetes' documents on
CSI, device plugins and the plugin watcher (folders below the kubelet's), and what the projects
themselves publish to be installed.
"""

import re
from collections.abc import Iterator

from keten.model.kube import Role, Workload

_FOLDERS = (
    (re.compile(r"(?:^|/)cni/(?:net\.d|bin)(?:/|$)"), "a network plugin"),
    (re.compile(r"(?:^|/)kubelet/device-plugins(?:/|$)"), "a device plugin"),
    (re.compile(r"(?:^|/)kubelet/plugins(?:_registry)?(?:/|$)"), "a driver of the kubelet"),
)
_STORAGE = "a storage driver"
CONTROL_PLANE = "the control plane"
"""What workload() calls its own pods."""
_SIDECARS = frozenset({
    "csi-attacher", "csi-external-health-monitor-controller", "csi-node-driver-registrar",
    "csi-provisioner", "csi-resizer", "csi-snapshotter",
})  # fmt: skip
"""The programs of Kubernetes that stand beside every CSI driver."""

_AGENTS = {
    "kube-apiserver": CONTROL_PLANE, "kube-controller-manager": CONTROL_PLANE,
    "kube-scheduler": CONTROL_PLANE, "etcd": CONTROL_PLANE,
    "kube-proxy": "a node's network proxy", "kube-router": "a network plugin",
    "calico/node": "a network plugin", "typha": "a network plugin",
    "cilium/cilium": "a network plugin", "cilium/operator-generic": "a network plugin",
    "cilium/operator-aws": "a network plugin", "cilium/operator-azure": "a network plugin",
    "flannel/flannel": "a network plugin", "amazon-k8s-cni": "a network plugin",
    "ip-masq-agent": "a node's network agent", "ip-masq-agent-amd64": "a node's network agent",
    "kube-network-policies": "a node's network agent",
    "k8s-dns-node-cache": "a node's DNS cache", "metallb/speaker": "an announcer of addresses",
    "kube-vip": "an announcer of addresses", "node-exporter": "a monitor of nodes",
    "node-problem-detector": "a monitor of nodes", "falco": "a monitor of nodes",
    "cadvisor": "a monitor of nodes", "tetragon": "a monitor of nodes",
    "dcgm-exporter": "a monitor of GPUs", "kured": "a keeper of nodes",
    "fluent-bit": "a collector of logs", "fluentd": "a collector of logs",
    "promtail": "a collector of logs", "filebeat": "a collector of logs",
    "longhorn-manager": _STORAGE, "rook/ceph": _STORAGE,
    "node-feature-discovery": "a finder of nodes' features",
    "gpu-feature-discovery": "a finder of nodes' features",
    "k8s-device-plugin": "a device plugin", "spire-agent": "an agent of identities",
    "cloud-controller-manager": "a cloud's controller",
    "openstack-cloud-controller-manager": "a cloud's controller",
}  # fmt: skip
"""By the end of an image's repository: agents whose own projects install them with such rights."""

POWERS = frozenset({
    f"deployment/{name}"
    for name in (
        "added-capabilities", "apparmor-unconfined", "capabilities-not-dropped",
        "container-socket", "host-ipc", "host-network", "host-path", "host-pid", "host-port",
        "may-run-as-root", "mount-propagation", "privilege-escalation", "privileged-container",
        "proc-mount", "runs-as-root", "seccomp-not-set", "seccomp-unconfined",
        "selinux-options", "shared-process-namespace", "tolerates-control-plane",
        "unsafe-sysctls", "writable-root-filesystem",
    )
})  # fmt: skip
"""The checks that ask of a pod what it may do to its node."""


UNBOUNDED = frozenset({"deployment/no-memory-limit"})
"""What the control plane does without by design: a limit would end it when it is most needed."""


def workload(item: Workload) -> str:
    """Return what part of a cluster *item* is, as a noun; "" for an ordinary workload."""
    if _driver(item) and item.pod.volumes:
        return _STORAGE
    if not _near(item):
        return ""
    for path in _mounted(item):
        for pattern, what in _FOLDERS:
            if pattern.search(path):
                return what
    return next(filter(None, (_named(name) for name in _images(item))), "")


def _near(item: Workload) -> bool:
    """Return whether *item* is where the cluster's own things are."""
    return (
        item.kind == "DaemonSet"
        or item.owner.startswith("DaemonSet/")
        or item.namespace == "kube-system"
    )


def static(item: Workload) -> bool:
    """Return whether a kubelet runs *item* from a file of its own: then it has no account."""
    return item.kind == "Pod" and (
        item.owner.startswith("Node/")
        or any(f"kubernetes.io/config.{name}" in item.annotations for name in ("mirror", "source"))
        or workload(item) == CONTROL_PLANE
    )


def _mounted(item: Workload) -> Iterator[str]:
    """Yield the directories of the node that a container mounts."""
    paths: dict[object, str] = {}
    for volume in item.pod.volumes:
        source = volume.get("hostPath")
        if isinstance(source, dict) and isinstance(source.get("path"), str):
            paths[volume.get("name")] = source["path"]
    if not paths:
        return
    for _, container in item.pod.all_containers():
        for mount in container.volume_mounts:
            name = mount.get("name")
            if isinstance(name, str) and name in paths:
                yield paths[name]


def _driver(item: Workload) -> bool:
    return any(name.rpartition("/")[2] in _SIDECARS for name in _images(item))


def _images(item: Workload) -> Iterator[str]:
    """Yield the repositories of the images, without tag and digest."""
    for _, container in item.pod.all_containers():
        name = container.image.partition("@")[0]
        head, slash, last = name.rpartition("/")
        yield f"{head}{slash}{last.partition(':')[0]}"


def _named(repository: str) -> str:
    parts = repository.split("/")
    return _AGENTS.get("/".join(parts[-2:])) or _AGENTS.get(parts[-1]) or ""


_SECRETS = ("secrets-readable", "lasting-token-make")
_NETWORK = ("node-change", "network-policy-change", "custom-resource-define", "token-create")
_ADMISSION = ("webhook-configure", "custom-resource-define")
_VOLUMES = ("secrets-readable", "persistent-volume-create", "snapshot-read", "node-change")
_WORKLOADS = (*_SECRETS, "workloads-creatable")
_CONTROLLERS: dict[str, tuple[str, ...]] = {
    "argocd": _SECRETS,
    "calico": _NETWORK,
    "cert-manager": (*_SECRETS, *_ADMISSION, "certificate-approve", "api-service-register"),
    "cilium": (*_NETWORK, "service-address"),
    "cloudnative-pg": _WORKLOADS,
    "cluster-autoscaler": ("node-change",),
    "contour": ("secrets-readable",),
    "elastic-operator": (*_WORKLOADS, *_ADMISSION),
    "external-secrets": (*_SECRETS, *_ADMISSION, "token-create"),
    "flannel": ("node-change",),
    "gatekeeper": _ADMISSION,
    "ingress-nginx": ("secrets-readable", "webhook-configure"),
    "istiod": ("secrets-readable", "token-create", *_ADMISSION),
    "karpenter": ("node-change",),
    "keda": _WORKLOADS,
    "kube-state-metrics": ("secrets-readable",),
    "kyverno": _ADMISSION,
    "metallb": ("service-address", *_ADMISSION),
    "metallb-system": ("service-address", *_ADMISSION),
    "postgres-operator": _WORKLOADS,
    "prometheus-operator": (*_WORKLOADS, "endpoints-redirect"),
    "sealed-secrets": _SECRETS,
    "secrets-unsealer": _SECRETS,
    "strimzi": (*_WORKLOADS, "network-policy-change"),
    "strimzi-cluster-operator": (*_WORKLOADS, "network-policy-change"),
    "traefik": ("secrets-readable",),
}
"""By the name of a controller: the rights without which it can not do what it is for."""
_STORES = re.compile(
    r"(?:^|[-:])(?:csi|external-(?:attacher|provisioner|resizer|snapshotter))(?:[-:]|$)"
)
_LABELS = ("app.kubernetes.io/name", "app.kubernetes.io/part-of", "k8s-app", "app")


def role(item: Role, check: str) -> str:
    """Return what part of a cluster needs that of *item* which *check* tells; "" for none."""
    link, _, short = check.partition("/")
    if link != "access":
        return ""
    for name in (item.name, *(item.labels.get(label, "") for label in _LABELS)):
        for known, rights in _CONTROLLERS.items():
            if short in rights and (name == known or name.startswith((f"{known}-", f"{known}:"))):
                return known
        if short in _VOLUMES and _STORES.search(name):
            return _STORAGE
    return ""
