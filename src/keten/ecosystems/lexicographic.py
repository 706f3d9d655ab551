"""The VERS type ``lexicographic``: the bytes of the UTF-8 text, without normalisation."""

from keten.errors import CeilingError
from keten.formats.versions.order import CEILING
from keten.model.plug import Ecosystem


def key(version: str) -> bytes:
    """Return the key of *version*, which is its bytes."""
    if len(version) > CEILING:
        raise CeilingError(f"a version of {len(version)} characters is over {CEILING}")
    return version.encode("utf-8", "surrogatepass")


ECOSYSTEM = Ecosystem(
    title="lexicographic",
    purl_type="generic",
    osv="",
    key=key,
    normalise=str.strip,
    vers=("lexicographic",),
)
