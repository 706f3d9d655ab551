"""Programs of Kubernetes that run as pods: static pods, and kube-proxy's DaemonSet."""

from collections.abc import Iterator
from typing import Any

from keten.formats.control_plane import command_lines as lines
from keten.formats.control_plane.gathered import Found, items, mapping, text
from keten.model.control_plane import ETCD, KUBELET, PROXY, SCHEDULER, Component
from keten.model.kubernetes_releases import minor_of

_KINDS = {
    "Pod": ("spec",),
    "DaemonSet": ("spec", "template", "spec"),
    "Deployment": ("spec", "template", "spec"),
    "StatefulSet": ("spec", "template", "spec"),
}
_SYSTEM = frozenset({"kube-system", "openshift-etcd"})
_HIDDEN = "what starts it is put together by a shell: its flags are not all in the file"
_CONFIG = "its configuration file, which overrides its flags, is not in the file"
_ADVICE = "Take the command line from the node: keten node prints the script."


def found(value: Any, fields: dict[str, int], path: str, line: int) -> Iterator[Found]:
    """Yield the components that an object runs; of an object that runs none, nothing."""
    at = _KINDS.get(text(value.get("kind")))
    if at is None:
        return
    spec = value
    for key in at:
        spec = mapping(spec.get(key))
    base = ".".join(at)
    for i, container in enumerate(items(spec.get("containers"))):
        where = f"{base}.containers[{i}]"
        made = _component(mapping(container), where, path, value, text(spec.get("nodeName")))
        if made is None:
            continue
        node, whole = made
        near = {key: number for key, number in fields.items() if key.startswith(where)}
        why = "" if whole else _HIDDEN if node.name != SCHEDULER else _CONFIG
        yield Found(node, near, near.get(where, line) or line, whole, why, _ADVICE)


def _component(
    container: dict[str, Any], where: str, path: str, value: dict[str, Any], node: str
) -> tuple[Component, bool] | None:
    command, arguments = items(container.get("command")), items(container.get("args"))
    words = [word if isinstance(word, str) else "" for word in (*command, *arguments)]
    by_image = _by_image(container) if not command else ""
    started = lines.program([by_image, *words] if by_image else words)
    if started is None or started.name == KUBELET:
        return None
    if not any(word.startswith("-") for word in started.words) and started.name != ETCD:
        return None
    etcd = started.name == ETCD
    values, indexes = lines.flags(started.words, single=etcd)
    at = {"": f"{where}.command" if command else f"{where}.args"}
    shift = 1 if by_image else 0
    for name, index in indexes.items():
        number = started.first + (0 if started.script else index) - shift
        field = f"command[{number}]" if number < len(command) else f"args[{number - len(command)}]"
        at[name] = f"{where}.{field}"
    whole = started.whole and not (etcd and "config-file" in values)
    if etcd:
        if not (_of_the_cluster(value) and _is_etcd(container, values)):
            return None
        named = {
            text(entry.get("name")): text(entry.get("value"))
            for entry in map(mapping, items(container.get("env")))
        }
        values = lines.variables(named) | values
    if started.name == PROXY and "config" in values:
        return None  # its configuration file says all, and is read where it stands
    if started.name == SCHEDULER and "config" in values:
        whole = False
    version = _version(container) if not etcd else ""
    made = Component(
        f"{path}:{started.name}" + (f"@{node}" if node else ""),
        name=started.name, path=path, origin="pod", node=node, flags=values, at=at,
        version=version, minor=minor_of(version), provider=_provider(value, node),
    )  # fmt: skip
    return made, whole


def _of_the_cluster(value: dict[str, Any]) -> bool:
    """Return whether a pod is the control plane's: an application may run an etcd of its own."""
    meta = mapping(value.get("metadata"))
    labels = mapping(meta.get("labels"))
    namespace = text(meta.get("namespace"))
    return namespace in _SYSTEM or labels.get("tier") == "control-plane"


def _is_etcd(container: dict[str, Any], values: dict[str, str]) -> bool:
    """Return whether it is etcd itself: not its backup, not a chart's etcd of an application."""
    return bool(values) or "ETCD_" in repr(container.get("env"))[:4096]


def _by_image(container: dict[str, Any]) -> str:
    name = text(container.get("image")).partition("@")[0].rpartition("/")[2].partition(":")[0]
    return name if name in lines.NAMES else ""


def _version(container: dict[str, Any]) -> str:
    tag = text(container.get("image")).partition("@")[0].rpartition("/")[2].partition(":")[2]
    return tag if minor_of(tag) else ""


def _provider(value: dict[str, Any], node: str) -> str:
    """Return the cloud that runs this pod itself, by the labels it gives its own."""
    meta = mapping(value.get("metadata"))
    labels = mapping(meta.get("labels"))
    if any(key.startswith("eks.amazonaws.com/component") for key in labels):
        return "eks"
    if labels.get("kubernetes.azure.com/managedby") == "aks":
        return "aks"
    if node.startswith("gke-") and text(meta.get("name")).startswith("kube-proxy-gke-"):
        return "gke"
    return ""
