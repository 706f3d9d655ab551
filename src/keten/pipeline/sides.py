"""The two sides of a difference: a saved result, or a target that is judged now."""

from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec import Struct

from keten.errors import CeilingError, UsageError
from keten.model.finding import Finding, Location
from keten.model.result import Result
from keten.pipeline.differences import Seen, Side, key_of, listing, package_of

BYTES = 128 << 20
"""The largest saved result that is read."""
FINDINGS = 500_000
PACKAGES = 1_000_000
_SCHEMA = b'"keten.result/1"'
_WINDOW = 1 << 12
_AGAIN = "Write one with keten scan TARGET --format json --output FILE."


class _Resting(Struct, frozen=True):
    path: str = ""
    digest: str = ""


class _Found(Struct, frozen=True):
    check: str
    severity: str
    subject: str
    message: str
    fingerprint: str
    location: Location | None = None
    evidence: tuple[_Resting, ...] = ()
    about: tuple[str, ...] = ()


class _Excused(Struct, frozen=True):
    finding: _Found


class _Named(Struct, frozen=True):
    name: str = ""
    digest: str = ""


class _Tally(Struct, frozen=True):
    check: str


class _Saved(Struct, frozen=True):
    keten: str
    now: str
    targets: tuple[_Named, ...]
    findings: tuple[_Found, ...]
    data: tuple[_Named, ...] = ()
    policy: _Named = _Named()
    waived: tuple[_Excused, ...] = ()
    set_aside: tuple[_Excused, ...] = ()
    checks: tuple[_Tally, ...] = ()
    packages: tuple[str, ...] | None = None


def is_result(path: Path) -> bool:
    """Return whether *path* is a result that keten wrote as JSON."""
    if not path.is_file():
        return False
    try:
        with path.open("rb") as stream:
            return _SCHEMA in stream.read(_WINDOW)
    except OSError:
        return False


def saved(path: Path) -> Side:
    """Return a saved result as a side; UsageError where it is none."""
    with path.open("rb") as stream:
        data = stream.read(BYTES + 1)
    if len(data) > BYTES or data.count(b'"fingerprint"') > FINDINGS:
        raise CeilingError(f"{path}: more than {BYTES:,} bytes or {FINDINGS:,} findings")
    if data.count(b"#pkg:") > PACKAGES:
        raise CeilingError(f"{path}: more than {PACKAGES:,} packages")
    try:
        found = msgspec.json.decode(data, type=_Saved)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not a result of keten: {error}", advice=_AGAIN) from error
    names = ", ".join(target.name for target in found.targets)
    return Side(
        name=path.name,
        about=f"result of {found.now} on {names}",
        keten=found.keten,
        data=_digests((source.name, source.digest) for source in found.data),
        policy=f"{found.policy.name} {found.policy.digest}",
        findings=_keyed(map(_from_saved, found.findings)),
        ran=frozenset(tally.check for tally in found.checks),
        quiet=frozenset(
            _from_saved(item.finding).key for item in (*found.waived, *found.set_aside)
        ),
        packages=None if found.packages is None else listing(found.packages),
    )


def judged(name: str, result: Result) -> Side:
    """Return what was judged just now as a side."""
    digests = {item.origin.path: item.digest for item in result.evidence}
    quiet = [*(w.finding for w in result.waived), *(s.finding for s in result.set_aside)]
    return Side(
        name=name,
        about=f"{result.targets[0].kind}, judged as on {result.now}",
        keten=result.keten,
        data=_digests((source.name, source.digest) for source in result.data),
        policy=f"{result.policy} {result.policy_digest}",
        findings=_keyed(_from_finding(f, digests) for f in result.findings),
        ran=frozenset(tally.check for tally in result.checks),
        quiet=frozenset(_from_finding(f, digests).key for f in quiet),
        packages=listing(result.packages),
    )


def _digests(sources: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(sorted(f"{name} {digest}" for name, digest in sources))


def _keyed(findings: Iterable[Seen]) -> dict[tuple[str, ...], Seen]:
    table: dict[tuple[str, ...], Seen] = {}
    for finding in findings:
        table.setdefault(finding.key, finding)
    return table


def _from_saved(found: _Found) -> Seen:
    return _seen(
        found.check, found.severity, found.subject, message=found.message,
        fingerprint=found.fingerprint, about=found.about, where=found.location,
        file=found.evidence[0].digest if found.evidence else "",
    )  # fmt: skip


def _from_finding(found: Finding, digests: dict[str, str]) -> Seen:
    path = found.location.path if found.location else ""
    return _seen(
        found.check, found.severity.word, found.subject, message=found.message,
        fingerprint=found.fingerprint, about=found.about, where=found.location,
        file=digests.get(path, ""),
    )  # fmt: skip


def _seen(
    check: str,
    severity: str,
    subject: str,
    *,
    message: str,
    fingerprint: str,
    about: tuple[str, ...],
    where: Location | None,
    file: str,
) -> Seen:
    package = package_of(subject) if subject.startswith("package ") else None
    return Seen(
        key=key_of(check, subject, fingerprint, about),
        check=check,
        severity=severity,
        message=message,
        path=where.path if where else "",
        line=where.line if where else 0,
        place=where.text if where else "",
        fingerprint=fingerprint,
        package=package or (),
        file=file,
    )
