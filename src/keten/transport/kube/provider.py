"""Whose Kubernetes it is: a guess from what the server and its nodes say of themselves."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from keten.formats.kubernetes.snapshot import Listed
from keten.transport.kube.discovery import Discovery

_VERSIONS = (
    ("-eks-", "EKS"), ("-gke.", "GKE"), ("+k3s", "k3s"), ("+rke2", "RKE2"), ("+vmware", "Tanzu"),
)  # fmt: skip
_GROUPS = (("config.openshift.io", "OpenShift"), ("oneagent.networking.aks.io", "AKS"))
_LABELS = (
    ("kubernetes.azure.com/", "AKS"), ("eks.amazonaws.com/", "EKS"), ("cloud.google.com/gke-",
    "GKE"), ("node.openshift.io/", "OpenShift"), ("doks.digitalocean.com/", "DOKS"),
    ("oci.oraclecloud.com/", "OKE"), ("ibm-cloud.kubernetes.io/", "IKS"),
    ("k3s.io/", "k3s"), ("minikube.k8s.io/", "minikube"),
)  # fmt: skip
_NOTES = (("kubeadm.alpha.kubernetes.io/", "kubeadm"), ("k3s.io/", "k3s"))
_NODES = 50  # nodes that are looked at


def provider(found: Discovery, folder: Path, listed: Iterable[Listed]) -> str:
    """Return AKS, EKS, GKE, OpenShift, kubeadm or another name; ``unknown`` where none fits."""
    for group, name in _GROUPS:
        if group in found.groups:
            return name
    version = found.version.get("gitVersion", "")
    for mark, name in _VERSIONS:
        if mark in version:
            return name
    nodes = list(_nodes(folder, listed))
    for key, marks in (("labels", _LABELS), ("annotations", _NOTES)):
        for mark, name in marks:
            if any(any(word.startswith(mark) for word in _keys(node, key)) for node in nodes):
                return name
    return "unknown"


def _keys(node: dict[str, Any], key: str) -> Iterator[str]:
    meta = node.get("metadata")
    held = meta.get(key) if isinstance(meta, dict) else None
    yield from (word for word in held if isinstance(word, str)) if isinstance(held, dict) else ()


def _nodes(folder: Path, listed: Iterable[Listed]) -> Iterator[dict[str, Any]]:
    for item in listed:
        if (item.group, item.plural) == ("", "nodes") and item.files:
            value = msgspec.json.decode((folder / item.files[0].path).read_bytes())
            yield from value["items"][:_NODES]
