"""Configuration of kubelets, kube-proxies and kube-schedulers.

From files, ``/configz`` and kubeadm's config maps. A drop-in of a kubelet is a part of what
holds: which, its file and the other drop-ins say.
"""

from collections.abc import Iterator
from typing import Any

from keten.errors import InputError
from keten.formats.control_plane import dropins, kubeadm
from keten.formats.control_plane.gathered import Found, below, documents, mapping, text
from keten.model.control_plane import KUBELET, PROXY, SCHEDULER, Component

CONFIGS = {
    KUBELET: "KubeletConfiguration",
    PROXY: "KubeProxyConfiguration",
    SCHEDULER: "KubeSchedulerConfiguration",
}
"""The kind of each program's configuration file."""

_NOT_KEPT = ("apiVersion", "kind", "staticPodURLHeader")
_PART = "a drop-in: the kubelet's configuration file and other drop-ins say the rest"
_ADVICE = "Take the configuration from the node: keten node prints the script, or /configz."
_MAPS = {
    "kubelet-config": ("kubelet", KUBELET),
    "kube-proxy": ("config.conf", PROXY),
    "kube-proxy-config": ("config", PROXY),
}
TEXT = 1 << 20
"""The most characters of a configuration inside of a config map."""


def found(
    value: Any, fields: dict[str, int], path: str, line: int, *, by_kubeadm: bool = False
) -> Iterator[Found]:
    """Yield the component that a document configures, if it does."""
    kind = text(value.get("kind"))
    if kind == CONFIGS[KUBELET]:
        config = kubeadm.kubelet(value) if by_kubeadm else value
        part = dropins.is_one(path)
        yield Found(_node(KUBELET, config, path), fields, line, not part, _PART, _ADVICE)
    elif kind == CONFIGS[PROXY]:
        yield Found(_node(PROXY, value, path), fields, line)
    elif kind == CONFIGS[SCHEDULER]:
        yield Found(_node(SCHEDULER, value, path), fields, line)
    elif kind == "ConfigMap":
        yield from _config_map(value, path, fields, line)
    elif not kind and isinstance(value.get("kubeletconfig"), dict):
        made = _node(KUBELET, value["kubeletconfig"], path)
        yield Found(made, below(fields, "kubeletconfig"), line)
    elif not kind and isinstance(value.get("kubeproxyconfig"), dict):
        yield Found(
            _node(PROXY, value["kubeproxyconfig"], path), below(fields, "kubeproxyconfig"), line
        )


def kept(config: dict[str, Any]) -> dict[str, Any]:
    """Return what is kept of a configuration: not its head, not what may be secret."""
    return {key: item for key, item in config.items() if key not in _NOT_KEPT}


def _node(name: str, config: dict[str, Any], path: str, origin: str = "config") -> Component:
    folder, _, file = path.rpartition("/")
    node = ""
    if folder.rpartition("/")[2] == "configz":
        origin, node = "configz", file.rpartition(".")[0]
    return Component(
        f"{path}:{name}", name=name, path=path, origin=origin, node=node, config=kept(config)
    )


def _config_map(
    value: dict[str, Any], path: str, fields: dict[str, int], line: int
) -> Iterator[Found]:
    """Yield what kubeadm's config maps in kube-system say."""
    meta = mapping(value.get("metadata"))
    name = text(meta.get("name"))
    if meta.get("namespace") != "kube-system":
        return
    if name == "kubeadm-config":
        where = fields.get("data.ClusterConfiguration", line)
        for document in _inside(value, "ClusterConfiguration"):
            for item in kubeadm.found(document.value, {}, path, where):
                yield Found(item.node, {}, where)
        return
    key, program = _MAPS.get(name, ("", ""))
    if not key and name.startswith("kubelet-config-1."):
        key, program = _MAPS["kubelet-config"]
    where = fields.get(f"data.{key}", fields.get(f'data["{key}"]', line))
    for document in _inside(value, key) if key else ():
        yield Found(_node(program, document.value, path), {}, where)


def _inside(value: dict[str, Any], key: str) -> Iterator[Any]:
    inner = mapping(value.get("data")).get(key)
    if isinstance(inner, str) and inner and len(inner) <= TEXT:
        try:
            yield from documents(inner.encode(), strict=True)
        except (InputError, UnicodeEncodeError):
            return
