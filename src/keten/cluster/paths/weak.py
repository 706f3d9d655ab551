"""What is known of the images that pods run: the vulnerabilities of results of keten scan."""

from collections.abc import Iterable, Mapping

import msgspec
from msgspec import Struct

from keten.cluster.paths.terms import Weakness
from keten.errors import CeilingError, InputError
from keten.model.kube import Object, Workload

BYTES = 256 << 20
MOST = 20
"""The worst vulnerabilities of an image that become steps; more of them open no other way."""
_CHECK = "dependencies/known-vulnerability"
_RANK = {"critical": 0, "high": 1, "medium": 2}


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


def of_result(data: bytes, name: str) -> dict[str, tuple[Weakness, ...]]:
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
    found = sorted({w for f in result.findings if (w := _weakness(f)) is not None}, key=_order)
    worst = tuple(found[:MOST])
    made: dict[str, tuple[Weakness, ...]] = {}
    for target in images:
        made[whole(target.name.removeprefix("registry:"))] = worst
        if target.digest:
            made[target.digest] = worst
    return made


def _weakness(finding: _Finding) -> Weakness | None:
    if finding.check != _CHECK or finding.verdict != "fail" or finding.waived:
        return None
    exploited = "exploited" in finding.why
    if finding.severity not in _RANK and not exploited:
        return None
    about = finding.about[0].removeprefix("advisory ").partition("#")[0] if finding.about else ""
    package = finding.message.partition(" is affected")[0]
    fixed = finding.change.after if finding.change else ""
    return Weakness(about or finding.message, package, exploited, finding.severity, fixed)


def _order(known: Weakness) -> tuple[bool, int, Weakness]:
    return not known.exploited, _RANK.get(known.severity, 3), known


def by_workload(
    objects: Iterable[Object], known: Mapping[str, tuple[Weakness, ...]]
) -> dict[str, tuple[Weakness, ...]]:
    """Return what is *known* of the images of each workload, by its ref."""
    made: dict[str, tuple[Weakness, ...]] = {}
    for item in objects:
        if isinstance(item, Workload):
            found: set[Weakness] = set()
            for _, container in item.pod.all_containers():
                names = {whole(container.image), container.image.partition("@")[2]}
                names |= {i.rpartition("@")[2] for i in item.image_ids.get(container.name, ())}
                for name in names:
                    found.update(known.get(name, ()))
            if found:
                made[item.ref] = tuple(sorted(found, key=_order))
    return made


def whole(image: str) -> str:
    """Return *image* with the registry and folder that its name leaves out put in."""
    first, slash, rest = image.partition("/")
    if not slash:
        return f"docker.io/library/{image}"
    if "." in first or ":" in first or first == "localhost":
        return image
    return f"docker.io/{first}/{rest}"
