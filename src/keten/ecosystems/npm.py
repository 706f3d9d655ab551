"""npm: Semantic Versioning, names as they are, ranges as node-semver reads them."""

from keten.formats.versions.npm_ranges import native
from keten.formats.versions.semver import key
from keten.model.plug import Ecosystem

ECOSYSTEM = Ecosystem(
    title="npm",
    purl_type="npm",
    osv="npm",
    key=key,
    normalise=str.strip,  # old packages have capitals and are not their lower-case namesakes
    vers=("npm",),
    native=native,
)
