"""The control plane and the nodes of a cluster: how its programs are started and configured.

Of keys, tokens and certificates only what is public is kept.
"""

from typing import Any

from msgspec import Struct

from keten.model.facts import Node
from keten.model.kube import stem_of

API_SERVER, CONTROLLER, SCHEDULER = "kube-apiserver", "kube-controller-manager", "kube-scheduler"
ETCD, KUBELET, PROXY = "etcd", "kubelet", "kube-proxy"
SERVER_FILES = {
    "authentication-config": "AuthenticationConfiguration",
    "authorization-config": "AuthorizationConfiguration",
}
"""Files of the API server that say what flags said before, by the flag that names them."""


class Component(Node, frozen=True, omit_defaults=True, tag="component"):
    """A program of the control plane or of a node; *id* is ``path:name``, a second one ``~2``.

    *origin* is what told of it: ``pod`` (a static pod), ``kubeadm``, ``k3s``, ``config`` (a
    configuration file, its command line not known), ``process``. *flags* are its flags without
    dashes, each the value that holds (a list that was given in parts is joined by commas), *at*
    the field path of each. *config* is its configuration file as in the API, where it has one
    and that was read; of the API server those files of SERVER_FILES that were, by their flags.
    *minor* is the minor version of Kubernetes, 0 where nothing tells.
    *node* is the host. *provider*: whose it is where a cloud runs it; it is not judged then.
    """

    name: str = ""
    path: str = ""
    origin: str = ""
    node: str = ""
    flags: dict[str, str] = {}
    at: dict[str, str] = {}
    config: dict[str, Any] | None = None
    version: str = ""
    minor: int = 0
    provider: str = ""

    @property
    def identity(self) -> str:
        """Return the id; of a live one its host instead of the piece of the list it came in."""
        stem = stem_of(self.path)
        return f"{stem}:{self.name}@{self.node}" if stem else self.id

    def flag(self, name: str, default: str = "") -> str:
        """Return the flag's value, *default* where it is not given."""
        return self.flags.get(name, default)

    def words(self, name: str, default: str = "") -> tuple[str, ...]:
        """Return the parts of a flag that is a list."""
        parts = self.flags.get(name, default).split(",")
        return tuple(word for word in map(str.strip, parts) if word)

    @property
    def unread(self) -> bool:
        """Return whether the API server's flags name one of SERVER_FILES that was not read."""
        if self.name != API_SERVER:
            return False
        held = self.config or {}
        return any(self.flags.get(flag) and flag not in held for flag in SERVER_FILES)

    def said(self, flag: str) -> dict[str, Any]:
        """Return the file that a flag of SERVER_FILES names; {} where there is none."""
        found = (self.config or {}).get(flag) if self.name == API_SERVER else None
        return found if isinstance(found, dict) else {}

    def where(self, name: str) -> str:
        """Return the field path of a flag, or where it would be."""
        return self.at.get(name) or self.at.get("", "")


class Provider(Struct, frozen=True, omit_defaults=True):
    """One provider of an encryption configuration: ``aescbc``, ``kms``… and its keys' number."""

    kind: str
    keys: int = 0
    api: str = ""
    name: str = ""
    bits: tuple[int, ...] = ()


class Encrypted(Struct, frozen=True, omit_defaults=True):
    """Which resources are encrypted, and by what: the first provider writes."""

    resources: tuple[str, ...] = ()
    providers: tuple[Provider, ...] = ()


class Encryption(Node, frozen=True, omit_defaults=True, tag="encryption"):
    """EncryptionConfiguration: the first entry that matches a resource is the one that counts.

    *changed* is the day on which its file was last written, where a node's report tells it.
    """

    path: str = ""
    entries: tuple[Encrypted, ...] = ()
    changed: str = ""


