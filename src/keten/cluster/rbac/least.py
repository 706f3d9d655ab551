"""Granted against used, and the least roles that allow what was seen.

A role is proposed for each namespace in which an identity was seen to do something, and a
cluster role for what is in none. Names are kept where things keep theirs: not of pods and the
like. What every identity may do by Kubernetes' own bindings is left out.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b

from msgspec import Struct

from keten.cluster.rbac.matching import matcher
from keten.cluster.rbac.requests import ACCOUNT, Identity, Request, account_of
from keten.cluster.rbac.rights import Ground, Rights
from keten.cluster.rbac.risks import MOST_PIECES, is_default
from keten.cluster.rbac.seen import Asked, Seen
from keten.model.kube import Binding, Object, Role, Rule, Subject

MANY = 20
"""More names than so many of one kind are not written into a role."""
_LONG = "a rule too long to be taken apart"
_RBAC = "rbac.authorization.k8s.io"
_GENERATED = {
    "pods", "events", "events.events.k8s.io", "replicasets.apps", "jobs.batch",
    "controllerrevisions.apps", "endpointslices.discovery.k8s.io",
    "certificatesigningrequests.certificates.k8s.io", "subjectaccessreviews.authorization.k8s.io",
}  # fmt: skip
"""Kinds whose names are made anew all the time."""
_ODD = re.compile(r"[^a-z0-9.-]+")


class Granted(Struct, frozen=True):
    """A rule that an identity holds: *pieces* are "verb resource", *unused* those never asked."""

    ground: Ground
    pieces: tuple[str, ...]
    unused: tuple[str, ...]


class Usage(Struct, frozen=True):
    """What one user holds and did. *used* are the different requests that were allowed.

    *objects* are the roles and bindings proposed; *replayed* of *used* they allow, which is all.
    """

    user: str
    used: tuple[Request, ...]
    times: int
    refused: tuple[Request, ...]
    granted: tuple[Granted, ...]
    objects: tuple[Role | Binding, ...]
    replayed: int
    masters: bool = False


class Differing(Struct, frozen=True):
    """A request that the log's server decided otherwise than these roles and bindings do."""

    user: str
    request: Request
    server: str
    reason: str


def usages(rights: Rights, seen: Mapping[Asked, Seen], *, named: bool = True) -> Iterator[Usage]:
    """Yield for each user of the log what it holds and used, by name.

    *named*: the roles proposed name the objects that were used, where those keep their names.
    """
    of: dict[str, list[tuple[Identity, Request, Seen]]] = {}
    for (identity, request), how in seen.items():
        of.setdefault(identity.user, []).append((identity, request, how))
    common = given(rights)
    for user in sorted(of):
        yield _usage(rights, common, user, of[user], named=named)


def given(rights: Rights) -> Rights:
    """Return what Kubernetes' own bindings give groups: every identity has it."""
    kept: list[Object] = [*rights.roles]
    kept += [b for b in rights.bindings if is_default(b) and _of_groups(b)]
    return Rights(kept, assume=False)


def _of_groups(binding: Binding) -> bool:
    return all(subject.kind == "Group" for subject in binding.subjects)


def _usage(
    rights: Rights, common: Rights, user: str, asked: Sequence[tuple[Identity, Request, Seen]],
    *, named: bool,
) -> Usage:  # fmt: skip
    used = [(identity, request) for identity, request, how in asked if not _refused(how)]
    used.sort(key=_order)
    refused = sorted({r for _, r, how in asked if _refused(how)}, key=_said)
    masters = any("system:masters" in identity.groups for identity, _, _ in asked)
    wanted = [pair for pair in used if masters or not common.allowed(*pair).allowed]
    objects = tuple(propose(user, {request for _, request in wanted}, named=named))
    proposed = Rights(objects, assume=False)
    replayed = sum(
        proposed.allowed(_plain(i), r).allowed or common.allowed(_plain(i), r).allowed
        for i, r in used
    )
    requests = [request for _, request in used]
    return Usage(
        user,
        tuple(requests),
        sum(how.times for _, _, how in asked),
        tuple(refused),
        tuple(_granted(rights, {identity for identity, _, _ in asked}, requests)),
        objects,
        replayed,
        masters,
    )


