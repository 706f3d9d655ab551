"""Who asks, and for what: the terms in which the API server's authorizers are asked.

Source: Kubernetes, "Authorization", request attributes; "Authenticating", groups that the
API server adds itself.
"""

from msgspec import Struct

MASTERS = "system:masters"
"""Its members pass every check before RBAC is asked."""
AUTHENTICATED = "system:authenticated"
UNAUTHENTICATED = "system:unauthenticated"
ANONYMOUS = "system:anonymous"
ACCOUNTS = "system:serviceaccounts"
ACCOUNT = "system:serviceaccount:"
UNSAID = "-"
"""The namespace of objects whose files name none: one namespace of its own, which is not known."""


class Identity(Struct, frozen=True):
    """A user with its groups, as authentication gives them; *user* may be "" for a bare group."""

    user: str
    groups: tuple[str, ...] = ()


class Request(Struct, frozen=True):
    """What is asked for: a verb on a resource, or on a *path* that is none.

    *namespace* "" is the whole cluster, *name* "" no name. The name is what the URL says, or a
    list's or watch's field selector ``metadata.name``; creating has none but on a subresource.
    """

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""

    @property
    def combined(self) -> str:
        """Return ``resource/subresource`` as rules write it."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource

    def __str__(self) -> str:
        """Return it as one would say it: ``get pods/log web -n shop``."""
        if self.path:
            return f"{self.verb} {self.path}"
        group = f".{self.group}" if self.group else ""
        sub = f"/{self.subresource}" if self.subresource else ""
        name = f" {self.name}" if self.name else ""
        where = f" -n {self.namespace}" if self.namespace else ""
        return f"{self.verb} {self.resource}{group}{sub}{name}{where}"


def account(namespace: str, name: str) -> Identity:
    """Return the identity of a service account's token."""
    space = namespace or UNSAID
    groups = (ACCOUNTS, f"{ACCOUNTS}:{space}", AUTHENTICATED)
    return Identity(f"{ACCOUNT}{space}:{name}", groups)


def user(name: str, groups: tuple[str, ...] = ()) -> Identity:
    """Return the identity of a user in *groups*, with those that the API server adds."""
    found = account_of(name)
    if found is not None:
        return account(*found)
    added = UNAUTHENTICATED if name == ANONYMOUS else AUTHENTICATED
    return Identity(name, (*(g for g in groups if g != added), added))


def group(name: str) -> Identity:
    """Return an identity of which no more is known than that it is in a group."""
    if name in (AUTHENTICATED, UNAUTHENTICATED):
        return Identity("", (name,))
    return Identity("", (name, AUTHENTICATED))


def account_of(name: str) -> tuple[str, str] | None:
    """Return namespace and name of the service account that a user name is of, or None."""
    parts = name.removeprefix(ACCOUNT).split(":") if name.startswith(ACCOUNT) else []
    match parts:
        case [space, account_name] if space and account_name:
            return space, account_name
        case _:
            return None
