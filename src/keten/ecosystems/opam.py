"""opam packages of OCaml: one part in the order of dpkg, without epoch and revision."""

from typing import Any

from keten.formats.versions.dpkg_order import part
from keten.formats.versions.order import clean
from keten.model.plug import Ecosystem


def key(version: str) -> tuple[Any, ...]:
    """Return the key of *version*."""
    return part(clean(version))


ECOSYSTEM = Ecosystem(title="opam", purl_type="opam", osv="opam", key=key, normalise=str.strip)
