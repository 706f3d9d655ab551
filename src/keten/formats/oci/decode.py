"""Bytes to index, manifest and configuration, under ceilings, refusing what two may read apart.

Every runtime decodes these with Go's encoding/json, which takes the names of fields in any
case. A document that would show a runtime something else than keten is refused: names of
another case, an index that is a manifest too (CVE-2021-41190), a media type of the other kind.
"""

from typing import Any, TypeVar

import msgspec

from keten.errors import CeilingError, InputError
from keten.formats import malformed
from keten.formats.oci import media
from keten.formats.oci.records import Configuration, Index, Manifest

BYTES = 4 << 20
"""The largest index or manifest, in bytes: what the distribution-spec tells registries to take."""
CONFIG_BYTES = 8 << 20
"""The largest configuration, in bytes."""
MANIFESTS = 10_000
"""The most manifests of an index."""
LAYERS = 1_024
"""The most layers of an image (Docker stops at 127)."""
HISTORY = 20_000
"""The most instructions of a history."""
_FIELDS = (
    "schemaVersion", "mediaType", "manifests", "config", "layers", "annotations", "subject",
    "artifactType", "rootfs", "history", "created", "author", "architecture", "os", "variant",
)  # fmt: skip
_KNOWN = {name.lower(): name for name in _FIELDS}
_T = TypeVar("_T")


def decode(data: bytes, media_type: str = "") -> Index | Manifest:
    """Return the index or manifest that *data* is; *media_type* is what points to it called it.

    InputError where it is neither: schema 1, an artifact of another shape, no JSON.
    """
    value = _document(data, "manifest", BYTES)
    own = value.get("mediaType") or ""
    if not isinstance(own, str):
        raise InputError("the manifest is malformed: its mediaType is no text")
    told = media.plain(media_type)
    if value.get("schemaVersion") == 1 or told in media.SCHEMA_1 or own in media.SCHEMA_1:
        raise InputError(
            "the image has a manifest of schema 1, which carries no digest of its configuration",
            advice="Push it again with a client of this decade: skopeo copy --format=oci.",
        )
    many, one = "manifests" in value, "layers" in value or "config" in value
    if many and one:
        raise InputError("the document is an index and a manifest at once: ambiguous, not read")
    for name in (own, told):
        if (many and name in media.MANIFESTS) or (one and name in media.INDEXES):
            raise InputError(f"a document of type {name} is of another kind: ambiguous, not read")
    if many:
        return index(value)
    if one:
        return manifest(value)
    kind = (own or told)[:150]
    raise InputError(f"neither an image index nor an image manifest{f': {kind}' if kind else ''}")


def index(value: dict[str, Any]) -> Index:
    """Return an index from its JSON object."""
    _ceiling(value.get("manifests"), MANIFESTS, "manifests in the index")
    return _convert(value, Index, "index")


def manifest(value: dict[str, Any]) -> Manifest:
    """Return a manifest from its JSON object."""
    _ceiling(value.get("layers"), LAYERS, "layers in the manifest")
    return _convert(value, Manifest, "manifest")


def layout_index(data: bytes) -> Index:
    """Return the index.json of a layout."""
    value = _document(data, "index.json", BYTES)
    if "layers" in value or "config" in value:
        raise InputError("index.json is an index and a manifest at once: ambiguous, not read")
    return index(value)


def configuration(data: bytes) -> Configuration:
    """Return an image configuration."""
    value = _document(data, "configuration", CONFIG_BYTES)
    _ceiling(value.get("history"), HISTORY, "instructions in the history")
    if isinstance(root := value.get("rootfs"), dict):
        _ceiling(root.get("diff_ids"), LAYERS, "diff IDs in the configuration")
    return _convert(value, Configuration, "configuration")


def refuse_artifact(found: Manifest) -> None:
    """Raise InputError where a manifest is of something else than an image."""
    kind = media.plain(found.config.media_type)
    if found.artifact_type and media.plain(found.artifact_type) not in media.IMAGES:
        kind = media.plain(found.artifact_type)
    if kind not in media.IMAGES:
        raise InputError(
            f"an OCI artifact of type {kind[:150]}, no container image",
            advice="Name an image; artifacts (charts, signatures, SBOMs) are not scanned as one.",
        )


def _document(data: bytes, what: str, ceiling: int) -> dict[str, Any]:
    if len(data) > ceiling:
        raise CeilingError(f"the {what} has more than {ceiling >> 20} MiB")
    try:
        value = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"the {what} is no JSON: {malformed.why(error)}") from error
    if not isinstance(value, dict):
        raise InputError(f"the {what} is no JSON object")
    for name in value:
        if (meant := _KNOWN.get(name.lower())) is not None and name != meant:
            raise InputError(f"the {what} has {name!r} for {meant!r}: ambiguous, not read")
    return value


def _convert(value: dict[str, Any], kind: type[_T], what: str) -> _T:
    try:
        return msgspec.convert(_without_null(value), kind)
    except (msgspec.ValidationError, RecursionError) as error:
        raise InputError(f"the {what} is malformed: {malformed.why(error)}") from error


def _without_null(value: Any, depth: int = 6) -> Any:
    """Drop fields that are ``null``: Go writes absent lists and maps so."""
    if isinstance(value, dict) and depth:
        return {
            name: _without_null(one, depth - 1) for name, one in value.items() if one is not None
        }
    if isinstance(value, list) and depth:
        return [_without_null(one, depth - 1) for one in value]
    return value


def _ceiling(value: Any, most: int, what: str) -> None:
    """Count before anything is made of what is counted."""
    if isinstance(value, list) and len(value) > most:
        raise CeilingError(f"{len(value)} {what}: more than {most}")
