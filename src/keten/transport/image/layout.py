"""An OCI image layout (image-spec 1.1, image-layout.md): in a folder or in an archive.

Which image is meant is told by a name (``org.opencontainers.image.ref.name``, or containerd's
``io.containerd.image.name``), by a digest, or by there being one alone.
"""

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from keten.errors import InputError
from keten.formats import reference
from keten.formats.oci import decode, digest, platforms
from keten.formats.oci.records import Descriptor
from keten.transport.image import slices
from keten.transport.image.source import Bytes, LayerRef

MARKER = "oci-layout"
NAME = "org.opencontainers.image.ref.name"
FULL_NAME = "io.containerd.image.name"
_SHOWN = 40


class Folder:
    """The blobs of a layout in a folder: a ``resolve.Store``."""

    def __init__(self, root: Path) -> None:
        self._root = Path(os.path.realpath(root))

    def index(self) -> bytes:
        """Return index.json's bytes; InputError where the layout has none."""
        return self._read(self._root / "index.json", decode.BYTES)

    def document(self, wanted: Descriptor) -> bytes:
        """Return the bytes of an index or manifest."""
        return self.blob(wanted, decode.BYTES)

    def blob(self, wanted: Descriptor, ceiling: int) -> bytes:
        """Return the bytes of a small blob."""
        return self._read(self._path(wanted.digest), ceiling)

    def stream(self, ref: LayerRef) -> AbstractContextManager[Bytes]:
        """Open the blob of a layer."""
        descriptor, found = slices.open_regular(self._path(ref.descriptor.digest))
        return slices.Slice(descriptor, 0, found.st_size, owned=True)

    def stamp(self, ref: LayerRef) -> str:
        """Return path, inode, size and times of a layer's file."""
        path = self._path(ref.descriptor.digest)
        try:
            return slices.stamp(str(path), path.lstat())
        except OSError:
            return ""

    def close(self) -> None:
        """Nothing is held open."""

    def _path(self, name: str) -> Path:
        algorithm, value = digest.parse(name)
        folder = self._root / "blobs" / algorithm
        if os.path.realpath(folder) != str(folder):
            raise InputError(f"blobs/{algorithm} is a link out of its place: not followed")
        return folder / value

    def _read(self, path: Path, ceiling: int) -> bytes:
        descriptor, found = slices.open_regular(path)
        with slices.Slice(descriptor, 0, 0, owned=True):
            return slices.read_whole(descriptor, 0, found.st_size, ceiling)


def pick(data: bytes, wanted: str) -> tuple[list[Descriptor], str]:
    """Return what of index.json is meant by *wanted* (a name, a digest or "") and its full name.

    Several descriptors are one image for several platforms. InputError names what there is.
    """
    entries = list(decode.layout_index(data).manifests)
    if not entries:
        raise InputError("index.json holds no image")
    if wanted.startswith("@") or ":" in wanted:
        named = [one for one in entries if one.digest == wanted.removeprefix("@")]
        if named or wanted.startswith("@"):
            return _only(named[:1], entries, wanted), ""
    if wanted:
        chosen = [one for one in entries if is_named(one, wanted)]
        return _only(chosen, entries, wanted), full_name(chosen[:1])
    images = [one for one in entries if platforms.is_image(one)]
    return _only(images, entries, ""), full_name(images)


def is_named(one: Descriptor, wanted: str) -> bool:
    """Tell whether a descriptor of index.json goes by a name."""
    names = {one.annotations.get(NAME), one.annotations.get(FULL_NAME)} - {None, ""}
    if wanted in names:
        return True
    full = _normal(wanted)
    return bool(full) and full in {_normal(name) for name in names if name and "/" in name}


def full_name(found: Sequence[Descriptor]) -> str:
    """Return the normalised reference of one image's descriptors, "" where none has one."""
    for one in found:
        for key in (FULL_NAME, NAME):
            name = one.annotations.get(key, "")
            if "/" in name and (full := _normal(name)):
                return full
    return ""


def _normal(name: str) -> str:
    try:
        return reference.parse(name).id
    except InputError:
        return ""


def _only(chosen: list[Descriptor], entries: Sequence[Descriptor], wanted: str) -> list[Descriptor]:
    """Return *chosen* where that is one image (perhaps for several platforms)."""
    digests = {one.digest for one in chosen}
    if len(digests) == 1:
        return chosen[:1]
    told = {str(platforms.normal(one.platform)) for one in chosen if one.platform}
    if chosen and len(told) == len(digests) and (wanted or len(_names(chosen)) <= 1):
        return chosen
    shown = sorted(_names(entries) or {one.digest for one in entries})
    listing = ", ".join(name[:200] for name in shown[:_SHOWN])
    if not chosen:
        raise InputError(f"there is no image {wanted[:200]!r}; there are: {listing or 'none'}")
    raise InputError(
        f"there are several images{f' called {wanted[:200]!r}' if wanted else ''}: {listing}",
        advice="Name one: oci:FOLDER:NAME or oci:FOLDER@DIGEST.",
    )


def _names(entries: Sequence[Descriptor]) -> set[str]:
    names = (one.annotations.get(FULL_NAME) or one.annotations.get(NAME) for one in entries)
    return {name for name in names if name}
