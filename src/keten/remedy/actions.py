"""The next actions: findings grouped by the change that resolves them, ranked by what goes.

Findings whose changes share a group in one file are one action; a finding without a change
is grouped with its like: one check, one file. What the base image brings is one action for each
base, and one for what no version is fixed of (keten.remedy.bases).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import structs

from keten.config import Rank
from keten.model.delivery import Advisory
from keten.model.evidence import Link
from keten.model.finding import Change, Finding, Location, Severity, Verdict
from keten.model.result import Action

if TYPE_CHECKING:  # nothing is upgraded without a database
    from keten.remedy.bases import Base
    from keten.remedy.upgrade import Upgrade

VULNERABLE = "dependencies/known-vulnerability"
"""The check whose findings an upgrade resolves."""
LIKELY = 0.1
"""From this probability (EPSS) on an exploit within 30 days is called likely."""
Exploited = Callable[[Finding], bool]
_Groups = dict[tuple[str, ...], list[Finding]]


def actions(
    findings: Sequence[Finding],
    rank: Rank,
    *,
    fix: Callable[[str], str],
    exploited: Exploited,
    upgrades: "Mapping[str, Upgrade]",
    bases: "Mapping[str, Base] | None" = None,
    more: Callable[[Finding], float] = lambda _: 0.0,
) -> tuple[Action, ...]:
    """Return the actions, the one that removes most risk first. *findings* come worst first.

    *fix* gives a check's advice, *exploited* whether a finding is known to be used in attacks,
    *upgrades* what was judged again and *bases* the base image that brought it, both by the
    package's ref, *more* what a finding weighs beside its severity.
    """
    bases = bases or {}
    groups: _Groups = defaultdict(list)
    for finding in findings:
        if finding.verdict is Verdict.FAIL:
            upgrade = upgrades.get(finding.subject) if finding.check == VULNERABLE else None
            groups[_key(finding, upgrade, bases.get(finding.subject))].append(finding)
    groups = _gathered(groups)
    made = [
        _upgraded(
            _action(found, rank, fix, exploited=exploited, more=more),
            _upgrades(found, upgrades),
            bases.get(found[0].subject),
        )
        for found in groups.values()
    ]
    return tuple(sorted(made, key=lambda a: (-a.rank, a.location or _NOWHERE, a.title)))


def _gathered(groups: _Groups) -> _Groups:
    """Return *groups* with those that are no more than advice gathered: a check, a folder.

    Ten thousand workloads without a budget are one thing to decide, not ten thousand to do.
    """
    made: _Groups = defaultdict(list)
    for key, found in groups.items():
        if all(finding.severity is Severity.INFO for finding in found):
            first = found[0]
            folder = first.location.path.rpartition("/")[0] if first.location else ""
            made["advice", folder, first.check].extend(found)
        else:
            made[key] = found
    return made


def weights(advisories: Iterable[Advisory], rank: Rank) -> Callable[[Finding], float]:
    """Return what a finding weighs for what is known of its vulnerability beside severity."""
    table = {
        node.ref: (rank.likely if (node.epss or 0) >= LIKELY else 0)
        + (rank.reached if node.reached else 0)
        + (rank.exposed if node.exposed else 0)
        for node in advisories
    }
    return lambda finding: sum(table.get(ref, 0) for ref in finding.about)


def _upgrades(found: Sequence[Finding], upgrades: "Mapping[str, Upgrade]") -> "list[Upgrade]":
    """Return what was judged again for the packages of *found*, each once, the worst first."""
    if found[0].check != VULNERABLE:
        return []
    subjects = dict.fromkeys(finding.subject for finding in found)
    return [upgrades[subject] for subject in subjects if subject in upgrades]


def _upgraded(action: Action, upgrades: "Sequence[Upgrade]", base: "Base | None") -> Action:
    """Return an action on packages as the upgrade that was judged again."""
    if not upgrades:
        return action
    from keten.remedy import bases

    upgrade = upgrades[0]
    if not upgrade.after:
        title = bases.waiting(base, upgrades) if base else bases.replacement(upgrades)
        return structs.replace(action, title=title, changes=(), proof=upgrade.proof)
    if base:
        title, changes, proof = bases.renewal(base, upgrades)
        return structs.replace(action, title=title, changes=changes, proof=proof)
    title = f"Upgrade {upgrade.name} {upgrade.before} to {upgrade.after}"
    if upgrade.through:
        title += f", required by {upgrade.through[-1]}"
    change = Change("version", upgrade.before, upgrade.after)
    return structs.replace(action, title=title, changes=(change,), proof=upgrade.proof)


_NOWHERE = Location("")


def _key(finding: Finding, upgrade: "Upgrade | None", base: "Base | None") -> tuple[str, ...]:
    path = finding.location.path if finding.location else ""
    if upgrade is not None and base is not None:
        return ("base", base.name, "newer" if upgrade.after else "none")
    if upgrade is not None and not upgrade.after:
        return (path, finding.check)
    if finding.change and finding.change.group and not finding.change.field:
        return (path.rpartition("/")[0], finding.change.group)  # something new, once a folder
    if finding.change and finding.change.group:
        subject = "" if finding.subject.startswith("package ") else finding.subject
        return (path, subject, finding.change.group)
    return (path, finding.check)


def _action(
    found: list[Finding],
    rank: Rank,
    fix: Callable[[str], str],
    *,
    exploited: Exploited,
    more: Callable[[Finding], float],
) -> Action:
    first = found[0]
    group = first.change.group if first.change else ""
    if first.severity is Severity.INFO and any(f.change != first.change for f in found):
        group = group if all(f.change and f.change.group == group for f in found) else ""
    used = sum(1 for f in found if exploited(f))
    counts: dict[Severity, int] = {}
    for finding in found:
        counts[finding.severity] = counts.get(finding.severity, 0) + finding.times
    weight = sum(getattr(rank, s.word) * count for s, count in counts.items())
    weight += sum(map(more, found))
    return Action(
        title=group or _sentence(fix(first.check)),
        rank=round(weight + used * rank.exploited, 1),
        why=_why(counts, used),
        links=tuple(sorted({f.link for f in found}, key=_ORDER.__getitem__)),
        findings=tuple(f.fingerprint for f in found),
        location=first.location,
        changes=tuple(dict.fromkeys(f.change for f in found if f.change)),
    )


_ORDER = {link: number for number, link in enumerate(Link)}


def _why(counts: Mapping[Severity, int], exploited: int) -> str:
    words = [f"{counts[s]} {s.word}" for s in sorted(counts, reverse=True)]
    if exploited:
        words.append(f"{exploited} exploited")
    return ", ".join(words)


def _sentence(text: str) -> str:
    end = text.find(". ")
    return (text if end < 0 else text[:end]).rstrip(".")
