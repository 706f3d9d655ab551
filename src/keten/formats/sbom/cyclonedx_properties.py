"""What keten understands of the properties of CycloneDX's components: its own, and tools' own.

Syft and Trivy name paths there, and Trivy the source package; others say what serves only
development.
"""

import re
from functools import lru_cache

import msgspec

from keten.formats.lazy_pattern import lazy
from keten.formats.sbom.cyclonedx_shape import Property
from keten.formats.sbom.opening import ERRORS

OWN = "keten:"
"""What the names of keten's own properties begin with."""

_PROPERTIES = msgspec.json.Decoder(tuple[Property, ...])
_KNOWN = re.compile(rb":path|keten:|FilePath|cdx:|trivy:Src|SrcFile")
_PATHS = lazy(r"syft:location:\d+:path|aquasecurity:trivy:FilePath|internal:SrcFile|SrcFile")
_TRIVY = "aquasecurity:trivy:Src"
_DEVELOPMENT = frozenset({
    "cdx:npm:package:development", "cdx:composer:package:isDevRequirement",
    "cdx:pipenv:category:develop",
})  # fmt: skip


def told_of(data: bytes) -> list[tuple[str, str]]:
    """Return the properties that keten may understand, as name and value."""
    if _KNOWN.search(data) is None:
        return []
    try:
        return [(p.name, p.value or "") for p in _PROPERTIES.decode(data)]
    except ERRORS:
        return []


def own_of(told: list[tuple[str, str]]) -> tuple[dict[str, str], list[str]]:
    """Return what keten alone says in properties, and the paths that tools name there."""
    own: dict[str, str] = {}
    paths = []
    sources: dict[str, str] = {}
    for name, value in told:
        if name.startswith(OWN):
            own[name.removeprefix(OWN)] = value
        elif _is_path(name):
            paths.append(value)
        elif name.startswith(_TRIVY) and value:
            sources[name.removeprefix(_TRIVY)] = value
    if sources:
        own.setdefault("upstream", _upstream(sources))
    return own, paths


def in_development(told: list[tuple[str, str]]) -> bool:
    """Return whether a tool says that the component only serves development."""
    return any(name in _DEVELOPMENT and value == "true" for name, value in told)


def _upstream(sources: dict[str, str]) -> str:
    """Return ``name@version`` of the source package, as Trivy's properties tell it."""
    version = "-".join(filter(None, (sources.get("Version"), sources.get("Release"))))
    epoch = sources.get("Epoch", "")
    version = f"{epoch}:{version}" if epoch and version else version
    return "@".join(filter(None, (sources.get("Name", ""), version)))


@lru_cache(1024)
def _is_path(name: str) -> bool:
    return _PATHS.fullmatch(name) is not None
