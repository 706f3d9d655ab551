"""Roles and bindings written short, as in the API, and read as keten reads them."""

from collections.abc import Iterable
from typing import Any

from keten.cluster.rbac.rights import Rights
from keten.formats.kubernetes.objects import node
from keten.model.kube import Object

API = "rbac.authorization.k8s.io"
CART = {"kind": "ServiceAccount", "name": "cart", "namespace": "shop"}


def read(objects: Iterable[dict[str, Any]]) -> list[Object]:
    """Return the objects as nodes of one file."""
    made = []
    for i, item in enumerate(objects):
        one = node(item, f"a.yaml:{i}", "a.yaml", clean=True)
        assert isinstance(one, Object)
        made.append(one)
    return made


def rights(*objects: dict[str, Any]) -> Rights:
    """Return the rights of *objects*, with nothing taken to be there."""
    return Rights(read(objects), assume=False)


def rule(verbs: str, resources: str, group: str = "", *names: str) -> dict[str, Any]:
    """Return a rule; verbs and resources are separated by blanks."""
    made: dict[str, Any] = {
        "verbs": verbs.split(), "apiGroups": [group], "resources": resources.split()
    }  # fmt: skip
    return {**made, "resourceNames": list(names)} if names else made


def role(kind: str, name: str, *rules: dict[str, Any], **meta: Any) -> dict[str, Any]:
    """Return a Role or ClusterRole."""
    head = {"apiVersion": f"{API}/v1", "kind": kind, "metadata": {"name": name, **meta}}
    return {**head, "rules": list(rules)}


def bind(
    to: str, *subjects: dict[str, Any], namespace: str = "", name: str = "b"
) -> dict[str, Any]:
    """Return a binding to ``KIND/NAME``: a RoleBinding with a namespace."""
    kind, _, role_name = to.partition("/")
    meta = {"name": name, **({"namespace": namespace} if namespace else {})}
    head = {"apiVersion": f"{API}/v1", "kind": "RoleBinding" if namespace else "ClusterRoleBinding"}
    ref = {"apiGroup": API, "kind": kind, "name": role_name}
    return {**head, "metadata": meta, "roleRef": ref, "subjects": list(subjects)}