def _plain(identity: Identity) -> Identity:
    groups = tuple(group for group in identity.groups if group != "system:masters")
    return Identity(identity.user, groups)


def _refused(how: Seen) -> bool:
    return how.forbidden > 0 and how.allowed == 0


def _order(pair: tuple[Identity, Request]) -> tuple[str, ...]:
    return (*_said(pair[1]), *pair[0].groups)


def _said(request: Request) -> tuple[str, ...]:
    return (
        request.namespace, request.group, request.resource, request.subresource, request.name,
        request.path, request.verb,
    )  # fmt: skip


def _granted(
    rights: Rights, identities: Iterable[Identity], requests: Sequence[Request]
) -> Iterator[Granted]:
    """Yield the rules that are held, with what of them was never asked for."""
    seen: set[tuple[str, str, int]] = set()
    by: dict[str, list[Request]] = {}
    for request in requests:
        by.setdefault(request.combined, []).append(request)
        if request.subresource:
            by.setdefault(f"*/{request.subresource}", []).append(request)
    for identity in sorted(identities, key=lambda one: one.groups):
        for ground in rights.everything(identity):
            key = (ground.binding.id, ground.said.role.id, ground.said.index)
            if key in seen or is_default(ground.binding):
                continue
            seen.add(key)
            rule = ground.said.rule
            asked = requests
            if "*" not in rule.resources and not rule.non_resource_urls:
                asked = [one for resource in rule.resources for one in by.get(resource, ())]
            yield _against(ground, asked)


def _against(ground: Ground, requests: Sequence[Request]) -> Granted:
    rule, space = ground.said.rule, ground.namespace
    match = matcher(rule)
    hits = [
        request for request in requests
        if match.allows(request) and (not space or request.namespace == space)
    ]  # fmt: skip
    pieces, unused = [], []
    if len(rule.verbs) * len(rule.api_groups) * len(rule.resources) > MOST_PIECES:
        return Granted(ground, (_LONG,), () if hits else (_LONG,))
    for verb in rule.verbs:
        for group in rule.api_groups:
            for resource in rule.resources:
                said = f"{verb} {resource}{'.' if group else ''}{group}"
                pieces.append(said)
                part = matcher(Rule((verb,), (group,), (resource,), rule.resource_names))
                if not any(part.allows(request) for request in hits):
                    unused.append(said)
        for url in rule.non_resource_urls:
            pieces.append(f"{verb} {url}")
            part = matcher(Rule((verb,), non_resource_urls=(url,)))
            if not any(part.allows(request) for request in hits):
                unused.append(f"{verb} {url}")
    return Granted(ground, tuple(pieces), tuple(unused))


def propose(
    user: str, requests: Iterable[Request], *, named: bool = True
) -> Iterator[Role | Binding]:
    """Yield the roles that allow *requests* and no more, each with its binding."""
    spaces: dict[str, list[Request]] = {}
    for request in requests:
        spaces.setdefault("" if request.path else request.namespace, []).append(request)
    name, subject = f"{_slug(user)}-used", _subject(user)
    for space in sorted(spaces):
        kind = "Role" if space else "ClusterRole"
        where = space or "-"
        rules = tuple(_rules(spaces[space], named=named))
        yield Role(f":{kind}/{where}/{name}", kind, name, space, rules=rules)
        yield Binding(
            f":{kind}Binding/{where}/{name}", f"{kind}Binding", name, space,
            role_kind=kind, role_name=name, subjects=(subject,),
        )  # fmt: skip


def _rules(requests: Iterable[Request], *, named: bool) -> Iterator[Rule]:
    verbs: dict[tuple[str, str, str], set[str]] = {}
    urls: dict[str, set[str]] = {}
    for request in requests:
        if request.path:
            urls.setdefault(request.path, set()).add(request.verb)
        else:
            key = (request.group, request.combined, request.name)
            verbs.setdefault(key, set()).add(request.verb)
    yield from _resource_rules(_shortened(verbs, named=named))
    same: dict[tuple[str, ...], list[str]] = {}
    for url, held in sorted(urls.items()):
        same.setdefault(tuple(sorted(held)), []).append(url)
    for held_, paths in sorted(same.items()):
        yield Rule(held_, non_resource_urls=tuple(paths))


