"""R packages: rows of numbers parted by dots or dashes, as ``package_version`` orders them."""

from keten.formats.versions.dotted import row
from keten.model.plug import Ecosystem


def key(version: str) -> tuple[int, ...]:
    """Return the key of *version*; InputError for what R refuses."""
    return row(version, dashes=True)


ECOSYSTEM = Ecosystem(
    title="CRAN",
    purl_type="cran",
    osv="CRAN",
    key=key,
    normalise=str.strip,
    vers=("cran",),
)
