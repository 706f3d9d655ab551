"""Examples of configuration files of the API server, and of kubeconfigs."""

from keten.model.check import Example

KMS = "  - kms: {apiVersion: v2, name: vault, endpoint: 'unix:///run/kms.sock'}\n"


def encryption(text: str) -> Example:
    """Return an encryption configuration of which *text* are the entries."""
    head = "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n"
    return Example("encryption.yaml", head + text.lstrip("\n"))


def audit(rules: str) -> Example:
    """Return an audit policy of these *rules*."""
    return Example(
        "audit-policy.yaml", f"apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n{rules}"
    )


def server(kind: str, text: str) -> Example:
    """Return a configuration file of the API server."""
    group = "apiserver.config.k8s.io"
    if kind == "PodSecurityConfiguration":
        group = "pod-security.admission.config.k8s.io"
    return Example("config.yaml", f"apiVersion: {group}/v1\nkind: {kind}\n{text}")


def kubeconfig(cluster: str, user: str) -> Example:
    """Return a kubeconfig with one cluster and one user, each as a flow mapping."""
    return Example(
        "admin.kubeconfig",
        f"""\
apiVersion: v1
kind: Config
clusters:
- name: shop
  cluster: {cluster}
users:
- name: jane
  user: {user}
contexts:
- name: shop
  context: {{cluster: shop, user: jane}}
current-context: shop
""",
    )
