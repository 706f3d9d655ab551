"""Which requests an audit policy records, and how much of them.

As the API server judges it (k8s.io/apiserver, pkg/audit/policy/checker.go): the first rule that
matches decides, and what none matches is not recorded. A rule's stages that are omitted are
those of the policy and its own.
"""

from msgspec import Struct

from keten.model.control_plane import AuditPolicy, AuditRule, Group

NONE, METADATA, REQUEST, RESPONSE = "None", "Metadata", "Request", "RequestResponse"
RANK = {NONE: 0, METADATA: 1, REQUEST: 2, RESPONSE: 3}
_STAGES = ("RequestReceived", "ResponseStarted", "ResponseComplete", "Panic")
_LONG = frozenset({"exec", "attach", "portforward", "proxy", "log"})
RBAC = "rbac.authorization.k8s.io"


class Request(Struct, frozen=True, kw_only=True):
    """A request as the authorizer sees it; *path* makes it one for no resource."""

    verb: str
    resource: str = ""
    subresource: str = ""
    group: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""
    user: str = "jane"
    groups: tuple[str, ...] = ("system:authenticated",)

    @property
    def what(self) -> str:
        """Return it in words: ``get secrets``, ``create pods/exec``, ``get /metrics``."""
        if self.path:
            return f"{self.verb} {self.path}"
        resource = self.resource + (f".{self.group}" if self.group else "")
        return f"{self.verb} {resource}" + (f"/{self.subresource}" if self.subresource else "")


class Recorded(Struct, frozen=True):
    """What is recorded of a request: the *level*, the index of the rule, the *stages*.

    *rule* is -1 where none matches. Without stages nothing is written, whatever the level.
    """

    level: str
    rule: int
    stages: tuple[str, ...]

    @property
    def depth(self) -> int:
        """Return how much is recorded, 0 for nothing, 3 for both bodies."""
        return RANK.get(self.level, 0) if self.stages else 0


def recorded(policy: AuditPolicy, request: Request) -> Recorded:
    """Return what *policy* records of *request*."""
    for i, rule in enumerate(policy.rules):
        if matches(rule, request):
            omitted = {*policy.omit_stages, *rule.omit_stages}
            stages = tuple(s for s in _of(request) if s not in omitted)
            return Recorded(rule.level, i, stages if rule.level != NONE else ())
    return Recorded(NONE, -1, ())


def _of(request: Request) -> tuple[str, ...]:
    """Return the stages that a request goes through when nothing breaks."""
    long = request.verb == "watch" or request.subresource in _LONG
    return _STAGES[:3] if long else (_STAGES[0], _STAGES[2])


def matches(rule: AuditRule, request: Request) -> bool:
    """Return whether a rule matches a request."""
    if rule.users and request.user not in rule.users:
        return False
    if rule.user_groups and not set(rule.user_groups) & set(request.groups):
        return False
    if rule.verbs and request.verb not in rule.verbs:
        return False
    if rule.namespaces or rule.resources:
        return not request.path and _resource(rule, request)
    if rule.non_resource_urls:
        return bool(request.path) and any(
            _path(request.path, url) for url in rule.non_resource_urls
        )
    return True


def _resource(rule: AuditRule, request: Request) -> bool:
    if rule.namespaces and request.namespace not in rule.namespaces:
        return False
    return not rule.resources or any(_group(group, request) for group in rule.resources)


def _group(group: Group, request: Request) -> bool:
    if group.group not in (request.group, "*"):
        return False
    if not group.resources:
        return True
    if group.resource_names and request.name not in group.resource_names:
        return False
    sub = request.subresource
    whole = f"{request.resource}/{sub}" if sub else request.resource
    return any(
        item in (whole, "*")
        or (bool(sub) and item.startswith("*/") and item.removeprefix("*/") == sub)
        or (item.endswith("/*") and item.removesuffix("/*") == request.resource)
        for item in group.resources
    )


def _path(path: str, spec: str) -> bool:
    return spec in ("*", path) or (spec.endswith("*") and path.startswith(spec.rstrip("*")))


def hidden(policy: AuditPolicy) -> dict[int, int]:
    """Return the rules that never decide, each with the earlier rule that takes their place."""
    found: dict[int, int] = {}
    small = [_is_small(rule) for rule in policy.rules[:MOST]]
    for j in range(len(small)):
        for i in range(j):
            if (
                i not in found
                and small[i]
                and small[j]
                and _covers(policy.rules[i], policy.rules[j])
            ):
                found[j] = i
                break
    return found


MOST = 150
"""The most rules that are compared with each other."""
GROUPS, WORDS = 20, 200
"""The most groups of resources of a rule, and words of one list, that are compared."""


def _is_small(rule: AuditRule) -> bool:
    lists = (rule.users, rule.user_groups, rule.verbs, rule.namespaces, rule.non_resource_urls)
    inner = (words for group in rule.resources for words in (group.resources, group.resource_names))
    return len(rule.resources) <= GROUPS and all(len(w) <= WORDS for w in (*lists, *inner))


