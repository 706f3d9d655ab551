"""``keten admission webhooks``: which webhooks a cluster waits for, and for how long."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from keten.cli import clusters, printing
from keten.cluster.admission.lockout import REQUEST, Admission, Hook, Request, Sure, Wait
from keten.cluster.admission.trusted import ends

if TYPE_CHECKING:
    from datetime import date

SHOWN = 5
"""How many problems are told; JSON names every one."""
_Asked = list[tuple[Request, Sure]]


def main(argv: list[str]) -> int:
    """Print which webhooks stand before what a cluster needs; 1 where one can lock it."""
    from keten.cli import arguments as common

    arguments = _parser().parse_args(argv)
    target = clusters.collected(arguments)
    now = common.day(arguments.now)
    told = [_Told(c.scope.folder, c.admission) for c in target.estate.clusters]
    if arguments.json:
        rows = [_document(one.folder, wait) for one in told for wait in one.every]
        printing.document({"requests": rows, "problems": [p.what for p in target.problems]})
    else:
        printing.write(_page(told, target, now))
    sure = {
        how
        for one in told
        for wait in one.every
        for hook, how in wait.hooks
        if hook.closed and hook.service is not None
    }
    if Sure.YES in sure:
        return 1
    return 3 if Sure.PERHAPS in sure or target.problems else 0


def _parser() -> Any:
    return clusters.parser(
        "admission webhooks",
        "Tell which webhooks a cluster waits for to make what brings it back: nodes, leases, pods "
        "of the system, the webhooks' own pods; and how long all of them together may keep a "
        "request waiting. Exit status 1 where one fails closed, is served from the cluster and is "
        "certain to be asked; 3 where that is not known.",
    )


class _Told:
    """What is told of one cluster: *shared* waits for all webhooks, *own* of each for its own."""

    def __init__(self, folder: str, admission: Admission) -> None:
        self.folder = folder
        self.admission = admission
        self.shared = list(admission.waits())
        self.own = [
            Wait(request, ((hook, how),))
            for hook in admission.hooks
            for request in admission.own(hook)
            if (how := admission.asked(hook, request)) is not Sure.NO
        ]

    @property
    def every(self) -> list[Wait]:
        return [*self.shared, *self.own]


def _page(told: Sequence[_Told], target: clusters.Target, now: "date") -> Iterator[str]:
    for one in told:
        if len(told) > 1 and one.every:
            yield f"== {one.folder or '.'}"
        yield from _cluster(one, target, now)
    if not any(one.every for one in told):
        yield "No webhook stands before what the cluster needs to stay up."
    for problem in target.problems[:SHOWN]:
        yield from printing.folded(f"not read: {problem.path}: {problem.what}", "", "  ")
    if len(target.problems) > SHOWN:
        yield f"not read: {len(target.problems) - SHOWN} more; keten scan tells all"


def _cluster(told: _Told, target: clusters.Target, now: "date") -> Iterator[str]:
    asked: dict[tuple[str, int], _Asked] = {}
    hooks: dict[tuple[str, int], Hook] = {}
    for wait in told.every:
        for hook, how in wait.hooks:
            key = (hook.configuration.ref, hook.index)
            hooks[key] = hook
            asked.setdefault(key, []).append((wait.request, how))
    for key in sorted(hooks, key=lambda key: (_rank(hooks[key], asked[key]), key)):
        yield from _hook(hooks[key], asked[key], told.admission, target, now)
        yield ""
    yield from _longest(told.shared)


def _longest(waits: Sequence[Wait]) -> Iterator[str]:
    """Yield how long each request may wait for all webhooks together, the longest first."""
    alike: dict[tuple[int, bool], list[str]] = {}
    for wait in waits:
        perhaps = any(how is Sure.PERHAPS for _, how in wait.hooks)
        alike.setdefault((wait.summed, perhaps), []).append(wait.request.what)
    if alike:
        yield "All webhooks together may keep waiting for"
    for (summed, perhaps), what in sorted(alike.items(), reverse=True):
        long = f"{min(summed, REQUEST):>4} s  "
        many = f" ({summed} s added up, but the API server gives up after {REQUEST})"
        yield from printing.folded(
            f"{', '.join(what)}{many if summed > REQUEST else ''}{' (perhaps)' if perhaps else ''}",
            long, " " * len(long),
        )  # fmt: skip
    if alike:
        yield ""


def _rank(hook: Hook, asked: _Asked) -> int:
    """Return how far down the page a webhook stands: what locks for certain comes first."""
    if not hook.closed:
        return 3
    if hook.service is None:
        return 2
    return 0 if any(how is Sure.YES for _, how in asked) else 1


_VERDICTS = (
    ("LOCKS OUT", "while it does not answer, nobody can"),
    ("MAY LOCK", "while it does not answer, perhaps nobody can (conditions or labels not known)"),
    ("DEPENDS", "it is not of the cluster and fails closed: while it does not answer, nobody can"),
    ("DELAYS", "it fails open: while it does not answer, it delays who wants to"),
)


def _hook(
    hook: Hook, asked: _Asked, admission: Admission, target: clusters.Target, now: "date"
) -> Iterator[str]:
    word, verdict = _VERDICTS[_rank(hook, asked)]
    where = target.where(hook.configuration, f"webhooks[{hook.index}]")
    yield from printing.folded(f"{word:<11}{hook.name}  {where}".rstrip(), "", " " * 13)
    kind = "mutates, and may be asked again" if hook.again else "mutates"
    by = f"Service {'/'.join(hook.service)}" if hook.service else "an address outside"
    yield from printing.folded(
        f"{hook.configuration.title}: {kind if hook.mutating else 'validates'}; "
        f"{hook.seconds} s; answered by {by}",
        "  ", "    ",
    )  # fmt: skip
    for fault in _faults(hook, admission, now):
        yield from printing.folded(f"it can not answer now: {fault}", "  ", "    ")
    yield from printing.folded(f"{verdict}:", "  ", "  ")
    mixed = len({how for _, how in asked}) > 1
    rows = [
        (f"{request.what}{' (perhaps)' if mixed and how is Sure.PERHAPS else ''}", request)
        for request, how in asked
    ]
    wide = max(len(what) for what, _ in rows)
    for what, request in rows:
        yield f"    {what:<{wide}}  {_said(request)}"


def _faults(hook: Hook, admission: Admission, now: "date") -> Iterator[str]:
    if hook.service is not None and admission.sees(hook.service[0]):
        silent = admission.silent(hook)
        if silent:
            yield silent
    end = ends(hook.raw.get("clientConfig"))
    if end is not None and end < now:
        yield f"its caBundle expired on {end}"


def _said(request: Request) -> str:
    where = f" in {request.namespace}" if request.namespace else ""
    return f"{request.operation} {request.resource}{where}"


def _document(folder: str, wait: Wait) -> dict[str, Any]:
    return {
        "cluster": folder or ".",
        "request": msgspec.to_builtins(wait.request),
        "seconds": wait.seconds,
        "summed": wait.summed,
        "webhooks": [
            {
                "configuration": hook.configuration.title,
                "name": hook.name,
                "mutating": hook.mutating,
                "again": hook.again,
                "failsClosed": hook.closed,
                "seconds": hook.seconds,
                "asked": how,
            }
            for hook, how in wait.hooks
        ],
    }
