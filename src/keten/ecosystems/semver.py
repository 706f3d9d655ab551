"""Semantic Versioning 2.0.0 as such, and OSV ecosystems that have no order of their own."""

from keten.formats.versions.semver import key
from keten.model.plug import Ecosystem

ECOSYSTEM = Ecosystem(
    title="Semantic Versioning",
    purl_type="generic",
    osv="",
    key=key,
    normalise=str.strip,
    vers=("semver", "bitnami", "mattermost"),
    osv_more=(
        "Bitnami",
        "Kubernetes",
        "VSCode",
    ),
)
