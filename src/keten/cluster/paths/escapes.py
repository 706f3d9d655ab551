"""How code in a pod takes over the node: what the pod was given of it.

Each way is one that container escapes are known to go: privileged containers, the runtime's
socket, directories that the node trusts, the node's processes, capabilities that are as good
as root. Sources: the Pod Security Standards, and MITRE ATT&CK T1611 (Escape to Host).
"""

from collections.abc import Iterator

from msgspec import Struct

from keten.cluster.node_paths import grave, socket
from keten.model.kube import Workload
from keten.model.pod import Container, SecurityContext

_NONE = SecurityContext()
_CAPABILITIES = {
    "ALL": 1, "SYS_ADMIN": 2, "SYS_MODULE": 1, "SYS_RAWIO": 2, "DAC_READ_SEARCH": 2, "BPF": 4,
    "SYS_BOOT": 6,
}  # fmt: skip
_WITH_PROCESSES = {"SYS_PTRACE": 2}
"""Capabilities that lead out where the pod sees the node's processes."""


class Escape(Struct, frozen=True):
    """A way out. *field* is below the pod spec; *effort* from 1, the least; *label* in a word."""

    text: str
    field: str
    effort: int
    label: str


def escapes(workload: Workload) -> Iterator[Escape]:
    """Yield the ways out of *workload*'s pods, in the order of their fields."""
    pod = workload.pod
    if pod.windows:
        for path, container in pod.all_containers():
            if (_context(container).windows_options or {}).get("hostProcess"):
                yield Escape(
                    "it is a process of the node", f"{path}.securityContext", 1, "hostProcess"
                )
        return
    for path, container in pod.all_containers():
        context = _context(container)
        at = f"{path}.securityContext"
        if context.privileged:
            yield Escape(
                f"container {container.name} is privileged", f"{at}.privileged", 1, "privileged"
            )
            continue
        yield from _capable(container, context, at, sees=pod.host_pid)
    for i, volume in enumerate(pod.volumes):
        source = volume.get("hostPath")
        folder = source.get("path") if isinstance(source, dict) else None
        if isinstance(folder, str):
            at = f"volumes[{i}].hostPath"
            yield from _mounted(workload, str(volume.get("name")), folder, at)


def _context(container: Container) -> SecurityContext:
    return container.security_context or _NONE


def _capable(
    container: Container, context: SecurityContext, at: str, *, sees: bool
) -> Iterator[Escape]:
    if context.run_as_non_root and context.allow_privilege_escalation is False:
        return  # a capability that was added is not effective for a user that is not root
    known = {**_CAPABILITIES, **(_WITH_PROCESSES if sees else {})}
    for i, name in enumerate(context.capabilities.add if context.capabilities else ()):
        effort = known.get(name.upper().removeprefix("CAP_"))
        if effort:
            text = f"container {container.name} has the capability {name}"
            yield Escape(text, f"{at}.capabilities.add[{i}]", effort, name)


def _mounted(workload: Workload, name: str, path: str, at: str) -> Iterator[Escape]:
    mounts = [
        (container.name, bool(mount.get("readOnly")))
        for _, container in workload.pod.all_containers()
        for mount in container.volume_mounts
        if mount.get("name") == name
    ]
    if not mounts:
        return
    container = mounts[0][0]
    if socket(path):
        yield Escape(f"container {container} has the runtime's socket {path}", at, 1, "socket")
        return
    writers = [one for one, read_only in mounts if not read_only]
    if writers and grave(path):
        yield Escape(f"container {writers[0]} can write {path} of the node", at, 2, path)