def _shortened(
    verbs: Mapping[tuple[str, str, str], set[str]], *, named: bool
) -> dict[tuple[str, str, str], set[str]]:
    """Return *verbs* without the names of what is named anew all the time, or by the score."""
    names: dict[tuple[str, str], int] = {}
    for group, resource, name in verbs:
        names[group, resource] = names.get((group, resource), 0) + bool(name)
    made: dict[tuple[str, str, str], set[str]] = {}
    for (group, resource, name), held in verbs.items():
        kind = f"{resource.partition('/')[0]}{'.' if group else ''}{group}"
        drop = kind in _GENERATED or names[group, resource] > MANY
        acts = any(verb.startswith("impersonate") for verb in held)  # as one, not as anybody
        drop = drop or not (named or acts)
        made.setdefault((group, resource, "" if drop else name), set()).update(held)
    for (group, resource, name), held in made.items():
        if name:  # what is allowed on all of them need not be said of one
            held.difference_update(made.get((group, resource, ""), ()))
    return {key: held for key, held in made.items() if held}


def _resource_rules(verbs: Mapping[tuple[str, str, str], set[str]]) -> Iterator[Rule]:
    named: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for (group, resource, name), held in sorted(verbs.items()):
        named.setdefault((group, resource, tuple(sorted(held))), []).append(name)
    same: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for (group, resource, held_), names in named.items():
        kept = tuple(name for name in names if name)
        if "" in names:
            same.setdefault((group, held_, ()), []).append(resource)
        if kept:
            same.setdefault((group, held_, kept), []).append(resource)
    for (group, held_, names_), resources in sorted(same.items()):
        yield Rule(held_, (group,), tuple(resources), names_)


def _slug(user: str) -> str:
    found = account_of(user)
    if found:
        return f"{found[0]}-{found[1]}"
    plain = _ODD.sub("-", user.lower()).strip("-.")[:40]
    if plain == user:
        return plain
    return f"{plain or 'user'}-{blake2b(user.encode(), digest_size=3).hexdigest()}"


def _subject(user: str) -> Subject:
    found = account_of(user)
    if found:
        return Subject("ServiceAccount", found[1], found[0])
    return Subject("User", user, api_group=_RBAC)


def differing(rights: Rights, seen: Mapping[Asked, Seen]) -> tuple[list[Differing], int, int]:
    """Return what was decided otherwise, how many decisions agree, and how many others made.

    Others are authorizers beside RBAC (nodes, webhooks): they name no ground of RBAC.
    """
    found, agree, others = [], 0, 0
    for (identity, request), how in sorted(seen.items(), key=lambda item: _key(item[0])):
        if not (how.allowed or how.forbidden):
            continue
        ours = rights.allowed(identity, request).allowed
        if ours == (how.allowed > 0):
            agree += 1
        elif not ours and _by_another(identity, how.reason):
            others += 1
        else:
            said = "allowed" if how.allowed else "forbidden"
            found.append(Differing(identity.user, request, said, how.reason))
    return found, agree, others


def _by_another(identity: Identity, reason: str) -> bool:
    """Return whether an authorizer beside RBAC allowed it; that of nodes gives no reason."""
    if reason:
        return not reason.startswith("RBAC:")
    return identity.user.startswith("system:") and not identity.user.startswith(ACCOUNT)


def _key(asked: Asked) -> tuple[str, ...]:
    return asked[0].user, *_said(asked[1]), *asked[0].groups


def of_kubernetes(usage: Usage, rights: Rights) -> bool:
    """Return whether *usage* is of a part of Kubernetes, whose rights are Kubernetes' own."""
    if not usage.user.startswith("system:"):
        return False
    if not usage.user.startswith(ACCOUNT):
        return True
    bound = [b for b in rights.bindings if any(_names(s, usage.user, b) for s in b.subjects)]
    return bool(bound) and all(is_default(binding) for binding in bound)


def _names(subject: Subject, user: str, binding: Binding) -> bool:
    from keten.cluster.rbac.rights import key_of

    return key_of(subject, binding) == ("User", user)
