"""What stands in a living cluster of tests: what kubeadm makes, and what only live ones have.

The objects of kubeadm are those of its release 1.36 (``kubeadm init``, with CoreDNS and kube-proxy
as add-ons), less what has no part in any check.
"""

import json
import time
from pathlib import Path
from typing import Any

from kwok_cluster import rest, until
from live_cluster import RBAC, Live, Value, space
from shared_data import SHARED

ROOT = Path(__file__).parents[1]
GROUP = "rbac.authorization.k8s.io"
SYSTEM = "kube-system"
REGISTRY = "registry.k8s.io"
JOINING = "system:bootstrappers:kubeadm:default-node-token"


def _named(kind: str, name: str, where: str = "", **more: Any) -> Value:
    version = RBAC if kind.endswith(("Role", "Binding")) else "v1"
    meta = {"name": name, **({"namespace": where} if where else {})}
    return {"apiVersion": version, "kind": kind, "metadata": meta, **more}


def _bound(name: str, role: str, *subjects: Value, where: str = "") -> Value:
    """Return a binding; *role* is ``Kind/name``."""
    kind, _, of = role.partition("/")
    return _named(
        "RoleBinding" if where else "ClusterRoleBinding", name, where,
        roleRef={"apiGroup": GROUP, "kind": kind, "name": of}, subjects=list(subjects),
    )  # fmt: skip


def _group(name: str) -> Value:
    return {"apiGroup": GROUP, "kind": "Group", "name": name}


def _user(name: str) -> Value:
    return {"apiGroup": GROUP, "kind": "User", "name": name}


def _account(name: str) -> Value:
    return {"kind": "ServiceAccount", "name": name, "namespace": SYSTEM}


def _rule(verbs: str, resources: str, group: str = "", *names: str) -> Value:
    made: Value = {
        "apiGroups": [group], "resources": resources.split(), "verbs": verbs.split(),
    }  # fmt: skip
    return {**made, "resourceNames": list(names)} if names else made


def kubeadm() -> list[Value]:
    """Return roles, bindings and add-ons of ``kubeadm init``."""
    csr = "ClusterRole/system:certificates.k8s.io:certificatesigningrequests"
    joining, nodes = _group(JOINING), _group("system:nodes")
    return [
        _bound("kubeadm:cluster-admins", "ClusterRole/cluster-admin",
               _group("kubeadm:cluster-admins")),
        _bound("kubeadm:kubelet-bootstrap", "ClusterRole/system:node-bootstrapper", joining),
        _bound("kubeadm:node-autoapprove-bootstrap", f"{csr}:nodeclient", joining),
        _bound("kubeadm:node-autoapprove-certificate-rotation", f"{csr}:selfnodeclient", nodes),
        _named("ClusterRole", "kubeadm:get-nodes", rules=[_rule("get", "nodes")]),
        _bound("kubeadm:get-nodes", "ClusterRole/kubeadm:get-nodes", joining),
        _named("Role", "kubeadm:kubelet-config", SYSTEM,
               rules=[_rule("get", "configmaps", "", "kubelet-config")]),
        _bound("kubeadm:kubelet-config", "Role/kubeadm:kubelet-config", nodes, joining,
               where=SYSTEM),
        _named("Role", "kubeadm:nodes-kubeadm-config", SYSTEM,
               rules=[_rule("get", "configmaps", "", "kubeadm-config")]),
        _bound("kubeadm:nodes-kubeadm-config", "Role/kubeadm:nodes-kubeadm-config", nodes,
               joining, where=SYSTEM),
        _named("Role", "kubeadm:bootstrap-signer-clusterinfo", "kube-public",
               rules=[_rule("get", "configmaps", "", "cluster-info")]),
        _bound("kubeadm:bootstrap-signer-clusterinfo",
               "Role/kubeadm:bootstrap-signer-clusterinfo", _user("system:anonymous"),
               where="kube-public"),
        _bound("kubeadm:node-proxier", "ClusterRole/system:node-proxier",
               _account("kube-proxy")),
        _named("Role", "kube-proxy", SYSTEM, rules=[_rule("get", "configmaps", "", "kube-proxy")]),
        _bound("kube-proxy", "Role/kube-proxy", joining, where=SYSTEM),
        _named("ClusterRole", "system:coredns", rules=[
            _rule("list watch", "endpoints services pods namespaces"),
            _rule("list watch", "endpointslices", "discovery.k8s.io"),
        ]),
        _bound("system:coredns", "ClusterRole/system:coredns", _account("coredns")),
        _named("ServiceAccount", "coredns", SYSTEM),
        _named("ServiceAccount", "kube-proxy", SYSTEM),
        _named("ConfigMap", "coredns", SYSTEM, data={"Corefile": ".:53 {\n    errors\n}\n"}),
        _named("ConfigMap", "kube-proxy", SYSTEM, data={
            "config.conf": "kind: KubeProxyConfiguration\n", "kubeconfig.conf": "kind: Config\n",
        }),
        _named("ConfigMap", "kubeadm-config", SYSTEM, data={
            "ClusterConfiguration": "kind: ClusterConfiguration\nkubernetesVersion: v1.36.3\n",
        }),
        _named("Service", "kube-dns", SYSTEM, spec={
            "clusterIP": "10.96.0.10", "selector": {"k8s-app": "kube-dns"},
            "ports": [
                {"name": "dns", "port": 53, "protocol": "UDP", "targetPort": 53},
                {"name": "dns-tcp", "port": 53, "protocol": "TCP", "targetPort": 53},
                {"name": "metrics", "port": 9153, "protocol": "TCP", "targetPort": 9153},
            ],
        }),
        _coredns(),
        _proxy(),
    ]  # fmt: skip


