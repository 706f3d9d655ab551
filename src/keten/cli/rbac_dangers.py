"""``keten rbac dangers`` and ``keten rbac unused``."""

import argparse
from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from keten.cli import printing
from keten.cli import rbac as page
from keten.model.finding import Severity

if TYPE_CHECKING:
    from keten.cluster.estates import Cluster
    from keten.cluster.rbac.risks import Risk
    from keten.cluster.rbac.unused import Unused

MINOR = Severity.MEDIUM
"""What weighs less is counted, and told with --all."""
SPACES = 4
"""So many namespaces of one danger are named."""


def answer(
    arguments: argparse.Namespace, clusters: "Sequence[Cluster]"
) -> tuple[Any, Iterator[str]]:
    """Return who holds dangerous rights, as a document and as lines."""
    from keten.cluster.rbac import words
    from keten.cluster.rbac.risks import Risks

    told: list[Any] = []
    for cluster in clusters:
        risks = Risks(cluster.rights)
        people = [
            (key, [r for r in found if _asked(arguments, r)]) for key, found in risks.everyone()
        ]
        people = [(key, found) for key, found in people if found]
        people.sort(key=lambda one: (-one[1][0].severity, -len(one[1]), one[0]))
        used = {role.id for b in cluster.rights.bindings for role in cluster.rights.bound(b)}
        loose = [
            (role, found)
            for role in cluster.rights.roles
            if role.path and role.id not in used and (found := risks.role(role))
        ]
        told.append((cluster, people, loose))
    document = [
        {
            "scope": c.scope.folder,
            "subjects": [
                {"subject": words.said(key), "dangers": [_as_data(risk) for risk in found]}
                for key, found in people
            ],
            "unbound": [
                {"role": role.title, "path": role.path, "dangers": [r.danger.id for r in found]}
                for role, found in loose
            ],
        }
        for c, people, loose in told
    ]
    return document, _lines(arguments, clusters, told)


def _asked(arguments: argparse.Namespace, risk: "Risk") -> bool:
    return not arguments.namespace or risk.namespace in ("", arguments.namespace)


def _as_data(risk: "Risk") -> dict[str, Any]:
    return {
        "id": risk.danger.id, "severity": risk.severity.word, "may": risk.danger.may,
        "gains": str(risk.danger.gain), "how": risk.danger.how, "namespace": risk.namespace,
        "named": risk.named, "names": list(risk.names),
        "grounds": [page.evidence(ground) for ground in risk.grounds],
    }  # fmt: skip


def _lines(
    arguments: argparse.Namespace, clusters: "Sequence[Cluster]", told: list[Any]
) -> Iterator[str]:
    from keten.cluster.rbac import words

    for cluster, people, loose in told:
        yield from page.headed(clusters, cluster)
        minor = 0
        for key, found in people:
            kept = found if arguments.all else [r for r in found if r.severity >= MINOR]
            minor += not kept
            if kept:
                yield f"{kept[0].severity.word.upper():<9}{words.said(key)}"
                yield from _grouped(kept, how=arguments.how)
        if minor:
            yield f"{printing.count(minor, 'more subject')} with less than that (--all)."
        if not people:
            yield "Nobody holds a dangerous right, but by Kubernetes' own bindings."
        if loose:
            names = ", ".join(role.title for role, _ in loose)
            yield from wrap(
                f"Bound to nobody, and dangerous if they were: {names}.", page.WIDTH,
                break_on_hyphens=False,
            )  # fmt: skip
    if any(people for _, people, _ in told) and not arguments.how:
        yield "How each is used: --how."


def _grouped(found: "Sequence[Risk]", *, how: bool) -> Iterator[str]:
    """Yield each danger once, with its namespaces; why, once for each set of rules.

    *how*: and how it is used.
    """
    seen: dict[tuple[Any, ...], list[str]] = {}
    first: dict[tuple[Any, ...], Risk] = {}
    for risk in found:
        rules = tuple((g.said.role.id, g.said.index) for g in risk.grounds)
        key = (risk.danger.id, risk.names, risk.severity, rules)
        seen.setdefault(key, []).append(risk.namespace)
        first.setdefault(key, risk)
    shown: dict[tuple[str, ...], list[str]] = {}
    for key, spaces in seen.items():
        risk = first[key]
        why = tuple(
            dict.fromkeys(line for ground in risk.grounds for line in page.through(ground, 11))
        )
        text = f"may {risk.danger.may} {_where(spaces)}{narrow(risk)}"
        said = f"  {risk.severity.word:<9}{text}"
        lines = shown.setdefault(why, [])
        lines += wrap(said, page.WIDTH, subsequent_indent=" " * 13, break_on_hyphens=False)
        if how:
            pad = " " * 11
            lines += wrap(
                risk.danger.how, page.WIDTH, initial_indent=pad, subsequent_indent=pad,
                break_on_hyphens=False,
            )  # fmt: skip
    for why, texts in shown.items():
        yield from texts
        yield from why


def narrow(risk: "Risk") -> str:
    """Return to which names a risk is limited, "" where to none."""
    if not risk.names:
        return ""
    more = f" and {len(risk.names) - SPACES} more" if len(risk.names) > SPACES else ""
    return f", only {', '.join(risk.names[:SPACES])}{more}"


def _where(spaces: list[str]) -> str:
    if "" in spaces:
        return "everywhere"
    more = f" and {len(spaces) - SPACES} more" if len(spaces) > SPACES else ""
    return f"in {', '.join(spaces[:SPACES])}{more}"


def unused(
    arguments: argparse.Namespace, clusters: "Sequence[Cluster]"
) -> tuple[Any, Iterator[str]]:
    """Return what does nothing, as a document and as lines."""
    from keten.cluster.rbac.unused import complete
    from keten.cluster.rbac.unused import unused as find

    told = []
    for cluster in clusters:
        found = find(cluster.objects, cluster.rights, whole=complete(cluster.scope))
        if arguments.namespace:
            found = [one for one in found if one.item.namespace == arguments.namespace]
        told.append((cluster, found))
    document = [
        {
            "scope": cluster.scope.folder,
            "unused": [
                {"kind": one.item.kind, "name": one.item.name, "namespace": one.item.namespace,
                 "path": one.item.path, "why": str(one.why), "about": one.about,
                 "certain": one.certain}
                for one in found
            ],
        }
        for cluster, found in told
    ]  # fmt: skip
    return document, _unused_lines(clusters, told)


def _unused_lines(
    clusters: "Sequence[Cluster]", told: "list[tuple[Cluster, list[Unused]]]"
) -> Iterator[str]:
    for cluster, found in told:
        yield from page.headed(clusters, cluster)
        if not found:
            yield "Every role, binding and service account is used."
        for certain in (True, False):
            some = [one for one in found if one.certain == certain]
            if some and not certain:
                yield "Not certain, as what uses them may lie elsewhere:"
            for one in some:
                space = f"{one.item.namespace}/" if one.item.namespace else ""
                about = f" ({one.about})" if one.about else ""
                yield from wrap(
                    f"{one.item.kind} {space}{one.item.name}: {one.why}{about}", page.WIDTH,
                    initial_indent="  ", subsequent_indent="      ", break_on_hyphens=False,
                )  # fmt: skip
