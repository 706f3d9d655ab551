"""What the checks of pods share: settings as they take effect, and the words of findings."""

from collections.abc import Callable, Iterator, Sequence

from keten.cluster.node_paths import socket
from keten.model.finding import Change, Severity
from keten.model.kube import Workload
from keten.model.pod import Container, SecurityContext

_Place = tuple[str, Container]
_Places = tuple[_Place, ...]
_NONE = SecurityContext()
_FOLDERS = (
    "/run/docker", "/run/containerd", "/run/k3s/containerd", "/run/crio", "/run/podman",
)  # fmt: skip


def context(container: Container) -> SecurityContext:
    """Return the container's own security context, empty where it has none."""
    return container.security_context or _NONE


def around(workload: Workload) -> SecurityContext:
    """Return the pod's security context, which containers inherit in part."""
    return workload.pod.security_context or _NONE


def _once(function: Callable[[Workload], Iterator[_Place]]) -> Callable[[Workload], _Places]:
    """Remember the last answer: every check asks the same of one workload after the other."""
    last: tuple[Workload | None, _Places] = (None, ())

    def remembered(workload: Workload) -> _Places:
        nonlocal last
        if last[0] is not workload:
            last = (workload, tuple(function(workload)))
        return last[1]

    return remembered


@_once
def each(workload: Workload) -> Iterator[_Place]:
    """Return every container (init and ephemeral too) with its field path from the object."""
    for path, container in workload.pod.all_containers():
        yield f"{workload.pod_path}.{path}", container


@_once
def hardenable(workload: Workload) -> Iterator[_Place]:
    """Return the containers of which it can be said that a setting is missing.

    Not the privileged ones, for which nothing else of the security context counts (one
    finding says so), and not the parts of a patch, which name no image.
    """
    for path, container in each(workload):
        if container.image and context(container).privileged is not True:
            yield path, container


@_once
def serving(workload: Workload) -> Iterator[_Place]:
    """Return the containers that run as long as the pod does: main ones and sidecars."""
    for path, container in each(workload):
        init = ".initContainers[" in path
        lasts = not init or container.restart_policy == "Always"
        if container.image and lasts and ".ephemeralContainers[" not in path:
            yield path, container


def linux(workload: Workload) -> bool:
    """Return whether the settings of Linux apply to the pod."""
    return not workload.pod.windows


def called(path: str, container: Container) -> str:
    """Return ``container web``: how messages name one."""
    if ".initContainers[" in path:
        return f"init container {container.name}"
    if ".ephemeralContainers[" in path:
        return f"ephemeral container {container.name}"
    return f"container {container.name}"


def listed(names: Sequence[str], noun: str = "container", most: int = 3) -> str:
    """Return ``container a`` or ``containers a, b and 4 more``."""
    shown = ", ".join(names[:most])
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{noun}{'s' if len(names) > 1 else ''} {shown}{more}"


def together(found: Sequence[_Place]) -> str:
    """Return what one finding calls the containers *found*: ``containers a, b and 4 more``."""
    if len(found) == 1:
        return called(*found[0])
    return listed([container.name for _, container in found])


def eased(severity: Severity, workload: Workload) -> Severity:
    """Return *severity*, one lower for a DaemonSet: an agent of the node often needs it."""
    if workload.kind == "DaemonSet":
        return Severity(max(severity - 1, Severity.INFO))
    return severity


def harden(
    workload: Workload, field: str, before: str, *, after: str, exact: bool = True
) -> Change:
    """Return a change to the security context; all of one workload's are one action."""
    group = f"Harden the security context of {workload.title}"
    return Change(field, before, after, group, exact)


def runtime_socket(path: str) -> bool:
    """Return whether a host path is the container runtime's socket or the folder it lies in."""
    return socket(path) or path.rstrip("/").removeprefix("/var") in _FOLDERS