def _coredns() -> Value:
    ports = [
        {"name": "dns", "containerPort": 53, "protocol": "UDP"},
        {"name": "dns-tcp", "containerPort": 53, "protocol": "TCP"},
        {"name": "metrics", "containerPort": 9153, "protocol": "TCP"},
    ]
    container = {
        "name": "coredns", "image": f"{REGISTRY}/coredns/coredns:v1.14.2", "ports": ports,
        "imagePullPolicy": "IfNotPresent", "args": ["-conf", "/etc/coredns/Corefile"],
        "resources": {"limits": {"memory": "170Mi"}, "requests": {"cpu": "100m", "memory": "70Mi"}},
        "volumeMounts": [{"name": "config-volume", "mountPath": "/etc/coredns", "readOnly": True}],
        "livenessProbe": {"httpGet": {"path": "/health", "port": 8080}, "initialDelaySeconds": 60},
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8181}},
        "securityContext": {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
            "capabilities": {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]},
        },
    }  # fmt: skip
    volume = {"name": "coredns", "items": [{"key": "Corefile", "path": "Corefile"}]}
    spec = {
        "priorityClassName": "system-cluster-critical", "serviceAccountName": "coredns",
        "containers": [container], "dnsPolicy": "Default",
        "volumes": [{"name": "config-volume", "configMap": volume}],
        "tolerations": [
            {"key": "CriticalAddonsOnly", "operator": "Exists"},
            {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"},
        ],
        "nodeSelector": {"kubernetes.io/os": "linux"},
    }  # fmt: skip
    return _apps("Deployment", "coredns", {"k8s-app": "kube-dns"}, spec, replicas=2)


def _proxy() -> Value:
    at = "/var/lib/kube-proxy"
    container = {
        "name": "kube-proxy", "image": f"{REGISTRY}/kube-proxy:v1.36.3",
        "imagePullPolicy": "IfNotPresent", "securityContext": {"privileged": True},
        "command": ["/usr/local/bin/kube-proxy", f"--config={at}/config.conf"],
        "volumeMounts": [
            {"name": "kube-proxy", "mountPath": at},
            {"name": "xtables-lock", "mountPath": "/run/xtables.lock"},
            {"name": "lib-modules", "mountPath": "/lib/modules", "readOnly": True},
        ],
    }  # fmt: skip
    spec = {
        "priorityClassName": "system-node-critical", "serviceAccountName": "kube-proxy",
        "hostNetwork": True, "containers": [container],
        "volumes": [
            {"name": "kube-proxy", "configMap": {"name": "kube-proxy"}},
            {"name": "xtables-lock", "hostPath": {
                "path": "/run/xtables.lock", "type": "FileOrCreate",
            }},
            {"name": "lib-modules", "hostPath": {"path": "/lib/modules"}},
        ],
        "tolerations": [{"operator": "Exists"}],
        "nodeSelector": {"kubernetes.io/os": "linux"},
    }  # fmt: skip
    return _apps("DaemonSet", "kube-proxy", {"k8s-app": "kube-proxy"}, spec)


def _apps(
    kind: str, name: str, labels: dict[str, str], pod: Value, where: str = SYSTEM, **more: Any
) -> Value:
    return {
        "apiVersion": "apps/v1", "kind": kind,
        "metadata": {"name": name, "namespace": where, "labels": labels},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod}, **more,
        },
    }  # fmt: skip


