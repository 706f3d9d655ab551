"""The next actions: findings grouped by the change that resolves them, ranked by what goes.

Findings whose changes share a group in one file are one action; a finding without a change
is grouped with its like: one check, one file. Many that are alike become one
(keten.remedy.alike). What the base image brings is one action for each
base, and one for what no version is fixed of (keten.remedy.bases).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from keten.config import Rank
from keten.model.delivery import Advisory
from keten.model.evidence import Link
from keten.model.finding import Change, Finding, Location, Severity, Verdict
from keten.model.result import Action
from keten.remedy import alike

if TYPE_CHECKING:  # nothing is upgraded without a database
    from keten.remedy.bases import Base
    from keten.remedy.upgrade import Upgrade

VULNERABLE = "dependencies/known-vulnerability"
"""The check whose findings an upgrade resolves."""
LIKELY = 0.1
"""From this probability (EPSS) on an exploit within 30 days is called likely."""
_LIGHT = 0.9
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
    weigh = _Weigh(rank, exploited, more)
    made = [
        _upgraded(
            _action(parts, weigh, fix),
            _upgrades(parts[0], upgrades),
            bases.get(parts[0][0].subject),
        )
        for parts in alike.gathered(groups).values()
    ]
    return tuple(sorted(made, key=_order))


def _order(action: Action) -> tuple[object, ...]:
    return -action.rank, -len(action.findings), action.location or _NOWHERE, action.title


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


_WORDS = {severity: severity.word for severity in Severity}
_GRAVE = {severity for severity in Severity if severity > Severity.LOW}


class _Weigh(Struct):
    """What findings weigh together."""

    rank: Rank
    exploited: Exploited
    more: Callable[[Finding], float]

    def used(self, found: Sequence[Finding]) -> int:
        """Return how many of *found* are known to be used in attacks."""
        return sum(1 for finding in found if self.exploited(finding))

    def together(self, found: Sequence[Finding], *, each: bool = False) -> float:
        """Return the weight of *found*; *each*: one that stands for many weighs as one.

        However many there are, what is LOW at most never weighs as much as one MEDIUM.
        """
        grave = light = 0.0
        for finding in found:
            weight: float = getattr(self.rank, _WORDS[finding.severity])
            weight *= 1 if each else finding.times
            if finding.severity in _GRAVE:
                grave += weight
            else:
                light += weight
            grave += self.more(finding)
        light = min(light, _LIGHT * self.rank.medium)
        return grave + light + self.used(found) * self.rank.exploited


def _action(parts: list[list[Finding]], weigh: _Weigh, fix: Callable[[str], str]) -> Action:
    """Return the action of *parts*, each of which is resolved by an edit of its own.

    Where they are many its rank is what the best of these edits removes: a pile of little
    things is not to stand before one that is grave.
    """
    found = [finding for part in parts for finding in part]
    advice = all(f.severity is Severity.INFO for f in found)
    many = len(parts) > 1 or advice
    counts: dict[Severity, int] = {}
    for finding in found:
        counts[finding.severity] = counts.get(finding.severity, 0) + finding.times
    best = weigh.rank.info
    if not advice:
        best = max(weigh.together(part, each=many) for part in parts)
    return Action(
        title=_title(found, fix, many=many),
        rank=round(best, 1),
        why=_why(counts, weigh.used(found)),
        links=tuple(sorted({f.link for f in found}, key=_ORDER.__getitem__)),
        findings=tuple(f.fingerprint for f in found),
        location=found[0].location,
        changes=alike.changes(found, many=many),
    )


def _title(found: Sequence[Finding], fix: Callable[[str], str], *, many: bool) -> str:
    first = found[0]
    own = first.change.group if first.change else ""
    if not many:
        return own or _sentence(fix(first.check))
    said = alike.template(found) or _sentence(fix(first.check))
    things = alike.things(found)
    return f"{said}: {things}" if things else said


_ORDER = {link: number for number, link in enumerate(Link)}


def _why(counts: Mapping[Severity, int], exploited: int) -> str:
    words = [f"{counts[s]} {s.word}" for s in sorted(counts, reverse=True)]
    if exploited:
        words.append(f"{exploited} exploited")
    return ", ".join(words)


def _sentence(text: str) -> str:
    end = text.find(". ")
    return (text if end < 0 else text[:end]).rstrip(".")
