"""Networks of manifests in short YAML, read by the real reader."""

from typing import Any

import yaml

from keten import plugs
from keten.cluster.network.reach import Flow, Network
from keten.model.kube import Object
from keten.model.plug import Reader, Source


class _Nothing:
    """No file lies beside."""

    def read(self, _: str) -> bytes | None:
        return None

    def exists(self, _: str) -> bool:
        return False


def objects(text: str) -> list[Object]:
    """Return the objects of *text*."""
    reader = plugs.load(Reader, "k8s")
    facts = reader.read(Source("a.yaml", text.encode(), _Nothing()))
    return [node for node in facts.nodes if isinstance(node, Object)]


def pod(name: str, labels: dict[str, str] | None = None, **spec: Any) -> str:
    """Return a Pod; *name* is ``namespace/name``. ``ports={"web": 8080}`` are named ports."""
    space, _, own = name.partition("/")
    ports = [{"name": k, "containerPort": v} for k, v in spec.pop("ports", {}).items()]
    return document(
        "v1", "Pod", name,
        {"containers": [{"name": "c", "image": "registry.example/a", "ports": ports}], **spec},
        labels={"app": own} if labels is None else labels, space=space,
    )  # fmt: skip


def namespace(name: str, **labels: str) -> str:
    """Return a Namespace."""
    meta = {"name": name, "labels": labels}
    return yaml.safe_dump({"apiVersion": "v1", "kind": "Namespace", "metadata": meta}) + "---\n"


def netpol(name: str, spec: str) -> str:
    """Return a NetworkPolicy; *spec* is YAML."""
    return document("networking.k8s.io/v1", "NetworkPolicy", name, yaml.safe_load(spec))


def cilium(name: str, spec: str) -> str:
    """Return a CiliumNetworkPolicy, clusterwide where *name* has no namespace."""
    kind = "CiliumNetworkPolicy" if "/" in name else "CiliumClusterwideNetworkPolicy"
    return document("cilium.io/v2", kind, name, yaml.safe_load(spec))


def admin(name: str, spec: str, kind: str = "AdminNetworkPolicy") -> str:
    """Return a policy of administrators; *spec* is YAML."""
    version = "v1alpha2" if kind == "ClusterNetworkPolicy" else "v1alpha1"
    return document(f"policy.networking.k8s.io/{version}", kind, name, yaml.safe_load(spec))


def service(name: str, kind: str = "ClusterIP", **more: object) -> str:
    """Return a Service for ``app: <its name>``, 80 to the port ``http``."""
    own = name.rpartition("/")[2]
    spec = {"type": kind, "selector": {"app": own},
            "ports": [{"port": 80, "targetPort": "http"}], **more}  # fmt: skip
    return document("v1", "Service", name, spec)


def document(
    version: str,
    kind: str,
    name: str,
    spec: Any,
    *,
    labels: dict[str, str] | None = None,
    annotations: dict[str, str] | None = None,
    space: str = "",
) -> str:
    """Return one object."""
    before, _, own = name.rpartition("/")
    meta: dict[str, Any] = {"name": own}
    if space or before:
        meta["namespace"] = space or before
    if labels:
        meta["labels"] = labels
    if annotations:
        meta["annotations"] = annotations
    value = {"apiVersion": version, "kind": kind, "metadata": meta, "spec": spec}
    return yaml.safe_dump(value) + "---\n"


class Shown:
    """A network asked by short names."""

    def __init__(self, *parts: str, hosts_are_pods: bool = False) -> None:
        self.objects = objects("".join(parts))
        self.network = Network(self.objects, hosts_are_pods=hosts_are_pods)
        self._peers = {f"{p.namespace}/{p.name}": p for p in self.network.peers}

    def flow(self, src: str, dst: str) -> Flow:
        """Return what is open between two workloads, named ``namespace/name``."""
        return self.network.between(self._peers[src], self._peers[dst])

    def ports(self, src: str, dst: str) -> str:
        """Return the ports; what is only perhaps open behind a question mark."""
        return said(self.flow(src, dst))

    def out(self, src: str, address: str) -> str:
        """Return what is open to an address, or to a host."""
        from keten.cluster.network import addresses

        number = addresses.address(address)
        if number is None:
            return said(self.network.to_entity(self._peers[src], address))
        ((_, flow),) = self.network.to_outside(self._peers[src], number)
        return said(flow)

    def into(self, dst: str, address: str) -> str:
        """Return what is open from an address."""
        from keten.cluster.network import addresses

        ((_, flow),) = self.network.from_outside(self._peers[dst], addresses.address(address))
        return said(flow)


def said(flow: Flow) -> str:
    """Return a flow as text."""
    if flow.sure == flow.may:
        return flow.sure.text
    return f"{flow.sure.text} ? {flow.unknown.text}"
