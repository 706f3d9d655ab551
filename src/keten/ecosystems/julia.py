"""Julia packages: Semantic Versioning in which build metadata orders too (``1.2.3+4``)."""

from keten.formats.versions.semver import built
from keten.model.plug import Ecosystem

ECOSYSTEM = Ecosystem(
    title="Julia", purl_type="julia", osv="Julia", key=built, normalise=str.strip, vers=("julia",)
)
