"""``keten operators``: the third parties of a cluster, and how far each reaches."""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from keten.cli import clusters, printing
from keten.cluster.admission.lockout import Hook
from keten.cluster.definitions import Definition, answering
from keten.cluster.operators import DANGEROUS, Api, Party, ThirdParties
from keten.cluster.rbac.requests import ACCOUNT, UNSAID

if TYPE_CHECKING:
    from keten.cluster.network.exposure import Exposed
    from keten.cluster.network.ports import Ports
    from keten.cluster.rbac.risks import Risk

MARGIN = 12
SHOWN = 4
"""So many of each are named in the table; JSON names every one."""


def main(argv: list[str]) -> int:
    """Print the third parties; 3 where something could not be read or listed."""
    arguments = _parser().parse_args(argv)
    target = clusters.collected(arguments)
    found = [(cluster.scope.folder, ThirdParties(cluster)) for cluster in target.estate.clusters]
    live = all(cluster.scope.cluster is not None for cluster in target.estate.clusters)
    if arguments.json:
        rows = [_document(folder, parties, arguments, target) for folder, parties in found]
        printing.document({"clusters": rows}, sort=True)
    else:
        printing.write(_printed(found, arguments, target, live=live))
    sys.stdout.flush()
    return 3 if target.problems or any(parties.unknown for _, parties in found) else 0


def _parser() -> argparse.ArgumentParser:
    made = clusters.parser(
        "operators",
        "Tell of each operator and add-on how far it reaches: dangerous rights of its account, "
        "webhooks, aggregated APIs, custom kinds with how many objects each has, namespaces, "
        "images, and whether the Internet reaches it. Exit status 3 where something could not be "
        "read or listed.",
    )
    made.add_argument("-n", "--namespace", metavar="NAME", help="only those of this namespace")
    made.add_argument("--all", action="store_true", help="those with lesser rights only, too")
    return made


def _kept(parties: ThirdParties, arguments: argparse.Namespace) -> tuple[list[Party], int]:
    """Return those that are asked for, and how many more have lesser rights only."""
    every = [
        party
        for party in parties.found[0]
        if arguments.namespace in (None, party.workload.namespace)
    ]
    kept = [
        p
        for p in every
        if arguments.all or p.hooks or p.apis or p.definitions or p.worst >= DANGEROUS
    ]
    return kept, len(every) - len(kept)


def _printed(
    found: "Sequence[tuple[str, ThirdParties]]",
    arguments: argparse.Namespace,
    target: clusters.Target,
    *,
    live: bool,
) -> Iterator[str]:
    told = [(folder, parties, *_kept(parties, arguments)) for folder, parties in found]
    shown = [one for one in told if one[2] or one[3] or any(_rows(one[1])) or one[1].unknown]
    several = len(found) > 1
    for folder, parties, kept, minor in shown:
        if several:
            yield f"== {folder or '.'}"
        for party in kept:
            yield from _party(party, parties, target)
            yield ""
        if minor:
            yield f"{printing.count(minor, 'more workload')} with lesser rights only (--all)."
        if arguments.namespace is None:
            yield from _loose(parties)
        for what, lacked in parties.unknown.items():
            yield from _wrapped(f"Not known: {what}, without the right to {', '.join(lacked)}.", 2)
    if not any(kept for _, _, kept, _ in told):
        yield "No operator or add-on with reach was found."
    if not live:
        yield "Told from files: what else the cluster holds is not known."
    yield from _problems(target)


def _problems(target: clusters.Target) -> Iterator[str]:
    for problem in target.problems[:SHOWN]:
        yield f"not read: {problem.path}: {problem.what}"
    if len(target.problems) > SHOWN:
        yield f"not read: {len(target.problems) - SHOWN} more; keten scan tells all"


def _party(party: Party, parties: ThirdParties, target: clusters.Target) -> Iterator[str]:
    yield party.title
    of = f"of {party.release}" if party.release else ""
    yield from _row("", [text for text in (of, target.where(party.workload)) if text], "  ")
    yield from _row("account", [_account(party)])
    yield from _row("rights", _rights(party.held.risks), lines=True)
    yield from _row("acts", [_reach(party, whole="rights" not in parties.unknown)])
    yield from _row(
        "webhooks", [_hook(hook, parties.essential(hook)) for hook in party.hooks], lines=True
    )
    yield from _row("APIs", [f"{api.name}: {api.trust}" for api in party.apis], lines=True)
    yield from _row(
        "kinds", _kinds([definition for definition, _ in party.definitions]), lines=True
    )
    yield from _row(
        "images", [_image(one.name, fixed=one.fixed) for one in party.images], lines=True
    )
    ways = list(dict.fromkeys(_way(way) for way in party.ways))
    none = "not known" if "the Internet" in parties.unknown else "does not reach it"
    yield from _row("Internet", _few(ways) or [none], lines=True)


