"""Kubernetes objects as nodes.

An object's id is ``path:Kind/namespace/name``: one directory may hold the same object twice
(an overlay and its base), and both are judged. Namespace ``-`` is "not said in the file" or
"has none". A second object with the same id in one file gets ``~2``.
"""

from typing import Any

from msgspec import Struct, field

from keten.model.facts import Node
from keten.model.pod import PodSpec


def stem_of(path: str) -> str:
    """Return the path of a list without its piece (``pods.0001.json``), "" of any other file.

    The pieces are of a snapshot, or of a large dump (``dump.json/0001.json``); an object moves
    from one to another as others come and go.
    """
    number = path[-9:-5]
    whole = path.endswith(".json") and len(number) == _DIGITS and number.isdecimal()
    return path[:-10] if whole and path[-10:-9] in _APART else ""


_DIGITS = 4
_APART = frozenset((".", "/"))


class Object(Node, frozen=True, omit_defaults=True):
    """What every object has. *namespace* is "" when the file does not say.

    *uid* is a live object's; *owner* the ``Kind/name`` of the controller that made it.
    """

    kind: str = ""
    name: str = ""
    namespace: str = ""
    path: str = ""
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    uid: str = ""
    owner: str = ""

    @property
    def title(self) -> str:
        """Return ``Kind/name``: how messages name it."""
        return f"{self.kind}/{self.name}"

    @property
    def identity(self) -> str:
        """Return the id; of a live object without what moves as others come and go.

        Left out is the piece of the list that it came in, and the name that a controller made
        up (``web-5d8c7-x2x9p``): then the controller is named.
        """
        stem = stem_of(self.path) if self.uid else ""
        if not stem:
            return self.id
        kind, _, name = self.owner.partition("/")
        if kind not in _NAMERS:
            name = self.name
        elif kind == "ReplicaSet":
            name = name.removesuffix(f"-{self.labels.get('pod-template-hash', '')}")
        elif kind == "Job" and (cut := name.rpartition("-"))[2].isdecimal():
            name = cut[0]  # a CronJob names its Jobs by the minute
        made = f"{kind}/{name}" if kind in _NAMERS else name
        return f"{stem}:{self.kind}/{self.namespace or '-'}/{made}"


_NAMERS = frozenset(
    {"ReplicaSet", "ReplicationController", "Deployment", "DaemonSet", "Job", "CronJob"}
)


class Workload(Object, frozen=True, omit_defaults=True, tag="workload"):
    """Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob.

    And the custom resources of model/custom_pods, where all of their pod template is told.
    *pod_path* is the field path of the pod spec (``spec.template.spec``), *spec* what else
    stands in the object's own ``spec`` beside the template (replicas, strategy, schedule).

    What its live pods say, where there are any: the *nodes* they are on, their *pod_ips*, and
    by container the digests of the images that really run (*image_ids*), each sorted.
    """

    pod: PodSpec = PodSpec()
    pod_path: str = "spec.template.spec"
    pod_labels: dict[str, str] = {}
    pod_annotations: dict[str, str] = {}
    api_version: str = ""
    spec: dict[str, Any] = {}
    nodes: tuple[str, ...] = ()
    pod_ips: tuple[str, ...] = ()
    image_ids: dict[str, tuple[str, ...]] = {}


class Namespace(Object, frozen=True, omit_defaults=True, tag="namespace"):
    """A namespace; its Pod Security labels are in *labels*."""


class Service(Object, frozen=True, omit_defaults=True, tag="service"):
    """A Service: *spec* as in the API."""

    spec: dict[str, Any] = {}


class Route(Object, frozen=True, omit_defaults=True, tag="route"):
    """What lets traffic in: Ingress, Gateway, HTTPRoute and its like. *spec* as in the API."""

    spec: dict[str, Any] = {}
    api_version: str = ""


class NetworkPolicy(Object, frozen=True, omit_defaults=True, tag="netpol"):
    """networking.k8s.io NetworkPolicy: *spec* as in the API."""

    spec: dict[str, Any] = {}


