"""Swift packages: Semantic Versioning; a package is named by the address of its repository."""

from keten.formats.versions.semver import key
from keten.model.plug import Ecosystem


def _normalise(name: str) -> str:
    """Return host and path in lower case, as the hosts that are used take them."""
    name = name.strip().lower().rpartition("://")[2]
    return name.removesuffix("/").removesuffix(".git")


ECOSYSTEM = Ecosystem(
    title="Swift",
    purl_type="swift",
    osv="SwiftURL",
    key=key,
    normalise=_normalise,
    vers=("swift",),
)
