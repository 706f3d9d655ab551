"""``keten rbac least``: from a server's audit log, granted against used, and what would do."""

import argparse
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import msgspec

from keten.cli import printing
from keten.cli import rbac as page
from keten.errors import Exit, InputError, KetenError, UsageError
from keten.model.kube import Binding, Role

if TYPE_CHECKING:
    from keten.cluster.estates import Cluster
    from keten.cluster.rbac.least import Differing, Granted, Usage
    from keten.cluster.rbac.requests import Request
    from keten.cluster.rbac.rights import Rights
    from keten.cluster.rbac.seen import Asked, Seen

SHOWN = 10
"""So many of each are printed; JSON has all."""
_PLAIN = re.compile(r"[a-z][a-z0-9./-]*")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


class ProofError(KetenError):
    """A proposed role does not allow what was seen: a fault of keten's own."""

    exit = Exit.BROKEN


def answer(
    arguments: argparse.Namespace, clusters: "Sequence[Cluster]"
) -> tuple[Any, Iterator[str]]:
    """Return what the logs say of the one scope, as a document and as lines."""
    from keten.cluster.rbac.least import differing, of_kubernetes, usages
    from keten.cluster.rbac.words import identity

    if not arguments.audit:
        raise UsageError("keten rbac least needs --audit LOG")
    if len(clusters) != 1:
        names = ", ".join(cluster.scope.folder or "." for cluster in clusters)
        raise UsageError(
            f"the objects of several clusters lie here: {names}", advice="Name one of the folders."
        )
    rights = clusters[0].rights
    seen, told = _read(arguments.audit)
    every = list(usages(rights, seen, named=not arguments.any_name))
    if arguments.subject:
        user = identity(arguments.subject, set(rights.named())).user
        chosen = [usage for usage in every if usage.user == user]
        if not chosen:
            raise UsageError(f"the log says nothing of {arguments.subject}")
    else:
        chosen = [u for u in every if arguments.all or not of_kubernetes(u, rights)]
    for usage in chosen:
        if usage.replayed != len(usage.used):
            lost = len(usage.used) - usage.replayed
            raise ProofError(f"the roles proposed for {usage.user} refuse {lost} requests seen")
    differ, agree, others = differing(rights, seen)
    document = {
        "logs": told, "agree": agree, "by-other-authorizers": others,
        "differ": [_differ(one) for one in differ],
        "subjects": [_as_data(usage) for usage in chosen],
        "of-kubernetes": 0 if arguments.subject else len(every) - len(chosen),
    }  # fmt: skip
    if arguments.yaml:
        return document, _manifests([item for usage in chosen for item in usage.objects])
    hidden = 0 if arguments.subject else len(every) - len(chosen)
    return document, _lines(told, chosen, (differ, agree, others), rights, hidden=hidden)


def _read(names: Sequence[str]) -> "tuple[dict[Asked, Seen], list[dict[str, Any]]]":
    """Return all that the logs tell; UsageError for one that can not be opened."""
    from keten.cluster.rbac.seen import gather
    from keten.formats.audit_log import Log

    seen: dict[Asked, Seen] = {}
    told: list[dict[str, Any]] = []
    for name in (file for named in names for file in _files(named)):
        try:
            with open(name, "rb") as stream:  # noqa: PTH123 a pipe is a log, too
                log = Log(stream)
                gather(log, seen)
        except OSError as error:
            raise UsageError(f"--audit {name}: {error.strerror}") from error
        except InputError as error:
            raise UsageError(f"--audit {name}: {error.what}", advice=error.advice) from error
        faults = [{"line": fault.line, "what": fault.what} for fault in log.faults]
        told.append({"log": name, "events": log.events, "skipped": log.skipped, "faults": faults})
    if not any(log["events"] for log in told):
        faults = [fault for log in told for fault in log["faults"]]
        why = f" (line {faults[0]['line']}: {faults[0]['what']})" if faults else ""
        raise InputError(
            f"--audit {', '.join(names)}: no audit event in it{why}",
            advice="Read are events of audit.k8s.io as JSON, plain or gzipped, also as CloudWatch "
            "Logs, Azure diagnostic settings and Cloud Logging wrap them: see docs/rights.md.",
        )
    return seen, told


def _files(name: str) -> list[str]:
    """Return the log that *name* is, or the logs in the folder that it is, by name."""
    folder = Path(name)
    if not folder.is_dir():
        return [name]
    return sorted(str(one) for one in folder.iterdir() if one.is_file() and not one.is_symlink())


def _differ(one: "Differing") -> dict[str, str]:
    return {
        "user": one.user, "request": str(one.request), "server": one.server, "reason": one.reason
    }  # fmt: skip


def _as_data(usage: "Usage") -> dict[str, Any]:
    return {
        "user": usage.user,
        "times": usage.times,
        "used": [str(request) for request in usage.used],
        "refused": [str(request) for request in usage.refused],
        "replayed": usage.replayed,
        "granted": [
            {**page.evidence(one.ground), "unused": list(one.unused)} for one in usage.granted
        ],
        "objects": [manifest(item) for item in usage.objects],
    }


