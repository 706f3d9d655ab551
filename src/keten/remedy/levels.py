"""The edits by which a workload passes a level of the Pod Security Standards.

What stands in the way the engine says field by field (keten.cluster.podsecurity). A field whose
value nobody can know, such as the volume in place of a directory of the node, has no edit.
"""

from typing import Any

from msgspec import Struct

from keten.cluster.podsecurity.standard import Fault, Level, breaches, pod_of
from keten.formats.yaml.fields import Edit, at, steps, written
from keten.model.kube import Workload

USER = 10001
"""Who runs what was run by root: a number above those that systems give out themselves."""

_RUNTIME = {"type": "RuntimeDefault"}
_OFF = (
    "privileged",
    "allowPrivilegeEscalation",
    "hostNetwork",
    "hostPID",
    "hostIPC",
    "hostProcess",
)
_OUT = ("procMount", "host", "hostPort", "user", "role")


class Step(Struct, frozen=True):
    """What one fault takes: *edit*, or *why* there is none. *check* is Kubernetes' id."""

    check: str
    field: str
    edit: Edit | None = None
    why: str = ""


def steps_to(workload: Workload, level: Level, version: str = "latest") -> list[Step]:
    """Return what stands between *workload* and *level*, with the edit for each."""
    made: list[Step] = []
    for breach in breaches(pod_of(workload), level, version):
        for fault in breach.faults:
            field = field_of(workload, fault)
            edit = _edit(workload, fault, field)
            why = "" if edit else _WHY.get(breach.check, "nobody but you knows what to put there")
            if edit or not _implied(workload, fault):
                made.append(Step(breach.check, field, edit, why))
    return made


def field_of(workload: Workload, fault: Fault) -> str:
    """Return the field path of *fault* from the object; annotations by their whole key."""
    path = workload.pod_path
    if fault.at.startswith("spec."):
        return path + fault.at.removeprefix("spec")
    name = fault.at.removeprefix("metadata.annotations.")
    head = (*steps(path)[:-1], "metadata", "annotations", name)
    return written(head)


_WHY = {
    "hostPathVolumes": "nobody but you knows which volume takes the directory's place",
    "restrictedVolumes": "nobody but you knows which volume takes its place",
}


def _implied(workload: Workload, fault: Fault) -> bool:
    """Return whether the fault goes with another: a port of a pod in the node's network."""
    return fault.at.endswith(".hostPort") and workload.pod.host_network is True


def _edit(workload: Workload, fault: Fault, field: str) -> Edit | None:
    found = steps(field)
    last: Any = found[-1]
    above = found[-2] if len(found) > 1 else ""
    pod = f"{workload.pod_path}.securityContext"
    if last in _OFF:
        return Edit(field, to=False)
    if above == "annotations":
        return Edit(field, "runtime/default")
    if above == "seccompProfile":
        place = f"{pod}.seccompProfile" if fault.said is None else written(found[:-1])
        return Edit(place, _RUNTIME)
    if above == "appArmorProfile":
        return Edit(written(found[:-1]), _RUNTIME)
    if last == "hostPort" and not _own_port(workload, fault):
        return None
    if last in _OUT or above in {"seLinuxOptions", "add"}:
        return Edit(field, remove=True)
    match last:
        case "runAsNonRoot":
            return Edit(f"{pod}.runAsNonRoot" if fault.said is None else field, to=True)
        case "runAsUser":
            return Edit(field, USER)
        case "drop":
            return Edit(field, ["ALL"])
        case "name" if len(found) > 2 and found[-3] == "sysctls":  # noqa: PLR2004 sysctls[i].name
            return Edit(written(found[:-1]), remove=True)
    return None


def instead(workload: Workload, edit: Edit) -> list[Edit]:
    """Return the edits of all containers that do what *edit* does for the pod; none for others."""
    head, last = steps(edit.at)[:-1], steps(edit.at)[-1]
    if written(head) != f"{workload.pod_path}.securityContext" or edit.remove:
        return []
    made = []
    for where, container in workload.pod.all_containers():
        held = container.security_context
        said = {
            "runAsNonRoot": held and held.run_as_non_root,
            "seccompProfile": held and held.seccomp_profile,
        }
        if last not in said:
            return []
        if said[last] is None:
            place = f"{workload.pod_path}.{where}.securityContext.{last}"
            made.append(Edit(place, edit.to))
    return made


def _own_port(workload: Workload, fault: Fault) -> bool:
    """Return whether the port itself names one of the node's."""
    path = steps(fault.at.removeprefix("spec."))
    for where, container in workload.pod.all_containers():
        if steps(where) == path[:2]:
            return bool(at(list(container.ports), (path[3], "hostPort")))
    return False


def unique(found: list[Step]) -> list[Edit]:
    """Return the edits of *found*, each once."""
    return list({written(steps(one.edit.at)): one.edit for one in found if one.edit}.values())