def _row(
    head: str, texts: Sequence[str], between: str = ", ", *, lines: bool = False
) -> Iterator[str]:
    """Yield *texts* behind *head*: each on a line of its own, or one after another."""
    rows = list(texts) if lines else [between.join(texts)] if texts else []
    for i, text in enumerate(rows):
        first = f"  {head if not i else '':<{MARGIN - 2}}" if head else "  "
        further = " " * (MARGIN + 2 if lines else MARGIN) if head else "  "
        yield from printing.folded(text, first, further)


def _account(party: Party) -> str:
    name = _name(party.held.identity.user)
    return name if party.held.mounted else f"{name}, whose token is not mounted"


def _name(user: str) -> str:
    space, _, name = user.removeprefix(ACCOUNT).partition(":")
    return name if space == UNSAID else f"{space}/{name}"


def _rights(risks: "Iterable[Risk]") -> list[str]:
    """Return each danger once, with its namespaces; the lesser counted."""
    spaces: dict[tuple[Any, ...], list[str]] = {}
    minor = 0
    for risk in risks:
        if risk.severity < DANGEROUS:
            minor += 1
            continue
        key = (risk.severity.word, risk.danger.may, risk.names)
        spaces.setdefault(key, []).append(risk.namespace)
    said = [
        f"{word:<8} may {may} {_where(where)}{_only(names)}"
        for (word, may, names), where in spaces.items()
    ]
    return [*said, f"{minor} of less weight"] if minor else said


def _only(names: Sequence[str]) -> str:
    return f", only {', '.join(_few(names))}" if names else ""


def _where(spaces: Sequence[str]) -> str:
    if "" in spaces:
        return "everywhere"
    names = ["the namespace that files omit" if space == UNSAID else space for space in spaces]
    return f"in {', '.join(_few(names))}"


def _reach(party: Party, *, whole: bool) -> str:
    reach = party.held.reach
    changes = f"changes {_where(reach.changes)}" if reach.changes else ""
    more = [space for space in reach.reads if space not in reach.changes]
    reads = f"reads {_where(more)}" if more and "" not in reach.changes else ""
    none = "" if changes or reads else "in no namespace by its own rights"
    parts = (changes, reads, none if whole else "what else is not known")
    return "; ".join(part for part in parts if part)


def _hook(hook: Hook, essential: Sequence[str]) -> str:
    kind = "mutates" if hook.mutating else "validates"
    needs = f"; the cluster waits for it to {', '.join(_few(essential))}" if essential else ""
    return f"{hook.name}: fails {_fails(hook)}, {hook.seconds} s, {kind} {_asked(hook)}{needs}"


def _asked(hook: Hook) -> str:
    return "; ".join(
        _few([f"{' '.join(ops)} {', '.join(_few(what))}" for ops, what in rules(hook)])
    )


def rules(hook: Hook) -> list[tuple[list[str], list[str]]]:
    """Return the operations and resources (``deployments.apps``) that a webhook is asked about."""
    made = []
    said = hook.raw.get("rules")
    for rule in said if isinstance(said, list | tuple) else ():
        if isinstance(rule, dict):
            groups, resources = _words(rule.get("apiGroups")), _words(rule.get("resources"))
            names = [f"{what}.{group}" if group else what for group in groups for what in resources]
            operations = _words(rule.get("operations"))
            made.append((["any request for"] if "*" in operations else operations, names))
    return made


def _words(value: Any) -> list[str]:
    return [word for word in value if isinstance(word, str)] if isinstance(value, list) else []


def _kinds(found: Sequence[Definition]) -> list[str]:
    """Return the kinds with how many objects each has, and those of which none were listed."""
    counted = ", ".join(f"{one.kind} ({one.count})" for one in found if one.count is not None)
    others = ", ".join(one.kind for one in found if one.count is None)
    return [text for text in (counted, others and f"objects not listed: {others}") if text]


def _image(name: str, *, fixed: bool) -> str:
    return f"by {'digest' if fixed else 'tag'}: {name}"


def _way(way: "Exposed") -> str:
    perhaps = _ports(way.flow.unknown)
    parts = (_ports(way.flow.sure), perhaps and f"perhaps {perhaps}")
    return f"{' and '.join(part for part in parts if part)} by {way.by}"


def _few(texts: Sequence[str]) -> list[str]:
    if len(texts) <= SHOWN:
        return list(texts)
    return [*texts[:SHOWN], f"{len(texts) - SHOWN} more"]


