"""A node's files and processes in a folder, as the node script sees them."""

import base64
import os
from pathlib import Path

LEAK = "do-not-print-me"
"""What stands for each secret: nothing that the script prints may hold it."""


def secret() -> str:
    """Return a text that stands for a key."""
    return base64.b64encode(LEAK.encode()).decode()


def build(root: Path) -> None:
    """Make the root of a control plane node that kubeadm made, with some faults."""
    write(root, "proc/sys/kernel/hostname", "cp1\n")
    write(root, "proc/sys/kernel/osrelease", "6.1.0\n")
    write(root, "proc/sys/kernel/panic", "10\n")
    process(
        root,
        101,
        "kube-apiserver",
        "--authorization-mode=Node,RBAC",
        "--client-ca-file=/etc/kubernetes/pki/ca.crt",
        "--encryption-provider-config=/etc/kubernetes/encryption.yaml",
        "--audit-policy-file",
        "/etc/kubernetes/audit.yaml",
        f"--oidc-client-secret={LEAK}",
    )
    process(root, 102, "/usr/bin/kubelet", "--config=/var/lib/kubelet/config.yaml", "--v=2")
    process(root, 103, "/usr/local/bin/etcd", "-data-dir=/var/lib/etcd")
    environment = f"ETCD_CLIENT_CERT_AUTH=true\0ETCD_PASSWORD={LEAK}\0HOME=/\0"
    write(root, "proc/103/environ", environment)
    process(root, 104, "bash", "-c", "kube-apiserver --anonymous-auth=true")
    write(
        root,
        "etc/kubernetes/encryption.yaml",
        "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n"
        f"- resources: [secrets]\n  providers:\n  - aescbc:\n      keys:\n"
        f"      - name: one\n        secret: {secret()}\n  - identity: {{}}\n",
    )
    write(
        root,
        "etc/kubernetes/audit.yaml",
        "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Metadata\n",
    )
    write(
        root,
        "etc/kubernetes/admin.conf",
        "apiVersion: v1\nkind: Config\nclusters:\n- name: k\n  cluster: {server: "
        '"https://10.0.0.1:6443"}\nusers:\n- name: admin\n  user:\n'
        f"    client-key-data: {secret()}\n    token: {LEAK}\ncontexts: []\n",
        mode=0o644,
    )
    write(root, "etc/kubernetes/pki/ca.key", f"-----BEGIN PRIVATE KEY-----\n{secret()}\n", 0o640)
    write(
        root,
        "var/lib/kubelet/config.yaml",
        "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
        "readOnlyPort: 10255\nrotateCertificates: true",
    )
    combined = (
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
        f"-----BEGIN EC PRIVATE KEY-----\n{secret()}\n-----END EC PRIVATE KEY-----\n"
    )
    write(root, "var/lib/kubelet/pki/kubelet-client-current.pem", combined, 0o600)
    write(
        root,
        "etc/kubernetes/manifests/kube-scheduler.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: kube-scheduler}\nspec:\n  containers:\n"
        "  - name: s\n    image: registry.k8s.io/kube-scheduler:v1.33.1\n    command:\n"
        "    - kube-scheduler\n    - --bind-address=0.0.0.0\n    env:\n    - name: A\n"
        f"      token: {LEAK}\n",
        0o600,
    )
    write(root, "var/lib/etcd/member/wal", "x", 0o600)
    (root / "var/lib/etcd").chmod(0o755)


def process(root: Path, number: int, *words: str) -> None:
    """Put a process into the folder."""
    write(root, f"proc/{number}/cmdline", "".join(f"{word}\0" for word in words))


def write(root: Path, path: str, text: str, mode: int = 0o600) -> None:
    """Write a file."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    os.chmod(file, mode)  # noqa: PTH101 as a whole: umask does not take part
