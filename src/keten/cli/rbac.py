"""``keten rbac``: who may do what, what is dangerous of it, what is unused, what would do."""

import argparse
import gc
import sys
from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import msgspec

from keten.cli import arguments as common
from keten.cli import printing
from keten.errors import UsageError

if TYPE_CHECKING:
    from keten.cluster.estates import Cluster
    from keten.cluster.rbac.requests import Identity
    from keten.cluster.rbac.rights import Ground, Key
    from keten.model.facts import Facts

ACTIONS = {
    "who-can": "VERB RESOURCE[/SUB] [TARGET]",
    "of": "SUBJECT [TARGET]",
    "dangers": "[TARGET]",
    "unused": "[TARGET]",
    "least": "[TARGET] --audit LOG",
}
WIDTH = 80
MOST = 200
"""More resources of one rule than so many are not written out."""
_SUBJECTS = {"user", "u", "group", "g", "serviceaccount", "sa"}
"""Words that name the kind of the SUBJECT that follows."""
_LISTS = ("roles.rbac", "rolebindings.rbac")
_ABOUT = """who-can  who may do VERB to RESOURCE: pods, pods/log, deployments.apps, svc, /metrics
of       all that SUBJECT may do: user NAME, group NAME, sa NAMESPACE/NAME
dangers  who holds rights that lead to more: the cluster, nodes, secrets, traffic
unused   roles, bindings and service accounts that do nothing
least    from a server's audit log: granted against used, and the least roles

Objects in files, of a dump or of a live cluster are taken together as the API
server takes them: aggregation, implied groups, names, subresources. Where the
target has none of the roles that Kubernetes makes itself, they are taken to be
there."""


