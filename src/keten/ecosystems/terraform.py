"""Terraform's and OpenTofu's providers: Semantic Versioning, addresses in lower case."""

from keten.formats.versions.semver import key
from keten.model.plug import Ecosystem


def _normalise(name: str) -> str:
    return name.strip().lower()


ECOSYSTEM = Ecosystem(
    title="Terraform", purl_type="terraform", osv="", key=key, normalise=_normalise
)
