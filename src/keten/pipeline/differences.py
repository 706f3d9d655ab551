"""What is other in one state of things than in another, and for which reason.

A finding that is new, or gone, has one cause, and they are tried in this order: ``code`` (the
package or the file is another one), ``policy`` (it was waived or not judged on one side),
``data`` (the same package, other advisories), ``tool`` (another version of keten). Where two
of them changed and nothing tells them apart, all that may be are named.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from keten import plugs
from keten.errors import InputError
from keten.formats import purl
from keten.model.plug import Ecosystem

_JOINED = {"maven": ":"}
_BARE = frozenset({"deb", "rpm", "apk", "alpm", "opkg"})


class Seen(Struct, frozen=True):
    """A finding, as far as it matters here. *package* is (type, name), empty where it is of none.

    *file* is the digest of the file it rests on, "" where that is not known; *place* is how
    its place is told.
    """

    key: tuple[str, ...]
    check: str
    severity: str
    message: str
    path: str = ""
    line: int = 0
    fingerprint: str = ""
    package: tuple[str, ...] = ()
    file: str = ""
    place: str = ""


class Side(Struct, frozen=True):
    """One of the two states. *packages*: (type, name) to versions; None where that is not known.

    *data* and *policy* are digests, *ran* the checks that gave any verdict, *quiet* the keys
    of findings that are waived or set aside, *about* tells what it is in a few words.
    """

    name: str
    about: str
    keten: str
    data: tuple[str, ...]
    policy: str
    findings: Mapping[tuple[str, ...], Seen]
    ran: frozenset[str] = frozenset()
    quiet: frozenset[tuple[str, ...]] = frozenset()
    packages: Mapping[tuple[str, str], frozenset[str]] | None = None


class Moved(Struct, frozen=True, order=True):
    """A package that is other: *how* is added, removed, upgraded, downgraded or changed."""

    how: str
    ecosystem: str
    name: str
    before: str = ""
    after: str = ""


class Turned(Struct, frozen=True):
    """A finding that is *new* or gone, with its *cause* and *why* in words."""

    finding: Seen
    new: bool
    cause: str
    why: str


class Differences(Struct, frozen=True):
    """All that is other. *same*: how many findings both have."""

    packages: tuple[Moved, ...]
    new: tuple[Turned, ...]
    gone: tuple[Turned, ...]
    same: int
    notes: tuple[str, ...] = ()


def compare(before: Side, after: Side) -> Differences:
    """Return how *after* differs from *before*."""
    moved: tuple[Moved, ...] = ()
    notes = []
    if before.packages is None or after.packages is None:
        side = before if before.packages is None else after
        notes.append(f"{side.name} does not tell its packages: what changed is told by findings")
    else:
        moved = tuple(sorted(packages(before.packages, after.packages)))
    new = [f for key, f in after.findings.items() if key not in before.findings]
    gone = [f for key, f in before.findings.items() if key not in after.findings]
    return Differences(
        moved,
        tuple(_turned(f, has=after, lacks=before, new=True) for f in _ordered(new)),
        tuple(_turned(f, has=before, lacks=after, new=False) for f in _ordered(gone)),
        len(after.findings) - len(new),
        tuple(notes),
    )


_RANKS = {"critical": 0, "high": 1, "medium": 2, "low": 3, "info": 4}


def _ordered(findings: Iterable[Seen]) -> list[Seen]:
    return sorted(findings, key=lambda f: (_RANKS.get(f.severity, 9), f.path, f.line, f.key))


def packages(
    before: Mapping[tuple[str, str], frozenset[str]],
    after: Mapping[tuple[str, str], frozenset[str]],
) -> Iterator[Moved]:
    """Yield the packages that are other; versions that both have are left out."""
    for key in sorted({*before, *after}):
        ecosystem, name = key
        old = before.get(key, frozenset()) - after.get(key, frozenset())
        new = after.get(key, frozenset()) - before.get(key, frozenset())
        if len(old) == len(new) == 1:
            (was,), (now,) = old, new
            yield Moved(_direction(ecosystem, was, now), ecosystem, name, was, now)
            continue
        for version in sorted(old):
            yield Moved("removed", ecosystem, name, before=version)
        for version in sorted(new):
            yield Moved("added", ecosystem, name, after=version)


def _direction(ecosystem: str, was: str, now: str) -> str:
    try:
        plug = plugs.load(Ecosystem, ecosystem)
        return "upgraded" if plug.key(was) < plug.key(now) else "downgraded"
    except (KeyError, InputError):
        return "changed"


def _turned(finding: Seen, *, has: Side, lacks: Side, new: bool) -> Turned:
    cause, why = _cause(finding, has, lacks, new=new)
    return Turned(finding, new, cause, why)


def _cause(finding: Seen, has: Side, lacks: Side, *, new: bool) -> tuple[str, str]:
    """Return why *has* has the finding and *lacks* does not."""
    if finding.key in lacks.quiet:
        when = "was" if new else "is now"
        return "policy", f"it {when} waived or set aside"
    if finding.package:
        told = _by_package(finding, has, lacks, new=new)
        if told:
            return told
    if lacks.ran and finding.check not in lacks.ran:
        if has.policy != lacks.policy:
            return "policy", f"{finding.check} {'did' if new else 'does'} not run there"
        if has.keten == lacks.keten:
            return "code", f"there is nothing there that {finding.check} judges"
    return _by_rest(finding, has, lacks)


def _by_package(finding: Seen, has: Side, lacks: Side, *, new: bool) -> tuple[str, str] | None:
    """Return the cause where the package itself is other, else None."""
    if has.packages is None or lacks.packages is None:
        return None
    kind, name, version = finding.package
    others = lacks.packages.get((kind, name), frozenset())
    if version in others:
        return None
    if not others:
        return "code", f"{name} {version} was {'added' if new else 'removed'}"
    there = ", ".join(sorted(others)[:3])
    old, fresh = (there, version) if new else (version, there)
    how = _direction(kind, old, fresh) if len(others) == 1 else "changed"
    return "code", f"{name} was {how}: {old} -> {fresh}"


def _by_rest(finding: Seen, has: Side, lacks: Side) -> tuple[str, str]:
    """Return the cause where neither a waiver nor the package's version explains it."""
    may = []
    if finding.package:
        if has.data != lacks.data:
            may.append(("data", "the same package, other advisories"))
    elif has.keten == lacks.keten and has.policy == lacks.policy:
        return "code", f"{finding.path or 'the target'}, or what it refers to, is another one"
    else:
        may.append(("code", f"{finding.path or 'the target'} may be another one"))
    if has.policy != lacks.policy and has.policy.strip() and lacks.policy.strip():
        may.append(("policy", "another configuration"))
    if has.keten != lacks.keten:
        may.append(("tool", f"keten {lacks.keten} and {has.keten}"))
    if not may:
        return ("code", "where it stands, or what is around it, is another one")
    return " or ".join(cause for cause, _ in may), "; ".join(why for _, why in may)


