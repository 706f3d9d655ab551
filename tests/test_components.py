"""What a cluster can not do without weighs less, and only where it is that."""

from datetime import date
from pathlib import Path

import pytest
from folder_scan import scan

from keten.config import Config, Policy
from keten.model.finding import Finding, Severity, Verdict

NOW = date(2026, 11, 23)
POLICY = Policy(Config(), "default", "", Path())
PRIVILEGED = "deployment/privileged-container"


def found(root: Path, text: str, check: str = PRIVILEGED) -> list[Finding]:
    (root / "a.yaml").write_text(text)
    result = scan(root, POLICY, database=None, now=NOW, progress=lambda *_: None)
    return [item for item in result.findings if item.check == check]


def pods(kind: str, image: str, path: str = "", space: str = "net", more: str = "") -> str:
    volume = mount = ""
    if path:
        mount = "volumeMounts: [{name: v, mountPath: /host}]"
        volume = f"volumes: [{{name: v, hostPath: {{path: {path}}}}}]"
    return f"""
apiVersion: apps/v1
kind: {kind}
metadata: {{name: agent, namespace: {space}}}
spec:
  selector: {{matchLabels: {{app: agent}}}}
  template:
    metadata: {{labels: {{app: agent}}}}
    spec:
      containers:
      - name: agent
        image: {image}
        securityContext: {{privileged: true}}
        {mount}
      {more}
      {volume}
"""


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (pods("DaemonSet", "acme.example/net:1.2.3", "/opt/cni/bin"), "a network plugin"),
        (pods("DaemonSet", "acme.example/net:1.2.3", "/etc/cni/net.d/"), "a network plugin"),
        (
            pods("DaemonSet", "a.example/n:1", "/var/lib/rancher/k3s/agent/etc/cni/net.d"),
            "a network plugin",
        ),
        (
            pods("DaemonSet", "acme.example/gpu:1", "/var/lib/kubelet/device-plugins"),
            "a device plugin",
        ),
        (
            pods("DaemonSet", "acme.example/dra:1", "/var/lib/kubelet/plugins_registry"),
            "a driver of the kubelet",
        ),
        (
            pods(
                "Deployment", "acme.example/disk:1", "/var/lib/kubelet/pods",
                more="- {name: p, image: 'registry.k8s.io/sig-storage/csi-provisioner:v5.2.0'}",
            ),
            "a storage driver",
        ),
        (pods("DaemonSet", "mirror.example:5000/cilium/cilium:v1.18@sha256:0"), "a network plugin"),
        (pods("DaemonSet", "docker.io/calico/node:v3.31.5"), "a network plugin"),
        (
            pods("Deployment", "registry.k8s.io/kube-proxy:v1.34.0", space="kube-system"),
            "a node's network proxy",
        ),
    ],
)  # fmt: skip
def test_parts_of_a_cluster(tmp_path: Path, text: str, part: str) -> None:
    """It stays a FAIL, is LOW, and says whose need it is."""
    (one,) = found(tmp_path, text)

    assert one.verdict is Verdict.FAIL
    assert one.severity is Severity.LOW
    assert one.message.endswith(f"is privileged (needed by {part})")


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        (pods("Deployment", "acme.example/shop:1"), Severity.HIGH),
        (pods("DaemonSet", "acme.example/shop:1"), Severity.MEDIUM),
        (pods("Deployment", "acme.example/shop:1", "/var/lib/shop/plugins"), Severity.HIGH),
        (pods("Deployment", "acme.example/shop:1", "/opt/cni-shop/bin"), Severity.HIGH),
        # A name by itself is nobody's right, where the cluster's own things are not.
        (pods("Deployment", "acme.example/kube-proxy:1"), Severity.HIGH),
        (pods("DaemonSet", "acme.example/node:1"), Severity.MEDIUM),
        (pods("Deployment", "acme.example/shop:1", "/opt/cni/bin"), Severity.HIGH),
        # A volume that nothing mounts makes no plugin.
        (
            pods("DaemonSet", "a.example/s", "/opt/cni/bin").replace(
                "s: [{name: v, m", "s: [{name: x, m"
            ),
            Severity.MEDIUM,
        ),
    ],
)  # fmt: skip
def test_what_somebody_wrote_weighs_in_full(tmp_path: Path, text: str, severity: Severity) -> None:
    (one,) = found(tmp_path, text)

    assert one.severity is severity
    assert "needed by" not in one.message


