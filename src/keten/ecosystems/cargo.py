"""Rust crates: Semantic Versioning; ``-`` and ``_`` in names are not the same to advisories."""

from keten.formats.versions.semver import key
from keten.model.plug import Ecosystem

ECOSYSTEM = Ecosystem(
    title="crates.io",
    purl_type="cargo",
    osv="crates.io",
    key=key,
    normalise=str.strip,
    vers=("cargo", "crates"),
)
