"""Dart packages: Semantic Versioning in which build metadata orders too, as pub_semver has it."""

from keten.formats.versions.semver import built
from keten.model.plug import Ecosystem


def _normalise(name: str) -> str:
    return name.strip().lower()


ECOSYSTEM = Ecosystem(
    title="Pub",
    purl_type="pub",
    osv="Pub",
    key=built,
    normalise=_normalise,
    vers=("pub", "dart"),
)