class Rule(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """One RBAC policy rule."""

    verbs: tuple[str, ...] = ()
    api_groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    resource_names: tuple[str, ...] = ()
    non_resource_urls: tuple[str, ...] = field(default=(), name="nonResourceURLs")


class Role(Object, frozen=True, omit_defaults=True, tag="role"):
    """Role or ClusterRole. *aggregation* is ``aggregationRule`` as in the API."""

    rules: tuple[Rule, ...] = ()
    aggregation: dict[str, Any] | None = None


class Subject(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """Whom a binding names."""

    kind: str = ""
    name: str = ""
    namespace: str = ""
    api_group: str = ""


class Binding(Object, frozen=True, omit_defaults=True, tag="binding"):
    """RoleBinding or ClusterRoleBinding. *role_kind* and *role_name* are its roleRef."""

    role_kind: str = ""
    role_name: str = ""
    subjects: tuple[Subject, ...] = ()


class ServiceAccount(Object, frozen=True, omit_defaults=True, tag="serviceaccount"):
    """A service account."""

    automount: bool | None = None
    secrets: tuple[dict[str, Any], ...] = ()
    image_pull_secrets: tuple[dict[str, Any], ...] = ()


class ConfigMap(Object, frozen=True, omit_defaults=True, tag="configmap"):
    """A config map: only its keys; values are searched by the secrets reader, never kept."""

    keys: tuple[str, ...] = ()


class Secret(Object, frozen=True, omit_defaults=True, tag="secret"):
    """A Secret object: its type and its keys with a value; values are never kept.

    In text and JSON the type is ``secret_type``: ``type`` is there the node's own. *created*
    is the day on which a live one was made, *expires* that on which a bootstrap token ends,
    where its file says so.
    """

    type: str = field(default="", name="secret_type")
    keys: tuple[str, ...] = ()
    created: str = ""
    expires: str = ""


class Webhook(Object, frozen=True, omit_defaults=True, tag="webhook"):
    """Validating- or MutatingWebhookConfiguration: *webhooks* as in the API."""

    webhooks: tuple[dict[str, Any], ...] = ()


class Resource(Object, frozen=True, omit_defaults=True, tag="resource"):
    """Any other object, by its kind; *spec* as in the API, {} for one beyond measure.

    Of a kind without ``spec`` (StorageClass, SecurityContextConstraints) it is what stands in
    its place. *status* is kept of a Node (nodeInfo, addresses) and a signing request.
    """

    api_version: str = ""
    spec: dict[str, Any] = {}
    status: dict[str, Any] = {}


class Cluster(Node, frozen=True, omit_defaults=True, tag="cluster"):
    """A cluster that was listed: what its API server says of itself, and what was not to be had.

    *id* is the snapshot's folder, ``.`` for the target itself. *taken* is when, RFC 3339.
    *version* is ``gitVersion`` (``v1.36.3``), *minor* its minor version, 0 when not known.
    *groups* are the served API groups ("" is core) with their versions. *listed* counts the
    objects by resource (``networkpolicies.networking.k8s.io``); *denied* are rights that were
    missing (``list pods at cluster scope``), *failed* what the server could not answer,
    *absent* resources that it does not serve, so that there are none. *within* are resources
    that were listed in some namespaces only, *namespaces* those that were asked for where
    some were named, *aside* served resources that nobody asked for.
    """

    path: str = ""
    taken: str = ""
    context: str = ""
    version: str = ""
    minor: int = 0
    platform: str = ""
    provider: str = "unknown"
    groups: dict[str, tuple[str, ...]] = {}
    listed: dict[str, int] = {}
    denied: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    within: dict[str, tuple[str, ...]] = {}
    namespaces: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()

    @property
    def alpha(self) -> tuple[str, ...]:
        """Return the alpha APIs that are served (``group/version``)."""
        return tuple(
            f"{group}/{version}"
            for group, versions in self.groups.items()
            for version in versions
            if "alpha" in version
        )
