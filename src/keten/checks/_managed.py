"""What the checks of managed clusters share: their name, and an example of each cloud."""

import json

from keten.model.check import Example
from keten.model.control_plane import ManagedCluster
from keten.model.finding import Change, Severity, Violation

_CLOUDS = {"aks": "AKS", "eks": "EKS", "gke": "GKE"}


def fault(
    cluster: ManagedCluster, message: str, field: str, *, want: str = "",
    severity: Severity | None = None,
) -> Violation:  # fmt: skip
    """Return that *message* is so of *cluster*."""
    at = cluster.at.get(field, "")
    name = f"{_CLOUDS.get(cluster.provider, '')} cluster {cluster.name[:60]}".strip()
    return Violation(
        f"{name} {message}",
        at,
        key=field,
        severity=severity,
        change=Change(at, "", want, f"Harden {name}"),
    )


def aks(**more: object) -> Example:
    """Return what ``az aks show`` answers, with *more* fields."""
    value = {
        "name": "shop",
        "type": "Microsoft.ContainerService/ManagedClusters",
        "kubernetesVersion": "1.35.1",
    }
    return Example("aks.json", json.dumps(value | more, indent=2) + "\n")


def eks(**more: object) -> Example:
    """Return what ``aws eks describe-cluster`` answers, with *more* fields."""
    value = {
        "name": "shop",
        "arn": "arn:aws:eks:eu-west-1:111122223333:cluster/shop",
        "version": "1.35",
        "resourcesVpcConfig": {"endpointPublicAccess": False},
    }
    return Example("eks.json", json.dumps({"cluster": value | more}, indent=2) + "\n")


def gke(**more: object) -> Example:
    """Return what ``gcloud container clusters describe`` answers, with *more* fields."""
    value = {"name": "shop", "currentMasterVersion": "1.35.1-gke.100"}
    return Example("gke.json", json.dumps(value | more, indent=2) + "\n")
