"""NuGet: Semantic Versioning with a fourth number, letters in any case, build metadata mute."""

from typing import Any

from keten.formats.versions import semver
from keten.formats.versions.intervals import native
from keten.formats.versions.order import clean
from keten.model.plug import Ecosystem


def key(version: str) -> tuple[Any, ...]:
    """Return the key of *version*."""
    text = clean(version).lower()
    release, rest = semver.split(text.removeprefix("v"))
    rest = rest.partition("+")[0].removeprefix("-")
    return (release, 0, *semver.identifiers(rest)) if rest else (release, 1)


def _normalise(name: str) -> str:
    return name.strip().lower()


ECOSYSTEM = Ecosystem(
    title="NuGet",
    purl_type="nuget",
    osv="NuGet",
    key=key,
    normalise=_normalise,
    vers=("nuget",),
    native=native,
)