def main(argv: list[str]) -> int:
    """Answer one question; return 0."""
    arguments = parser().parse_intermixed_args(argv)
    gc.disable()  # frozen records make no cycles
    if arguments.action == "of" and "".join(arguments.words[:1]).lower() in _SUBJECTS:
        arguments.words[:2] = [" ".join(arguments.words[:2])]
    words = common.words(arguments, "rbac", ACTIONS)
    facts, clusters = _clusters(arguments, words[-1])
    match arguments.action:
        case "who-can":
            made = _who_can(arguments, words, clusters)
        case "of":
            made = _of(arguments, words[0], clusters)
        case "dangers":
            from keten.cli import rbac_dangers

            made = rbac_dangers.answer(arguments, clusters)
        case "unused":
            from keten.cli import rbac_dangers

            made = rbac_dangers.unused(arguments, clusters)
        case _:
            from keten.cli import rbac_least

            made = rbac_least.answer(arguments, clusters)
    document, lines = made
    if arguments.json:
        printing.document(document, sort=True)
    else:
        printing.write(lines)
    printing.write(_unread(facts, clusters), sys.stderr)
    sys.stdout.flush()
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    usage = "\n       ".join(f"keten rbac {name} {rest}" for name, rest in ACTIONS.items())
    made = argparse.ArgumentParser(
        prog="keten rbac",
        usage=usage,
        description=_ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("action", choices=tuple(ACTIONS), help="see above")
    made.add_argument("words", nargs="*", metavar="...", help=common.CLUSTERS)
    made.add_argument("-n", "--namespace", default="", metavar="NS", help="in this namespace only")
    made.add_argument(
        "--group", action="append", default=[], metavar="GROUP",
        help="of: the user is in this group, too (O of a certificate); may be said again",
    )  # fmt: skip
    made.add_argument(
        "--name", default="", metavar="NAME", help="who-can: to the object of this name"
    )
    made.add_argument(
        "--audit", action="append", default=[], metavar="LOG",
        help="least: an audit log, or a folder of them, also gzipped; may be said again",
    )  # fmt: skip
    made.add_argument("--subject", default="", metavar="WHO", help="least: of this subject only")
    made.add_argument(
        "--any-name", action="store_true", help="least: name no objects (resourceNames) in roles"
    )
    made.add_argument("--yaml", action="store_true", help="least: only the objects, to be applied")
    made.add_argument("--how", action="store_true", help="dangers: and how each is used")
    made.add_argument("--all", action="store_true", help="Kubernetes' own, and what is minor, too")
    common.objects(made)
    return made


def _clusters(arguments: argparse.Namespace, named: str) -> "tuple[Facts, Sequence[Cluster]]":
    """Return the facts of the target, and each scope of it that has roles or bindings."""
    from keten.cli import clusters
    from keten.cluster.estates import gather
    from keten.model.kube import Binding, Role

    facts = clusters.facts_of(arguments, named)
    every = gather(facts.nodes).clusters
    found = [c for c in every if any(isinstance(o, Role | Binding) for o in c.objects)]
    if not found:
        raise UsageError(
            f"{named} has no Kubernetes roles and bindings",
            advice="Name a folder of manifests, a dump (kubectl get -A -o yaml) or a cluster.",
        )
    return facts, found


def headed(clusters: "Sequence[Cluster]", cluster: "Cluster") -> Iterator[str]:
    """Yield a line that names the scope, where there are several."""
    if len(clusters) > 1:
        yield f"== {cluster.scope.folder or '.'}"


def _who_can(
    arguments: argparse.Namespace, words: list[str], clusters: "Sequence[Cluster]"
) -> tuple[Any, Iterator[str]]:
    from keten.cluster.rbac import words as spoken

    told = []
    for cluster in clusters:
        request, local = spoken.request(
            words[0], words[1], arguments.name, arguments.namespace, cluster.objects
        )
        anywhere = local and not arguments.namespace
        holders: dict[str, dict[Key, Ground]] = {}
        own: set[Key] = set()
        able = (
            ground
            for one in spoken.alternatives(request)
            for ground in cluster.rights.who_can(one, anywhere=anywhere)
        )
        for ground in able:
            key, hidden = _holder(ground)
            if hidden and not arguments.all:
                own.add(key)
            else:
                holders.setdefault(ground.namespace, {}).setdefault(key, ground)
        names: dict[Key, set[str]] = {}
        for ground in cluster.rights.who_can(request, anywhere=anywhere, named=True):
            if arguments.all or not _holder(ground)[1]:
                names.setdefault(_holder(ground)[0], set()).update(ground.said.rule.resource_names)
        told.append((cluster, str(request), holders, own, names))
    document = [
        {"scope": c.scope.folder, "request": said, "own": sorted(map(spoken.said, own)),
         "holders": [evidence(ground) for space in sorted(holders)
                     for _, ground in sorted(holders[space].items())],
         "by-name": {spoken.said(key): sorted(names[key]) for key in sorted(names)}}
        for c, said, holders, own, names in told
    ]  # fmt: skip
    return document, _who_can_page(clusters, told)


def _holder(ground: "Ground") -> "tuple[Key, bool]":
    from keten.cluster.rbac.rights import key_of
    from keten.cluster.rbac.risks import is_default

    key = key_of(ground.subject, ground.binding)
    return key or ("", ""), is_default(ground.binding)


def _who_can_page(clusters: "Sequence[Cluster]", told: list[Any]) -> Iterator[str]:
    from keten.cluster.rbac import words as spoken

    for cluster, said, holders, own, names in told:
        yield from headed(clusters, cluster)
        yield f"May {said}:" if holders else f"Nobody that a binding names may {said}."
        for space in sorted(holders):
            yield f"  {place(space)}"
            for key, ground in sorted(holders[space].items()):
                yield f"    {spoken.said(key)}"
                yield from through(ground, 8)
        if names:
            yield "  Only to what their rules name:"
            for key in sorted(names):
                text = f"{spoken.said(key)}: {', '.join(sorted(names[key]))}"
                yield from wrap(
                    text, WIDTH, initial_indent="    ", subsequent_indent="      ",
                    break_on_hyphens=False,
                )  # fmt: skip
        if own:
            yield f"  By Kubernetes' own bindings {len(own)} more (--all names them)."
        yield "  And every member of system:masters."


def place(namespace: str) -> str:
    """Return where something is allowed, as people say it."""
    if not namespace:
        return "everywhere"
    return f"in namespace {namespace}" if namespace != "-" else "in the namespace that files omit"


def through(ground: "Ground", indent: int, *, rules: "Sequence[Ground]" = ()) -> Iterator[str]:
    """Yield why: binding, role and rule, or *rules*, in lines no longer than a page is wide."""
    role = ground.said.role
    numbers = [str(one.said.index + 1) for one in rules or (ground,)]
    rule = f"rule{'s' if len(numbers) > 1 else ''} {_counted(numbers)}"
    by = f"{ground.binding.kind} {ground.binding.name}"
    what = f"{role.kind} {role.name}, {rule}"
    if role.id != ground.role.id:
        what = f"{ground.role.kind} {ground.role.name}, gathered from {what}"
    line = f"{' ' * indent}by {by}: {what}"
    if len(line) <= WIDTH:
        yield line
    else:
        yield f"{' ' * indent}by {by}:"
        yield f"{' ' * indent}   {what}"


def _counted(numbers: Sequence[str]) -> str:
    """Return ``1``, ``1, 3`` or ``1-7`` where they follow one another."""
    first, last = int(numbers[0]), int(numbers[-1])
    if len(numbers) > 2 and last - first + 1 == len(numbers):  # noqa: PLR2004 a row of them
        return f"{first}-{last}"
    return ", ".join(numbers)


def evidence(ground: "Ground") -> dict[str, Any]:
    """Return why, for JSON."""
    from keten.cluster.rbac import words as spoken

    return {
        "subject": spoken.said(_holder(ground)[0]),
        "namespace": ground.namespace,
        "binding": {
            "kind": ground.binding.kind, "name": ground.binding.name,
            "namespace": ground.binding.namespace, "path": ground.binding.path,
        },
        "role": {
            "kind": ground.role.kind, "name": ground.role.name,
            "namespace": ground.role.namespace, "path": ground.role.path,
        },
        "rule": {
            "role": ground.said.role.name, "index": ground.said.index,
            "says": msgspec.to_builtins(ground.said.rule),
        },
    }  # fmt: skip


def _of(
    arguments: argparse.Namespace, subject: str, clusters: "Sequence[Cluster]"
) -> tuple[Any, Iterator[str]]:
    from keten.cluster.rbac import words as spoken

    told = []
    for cluster in clusters:
        rights = cluster.rights
        who = _also_in(arguments.group, spoken.identity(subject, set(rights.named())))
        grounds = [
            g for g in rights.everything(who)
            if (arguments.all or not _holder(g)[1])
            and (not arguments.namespace or g.namespace in ("", arguments.namespace))
        ]  # fmt: skip
        told.append((cluster, who, grounds))
    document = [
        {"scope": c.scope.folder, "user": who.user, "groups": list(who.groups),
         "rights": [evidence(g) for g in grounds]}
        for c, who, grounds in told
    ]  # fmt: skip
    return document, _of_page(clusters, told)


def _also_in(groups: Sequence[str], who: "Identity") -> "Identity":
    """Return *who* as a member of *groups*, too, which a certificate or login gives."""
    from keten.cluster.rbac.requests import account_of, user

    if not groups:
        return who
    if not who.user or account_of(who.user):
        raise UsageError("--group is of a user: a group is in no other, an account in its own")
    return user(who.user, tuple(dict.fromkeys(groups)))


def _of_page(clusters: "Sequence[Cluster]", told: list[Any]) -> Iterator[str]:
    from keten.cluster.rbac import words as spoken

    for cluster, who, grounds in told:
        yield from headed(clusters, cluster)
        name = spoken.said(("User", who.user)) if who.user else f"Group {who.groups[0]}"
        groups = [group for group in who.groups if group != name.removeprefix("Group ")]
        whole = f"{name}{', in ' + ', '.join(groups) if groups else ''}"
        yield from wrap(whole, WIDTH, subsequent_indent="    ", break_on_hyphens=False)
        if "system:masters" in who.groups:
            yield "  everything: no check is asked of system:masters"
        if not grounds:
            yield "  nothing but what everyone may (--all)"
        last: tuple[str, ...] = ()
        for ground in grounds:
            head = (ground.namespace, ground.binding.id)
            if head != last:
                last = head
                where = place(ground.namespace)
                whom = ground.subject.name if ground.subject.kind == "Group" else ""
                yield f"  {where}, by {ground.binding.kind} {ground.binding.name}"
                to = f", to group {whom}" if whom and (who.user or whom != who.groups[0]) else ""
                yield f"    {ground.role.kind} {ground.role.name}{to}"
            yield from rule_lines(ground.said.rule, 6)


def rule_lines(rule: Any, indent: int) -> Iterator[str]:
    """Yield a rule as people say it: verbs, then resources with their group, then names."""
    verbs = ", ".join(rule.verbs)
    for kind in (_resources(rule), list(rule.non_resource_urls)):
        if not kind:
            continue
        named = f" named {', '.join(rule.resource_names)}" if rule.resource_names else ""
        lines = wrap(
            f"{verbs}: {', '.join(kind)}{named}", WIDTH - indent,
            subsequent_indent="  ", break_on_hyphens=False,
        )  # fmt: skip
        yield from (f"{' ' * indent}{line}" for line in lines)


def _resources(rule: Any) -> list[str]:
    if len(rule.api_groups) * len(rule.resources) > MOST:
        return [f"{len(rule.resources)} resources of {len(rule.api_groups)} groups"]
    made = []
    for group in rule.api_groups:
        for resource in rule.resources:
            what, slash, sub = resource.partition("/")
            made.append(f"{what}{'.' if group else ''}{group}{slash}{sub}")
    return made


def _unread(facts: "Facts", clusters: "Sequence[Cluster]") -> Iterator[str]:
    """Yield what was not read or not listed: it may grant more."""
    from keten.model.evidence import Link

    taken = any(cluster.scope.cluster for cluster in clusters)
    lost = [
        problem
        for problem in facts.problems
        if problem.link is Link.DEPLOYMENT and not problem.about and not problem.need
        and not (taken and problem.what.startswith("list "))  # told below, as far as it matters
    ]  # fmt: skip
    if lost:
        yield f"keten: {printing.count(len(lost), 'thing')} could not be read, and may grant more:"
        yield from (f"  {problem.path}: {problem.what}" for problem in lost[:3])
    for cluster in clusters:
        if cluster.rights.cut:
            yield f"keten: not all rights are known: {cluster.rights.cut}"
        told = cluster.scope.cluster
        for right in (*told.denied, *told.failed) if told else ():
            if any(word in right for word in _LISTS):
                yield f"keten: not all rights are known: missing is the right to {right}"
