"""What identities were seen to do, as an authorizer is asked for it.

A request is asked more of an authorizer than its event tells: who acts as another is asked for
the right to, and what a PUT or an apply creates is asked for the right to create. These follow
from the event, and are counted as seen.
Source: Kubernetes, "User impersonation"; apiserver/pkg/endpoints/handlers.
"""

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from keten.cluster.rbac.requests import (
    ACCOUNTS,
    AUTHENTICATED,
    UNAUTHENTICATED,
    Identity,
    Request,
    account_of,
)
from keten.errors import CeilingError
from keten.formats.audit_log import Event, User

MAX_SEEN = 1_000_000
"""The most different requests of different identities that one run keeps."""
_AUTHN = "authentication.k8s.io"
_CREATED = 201
_NODE = "system:node:"


class Seen(Struct):
    """How often something was asked for, and what the server decided."""

    times: int = 0
    allowed: int = 0
    forbidden: int = 0
    reason: str = ""


Asked = tuple[Identity, Request]


def gather(events: Iterable[Event], into: dict[Asked, Seen]) -> None:
    """Add what *events* tell to *into*; CeilingError where that is too much."""
    for event in events:
        for identity, request, implied in requests(event):
            key = (identity, request)
            seen = into.get(key)
            if seen is None:
                if len(into) >= MAX_SEEN:
                    raise CeilingError(f"more than {MAX_SEEN} different requests")
                seen = into[key] = Seen()
            _count(seen, event, implied=implied)


def _count(seen: Seen, event: Event, *, implied: bool) -> None:
    if event.stage == "ResponseComplete":
        seen.times += 1
    if implied:  # it was passed, else the request would not have come so far
        seen.allowed += 1
    elif event.decision == "allow":
        seen.allowed += 1
        seen.reason = seen.reason or event.reason
    elif event.decision == "forbid":
        seen.forbidden += 1


def requests(event: Event) -> Iterator[tuple[Identity, Request, bool]]:
    """Yield what the authorizer was asked for *event*, the last told: whether that is implied."""
    if event.user is None:
        return
    user, acting = _identity(event.user), event.impersonated
    asks = user if acting is None else _identity(acting)
    main = request_of(event)
    if acting is not None:
        for request in impersonation(acting, event.constraint):
            yield user, request, True
        if event.constraint:
            mode = event.constraint.partition(":")[2]
            yield user, replace(main, verb=f"impersonate-on:{mode}:{main.verb}"), True
    yield asks, main, False
    if event.verb in ("update", "patch") and event.code == _CREATED and not main.subresource:
        created = Request("create", main.group, main.resource, "", main.namespace, main.name)
        yield asks, created, True


def request_of(event: Event) -> Request:
    """Return what the authorizer was asked for the event's own request."""
    ref = event.object_ref
    if ref is None or not ref.resource:
        return Request(event.verb, path=event.path)
    return Request(
        event.verb, ref.api_group, ref.resource, ref.subresource, ref.namespace, event.name
    )


def impersonation(acting: User, constraint: str = "") -> Iterator[Request]:
    """Yield the rights that it takes to act as *acting*.

    *constraint* is the verb of constrained impersonation (Kubernetes 1.36), "" for the plain.
    """
    verb, group = constraint or "impersonate", _AUTHN if constraint else ""
    account = account_of(acting.username)
    if account:
        yield Request(verb, group, "serviceaccounts", "", *account)
    elif constraint.endswith("-node"):
        node = acting.username.removeprefix(_NODE)
        yield Request(verb, group, "nodes", name="*" if "associated" in constraint else node)
    else:
        yield Request(verb, group, "users", name=acting.username)
    if constraint and not constraint.endswith(":user-info"):
        return  # all else is the API server's own
    implied = {AUTHENTICATED, UNAUTHENTICATED}
    if account:
        implied |= {ACCOUNTS, f"{ACCOUNTS}:{account[0]}"}
    for name in acting.groups or ():
        if name not in implied:
            yield Request(verb, group, "groups", name=name)
    if acting.uid:
        yield Request(verb, _AUTHN, "uids", name=acting.uid)
    for key, values in sorted((acting.extra or {}).items()):
        for value in values:
            yield Request(verb, _AUTHN, "userextras", key, name=value)


def _identity(user: User) -> Identity:
    return Identity(user.username, tuple(sorted(user.groups or ())))
