"""Bioconductor: R packages, whose versions are rows of numbers parted by dots or dashes."""

from keten.formats.versions.dotted import row
from keten.model.plug import Ecosystem


def key(version: str) -> tuple[int, ...]:
    """Return the key of *version*; InputError for what R refuses."""
    return row(version, dashes=True)


ECOSYSTEM = Ecosystem(
    title="Bioconductor", purl_type="bioconductor", osv="Bioconductor", key=key, normalise=str.strip
)