def package_of(ref: str) -> tuple[str, str, str] | None:
    """Return (type, name, version) of a package's ref or id, None where it names none."""
    url = ref.rpartition("#pkg:")[2] if "#pkg:" in ref else ""
    if not url:
        return None
    try:
        parts = purl.parse(f"pkg:{url}", lenient=True)
    except InputError:
        return None
    name = parts.name
    if parts.namespace and parts.type not in _BARE:
        name = f"{parts.namespace}{_JOINED.get(parts.type, '/')}{parts.name}"
    return parts.type, name, parts.version


def listing(ids: Iterable[str]) -> dict[tuple[str, str], frozenset[str]]:
    """Return (type, name) to versions of packages by their ids."""
    table: dict[tuple[str, str], set[str]] = {}
    for item in ids:
        found = package_of(item)
        if found is not None:
            table.setdefault(found[:2], set()).add(found[2])
    return {key: frozenset(versions) for key, versions in table.items()}


def key_of(check: str, subject: str, fingerprint: str, about: Sequence[Any]) -> tuple[str, ...]:
    """Return what makes a finding the same one on both sides.

    Of a package: the check, the package without its version and place, and the vulnerability,
    so that an image, its SBOM and another tool's copy of that agree; else its fingerprint.
    """
    found = package_of(subject) if subject.startswith("package ") else None
    if found is None or not about:
        return (check, fingerprint)
    vulnerability = str(about[0]).partition(" ")[2].partition("#")[0]
    return (check, found[0], found[1], vulnerability)