def test_other_faults_of_such_a_part_weigh_in_full(tmp_path: Path) -> None:
    """That it has to be privileged says nothing of its image or of its memory."""
    text = pods("DaemonSet", "acme.example/net:latest", "/opt/cni/bin")
    for check in ("registry/latest-tag", "deployment/no-memory-limit"):
        (one,) = found(tmp_path, text, check)
        assert "needed by" not in one.message
        assert one.severity >= Severity.LOW


def rights(name: str, verbs: str, labels: str = "") -> str:
    return f"""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {{name: {name}, labels: {{{labels}}}}}
rules:
- {{apiGroups: [""], resources: [secrets], verbs: [{verbs}]}}
"""


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (rights("cert-manager-controller-issuers", "get, list"), "cert-manager"),
        (rights("cert-manager:leases", "get, list"), "cert-manager"),
        (rights("x", "list", "app.kubernetes.io/name: kube-state-metrics"), "kube-state-metrics"),
        (rights("external-provisioner-runner", "get, list"), "a storage driver"),
        (rights("disk-csi-controller", "get, list"), "a storage driver"),
    ],
)
def test_rights_that_a_controller_is_for(tmp_path: Path, text: str, part: str) -> None:
    (one,) = found(tmp_path, text, "access/secrets-readable")

    assert one.severity is Severity.LOW
    assert one.message.endswith(f"(needed by {part})")


def test_what_leads_out_of_the_namespace_stays_above_low(tmp_path: Path) -> None:
    text = rights("external-secrets-controller", "create").replace(
        "secrets]", "serviceaccounts/token]"
    )

    (one,) = found(tmp_path, text, "access/token-create")

    assert one.severity is Severity.MEDIUM
    assert one.message.endswith("(needed by external-secrets)")


@pytest.mark.parametrize("name", ["shop", "certs-manager", "my-cert-manager", "acsing"])
def test_rights_of_others(tmp_path: Path, name: str) -> None:
    (one,) = found(tmp_path, rights(name, "get, list"), "access/secrets-readable")

    assert one.severity is Severity.MEDIUM
    assert "needed" not in one.message


def test_everything_is_needed_by_nobody(tmp_path: Path) -> None:
    """Every right on everything stays what it is, whoever asks for it."""
    text = rights("cert-manager-all", "'*'").replace('[""]', '["*"]').replace("secrets", "'*'")

    (one,) = found(tmp_path, text, "access/wildcard-role")

    assert one.severity is Severity.HIGH


def static(name: str) -> str:
    return f"""apiVersion: v1
kind: Pod
metadata: {{name: {name}-cp1, namespace: kube-system}}
spec:
  hostNetwork: true
  containers:
  - {{name: {name}, image: "registry.k8s.io/{name}:v1.34.1"}}
"""


@pytest.mark.parametrize("name", ["kube-apiserver", "etcd", "kube-scheduler"])
def test_the_control_planes_own_pods(tmp_path: Path, name: str) -> None:
    """A static pod has no account, and a limit would end it when it is most needed."""
    assert not found(tmp_path, static(name), "deployment/default-account-token")
    (limit,) = found(tmp_path, static(name), "deployment/no-memory-limit")
    assert limit.severity is Severity.INFO
    other = static("shop")
    (token,) = found(tmp_path, other, "deployment/default-account-token")
    (limit,) = found(tmp_path, other, "deployment/no-memory-limit")
    assert (token.severity, limit.severity) == (Severity.LOW, Severity.LOW)
