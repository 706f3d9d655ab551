"""Hackage: rows of numbers, as ``Data.Version`` orders them; ``1.0`` is below ``1.0.0``."""

from keten.formats.versions.dotted import row
from keten.model.plug import Ecosystem


def key(version: str) -> tuple[int, ...]:
    """Return the key of *version*; InputError for what is not numbers and dots."""
    return row(version)


ECOSYSTEM = Ecosystem(
    title="Hackage",
    purl_type="hackage",
    osv="Hackage",
    key=key,
    normalise=str.strip,
    vers=("hackage",),
    osv_more=("GHC",),
)
