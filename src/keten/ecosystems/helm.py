"""Helm charts: Semantic Versioning, which Helm demands of a chart."""

from keten.formats.versions.semver import key
from keten.model.plug import Ecosystem

ECOSYSTEM = Ecosystem(title="Helm", purl_type="helm", osv="", key=key, normalise=str.strip)
