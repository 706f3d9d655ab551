"""The VERS type ``intdot``: whole numbers with dots; reading stops at anything else."""

from keten.formats.versions.dotted import row
from keten.model.plug import Ecosystem


def key(version: str) -> tuple[int, ...]:
    """Return the key of *version*; InputError where it does not begin with a number."""
    return row(version, rest=True)


ECOSYSTEM = Ecosystem(
    title="intdot",
    purl_type="generic",
    osv="",
    key=key,
    normalise=str.strip,
    vers=("intdot",),
)
