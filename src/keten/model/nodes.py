"""All node types, as one tagged union: ``match`` over it is exhaustive under mypy."""

from keten.model.checkout import Autorun, Owners, Submodule
from keten.model.control_plane import (
    AuditPolicy,
    Certificate,
    Component,
    Encryption,
    Kubeconfig,
    ManagedCluster,
    NodeFile,
    ServerConfig,
)
from keten.model.delivery import (
    Advisory,
    Attestation,
    Chart,
    Commit,
    Credential,
    Dockerfile,
    File,
    Image,
    Manifest,
    Package,
    Pipeline,
    Repo,
    Sbom,
    Signer,
)
from keten.model.image import Contents, Symbols, System, SystemFile
from keten.model.kube import (
    Binding,
    Cluster,
    ConfigMap,
    Namespace,
    NetworkPolicy,
    Resource,
    Role,
    Route,
    Secret,
    Service,
    ServiceAccount,
    Webhook,
    Workload,
)
from keten.model.rules import Rules, Ruling

AnyNode = (
    Repo
    | Commit
    | Signer
    | File
    | Submodule
    | Owners
    | Autorun
    | Package
    | Contents
    | Symbols
    | System
    | SystemFile
    | Manifest
    | Sbom
    | Advisory
    | Pipeline
    | Dockerfile
    | Image
    | Credential
    | Chart
    | Workload
    | Namespace
    | Service
    | Route
    | NetworkPolicy
    | Role
    | Binding
    | ServiceAccount
    | ConfigMap
    | Secret
    | Webhook
    | Resource
    | Cluster
    | Component
    | Encryption
    | AuditPolicy
    | ServerConfig
    | Kubeconfig
    | Certificate
    | NodeFile
    | ManagedCluster
    | Rules
    | Ruling
    | Attestation
)

TYPES: dict[str, type[AnyNode]] = {
    str(kind.__struct_config__.tag): kind for kind in AnyNode.__args__
}
