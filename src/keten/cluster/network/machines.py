"""Peers that are no workload of Kubernetes' own: virtual machines, and others' controllers.

KubeVirt runs each machine in a pod (``virt-launcher``) with the labels of the instance, the
ports of its interfaces as container ports, and the account that a volume names. DeploymentConfig,
Rollout and their like hold a pod template. Where live pods of them are among the objects, these
speak for themselves.
Source: kubevirt.io, VirtualMachineInstance API and user guide; the kinds' own references.
"""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from keten.cluster.network.plain import dicts, mapping, texts
from keten.model.kube import Object, Resource

LAUNCHER_LABELS = frozenset({
    "kubevirt.io/created-by", "kubevirt.io/nodeName", "kubevirt.io/migrationJobUID",
    "kubevirt.io/migrationTargetNodeName", "kubevirt.io/outdatedLauncherImage",
    "vmi.kubevirt.io/id",
})  # fmt: skip
"""Labels by which KubeVirt tells the pods of machines apart."""
_MACHINES = {
    "VirtualMachine": "kubevirt.io",
    "VirtualMachineInstance": "kubevirt.io",
    "VirtualMachineInstanceReplicaSet": "kubevirt.io",
    "VirtualMachinePool": "pool.kubevirt.io",
}
_TEMPLATES = {
    ("apps.openshift.io", "DeploymentConfig"), ("argoproj.io", "Rollout"),
    ("apps.kruise.io", "CloneSet"), ("apps.kruise.io", "StatefulSet"),
    ("apps.kruise.io", "DaemonSet"),
}  # fmt: skip
"""Controllers whose ``spec.template`` is a pod template."""


class Template(Struct, frozen=True):
    """What pods would be made of: *spec* is a pod's, of a *machine* its instance's."""

    labels: dict[str, str]
    annotations: dict[str, str]
    spec: dict[str, Any]
    machine: bool


def makes_pods(item: Object) -> bool:
    """Return whether *item* is a machine, or holds a pod template."""
    if not isinstance(item, Resource):
        return False
    group = item.api_version.partition("/")[0]
    return _MACHINES.get(item.kind) == group or (group, item.kind) in _TEMPLATES


def template(item: Resource) -> Template:
    """Return what the pods of *item* are made of."""
    machine = item.kind in _MACHINES
    if item.kind == "VirtualMachineInstance":
        meta: dict[str, Any] = {"labels": item.labels, "annotations": item.annotations}
        spec = item.spec
    else:
        said = mapping(item.spec.get("template"))
        if item.kind == "VirtualMachinePool":  # a template of machines, and in it one of instances
            machines = mapping(item.spec.get("virtualMachineTemplate"))
            said = mapping(mapping(machines.get("spec")).get("template"))
        meta, spec = mapping(said.get("metadata")), mapping(said.get("spec"))
    labels = texts(meta.get("labels"))
    if machine:
        labels = {**labels, "kubevirt.io": "virt-launcher"}
        if not item.kind.endswith(("ReplicaSet", "Pool")):  # theirs have names of their own
            labels["vm.kubevirt.io/name"] = item.name
    return Template(labels, texts(meta.get("annotations")), spec, machine)


def ports(made: Template) -> Iterator[dict[str, Any]]:
    """Yield the container ports, as a container has them."""
    if not made.machine:
        for container in _containers(made.spec):
            yield from dicts(container.get("ports"))
        return
    for interface in dicts(
        mapping(mapping(made.spec.get("domain")).get("devices")).get("interfaces")
    ):
        for port in dicts(interface.get("ports")):
            yield {**port, "containerPort": port.get("port")}


def _containers(spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from dicts(spec.get("containers"))
    for container in dicts(spec.get("initContainers")):
        if container.get("restartPolicy") == "Always":
            yield container


def account(made: Template) -> str:
    """Return the service account of the pods."""
    if made.machine:
        for volume in dicts(made.spec.get("volumes")):
            name = mapping(volume.get("serviceAccount")).get("serviceAccountName")
            if isinstance(name, str) and name:
                return name
        return "default"
    name = made.spec.get("serviceAccountName") or made.spec.get("serviceAccount")
    return name if isinstance(name, str) else "default"


def attached(made: Template, namespace: str) -> tuple[str, ...]:
    """Return the further networks of a machine, as ``namespace/name``."""
    found = []
    for network in dicts(made.spec.get("networks")) if made.machine else ():
        name = mapping(network.get("multus")).get("networkName")
        if isinstance(name, str):
            found.append(name if "/" in name else f"{namespace}/{name}")
    return tuple(found)
