"""Go modules: Semantic Versioning with a leading ``v``, pseudo-versions included."""

from keten.formats.versions import semver
from keten.model.plug import Ecosystem


def key(version: str) -> semver.Key:
    """Return the key of a module's or (``go1.21rc2``) a toolchain's version."""
    return semver.key(version.strip().removeprefix("go"))


ECOSYSTEM = Ecosystem(
    title="Go",
    purl_type="golang",
    osv="Go",
    key=key,
    normalise=str.strip,
    vers=("golang", "go"),
)
