"""The words people use for resources and subjects, and the other way round."""

from collections.abc import Container, Iterable

from msgspec.structs import replace

from keten.cluster.rbac import kubernetes
from keten.cluster.rbac.requests import Identity, Request, account, account_of, group, user
from keten.cluster.rbac.rights import Key
from keten.errors import UsageError
from keten.model.kube import Object, Resource

_SHORT = {
    "cj": "cronjobs", "cm": "configmaps", "crd": "customresourcedefinitions",
    "crds": "customresourcedefinitions", "csr": "certificatesigningrequests",
    "deploy": "deployments", "ds": "daemonsets", "ep": "endpoints", "ev": "events",
    "hpa": "horizontalpodautoscalers", "ing": "ingresses", "limits": "limitranges",
    "netpol": "networkpolicies", "no": "nodes", "ns": "namespaces", "pc": "priorityclasses",
    "pdb": "poddisruptionbudgets", "po": "pods", "pv": "persistentvolumes",
    "pvc": "persistentvolumeclaims", "quota": "resourcequotas", "rc": "replicationcontrollers",
    "rs": "replicasets", "sa": "serviceaccounts", "sc": "storageclasses", "sts": "statefulsets",
    "svc": "services", "scc": "securitycontextconstraints",
}  # fmt: skip
_AUTHN = "authentication.k8s.io"
_VIRTUAL = {
    "users": "", "groups": "", "signers": "certificates.k8s.io", "uids": _AUTHN,
    "userextras": _AUTHN, "securitycontextconstraints": "security.openshift.io",
}  # fmt: skip
"""What is no resource of Kubernetes' API and is asked for all the same: who to impersonate, to
sign, and OpenShift's constraints; in no namespace."""
_CONSTRAINED = {"users": False, "groups": False, "nodes": False, "serviceaccounts": True}
"""Whom constrained impersonation asks for, in the group authentication.k8s.io: in a namespace?"""


def request(
    verb: str, resource: str, name: str, namespace: str, objects: Iterable[Object] = ()
) -> tuple[Request, bool]:
    """Return what is asked for, and whether it is of a namespace.

    *resource* is ``pods``, ``pods/log``, ``deployments.apps``, a short name or a ``/path``.
    UsageError for a resource that neither Kubernetes nor a definition among *objects* has.
    """
    if resource.startswith("/"):
        return Request(verb, path=resource), False
    what, _, sub = resource.partition("/")
    plural, dot, api = what.partition(".")
    plural = _SHORT.get(plural, plural)
    if plural == "*":
        return Request(verb, api or "*", "*", sub, namespace, name), True
    if verb.startswith("impersonate:") and plural in _CONSTRAINED:
        local = _CONSTRAINED[plural]
        return Request(verb, _AUTHN, plural, sub, namespace if local else "", name), local
    found = _group(plural, api if dot else None, objects)
    if found is None:
        raise UsageError(
            f"no resource {what!r} is known", advice="Say it with its group: RESOURCE.GROUP."
        )
    api, local = found
    if plural == "namespaces" and not api:  # a namespace lies in itself, for the authorizer
        return Request(verb, "", plural, sub, name or namespace, name), False
    return Request(verb, api, plural, sub, namespace if local else "", name), local


def _group(plural: str, api: str | None, objects: Iterable[Object]) -> tuple[str, bool] | None:
    """Return a resource's group, and whether it lies in namespaces; a group that is said counts."""
    if plural in _VIRTUAL and api in (None, _VIRTUAL[plural]):
        return _VIRTUAL[plural], False
    known = kubernetes.known().resources
    if api is not None:
        entry = known.get(f"{plural}.{api}".rstrip("."))
        if entry is not None:
            return api, bool(entry[0])
    names = [name for name in known if name.partition(".")[0] == plural]
    if api is None and names:
        best = min(names, key=lambda name: (len(name.split(".")), name))
        return best.partition(".")[2], bool(known[best][0])
    for item in objects:
        if isinstance(item, Resource) and item.kind == "CustomResourceDefinition":
            own, _, of = item.name.partition(".")
            if own == plural and api in (None, of):
                return of, item.spec.get("scope") != "Cluster"
    return None if api is None else (api, True)


def identity(text: str, named: Container[Key] = ()) -> Identity:
    """Return whom *text* names: ``user NAME``, ``group NAME``, ``NAMESPACE:ACCOUNT``.

    An account is also ``serviceaccount NAMESPACE/ACCOUNT``, as it is printed. A bare name is a
    user, or a group where only such a group is *named*.
    """
    word, _, rest = text.partition(" ")
    if word.lower() in ("user", "u") and rest:
        return user(rest)
    if word.lower() in ("group", "g") and rest:
        return group(rest)
    space, slash, name = rest.partition("/")
    if word.lower() in ("serviceaccount", "sa") and slash:
        return account(space, name)
    if text.startswith("system:"):
        if ("Group", text) in named and ("User", text) not in named:
            return group(text)
        return user(text)
    space, colon, name = text.partition(":")
    if colon and space and name and ":" not in name:
        return account(space, name)
    if ("Group", text) in named and ("User", text) not in named:
        return group(text)
    return user(text)


def said(key: Key) -> str:
    """Return whom *key* names, as people say it: ``ServiceAccount shop/cart``."""
    kind, name = key
    found = account_of(name) if kind == "User" else None
    if found:
        return f"ServiceAccount {found[0]}/{found[1]}"
    return f"{kind} {name}"


def alternatives(request: Request) -> tuple[Request, ...]:
    """Return *request*, and what else it would be allowed by: a signer's whole domain.

    Whoever approves or signs for ``example.org/*`` may do so for each signer of that domain.
    """
    domain, slash, _ = request.name.partition("/")
    if request.resource != "signers" or not slash:
        return (request,)
    return request, replace(request, name=f"{domain}/*")
