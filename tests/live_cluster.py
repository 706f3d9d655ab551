"""A real API server with an estate in it, and kubeconfigs of many kinds for it."""

import base64
import contextlib
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from api_server import serving

Value = dict[str, Any]


class Live:
    """The server, its administrator's kubectl, and a folder for what tests write."""

    def __init__(self, kubectl: list[str], folder: Path) -> None:
        self.kubectl = kubectl
        self.folder = folder
        words = dict(word.lstrip("-").split("=", 1) for word in kubectl if "=" in word)
        self.url, self.token = words["server"], words["token"]
        self.state = Path(words["cache-dir"]).parent
        self.authority = (self.state / "certs/apiserver.crt").read_bytes()

    def run(self, *words: str, stdin: str = "") -> str:
        """Run kubectl as the administrator; return what it prints."""
        done = subprocess.run(
            [*self.kubectl, *words], input=stdin, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def create(self, objects: list[Value]) -> None:
        """Create objects, or change those that are there."""
        whole = {"apiVersion": "v1", "kind": "List", "items": objects}
        self.run("apply", "--server-side", "-f", "-", stdin=json.dumps(whole))

    def config(self, name: str, user: Value, **cluster: Any) -> str:
        """Write a kubeconfig with one context ``live``; return its path."""
        data = base64.b64encode(self.authority).decode()
        told = {"server": self.url, "certificate-authority-data": data, **cluster}
        made = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "live",
            "contexts": [{"name": "live", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": told}],
            "users": [{"name": "u", "user": user}],
        }
        file = self.folder / f"{name}.kubeconfig"
        file.write_text(json.dumps(made))
        return str(file)

    def admin(self) -> str:
        """Return the administrator's kubeconfig."""
        return self.config("admin", {"token": self.token})

    def account(self, name: str) -> str:
        """Return a token of a service account in the namespace ``keten``."""
        return self.run("create", "token", name, "-n", "keten").strip()

    def may(self, name: str, resource: str) -> bool:
        """Return whether that service account may list *resource* everywhere."""
        who = f"system:serviceaccount:keten:{name}"
        command = [*self.kubectl, "auth", "can-i", "list", resource, "-A", f"--as={who}"]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def wait(self, name: str, resource: str) -> None:
        """Wait until the authorizer knows of a right."""
        ends = time.monotonic() + 20
        while not self.may(name, resource):
            assert time.monotonic() < ends, f"{name} may still not list {resource}"
            time.sleep(0.2)


@contextlib.contextmanager
def live(folder: Path) -> Iterator[Live]:
    """Yield a server with the estate in it; client certificates of ``ca.crt`` log in."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=clients", "-keyout", f"{folder}/ca.key", "-out", f"{folder}/ca.crt"],
        check=True, capture_output=True,
    )  # fmt: skip
    with serving(f"--client-ca-file={folder}/ca.crt") as kubectl:
        found = Live(kubectl, folder)
        time.sleep(1)  # the bootstrap roles come after it is ready
        found.create(definitions())
        found.create([space("shop"), space("keten"), space("edge")])
        ends = time.monotonic() + 20
        while True:  # custom resources are served a moment after their definitions
            try:
                found.create(estate())
                break
            except AssertionError:
                if time.monotonic() > ends:
                    raise
                time.sleep(0.5)
        yield found


def space(name: str, **labels: str) -> Value:
    """Return a namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


CUSTOM = (
    ("cilium.io", "v2", "ciliumnetworkpolicies", "CiliumNetworkPolicy", "Namespaced"),
    ("cilium.io", "v2", "ciliumclusterwidenetworkpolicies", "CiliumClusterwideNetworkPolicy",
     "Cluster"),
    ("gateway.networking.k8s.io", "v1", "httproutes", "HTTPRoute", "Namespaced"),
    ("security.istio.io", "v1", "peerauthentications", "PeerAuthentication", "Namespaced"),
)  # fmt: skip


def definitions() -> list[Value]:
    """Return definitions of custom resources that keten lists."""
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return [
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {
                "name": f"{plural}.{group}",
                "annotations": {"api-approved.kubernetes.io": "unapproved, a test"},
            },
            "spec": {
                "group": group,
                "scope": scope,
                "names": {"plural": plural, "singular": kind.lower(), "kind": kind},
                "versions": [
                    {
                        "name": version,
                        "served": True,
                        "storage": True,
                        "schema": {"openAPIV3Schema": schema},
                    }
                ],
            },
        }
        for group, version, plural, kind, scope in CUSTOM
    ]


def _meta(name: str, space: str = "", **more: Any) -> Value:
    return {"name": name, **({"namespace": space} if space else {}), **more}


def _pod(**more: Any) -> Value:
    container = {"name": "web", "image": "registry.example.com/shop/web:latest", **more}
    return {"containers": [container]}


def _runs(kind: str, name: str, spec: Value, space: str = "shop", group: str = "apps/v1") -> Value:
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": spec}
    selector = {"selector": {"matchLabels": labels}} if group == "apps/v1" else {}
    return {
        "apiVersion": group,
        "kind": kind,
        "metadata": _meta(name, space),
        "spec": {**selector, "template": template},
    }


RBAC = "rbac.authorization.k8s.io/v1"


def estate() -> list[Value]:
    """Return objects with faults on every link that a cluster shows."""
    privileged = {"privileged": True}
    host = {**_pod(securityContext=privileged), "hostPID": True, "hostNetwork": True}
    host["volumes"] = [{"name": "root", "hostPath": {"path": "/"}}]
    batch = {**_pod(), "restartPolicy": "Never"}
    cron = {"schedule": "@daily", "jobTemplate": {"spec": {"template": {"spec": batch}}}}
    everything = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
    reads = [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list"]}]
    web = {"kind": "ServiceAccount", "name": "web", "namespace": "shop"}
    hook = {
        "name": "pods.example.com",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "failurePolicy": "Ignore",
        "clientConfig": {"url": "https://127.0.0.1:1/"},
        "namespaceSelector": {"matchLabels": {"never": "there"}},
        "rules": [
            {
                "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"],
                "operations": ["CREATE"],
            }
        ],
    }  # fmt: skip
    hooks = "admissionregistration.k8s.io/v1"
    return [
        _runs("Deployment", "web", {**_pod(), "serviceAccountName": "web"}),
        _runs("Deployment", "lost", {**_pod(env=[
            {"name": "A", "valueFrom": {"secretKeyRef": {"name": "gone", "key": "a"}}},
        ])}),
        _runs("Deployment", "lost-map", {**_pod(envFrom=[{"configMapRef": {"name": "gone"}}])}),
        _runs("Deployment", "lost-key", {**_pod(env=[
            {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "web", "key": "gone"}}},
        ])}),
        _runs("Deployment", "lost-class", {**_pod(), "runtimeClassName": "gone"}),
        _runs("Deployment", "lost-priority", {**_pod(), "priorityClassName": "gone"}),
        _runs("Deployment", "lost-account", {**_pod(), "serviceAccountName": "gone"}),
        _runs("Deployment", "lost-claim", {**_pod(), "volumes": [
            {"name": "data", "persistentVolumeClaim": {"claimName": "gone"}},
        ]}),
        _runs("DaemonSet", "agent", host),
        _runs("StatefulSet", "db", _pod(securityContext=privileged)),
        {
            **_runs("ReplicaSet", "old", _pod(securityContext=privileged)),
        },
        {
            "apiVersion": "v1", "kind": "ReplicationController",
            "metadata": _meta("older", "shop"),
            "spec": {
                "selector": {"app": "older"},
                "template": {"metadata": {"labels": {"app": "older"}}, "spec": _pod()},
            },
        },
        {"apiVersion": "v1", "kind": "Pod", "metadata": _meta("bare", "shop"), "spec": host},
        {
            "apiVersion": "batch/v1", "kind": "Job", "metadata": _meta("once", "shop"),
            "spec": {"template": {"spec": batch}},
        },
        {
            "apiVersion": "batch/v1", "kind": "CronJob", "metadata": _meta("nightly", "shop"),
            "spec": cron,
        },
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": _meta("web", "shop")},
        {
            "apiVersion": "v1", "kind": "Service", "metadata": _meta("web", "shop"),
            "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
        },
        {
            "apiVersion": "v1", "kind": "Service", "metadata": _meta("nothing", "shop"),
            "spec": {"selector": {"app": "nothing"}, "ports": [{"port": 80}]},
        },
        {
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": _meta("db", "shop"),
            "spec": {"podSelector": {"matchLabels": {"app": "db"}}, "policyTypes": ["Ingress"]},
        },
        {
            "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
            "metadata": _meta("web", "shop"),
            "spec": {
                "tls": [{"hosts": ["web.example.com"], "secretName": "gone"}],
                "defaultBackend": {"service": {"name": "web", "port": {"number": 80}}},
            },
        },
        {
            "apiVersion": RBAC, "kind": "ClusterRole", "metadata": _meta("root"),
            "rules": everything,
        },
        {
            "apiVersion": RBAC, "kind": "ClusterRoleBinding", "metadata": _meta("root"),
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole",
                        "name": "root"},
            "subjects": [web],
        },
        {"apiVersion": RBAC, "kind": "Role", "metadata": _meta("reader", "shop"), "rules": reads},
        {
            "apiVersion": RBAC, "kind": "RoleBinding", "metadata": _meta("reader", "shop"),
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role",
                        "name": "reader"},
            "subjects": [web],
        },
        {
            "apiVersion": RBAC, "kind": "RoleBinding", "metadata": _meta("gone", "shop"),
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role",
                        "name": "gone"},
            "subjects": [web],
        },
        {
            "apiVersion": "v1", "kind": "Secret", "metadata": _meta("lasting", "shop", annotations={
                "kubernetes.io/service-account.name": "web",
            }),
            "type": "kubernetes.io/service-account-token",
            "data": {"token": base64.b64encode(b"the value itself").decode()},
        },
        {
            "apiVersion": "v1", "kind": "Secret", "metadata": _meta("db", "shop"),
            "stringData": {"password": "the value itself"},
        },
        {
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": _meta("web", "shop"),
            "data": {"settings": "the value itself"},
        },
        {
            "apiVersion": "v1", "kind": "PersistentVolume", "metadata": _meta("disk"),
            "spec": {
                "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"],
                "hostPath": {"path": "/etc"},
            },
        },
        {
            "apiVersion": hooks, "kind": "ValidatingWebhookConfiguration",
            "metadata": _meta("pods"), "webhooks": [hook],
        },
        {
            "apiVersion": hooks, "kind": "MutatingWebhookConfiguration",
            "metadata": _meta("pods"), "webhooks": [hook],
        },
        {
            "apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
            "metadata": _meta("open", "shop"), "spec": {"mtls": {"mode": "DISABLE"}},
        },
        {
            "apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy",
            "metadata": _meta("web", "edge"), "spec": {"endpointSelector": {}},
        },
        {
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
            "metadata": _meta("web", "shop"), "spec": {"rules": []},
        },
        {"apiVersion": "v1", "kind": "Node", "metadata": _meta("node-1"), "spec": {}},
    ]  # fmt: skip
