"""Hex packages of Erlang and Elixir: Semantic Versioning, names in lower case."""

from keten.formats.versions.semver import key
from keten.model.plug import Ecosystem


def _normalise(name: str) -> str:
    return name.strip().lower()


ECOSYSTEM = Ecosystem(
    title="Hex", purl_type="hex", osv="Hex", key=key, normalise=_normalise, vers=("hex",)
)
