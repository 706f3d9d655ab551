"""``keten audit``: which requests an audit policy records, and at which level."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap
from typing import Any

from keten.cli import printing
from keten.cluster import auditing
from keten.cluster.auditing import Recorded, Request
from keten.errors import CeilingError, InputError, UsageError
from keten.model.control_plane import AuditPolicy

WIDTH = 80
_CORE = '""'
BYTES = 4 << 20
"""The largest policy."""
_ABOUT = """Tell which requests an audit policy of the API server records, and how much of them.

Without a request, those are told that matter to an audit: secrets, shells, rights, webhooks.
With one, that one: simulate policy.yaml create pods/exec -n shop --user jane --group dev.
Exit status 1 where a request that matters is not recorded, or a secret would be."""
_LOGS = {
    0: "not recorded",
    1: "who, what, when",
    2: "and what was sent",
    3: "and what was sent and answered",
}


def main(argv: list[str]) -> int:
    """Answer; return 1 where the policy misses what matters, or records secrets."""
    arguments = parser().parse_args(argv)
    policy = _policy(arguments.policy)
    if arguments.request:
        rows = [(_request(arguments), "", "")]
    else:
        rows = [(item.request, item.why, "") for item in auditing.STANDARD]
    found = [(request, why, auditing.recorded(policy, request)) for request, why, _ in rows]
    bodies = list(_bodies(policy)) if not arguments.request else []
    if arguments.json:
        document = {"requests": [_row(*row) for row in found], "secrets": bodies}
        printing.document(document, sort=True)
    else:
        printing.write(_table(found, bodies, policy))
    sys.stdout.flush()
    missed = any(not item.depth for _, _, item in found)
    return 1 if (missed or bodies) and not arguments.request else 0


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    made = argparse.ArgumentParser(
        prog="keten audit",
        usage="keten audit simulate POLICY.yaml [VERB RESOURCE|/PATH] [options]",
        description=_ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("action", choices=("simulate",), help="judge requests by a policy")
    made.add_argument("policy", metavar="POLICY.yaml", help="an audit policy (audit.k8s.io/v1)")
    made.add_argument(
        "request", nargs="*", metavar="VERB RESOURCE",
        help="get pods/log, create deployments.apps, get /metrics",
    )  # fmt: skip
    made.add_argument("-n", "--namespace", default="", metavar="NS", help="default: none")
    made.add_argument("--name", default="", metavar="NAME", help="of the object")
    made.add_argument("--user", default="jane", metavar="USER", help="default: jane")
    made.add_argument(
        "--group", action="append", default=[], metavar="GROUP",
        help="of the user; may be said again (default: system:authenticated)",
    )  # fmt: skip
    made.add_argument("--subresource", default="", metavar="SUB", help="as in RESOURCE/SUB")
    made.add_argument("--path", default="", metavar="/URL", help="instead of a resource")
    made.add_argument("--json", action="store_true", help="write JSON")
    return made


def _policy(name: str) -> AuditPolicy:
    from keten.formats.control_plane.server_files import policy_of

    try:
        data = Path(name).read_bytes()
    except OSError as error:
        raise UsageError(f"{name}: {error.strerror}") from error
    if len(data) > BYTES:
        raise CeilingError(f"{name}: {len(data):,} bytes; keten reads {BYTES:,}")
    try:
        return policy_of(data, name)
    except InputError as error:
        where = f":{error.line}" if error.line else ""
        raise InputError(f"{name}{where}: {error.what}", advice=error.advice) from error


def _request(arguments: argparse.Namespace) -> Request:
    words: list[str] = arguments.request
    path = arguments.path or next((word for word in words[1:] if word.startswith("/")), "")
    if len(words) > 2 or (len(words) == 1 and not path):  # noqa: PLR2004 verb and resource
        raise UsageError("usage: keten audit simulate POLICY.yaml VERB RESOURCE|/PATH")
    groups = tuple(arguments.group) or ("system:authenticated",)
    if path:
        return Request(verb=words[0], path=path, user=arguments.user, groups=groups)
    named, _, sub = words[1].partition("/")
    resource, _, group = named.partition(".")
    return Request(
        verb=words[0], resource=resource, subresource=arguments.subresource or sub, group=group,
        namespace=arguments.namespace, name=arguments.name, user=arguments.user, groups=groups,
    )  # fmt: skip


def _bodies(policy: AuditPolicy) -> Iterator[str]:
    """Yield what is secret and would be written into the log."""
    for request, least, what in auditing.SECRET:
        found = auditing.recorded(policy, request)
        if found.depth >= auditing.RANK[least]:
            yield f"{what}: {request.what} at {found.level} (rule {found.rule + 1})"


def _kept_out(policy: AuditPolicy) -> Iterator[str]:
    """Yield the rule that records what is secret without its bodies."""
    groups: dict[str, dict[str, None]] = {}
    for request, least, _ in auditing.SECRET:
        if auditing.recorded(policy, request).depth >= auditing.RANK[least]:
            sub = f"/{request.subresource}" if request.subresource else ""
            groups.setdefault(request.group, {})[f"{request.resource}{sub}"] = None
    yield f"- level: {auditing.METADATA}"
    yield "  resources:"
    for group, resources in groups.items():
        yield f"  - group: {group or _CORE}"
        yield f"    resources: [{', '.join(resources)}]"


def _row(request: Request, why: str, found: Recorded) -> dict[str, Any]:
    return {
        "request": request.what,
        "namespace": request.namespace,
        "user": request.user,
        "why": why,
        "level": found.level if found.stages else auditing.NONE,
        "rule": found.rule + 1,
        "stages": list(found.stages),
    }


def _table(
    found: list[tuple[Request, str, Recorded]], bodies: list[str], policy: AuditPolicy
) -> Iterator[str]:
    for request, why, item in found:
        level = item.level if item.stages else auditing.NONE
        rule = f"rule {item.rule + 1}" if item.rule >= 0 else "no rule"
        what = request.what.replace(f".{request.group}", "") if len(found) > 1 else request.what
        said = f"  {_LOGS[item.depth]}"
        if len(found) > 1:
            said = "" if item.depth else f": {why}"
        yield from wrap(
            f"{level:<15}  {rule:<8}  {what}{said}", WIDTH, subsequent_indent=" " * 27,
            break_on_hyphens=False,
        )  # fmt: skip
        if len(found) == 1 and item.stages:
            yield f"stages: {', '.join(item.stages)}"
    missed = [request.what for request, _, item in found if not item.depth]
    if len(found) > 1:
        yield ""
        yield f"{len(found) - len(missed)} of {len(found)} requests that matter are recorded"
        for line in bodies:
            yield f"the log would hold {line}"
        if bodies:
            yield "to keep it out, put this rule before:"
            yield from _kept_out(policy)
        for hidden, by in sorted(auditing.hidden(policy).items()):
            yield f"rule {hidden + 1} never decides: rule {by + 1} matches all that it does"