def _covers(wide: AuditRule, narrow: AuditRule) -> bool:
    """Return whether every request that matches *narrow* matches *wide*."""
    pairs = (
        (wide.users, narrow.users),
        (wide.user_groups, narrow.user_groups),
        (wide.verbs, narrow.verbs),
        (wide.namespaces, narrow.namespaces),
    )
    for mine, theirs in pairs:
        if mine and not (theirs and set(theirs) <= set(mine)):
            return False
    if wide.resources:
        return bool(narrow.resources) and all(
            any(_within(mine, theirs) for mine in wide.resources) for theirs in narrow.resources
        )
    if wide.non_resource_urls and not wide.namespaces:
        urls = narrow.non_resource_urls
        return (
            bool(urls)
            and not (narrow.resources or narrow.namespaces)
            and all(any(_path(url, mine) for mine in wide.non_resource_urls) for url in urls)
        )
    return True


def _within(wide: Group, narrow: Group) -> bool:
    if wide.group not in (narrow.group, "*"):
        return False
    if not wide.resources:
        return True
    names = not wide.resource_names or (
        bool(narrow.resource_names) and set(narrow.resource_names) <= set(wide.resource_names)
    )
    given = set(wide.resources)
    return names and bool(narrow.resources) and ("*" in given or set(narrow.resources) <= given)


class Asked(Struct, frozen=True):
    """A request that matters: *why* it does, and the *least* level that an audit needs."""

    request: Request
    why: str
    least: str = METADATA


def _ask(
    verb: str, resource: str, why: str, *, group: str = "", sub: str = "", ns: str = "shop"
) -> Asked:
    request = Request(
        verb=verb, resource=resource, subresource=sub, group=group, namespace=ns, name="web"
    )
    return Asked(request, why)


STANDARD: tuple[Asked, ...] = (
    _ask("get", "secrets", "who read a secret"),
    _ask("list", "secrets", "who read all secrets"),
    _ask("watch", "secrets", "who follows secrets"),
    _ask("create", "secrets", "who wrote a secret"),
    _ask("update", "secrets", "who changed a secret"),
    _ask("delete", "secrets", "who removed a secret"),
    _ask("get", "configmaps", "who read configuration"),
    _ask("update", "configmaps", "who changed configuration"),
    _ask("create", "serviceaccounts", "who made a token for an account", sub="token"),
    _ask("create", "tokenreviews", "whose token was checked", group="authentication.k8s.io", ns=""),
    _ask("create", "pods", "a shell in a pod", sub="exec"),
    _ask("get", "pods", "a shell in a pod, over a WebSocket", sub="exec"),
    _ask("create", "pods", "attached to a pod", sub="attach"),
    _ask("create", "pods", "a tunnel to a pod", sub="portforward"),
    _ask("patch", "pods", "a debug container", sub="ephemeralcontainers"),
    _ask("get", "pods", "requests passed on to a pod", sub="proxy"),
    _ask("get", "services", "requests passed on to a service", sub="proxy"),
    _ask("get", "nodes", "requests passed on to a kubelet", sub="proxy", ns=""),
    _ask("create", "pods", "a pod was started"),
    _ask("delete", "pods", "a pod was removed"),
    _ask("create", "deployments", "a workload was made", group="apps"),
    _ask("patch", "deployments", "a workload was changed", group="apps"),
    _ask("create", "daemonsets", "a workload on every node", group="apps"),
    _ask("create", "cronjobs", "something that comes back", group="batch"),
    _ask("create", "rolebindings", "rights were given", group=RBAC),
    _ask("create", "clusterrolebindings", "rights over the cluster", group=RBAC, ns=""),
    _ask("update", "clusterroles", "a role was changed", group=RBAC, ns=""),
    _ask("delete", "networkpolicies", "a policy was removed", group="networking.k8s.io"),
    _ask("update", "certificatesigningrequests", "a certificate was approved",
         group="certificates.k8s.io", sub="approval", ns=""),
    _ask("create", "mutatingwebhookconfigurations", "a webhook that changes objects",
         group="admissionregistration.k8s.io", ns=""),
    _ask("delete", "validatingadmissionpolicies", "a policy was removed",
         group="admissionregistration.k8s.io", ns=""),
    _ask("create", "namespaces", "a namespace was made", ns=""),
    _ask("patch", "nodes", "a node was changed", ns=""),
    _ask("deletecollection", "events", "traces were removed"),
)  # fmt: skip

_BODY = {"get": RESPONSE, "list": RESPONSE, "watch": RESPONSE}
SECRET: tuple[tuple[Request, str, str], ...] = tuple(
    (item.request, least, what)
    for item in STANDARD
    for resource, sub, least, what in (
        ("secrets", "", "", "the values of secrets"),
        ("configmaps", "", "", "the values of config maps"),
        ("serviceaccounts", "token", RESPONSE, "tokens of service accounts"),
        ("tokenreviews", "", REQUEST, "tokens that are checked"),
    )
    if (item.request.resource, item.request.subresource) == (resource, sub)
    and item.request.verb not in ("delete", "watch")
    for least in (least or _BODY.get(item.request.verb, REQUEST),)
)
"""Requests that carry what is secret, the level at which it is written, and what it is."""
