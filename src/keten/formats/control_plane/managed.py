"""Clusters as their clouds describe them, in JSON.

Read are the answers of ``az aks show``, ``aws eks describe-cluster`` and ``gcloud container
clusters describe --format json``. Field names as in the reference of each API
(Microsoft.ContainerService managedClusters, EKS DescribeCluster, container.googleapis.com v1
Cluster). What a description leaves out stays None.
"""

from collections.abc import Iterator
from typing import Any

from keten.formats.control_plane.gathered import Found, items, mapping, text, texts
from keten.model.control_plane import ManagedCluster
from keten.model.kubernetes_releases import minor_of

_CLOUD = "(the cloud's own addresses)"
_ENCRYPTED = 28
"""EKS encrypts all data of the API with a key of its own since Kubernetes 1.28."""


def found(value: Any, fields: dict[str, int], path: str, line: int) -> Iterator[Found]:
    """Yield each cluster that a document, or a list of them, describes."""
    many = items(value) or items(mapping(value).get("value")) or [value]
    for cluster in map(mapping, many):
        inner = mapping(cluster.get("cluster")) or cluster
        base = "cluster." if "cluster" in cluster else ""
        if text(inner.get("type")).lower() == "microsoft.containerservice/managedclusters":
            yield Found(_aks(inner, path), fields, line)
        elif isinstance(inner.get("resourcesVpcConfig"), dict) and "arn" in inner:
            yield Found(_eks(inner, path, base), fields, line)
        elif "currentMasterVersion" in inner:
            yield Found(_gke(inner, path), fields, line)


def _aks(value: dict[str, Any], path: str) -> ManagedCluster:
    access = mapping(value.get("apiServerAccessProfile"))
    network = mapping(value.get("networkProfile"))
    security = mapping(value.get("securityProfile"))
    upgrade = text(mapping(value.get("autoUpgradeProfile")).get("upgradeChannel"))
    kms = mapping(security.get("azureKeyVaultKms"))
    identity = mapping(security.get("workloadIdentity"))
    version = text(value.get("currentKubernetesVersion")) or text(value.get("kubernetesVersion"))
    return ManagedCluster(
        f"{path}:aks/{text(value.get('name'))}", path, "aks", text(value.get("name")), version,
        minor_of(version),
        public=access.get("enablePrivateCluster") is not True,
        ranges=_open(texts(access.get("authorizedIpRanges"))),
        rbac=value.get("enableRbac") if isinstance(value.get("enableRbac"), bool) else None,
        local_accounts=value.get("disableLocalAccounts") is not True,
        network_policy=text(network.get("networkPolicy")) not in ("", "none"),
        encryption=kms.get("enabled") is True,
        workload_identity=identity.get("enabled") is True,
        auto_upgrade=upgrade not in ("", "none"),
        at={
            "ranges": "apiServerAccessProfile", "rbac": "enableRbac",
            "local_accounts": "disableLocalAccounts", "version": "currentKubernetesVersion",
            "network_policy": "networkProfile.networkPolicy",
            "encryption": "securityProfile.azureKeyVaultKms",
            "workload_identity": "securityProfile.workloadIdentity",
            "auto_upgrade": "autoUpgradeProfile.upgradeChannel",
        },
    )  # fmt: skip


def _eks(value: dict[str, Any], path: str, base: str) -> ManagedCluster:
    network = mapping(value.get("resourcesVpcConfig"))
    version = text(value.get("version"))
    version = version if version.startswith("1.") else ""
    mode = mapping(value.get("accessConfig")).get("authenticationMode")
    logs: list[str] = []
    for entry in map(mapping, items(mapping(value.get("logging")).get("clusterLogging"))):
        if entry.get("enabled") is True:
            logs += texts(entry.get("types"))
    keys = [
        entry for entry in map(mapping, items(value.get("encryptionConfig")))
        if "secrets" in texts(entry.get("resources"))
    ]  # fmt: skip
    minor = minor_of(version)
    at = {
        "ranges": "resourcesVpcConfig.publicAccessCidrs", "logs": "logging.clusterLogging",
        "encryption": "encryptionConfig", "local_accounts": "accessConfig.authenticationMode",
        "version": "version",
    }  # fmt: skip
    return ManagedCluster(
        f"{path}:eks/{text(value.get('name'))}", path, "eks", text(value.get("name")), version,
        minor,
        public=network.get("endpointPublicAccess") is not False,
        ranges=_open(texts(network.get("publicAccessCidrs"))),
        rbac=True,
        local_accounts=None if mode is None else mode != "API",
        logs=tuple(sorted(logs)) if "logging" in value else None,
        encryption=bool(keys) or minor >= _ENCRYPTED,
        at={key: base + where for key, where in at.items()},
    )  # fmt: skip


def _gke(value: dict[str, Any], path: str) -> ManagedCluster:
    ends = mapping(mapping(value.get("controlPlaneEndpointsConfig")).get("ipEndpointsConfig"))
    private = mapping(value.get("privateClusterConfig"))
    allowed = mapping(value.get("masterAuthorizedNetworksConfig"))
    allowed = allowed or mapping(ends.get("authorizedNetworksConfig"))
    blocks = [text(mapping(item).get("cidrBlock")) for item in items(allowed.get("cidrBlocks"))]
    auth = mapping(value.get("masterAuth"))
    pools = [mapping(pool) for pool in items(value.get("nodePools"))]
    version = text(value.get("currentMasterVersion"))
    logging = mapping(mapping(value.get("loggingConfig")).get("componentConfig"))
    advanced = mapping(value.get("networkConfig")).get("datapathProvider") == "ADVANCED_DATAPATH"
    closed = (
        private.get("enablePrivateEndpoint") is True or ends.get("enablePublicEndpoint") is False
    )
    return ManagedCluster(
        f"{path}:gke/{text(value.get('name'))}", path, "gke", text(value.get("name")), version,
        minor_of(version),
        public=not closed,
        ranges=_open(tuple(blocks or [_CLOUD])) if allowed.get("enabled") is True else (),
        rbac=mapping(value.get("legacyAbac")).get("enabled") is not True,
        local_accounts=bool(auth.get("username") or auth.get("clientCertificate")),
        network_policy=advanced or mapping(value.get("networkPolicy")).get("enabled") is True,
        logs=texts(logging.get("enableComponents")) if logging else None,
        encryption=True,
        workload_identity=bool(mapping(value.get("workloadIdentityConfig")).get("workloadPool")),
        auto_upgrade=_every(pools, "management", "autoUpgrade"),
        shielded_nodes=mapping(value.get("shieldedNodes")).get("enabled") is True,
        at={
            "ranges": "masterAuthorizedNetworksConfig", "rbac": "legacyAbac",
            "local_accounts": "masterAuth", "network_policy": "networkPolicy",
            "logs": "loggingConfig", "workload_identity": "workloadIdentityConfig",
            "auto_upgrade": "nodePools", "shielded_nodes": "shieldedNodes",
            "version": "currentMasterVersion",
        },
    )  # fmt: skip


def _every(pools: list[dict[str, Any]], *path: str) -> bool | None:
    if not pools:
        return None
    return all(mapping(pool.get(path[0])).get(path[1]) is True for pool in pools)


def _open(ranges: tuple[str, ...]) -> tuple[str, ...]:
    """Return the ranges that may reach the API server; () where the whole internet may."""
    return () if {"0.0.0.0/0", "::/0"} & set(ranges) else tuple(sorted(filter(None, ranges)))
