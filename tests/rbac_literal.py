"""RBAC as the documentation says it, as slowly and literally as it can be written down.

No index, no sets: for each request every binding is read from the start. Roles and bindings are
dictionaries as in the API. Written from kubernetes.io/docs/reference/access-authn-authz/rbac and
the aggregation controller's contract, to be compared with keten.cluster.rbac.
"""

from typing import Any

Objects = list[dict[str, Any]]


def allowed(objects: Objects, user: str, groups: list[str], request: dict[str, str]) -> bool:
    """Return whether some binding gives *user* what *request* says."""
    if "system:masters" in groups:
        return True
    space = "" if request.get("path") else request["namespace"]
    for binding in objects:
        if binding["kind"] == "ClusterRoleBinding":
            here = ""
        elif (
            binding["kind"] == "RoleBinding" and space and binding["metadata"]["namespace"] == space
        ):
            here = space
        else:
            continue
        if not any(_is(subject, user, groups, here) for subject in binding.get("subjects") or []):
            continue
        for rule in _role(objects, binding["roleRef"], here):
            if _rule_allows(rule, request):
                return True
    return False


def _is(subject: dict[str, str], user: str, groups: list[str], here: str) -> bool:
    if subject["kind"] == "User":
        return subject["name"] == user
    if subject["kind"] == "Group":
        return subject["name"] in groups
    if subject["kind"] == "ServiceAccount":
        space = subject.get("namespace") or here
        return bool(space) and user == "system:serviceaccount:" + space + ":" + subject["name"]
    return False


def _role(objects: Objects, ref: dict[str, str], here: str) -> list[dict[str, Any]]:
    for item in objects:
        if item["kind"] != ref["kind"] or item["metadata"]["name"] != ref["name"]:
            continue
        if ref["kind"] == "Role" and (not here or item["metadata"]["namespace"] != here):
            continue
        return rules_of(objects, item, [])
    return []


def rules_of(objects: Objects, role: dict[str, Any], above: list[str]) -> list[dict[str, Any]]:
    """Return a role's rules; of an aggregated one those of all it selects, as deep as it goes."""
    if not role.get("aggregationRule"):
        return role.get("rules") or []
    found: list[dict[str, Any]] = []
    for selector in role["aggregationRule"]["clusterRoleSelectors"]:
        for other in objects:
            if other["kind"] != "ClusterRole" or other is role:
                continue
            if other["metadata"]["name"] in above:
                continue
            labels = other["metadata"].get("labels", {})
            if all(labels.get(k) == v for k, v in selector["matchLabels"].items()):
                found += rules_of(objects, other, [*above, role["metadata"]["name"]])
    return found


def _rule_allows(rule: dict[str, Any], request: dict[str, str]) -> bool:
    verbs = rule.get("verbs") or []
    if request["verb"] not in verbs and "*" not in verbs:
        return False
    if request.get("path"):
        for url in rule.get("nonResourceURLs") or []:
            if url in ("*", request["path"]):
                return True
            if url[-1:] == "*" and request["path"].startswith(url.rstrip("*")):
                return True
        return False
    groups = rule.get("apiGroups") or []
    if request["group"] not in groups and "*" not in groups:
        return False
    names = rule.get("resourceNames") or []
    if names and request["name"] not in names:
        return False
    for resource in rule.get("resources") or []:
        if resource == "*":
            return True
        if request["subresource"]:
            if resource == request["resource"] + "/" + request["subresource"]:
                return True
            if resource == "*/" + request["subresource"]:
                return True
        elif resource == request["resource"]:
            return True
    return False