class Group(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """Resources of one API group, in a rule of an audit policy."""

    group: str = ""
    resources: tuple[str, ...] = ()
    resource_names: tuple[str, ...] = ()


class AuditRule(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """One rule of an audit policy, as in audit.k8s.io/v1."""

    level: str = ""
    users: tuple[str, ...] = ()
    user_groups: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    resources: tuple[Group, ...] = ()
    namespaces: tuple[str, ...] = ()
    non_resource_urls: tuple[str, ...] = ()
    omit_stages: tuple[str, ...] = ()


class AuditPolicy(Node, frozen=True, omit_defaults=True, tag="auditpolicy"):
    """An audit policy: the first rule that matches a request decides."""

    path: str = ""
    rules: tuple[AuditRule, ...] = ()
    omit_stages: tuple[str, ...] = ()


class ServerConfig(Node, frozen=True, omit_defaults=True, tag="serverconfig"):
    """A configuration file of the API server; *spec* as in the API.

    *kind* is AdmissionConfiguration, PodSecurityConfiguration, AuthenticationConfiguration or
    AuthorizationConfiguration; *prefix* the field path of what *spec* is of.
    """

    kind: str = ""
    path: str = ""
    spec: dict[str, Any] = {}
    prefix: str = ""


class Login(Struct, frozen=True, omit_defaults=True):
    """A user of a kubeconfig and how it logs in; of a certificate its public subject.

    *how*: certificate, token, token-file, password, exec, auth-provider, none.
    """

    name: str
    how: str = "none"
    subject: str = ""
    organizations: tuple[str, ...] = ()
    until: str = ""
    at: str = ""


class Server(Struct, frozen=True, omit_defaults=True):
    """A cluster of a kubeconfig: *unverified* its certificate is not checked."""

    name: str
    server: str = ""
    unverified: bool = False
    authority: bool = False
    at: str = ""


class Kubeconfig(Node, frozen=True, omit_defaults=True, tag="kubeconfig"):
    """A kubeconfig: whom it calls and as whom; no credential of it is kept."""

    path: str = ""
    node: str = ""
    logins: tuple[Login, ...] = ()
    servers: tuple[Server, ...] = ()


class Certificate(Node, frozen=True, omit_defaults=True, tag="certificate"):
    """A certificate: days are ISO dates, *key* ``RSA`` or ``EC`` and so on, *bits* its size."""

    path: str = ""
    node: str = ""
    subject: str = ""
    issuer: str = ""
    begins: str = ""
    ends: str = ""
    key: str = ""
    bits: int = 0
    signed: str = ""
    names: tuple[str, ...] = ()
    organizations: tuple[str, ...] = ()
    authority: bool = False


class NodeFile(Node, frozen=True, omit_defaults=True, tag="nodefile"):
    """A file or folder on a node: *mode* its permission bits, *role* what it is there for.

    *changed* is the day on which it was last written, "" where that is not told.
    *role*: manifest, kubeconfig, key, certificate, kubelet-config, kubelet-dropins,
    kubelet-service, server-config, rancher-config, cni, etcd-data, pki.
    """

    path: str = ""
    node: str = ""
    role: str = ""
    mode: int = 0
    owner: str = ""
    group: str = ""
    folder: bool = False
    changed: str = ""


class ManagedCluster(Node, frozen=True, omit_defaults=True, tag="managedcluster"):
    """A cluster as its cloud describes it. None: the description does not say.

    *public*: the API server has a public address; *ranges* are those that may reach it, () is
    all. *local_accounts*: logins that do not go through the cloud's identities.
    """

    path: str = ""
    provider: str = ""
    name: str = ""
    version: str = ""
    minor: int = 0
    public: bool | None = None
    ranges: tuple[str, ...] = ()
    rbac: bool | None = None
    local_accounts: bool | None = None
    network_policy: bool | None = None
    logs: tuple[str, ...] | None = None
    encryption: bool | None = None
    workload_identity: bool | None = None
    auto_upgrade: bool | None = None
    shielded_nodes: bool | None = None
    legacy_metadata: bool | None = None
    at: dict[str, str] = {}