def _rows(parties: ThirdParties) -> tuple[list[str], list[str], list[str]]:
    """Return the lines that tell of what is loose: webhooks, APIs and kinds."""
    loose = parties.found[1]
    hooks = [
        f"{hook.name} of {hook.configuration.title}: answered by {_answer(hook)}"
        f"{_absent(hook.service, parties)}; fails {_fails(hook)}; {_asked(hook)}"
        for hook in loose.hooks
    ]
    apis = [
        f"{api.name}: answered by Service {'/'.join(api.service)}"
        f"{_absent(api.service, parties)}; {api.trust}"
        for api in loose.apis
    ]
    return hooks, apis, _kinds(loose.definitions)


def _absent(service: tuple[str, str] | None, parties: ThirdParties) -> str:
    return "" if service is None or parties.has(service) else ", which is not here"


def _fails(hook: Hook) -> str:
    return "closed" if hook.closed else "open"


def _loose(parties: ThirdParties) -> Iterator[str]:
    hooks, apis, kinds = _rows(parties)
    if not (hooks or apis or kinds):
        return
    yield "Of no workload that is here and certain"
    for head, texts in (("webhooks", hooks), ("APIs", apis)):
        yield from _row(head, texts, lines=True)
    yield from _row("kinds", kinds, lines=True)
    yield ""


def _answer(hook: Hook) -> str:
    _, url = answering(hook.raw.get("clientConfig"))
    return f"Service {'/'.join(hook.service)}" if hook.service else url or "nobody"


def _wrapped(text: str, indent: int) -> Iterator[str]:
    yield from wrap(text, printing.WIDTH, subsequent_indent=" " * indent, break_on_hyphens=False)


def _document(
    folder: str, parties: ThirdParties, arguments: argparse.Namespace, target: clusters.Target
) -> dict[str, Any]:
    loose = parties.found[1]
    return {
        "cluster": folder or ".",
        "operators": [_as_data(one, parties, target) for one in _kept(parties, arguments)[0]],
        "loose": {
            "webhooks": [_hook_data(hook, parties, target) for hook in loose.hooks],
            "apis": [_api_data(api, target) for api in loose.apis],
            "kinds": [_kind_data(one, target) for one in loose.definitions],
        },
        "unknown": {what: list(lacked) for what, lacked in parties.unknown.items()},
    }


def _as_data(party: Party, parties: ThirdParties, target: clusters.Target) -> dict[str, Any]:
    item, held = party.workload, party.held
    return {
        "kind": item.kind,
        "name": item.name,
        "namespace": item.namespace,
        "at": target.at(item),
        "release": party.release,
        "account": _name(held.identity.user),
        "token_mounted": held.mounted,
        "rights": [
            {"id": r.danger.id, "severity": r.severity.word, "may": r.danger.may,
             "gains": str(r.danger.gain), "namespace": r.namespace, "named": r.named,
             "names": list(r.names)}
            for r in held.risks
        ],
        "reads": _everywhere(held.reach.reads),
        "changes": _everywhere(held.reach.changes),
        "webhooks": [_hook_data(hook, parties, target) for hook in party.hooks],
        "apis": [_api_data(api, target) for api in party.apis],
        "kinds": [{**_kind_data(one, target), "by": str(by)} for one, by in party.definitions],
        "images": [
            {"image": one.name, "by_digest": one.fixed, "runs": list(one.runs)}
            for one in party.images
        ],
        "internet": [
            {"by": way.by, "ports": _ports(way.flow.sure), "perhaps": _ports(way.flow.unknown)}
            for way in party.ways
        ],
    }  # fmt: skip


def _everywhere(spaces: Sequence[str]) -> list[str]:
    return [space or "*" for space in spaces]


def _ports(ports: "Ports") -> str:
    return ports.text if ports else ""


def _hook_data(hook: Hook, parties: ThirdParties, target: clusters.Target) -> dict[str, Any]:
    return {
        "name": hook.name,
        "configuration": hook.configuration.title,
        "at": target.at(hook.configuration, f"webhooks[{hook.index}]"),
        "mutating": hook.mutating,
        "fails": _fails(hook),
        "seconds": hook.seconds,
        "answers": _answer(hook),
        "requests": [{"operations": ops, "resources": what} for ops, what in rules(hook)],
        "essential": list(parties.essential(hook)),
    }


def _api_data(api: Api, target: clusters.Target) -> dict[str, Any]:
    return {
        "name": api.name,
        "at": target.at(api.item),
        "service": "/".join(api.service),
        "trust": str(api.trust),
    }


def _kind_data(one: Definition, target: clusters.Target) -> dict[str, Any]:
    return {
        "name": one.name,
        "kind": one.kind,
        "at": target.at(one.item),
        "objects": one.count,
        "converted_by": "/".join(one.service) if one.service else one.url,
    }
