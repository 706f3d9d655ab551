"""What is known of the images that pods run: the vulnerabilities of results of keten scan."""

from collections.abc import Callable, Iterable, Mapping

import msgspec
from msgspec import Struct

from keten.cluster.paths.terms import Weakness
from keten.errors import CeilingError, InputError
from keten.model.finding import Finding, Severity, Verdict
from keten.model.kube import Object, Workload
from keten.model.result import Result

BYTES = 256 << 20
MOST = 20
"""The worst vulnerabilities of an image that become steps; more of them open no other way."""
_CHECK = "dependencies/known-vulnerability"
_RANK = {"critical": 0, "high": 1, "medium": 2}

Names = Callable[[str], Iterable[str]]
"""What an image is known by, of the reference that names it: its name and tag, its digest."""
Known = Mapping[str, tuple[Weakness, ...]]
"""Weaknesses by what names the image."""


class _Change(Struct):
    after: str = ""


class _Finding(Struct):
    check: str
    verdict: str
    severity: str
    message: str = ""
    about: tuple[str, ...] = ()
    why: str = ""
    change: _Change | None = None
    waived: bool = False


class _Target(Struct):
    name: str
    kind: str = "tree"
    digest: str = ""


class _Result(Struct):
    targets: tuple[_Target, ...]
    findings: tuple[_Finding, ...]


def of_result(data: bytes, name: str, names: Names) -> dict[str, tuple[Weakness, ...]]:
    """Return the vulnerabilities of the image that a result in JSON is of, by name and digest.

    InputError for what is no result; vulnerabilities below medium, and waived ones, are left out.
    """
    if len(data) > BYTES:
        raise CeilingError(f"{name}: a result of {len(data)} bytes; keten reads {BYTES}")
    try:
        result = msgspec.json.decode(data, type=_Result)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise InputError(
            f"{name}: no result of keten scan: {error}",
            advice="Write it with: keten scan IMAGE --format json > FILE.",
        ) from None
    images = [target for target in result.targets if target.kind == "image"]
    if not images:
        raise InputError(
            f"{name}: a result, but not of an image",
            advice="Write it with: keten scan IMAGE --format json > FILE.",
        )
    worst = _worst(_weakness(finding, name) for finding in result.findings)
    made: dict[str, tuple[Weakness, ...]] = {}
    for target in images:
        for key in names(target.name.removeprefix("registry:")):
            made[key] = worst
        if target.digest:
            made[target.digest] = worst
    return made


def of_kept(result: Result, source: str) -> tuple[Weakness, ...]:
    """Return the vulnerabilities of a result that this machine kept; *source* says of which."""
    return _worst(_weakness(_plain(finding), source) for finding in result.findings)


def _plain(finding: Finding) -> _Finding:
    failed = finding.verdict is Verdict.FAIL
    severity = Severity(finding.severity).word
    after = _Change(finding.change.after) if finding.change else None
    return _Finding(
        finding.check, "fail" if failed else "", severity, finding.message, finding.about,
        finding.why, after,
    )  # fmt: skip


def _worst(found: Iterable[Weakness | None]) -> tuple[Weakness, ...]:
    return tuple(sorted({one for one in found if one is not None}, key=_order)[:MOST])


def _weakness(finding: _Finding, source: str) -> Weakness | None:
    if finding.check != _CHECK or finding.verdict != "fail" or finding.waived:
        return None
    exploited = "exploited" in finding.why
    if finding.severity not in _RANK and not exploited:
        return None
    about = finding.about[0].removeprefix("advisory ").partition("#")[0] if finding.about else ""
    package = finding.message.partition(" is affected")[0]
    fixed = finding.change.after if finding.change else ""
    return Weakness(about or finding.message, package, exploited, finding.severity, fixed, source)


def _order(known: Weakness) -> tuple[bool, int, Weakness]:
    return not known.exploited, _RANK.get(known.severity, 3), known


def images(objects: Iterable[Object], names: Names) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Return what the images of each workload are known by, by its ref, image by image.

    Of live pods the digests that really run count before what their names say.
    """
    made: dict[str, tuple[tuple[str, ...], ...]] = {}
    for item in objects:
        if isinstance(item, Workload):
            found = []
            for _, container in item.pod.all_containers():
                running = item.image_ids.get(container.name, ())
                digests = [one.rpartition("@")[2] for one in running]
                found.append((*digests, *names(container.image)))
            made[item.ref] = tuple(found)
    return made


def by_workload(
    called: Mapping[str, tuple[tuple[str, ...], ...]], known: Known
) -> dict[str, tuple[Weakness, ...]]:
    """Return what is *known* of the images of each workload (see ``images``), by its ref."""
    made: dict[str, tuple[Weakness, ...]] = {}
    for ref, those in called.items():
        found = {w for keys in those for key in keys for w in known.get(key, ())}
        if found:
            made[ref] = tuple(sorted(found, key=_order))
    return made
