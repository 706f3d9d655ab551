"""What ``docker save`` writes (and skopeo, podman, crane): manifest.json, a configuration, layers.

Layers are named by files, not by digests: what binds them is the configuration's diff IDs, and
what binds the configuration is its own name, which is its digest.
"""

import posixpath
import re
from contextlib import AbstractContextManager

import msgspec
from msgspec import Struct

from keten.errors import CeilingError, InputError
from keten.formats import malformed, reference
from keten.formats.oci import decode, digest, media
from keten.formats.oci.records import Descriptor, Manifest, Platform
from keten.model.image import Mismatch
from keten.transport.image import resolve
from keten.transport.image.archive import File, Member
from keten.transport.image.source import Bytes, LayerRef

INDEX = "manifest.json"
IMAGES = 10_000
"""The most images of an archive."""
_SHOWN = 40
_NAMED = re.compile(r"(?:sha256:|blobs/sha256/)?([0-9a-f]{64})(?:\.json)?")
_BLOB = re.compile(r"blobs/sha256/([0-9a-f]{64})")


class Entry(Struct, frozen=True, rename="pascal"):
    """An image as manifest.json lists it."""

    config: str
    layers: tuple[str, ...] | None = None
    repo_tags: tuple[str, ...] | None = None


class Files:
    """The layers of one image of a docker-archive: ``resolve.Layers``."""

    def __init__(self, archive: File, members: tuple[Member, ...]) -> None:
        self._archive = archive
        self._members = members

    def stream(self, ref: LayerRef) -> AbstractContextManager[Bytes]:
        """Open a layer's file."""
        return self._archive.view(self._members[ref.number])

    def stamp(self, ref: LayerRef) -> str:
        """Return what changes when the archive may have."""
        return self._archive.stamp(self._members[ref.number])

    def close(self) -> None:
        """Let go of the archive."""
        self._archive.close()


def open_one(archive: File, *, name: str, wanted: str, platform: Platform | None) -> resolve.Found:
    """Open the image of *archive* that goes by *wanted*; "" means the only one."""
    entry, tag = pick(entries(archive), wanted)
    data = archive.read(posixpath.normpath(entry.config), decode.CONFIG_BYTES)
    members = tuple(archive.find(path) for path in entry.layers or ())
    found = resolve.Found(Files(archive, members), name=name, reference=tag)
    found.config_digest = digest.of(data)
    named = _NAMED.fullmatch(entry.config)
    if named and found.config_digest != f"sha256:{named[1]}":
        mismatch = Mismatch("configuration", f"sha256:{named[1]}", found.config_digest, INDEX)
        found.config_digest = mismatch.expected
        found.mismatches = (mismatch,)
        return found
    found.configuration = decode.configuration(data)
    resolve.check_platform(found.configuration, platform)
    found.manifest = Manifest(
        media_type=media.DOCKER_MANIFEST,
        config=Descriptor(media.DOCKER_CONFIG, found.config_digest, len(data)),
        layers=tuple(
            Descriptor(media.DOCKER_LAYER, _blob(path), member.size)
            for path, member in zip(entry.layers or (), members, strict=True)
        ),
    )
    found.layers = resolve.layers(found.manifest, found.configuration)
    return found


def _blob(path: str) -> str:
    named = _BLOB.fullmatch(path)
    return f"sha256:{named[1]}" if named else ""


def entries(archive: File) -> list[Entry]:
    """Return the images that manifest.json lists."""
    data = archive.read(INDEX, decode.BYTES)
    try:
        found = msgspec.json.decode(data, type=list[Entry])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{INDEX} is malformed: {malformed.why(error)}") from error
    if len(found) > IMAGES or any(len(one.layers or ()) > decode.LAYERS for one in found):
        raise CeilingError(f"{INDEX} lists more than {IMAGES} images, or {decode.LAYERS} layers")
    return found


def pick(found: list[Entry], wanted: str) -> tuple[Entry, str]:
    """Return the image meant by *wanted* (a tag, ``@3`` for the fourth, or "") and its name."""
    if wanted.startswith("@"):
        number = wanted[1:]
        if number.isascii() and number.isdigit() and int(number[:6]) < len(found):
            return found[int(number)], ""
        raise InputError(f"there is no image {wanted[:40]}: the archive holds {len(found)}")
    if wanted:
        meant = _normal(wanted)
        for one in found:
            if meant and meant in {_normal(tag) for tag in one.repo_tags or ()}:
                return one, meant
    tags = sorted({tag for one in found for tag in one.repo_tags or ()})
    listing = ", ".join(tag[:200] for tag in tags[:_SHOWN]) or "none with a name"
    if wanted:
        raise InputError(f"there is no image {wanted[:200]!r}; there are: {listing}")
    if len({one.config for one in found}) == 1:
        return found[0], _normal((found[0].repo_tags or ("",))[0])
    if not found:
        raise InputError(f"{INDEX} lists no image")
    raise InputError(
        f"the archive holds {len(found)} images: {listing}",
        advice="Name one: docker-archive:FILE:NAME, or docker-archive:FILE:@0 for the first.",
    )


def _normal(name: str) -> str:
    try:
        return reference.parse(name).id if name else ""
    except InputError:
        return ""