PKI = "/etc/kubernetes/pki"
FRONT = f"--requestheader-client-ca-file={PKI}/front-proxy-ca.crt"
FLAGS = {
    "etcd": (
        "--advertise-client-urls=https://10.240.0.1:2379",
        f"--cert-file={PKI}/etcd/server.crt",
        "--client-cert-auth=true",
        "--data-dir=/var/lib/etcd",
        "--initial-advertise-peer-urls=https://10.240.0.1:2380",
        f"--key-file={PKI}/etcd/server.key",
        "--listen-client-urls=https://127.0.0.1:2379,https://10.240.0.1:2379",
        "--listen-metrics-urls=http://127.0.0.1:2381",
        "--listen-peer-urls=https://10.240.0.1:2380",
        f"--peer-cert-file={PKI}/etcd/peer.crt",
        "--peer-client-cert-auth=true",
        f"--peer-key-file={PKI}/etcd/peer.key",
        f"--peer-trusted-ca-file={PKI}/etcd/ca.crt",
        f"--trusted-ca-file={PKI}/etcd/ca.crt",
    ),
    "kube-apiserver": (
        "--advertise-address=10.240.0.1",
        "--allow-privileged=true",
        "--authorization-mode=Node,RBAC",
        f"--client-ca-file={PKI}/ca.crt",
        "--enable-admission-plugins=NodeRestriction",
        "--enable-bootstrap-token-auth=true",
        f"--etcd-cafile={PKI}/etcd/ca.crt",
        f"--etcd-certfile={PKI}/apiserver-etcd-client.crt",
        f"--etcd-keyfile={PKI}/apiserver-etcd-client.key",
        "--etcd-servers=https://127.0.0.1:2379",
        f"--kubelet-client-certificate={PKI}/apiserver-kubelet-client.crt",
        f"--kubelet-client-key={PKI}/apiserver-kubelet-client.key",
        "--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname",
        f"--proxy-client-cert-file={PKI}/front-proxy-client.crt",
        f"--proxy-client-key-file={PKI}/front-proxy-client.key",
        "--requestheader-allowed-names=front-proxy-client",
        FRONT,
        "--secure-port=6443",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--service-account-key-file={PKI}/sa.pub",
        f"--service-account-signing-key-file={PKI}/sa.key",
        "--service-cluster-ip-range=10.96.0.0/16",
        f"--tls-cert-file={PKI}/apiserver.crt",
        f"--tls-private-key-file={PKI}/apiserver.key",
    ),
    "kube-controller-manager": (
        "--allocate-node-cidrs=true",
        "--authentication-kubeconfig=/etc/kubernetes/controller-manager.conf",
        "--authorization-kubeconfig=/etc/kubernetes/controller-manager.conf",
        "--bind-address=127.0.0.1",
        f"--client-ca-file={PKI}/ca.crt",
        "--cluster-cidr=10.0.0.0/12",
        f"--cluster-signing-cert-file={PKI}/ca.crt",
        f"--cluster-signing-key-file={PKI}/ca.key",
        "--controllers=*,bootstrapsigner,tokencleaner",
        "--kubeconfig=/etc/kubernetes/controller-manager.conf",
        "--leader-elect=true",
        FRONT,
        f"--root-ca-file={PKI}/ca.crt",
        f"--service-account-private-key-file={PKI}/sa.key",
        "--use-service-account-credentials=true",
    ),
    "kube-scheduler": (
        "--authentication-kubeconfig=/etc/kubernetes/scheduler.conf",
        "--authorization-kubeconfig=/etc/kubernetes/scheduler.conf",
        "--bind-address=127.0.0.1",
        "--kubeconfig=/etc/kubernetes/scheduler.conf",
        "--leader-elect=true",
    ),
}
"""The command lines that kubeadm writes."""


