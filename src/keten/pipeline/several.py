"""Several targets, one result: paths then begin with the target's name."""

from collections.abc import Sequence

from msgspec import structs

from keten.errors import Exit
from keten.model.evidence import Link
from keten.model.finding import Finding, Location
from keten.model.result import LinkSummary, Result, Tally

GRAVITY = (Exit.ALLOWED, Exit.UNKNOWN, Exit.DENIED)


def join(results: Sequence[Result]) -> Result:
    """Return one result for all targets; the gravest decision holds."""
    if len(results) == 1:
        return results[0]
    parts = [_under(result) for result in results]
    first = parts[0]
    bundles = {part.bundle for part in parts}
    return structs.replace(
        first,
        targets=tuple(t for part in parts for t in part.targets),
        data=tuple(dict.fromkeys(item for part in parts for item in part.data)),
        links=tuple(_link([part.links[i] for part in parts]) for i in range(len(Link))),
        actions=tuple(
            sorted((a for p in parts for a in p.actions), key=lambda a: (-a.rank, a.title))
        ),
        findings=tuple(sorted((f for p in parts for f in p.findings), key=lambda f: f.order)),
        waived=tuple(item for part in parts for item in part.waived),
        unknown=tuple(
            sorted(
                (u for p in parts for u in p.unknown), key=lambda u: (-u.severity, u.what, u.why)
            )
        ),
        problems=tuple(item for part in parts for item in part.problems),
        notes=tuple(dict.fromkeys(item for part in parts for item in part.notes)),
        evidence=tuple(item for part in parts for item in part.evidence),
        checks=_tallies(parts),
        set_aside=tuple(item for part in parts for item in part.set_aside),
        paths=tuple(item for part in parts for item in part.paths),
        decision=max((p.decision for p in parts), key=lambda d: GRAVITY.index(Exit(d.exit))),
        bundle=first.bundle if len(bundles) == 1 else None,
        packages=tuple(sorted(name for part in parts for name in part.packages)),
    )


def _under(result: Result) -> Result:
    name = result.targets[0].name

    def at(where: Location | None) -> Location | None:
        return structs.replace(where, path=f"{name}/{where.path}") if where else None

    def moved(finding: Finding) -> Finding:
        return structs.replace(finding, location=at(finding.location))

    return structs.replace(
        result,
        actions=tuple(structs.replace(a, location=at(a.location)) for a in result.actions),
        findings=tuple(moved(f) for f in result.findings),
        waived=tuple(structs.replace(w, finding=moved(w.finding)) for w in result.waived),
        set_aside=tuple(structs.replace(s, finding=moved(s.finding)) for s in result.set_aside),
        unknown=tuple(structs.replace(u, location=at(u.location)) for u in result.unknown),
        problems=tuple(structs.replace(p, path=f"{name}/{p.path}") for p in result.problems),
        packages=tuple(f"{name}/{package}" for package in result.packages),
        evidence=tuple(
            structs.replace(e, origin=structs.replace(e.origin, path=f"{name}/{e.origin.path}"))
            for e in result.evidence
        ),
    )


def _link(parts: Sequence[LinkSummary]) -> LinkSummary:
    words = {part.verdict for part in parts}
    verdict = next(word for word in ("fail", "unknown", "known", "pass", "none") if word in words)
    return LinkSummary(
        parts[0].name,
        verdict,
        sum(p.failed for p in parts),
        sum(p.unknown for p in parts),
        sum(p.passed for p in parts),
        sum(p.waived for p in parts),
        sum(p.known for p in parts),
        sum(p.advice for p in parts),
    )


def _tallies(parts: Sequence[Result]) -> tuple[Tally, ...]:
    counts: dict[str, list[int]] = {}
    for part in parts:
        for tally in part.checks:
            mine = counts.setdefault(tally.check, [0, 0, 0, 0])
            for i, n in enumerate((tally.passed, tally.failed, tally.unknown, tally.errors)):
                mine[i] += n
    return tuple(Tally(check, *counts[check]) for check in sorted(counts))
