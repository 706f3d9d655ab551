"""What holds for a program of a node: its flags and the files that they name, put together.

Which of the two counts differs. A kubelet's flags hold over its files. With ``--config`` a
kube-proxy takes nothing but its name from flags (cmd/kube-proxy/app/options.go), and a
kube-scheduler not what its file can say, but for the election of a leader
(cmd/kube-scheduler/app/options/options.go).
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from keten.formats.control_plane import dropins
from keten.formats.control_plane.gathered import documents, text
from keten.formats.control_plane.kubelet import CONFIGS, kept
from keten.model import control_plane as plane

_PROXY = frozenset({"config", "hostname-override", "master", "v", "vmodule"})
_NOT_SCHEDULER = frozenset({
    "profiling", "contention-profiling", "kubeconfig", "kube-api-content-type", "kube-api-qps",
    "kube-api-burst",
})  # fmt: skip


class Settings(Struct, frozen=True):
    """The *flags* and the *config* that hold; *lacks* is what was not to be had, "" nothing."""

    flags: dict[str, str]
    config: dict[str, Any] | None = None
    lacks: str = ""


class Node(Struct, frozen=True):
    """The *texts* of a node's files by path, and the *folders* of drop-ins that were listed."""

    texts: Mapping[str, bytes]
    folders: frozenset[str]

    def document(self, path: str, kind: str) -> dict[str, Any] | None:
        """Return the one document of *kind* at *path*; None where there is none to be read."""
        found = [doc.value for doc in documents(self.texts.get(path, b""))]
        wanted = [value for value in found if text(value.get("kind")) == kind]
        return wanted[0] if len(wanted) == 1 else None


def settings(name: str, flags: dict[str, str], node: Node) -> Settings:
    """Return what holds for the program *name* that was started with *flags* on *node*."""
    known: dict[str, Callable[[dict[str, str], Node], Settings]] = {
        plane.KUBELET: _kubelet,
        plane.PROXY: _proxy,
        plane.SCHEDULER: _scheduler,
        plane.API_SERVER: _server,
    }
    put_together = known.get(name)
    return put_together(flags, node) if put_together else Settings(flags)


def embedded(made: plane.Component, product: str, node: Node) -> Settings:
    """Return what holds for a program that k3s or RKE2 runs, its kubelet's drop-ins put in.

    Where there are any, few flags are left (pkg/daemons/agent/agent_linux.go of k3s): what was
    a default of the product stands in a drop-in.
    """
    folder = f"/var/lib/rancher/{product}/agent/etc/kubelet.conf.d"
    if made.name != plane.KUBELET or not dropins.below(folder, node.texts):
        return Settings(made.flags)
    given = {flag: made.flags[flag] for flag in made.at if flag in made.flags}
    return _kubelet({"config-dir": folder, "read-only-port": "0"} | given, node)


def _file(name: str, flags: dict[str, str], node: Node) -> Settings:
    """Return the configuration file that ``--config`` names."""
    path = flags.get("config", "")
    if not path:
        return Settings(flags)
    found = node.document(path, CONFIGS[name])
    if found is None:
        return Settings(flags, lacks=f"its configuration file {path[:120]} is not in the report")
    return Settings(flags, kept(found))


def _kubelet(flags: dict[str, str], node: Node) -> Settings:
    base = _file(plane.KUBELET, flags, node)
    folder = flags.get("config-dir", "").rstrip("/")
    if not folder or base.lacks:
        return base
    if folder not in node.folders:
        return Settings(flags, lacks=f"the drop-ins in {folder[:120]} are not in the report")
    patches = []
    for path in dropins.below(folder, node.texts):
        patch = node.document(path, CONFIGS[plane.KUBELET])
        if patch is None or patch.get("apiVersion") != dropins.HEAD["apiVersion"]:
            return Settings(flags, lacks=f"its drop-in {path[:120]} can not be read")
        patches.append(kept(patch))
    start = dropins.LEGACY if base.config is None else base.config
    return Settings(flags, dropins.merged(start, patches))


def _proxy(flags: dict[str, str], node: Node) -> Settings:
    found = _file(plane.PROXY, flags, node)
    if found.config is None:
        return found
    return Settings({k: v for k, v in flags.items() if k in _PROXY}, found.config)


def _scheduler(flags: dict[str, str], node: Node) -> Settings:
    found = _file(plane.SCHEDULER, flags, node)
    if found.config is None:
        return found
    return Settings({k: v for k, v in flags.items() if k not in _NOT_SCHEDULER}, found.config)


def _server(flags: dict[str, str], node: Node) -> Settings:
    """Return the files of the API server by the flag that names them, those that were read."""
    return Settings(flags, dict(_server_files(flags, node)) or None)


def _server_files(flags: dict[str, str], node: Node) -> Iterator[tuple[str, dict[str, Any]]]:
    for flag, kind in plane.SERVER_FILES.items():
        path = flags.get(flag, "")
        found = node.document(path, kind) if path else None
        if found is not None:
            yield flag, kept(found)
