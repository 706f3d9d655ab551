"""Dart packages: Semantic Versioning in which build metadata orders too, as pub_semver has it."""

from typing import Any

from keten.formats import semver
from keten.formats.order import clean
from keten.model.plug import Ecosystem


def key(version: str) -> tuple[Any, ...]:
    """Return the key of *version*; a build is after the release it was built from."""
    text, _, build = clean(version).partition("+")
    first = semver.key(text) if text else ((), 1)
    return (first, semver.identifiers(build) if build else ())


def _normalise(name: str) -> str:
    return name.strip().lower()


ECOSYSTEM = Ecosystem(
    title="Pub",
    purl_type="pub",
    osv="Pub",
    key=key,
    normalise=_normalise,
    vers=("pub", "dart"),
)