def _lines(
    told: list[dict[str, Any]],
    usages: "Sequence[Usage]",
    decisions: "tuple[Sequence[Differing], int, int]",
    rights: "Rights",
    *,
    hidden: int,
) -> Iterator[str]:
    for log in told:
        bad = f", {printing.count(log['skipped'], 'line')} skipped" if log["skipped"] else ""
        yield f"{log['log']}: {printing.count(log['events'], 'event')}{bad}"
        for fault in log["faults"][:SHOWN]:
            yield f"  line {fault['line']}: {fault['what']}"[: page.WIDTH]
    differ, agree, others = decisions
    extra = f", {others} made by other authorizers" if others else ""
    yield f"The server's decisions: {agree} as these objects say, {len(differ)} otherwise{extra}."
    for one in differ[:SHOWN]:
        ours = "not by these objects" if one.server == "allowed" else "allowed by these objects"
        yield from _wrapped(f"{one.server} by the server, {ours}: {one.user}: {one.request}", 2)
    if len(differ) > SHOWN:
        yield f"  and {len(differ) - SHOWN} more (--json)"
    if rights.assumed:
        yield "Kubernetes' own roles are taken to be as it makes them."
    for usage in usages:
        yield ""
        yield from _one(usage)
    if hidden:
        yield ""
        yield f"{printing.count(hidden, 'user')} of Kubernetes itself not shown (--all)."


def _one(usage: "Usage") -> Iterator[str]:
    from keten.cluster.rbac.words import said

    pieces = sum(len(one.pieces) for one in usage.granted)
    unused = sum(len(one.unused) for one in usage.granted)
    yield said(("User", usage.user))
    if usage.masters:
        yield "  in system:masters: no check was asked"
    yield (
        f"  asked {printing.count(usage.times, 'time')}, for "
        f"{printing.count(len(usage.used), 'different thing')}; "
        f"{printing.count(len(usage.refused), 'thing')} refused"
    )
    yield f"  of {printing.count(pieces, 'right')} granted, {unused} unused"
    yield from _idle(usage.granted)
    if usage.refused:
        yield from _wrapped(f"refused: {'; '.join(map(str, usage.refused[:SHOWN]))}", 2)
    if any(_asks_more(request) for request in usage.used):
        yield "  it writes roles, bindings or approvals: the API server then asks for more"
        yield "  (escalate, bind, approve), or for the same rights, which no log tells"
    if not usage.objects:
        yield "  it needs nothing but what everyone may"
        return
    yield f"  these allow all of it ({usage.replayed} of {len(usage.used)} replayed):"
    yield from _manifests(usage.objects)


def _idle(granted: "Sequence[Granted]") -> Iterator[str]:
    """Yield what was never used: rules of one role of which nothing was, together."""
    whole: dict[tuple[str, str, str], list[Granted]] = {}
    for one in granted:
        if one.unused and len(one.unused) == len(one.pieces):
            key = (one.ground.binding.id, one.ground.role.id, one.ground.said.role.id)
            whole.setdefault(key, []).append(one)
    shown = 0
    for one in granted:
        key = (one.ground.binding.id, one.ground.role.id, one.ground.said.role.id)
        alike = whole.get(key, [one])
        all_of_it = one in alike and one.unused and len(one.unused) == len(one.pieces)
        if not one.unused or (all_of_it and one is not alike[0]):
            continue
        shown += 1
        if shown > SHOWN:
            continue
        yield from page.through(one.ground, 4, rules=[x.ground for x in alike] if all_of_it else ())
        what = "all of it" if all_of_it else ", ".join(one.unused)
        yield from _wrapped(f"unused: {what}", 6)
    if shown > SHOWN:
        yield f"    and {shown - SHOWN} more (--json)"


def _asks_more(request: "Request") -> bool:
    if request.group == "rbac.authorization.k8s.io":
        return request.verb in ("create", "update", "patch")
    return request.combined == "certificatesigningrequests/approval"


def _wrapped(text: str, indent: int) -> Iterator[str]:
    pad = " " * indent
    yield from wrap(
        text, page.WIDTH, initial_indent=pad, subsequent_indent=f"{pad}  ", break_on_hyphens=False
    )


def manifest(item: Role | Binding) -> dict[str, Any]:
    """Return the object as in the API."""
    meta = {"name": item.name, **({"namespace": item.namespace} if item.namespace else {})}
    made = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": item.kind, "metadata": meta}
    if isinstance(item, Role):
        return {**made, "rules": [msgspec.to_builtins(rule) for rule in item.rules]}
    ref = {
        "apiGroup": "rbac.authorization.k8s.io", "kind": item.role_kind, "name": item.role_name
    }  # fmt: skip
    subjects = [msgspec.to_builtins(subject) for subject in item.subjects]
    return {**made, "roleRef": ref, "subjects": subjects}


def _manifests(items: Sequence[Role | Binding]) -> Iterator[str]:
    """Yield the objects as YAML, a rule a block."""
    for item in items:
        made = manifest(item)
        yield "---"
        yield f"apiVersion: {made['apiVersion']}"
        yield f"kind: {made['kind']}"
        yield "metadata:"
        yield from (f"  {key}: {_scalar(value)}" for key, value in made["metadata"].items())
        if "rules" in made:
            yield "rules:" if made["rules"] else "rules: []"
            for rule in made["rules"]:
                yield from _block(rule)
        else:
            yield "roleRef:"
            yield from (f"  {key}: {_scalar(value)}" for key, value in made["roleRef"].items())
            yield "subjects:"
            for subject in made["subjects"]:
                yield from _block(subject)


def _block(value: dict[str, Any]) -> Iterator[str]:
    mark = "-"
    for key in sorted(value, key=_ORDER.index):
        item = value[key]
        text = _scalar(item) if isinstance(item, str) else f"[{', '.join(map(_scalar, item))}]"
        yield f"{mark} {key}: {text}"
        mark = " "


_ORDER = [
    "apiGroups", "resources", "resourceNames", "nonResourceURLs", "verbs",
    "kind", "name", "namespace", "apiGroup",
]  # fmt: skip


def _scalar(text: str) -> str:
    if _PLAIN.fullmatch(text.lower()) and text.lower() not in _WORDS:
        return text
    return json.dumps(text)