def mirrored(uid: str) -> list[Value]:
    """Return the control plane's static pods, as the kubelet of ``control-1`` mirrors them."""
    return [_mirror(name, list(words), uid) for name, words in FLAGS.items()]


def _mirror(name: str, flags: list[str], uid: str) -> Value:
    at = f"{PKI}/etcd" if name == "etcd" else PKI
    return {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": f"{name}-control-1", "namespace": SYSTEM,
            "labels": {"component": name, "tier": "control-plane"},
            "annotations": {
                "kubernetes.io/config.mirror": "0", "kubernetes.io/config.source": "file",
            },
            "ownerReferences": [{
                "apiVersion": "v1", "kind": "Node", "name": "control-1", "uid": uid,
                "controller": True,
            }],
        },
        "spec": {
            "hostNetwork": True, "nodeName": "control-1",
            "priorityClassName": "system-node-critical",
            "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
            "tolerations": [{"effect": "NoExecute", "operator": "Exists"}],
            "containers": [{
                "name": name, "image": f"{REGISTRY}/{name}:v1.36.3", "command": [name, *flags],
                "resources": {"requests": {"cpu": "100m"}},
                "volumeMounts": [{"name": "certs", "mountPath": at, "readOnly": True}],
            }],
            "volumes": [{
                "name": "certs", "hostPath": {"path": at, "type": "DirectoryOrCreate"},
            }],
        },
    }  # fmt: skip


def _plain(name: str, image: str = "registry.example.com/odd/web:1.0") -> Value:
    return {"containers": [{"name": name, "image": image}]}


ARMOR = "container.apparmor.security.beta.kubernetes.io/web"


def odd() -> list[Value]:
    """Return what takes controllers to become what it is: claims, Jobs, roll-outs, side-cars."""
    made = _odd()
    for item in made:
        if item["metadata"]["name"] == "armored":
            item["spec"]["template"]["metadata"]["annotations"] = {ARMOR: "unconfined"}
    return made


def _odd() -> list[Value]:
    claim = {
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    mounted = _plain("db")
    mounted["containers"][0]["volumeMounts"] = [{"name": "data", "mountPath": "/data"}]
    batch = {**_plain("once"), "restartPolicy": "Never"}
    cron = {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": {"spec": batch}}}}
    agent = {**_plain("agent"), "hostNetwork": True, "tolerations": [{"operator": "Exists"}]}
    agent["containers"][0]["ports"] = [{"containerPort": 9200}]
    spread = {**_plain("web"), "topologySpreadConstraints": [{
        "maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone",
        "whenUnsatisfiable": "ScheduleAnyway", "matchLabelKeys": ["pod-template-hash"],
        "labelSelector": {"matchLabels": {"app": "spread"}},
    }]}  # fmt: skip
    disk = {
        "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"],
        "csi": {"driver": "csi.example.com", "volumeHandle": "1"},
        "claimRef": {"namespace": "odd", "name": "data-db-0"},
    }  # fmt: skip
    return [
        space("odd"),
        space("mesh"),
        _named("PersistentVolume", "odd-db", spec=disk),
        _apps("StatefulSet", "db", {"app": "db"}, mounted, "odd", replicas=1, serviceName="db",
              volumeClaimTemplates=[claim]),
        {
            "apiVersion": "batch/v1", "kind": "CronJob",
            "metadata": {"name": "often", "namespace": "odd"}, "spec": cron,
        },
        {
            "apiVersion": "batch/v1", "kind": "Job",
            "metadata": {"name": "once", "namespace": "odd"},
            "spec": {"template": {"spec": batch}},
        },
        _apps("Deployment", "rolled", {"app": "rolled"}, _plain("web"), "odd", replicas=2),
        _apps("Deployment", "halfway", {"app": "halfway"}, _plain("web"), "odd", replicas=3),
        _apps("Deployment", "side", {"app": "side"}, _plain("web"), "mesh", replicas=3),
        _named("Pod", "bare", "odd", spec=_plain("web")),
        _apps("DaemonSet", "agent", {"app": "agent"}, agent, "odd"),
        _apps("Deployment", "spread", {"app": "spread"}, spread, "odd", replicas=3),
        _apps("Deployment", "armored", {"app": "armored"}, _plain("web"), "odd"),
        {
            "apiVersion": "batch/v1", "kind": "Job",
            "metadata": {"name": "indexed", "namespace": "odd"},
            "spec": {
                "completionMode": "Indexed", "completions": 2, "parallelism": 2,
                "template": {"spec": batch},
            },
        },
    ]  # fmt: skip


def injector() -> list[Value]:
    """Return a policy that puts a privileged side-car into each pod of the namespace ``mesh``."""
    version = "admissionregistration.k8s.io/v1"
    container = (
        'Object{spec: Object.spec{initContainers: [Object.spec.initContainers{name: "proxy", '
        'image: "registry.example.com/mesh/proxy:2.0", restartPolicy: "Always", '
        "securityContext: Object.spec.initContainers.securityContext{privileged: true}}]}}"
    )
    pods = {
        "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"], "operations": ["CREATE"],
    }  # fmt: skip
    return [
        {
            "apiVersion": version, "kind": "MutatingAdmissionPolicy",
            "metadata": {"name": "side-car"},
            "spec": {
                "failurePolicy": "Fail", "reinvocationPolicy": "Never",
                "matchConstraints": {"resourceRules": [pods]},
                "matchConditions": [{
                    "name": "mesh", "expression": "request.namespace == 'mesh'",
                }],
                "mutations": [{
                    "patchType": "ApplyConfiguration",
                    "applyConfiguration": {"expression": container},
                }],
            },
        },
        {
            "apiVersion": version, "kind": "MutatingAdmissionPolicyBinding",
            "metadata": {"name": "side-car"}, "spec": {"policyName": "side-car"},
        },
    ]  # fmt: skip


