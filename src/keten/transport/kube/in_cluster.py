"""The service account of the pod that keten runs in (client-go's in-cluster configuration)."""

import os
from pathlib import Path

from keten.errors import UsageError
from keten.transport.kube.account import Account, Identity, Server
from keten.transport.kube.kubeconfig import bounded

FOLDER = Path("/var/run/secrets/kubernetes.io/serviceaccount")
NAME = "in-cluster"


def account(folder: Path = FOLDER) -> Account:
    """Return how the cluster around this pod is reached; UsageError outside of one."""
    host = os.environ.get("KUBERNETES_SERVICE_HOST", "")
    port = os.environ.get("KUBERNETES_SERVICE_PORT", "")
    token = folder / "token"
    if not host or not port or not token.is_file():
        raise UsageError(
            "not in a cluster: KUBERNETES_SERVICE_HOST or the service account's token is not here",
            advice="Name a context of your kubeconfig: k8s://CONTEXT.",
        )
    authority = folder / "ca.crt"
    space = folder / "namespace"
    shown = f"[{host}]" if ":" in host else host
    return Account(
        Server(f"https://{shown}:{port}", bounded(authority) if authority.is_file() else None),
        Identity(token_file=token),
        NAME,
        bounded(space).decode("utf-8", "replace").strip() if space.is_file() else "",
    )