def custom(kind: str, plural: str) -> Value:
    """Return the definition of a kind of the Prometheus operator that the estate's files lack."""
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    group = "monitoring.coreos.com"
    return {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group, "scope": "Namespaced",
            "names": {"plural": plural, "singular": kind.lower(), "kind": kind},
            "versions": [{
                "name": "v1", "served": True, "storage": True,
                "schema": {"openAPIV3Schema": schema},
            }],
        },
    }  # fmt: skip


def fill(found: Live) -> None:
    """Put all of it into a cluster, with the estates where they are, and wait until it rests."""
    found.create(kubeadm())
    uid = found.run("get", "node", "control-1", "-o", "jsonpath={.metadata.uid}")
    found.create(mirrored(uid))
    found.create(injector())
    time.sleep(2)  # the policy is asked from a moment after it is there
    found.create(odd())
    if SHARED is not None:
        _estates(found, SHARED / "data/estates")
    _files(found, ROOT / "examples/webshop/deploy/base", "shop", first="namespace.yaml")
    rest(found)
    _roll(found)


def _estates(found: Live, at: Path) -> None:
    prometheus = at / "kube-prometheus/manifests"
    found.run("apply", "--server-side", "-f", str(prometheus / "setup"))
    found.create([custom("Prometheus", "prometheuses"), custom("Alertmanager", "alertmanagers")])
    found.run("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
    found.run("apply", "--server-side", "-f", str(prometheus))
    found.create([space("boutique")])
    _files(found, at / "online-boutique/kubernetes-manifests", "boutique")


def _files(found: Live, folder: Path, where: str, *, first: str = "") -> None:
    """Apply the manifests of a folder one by one, as kubectl without a kustomization does."""
    files = [file for file in sorted(folder.glob("*.yaml")) if file.name != "kustomization.yaml"]
    for file in sorted(files, key=lambda file: file.name != first):
        found.run("apply", "-n", where, "-f", str(file))


def _roll(found: Live) -> None:
    """Roll one Deployment out twice; of the other change the template and hold the roll-out."""
    for tag in ("1.1", "1.2"):
        _image(found, "rolled", tag)
        rest(found)
    paused = json.dumps({"spec": {"paused": True}})
    found.run("patch", "deployment", "halfway", "-n", "odd", "-p", paused)
    _image(found, "halfway", "2.0")
    until(lambda: "often-" in found.run("get", "jobs", "-n", "odd", "-o", "name"),
          "the CronJob has run", every=2)  # fmt: skip
    suspended = json.dumps({"spec": {"suspend": True}})
    found.run("patch", "cronjob", "often", "-n", "odd", "-p", suspended)
    rest(found)


def _image(found: Live, name: str, tag: str) -> None:
    found.run("set", "image", f"deployment/{name}", "-n", "odd",
              f"web=registry.example.com/odd/web:{tag}")  # fmt: skip
