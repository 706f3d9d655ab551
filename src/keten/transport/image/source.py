"""What every kind of image source gives: a manifest, a configuration, layers as byte streams.

Whoever opens a source checks manifest and configuration against their digests before it
decodes them; layers are handed out unchecked, because their reader hashes them while it
unpacks them, and refuses them at their end.
"""

from contextlib import AbstractContextManager
from typing import Protocol

from msgspec import Struct

from keten.formats.oci.records import Configuration, Descriptor, Manifest
from keten.model.image import Mismatch as Mismatch  # noqa: PLC0414 told on


class Bytes(Protocol):
    """A stream of bytes, read from its start once."""

    def read(self, size: int = -1, /) -> bytes:
        """Return at most *size* bytes; ``b""`` at the end. OSError or InputError else."""
        ...


class LayerRef(Struct, frozen=True):
    """One layer before it is read: *descriptor* of its blob and the *diff_id* it must unpack to.

    *descriptor.digest* is "" where the source has none (docker-archives name layers by files).
    """

    number: int
    descriptor: Descriptor
    diff_id: str


class Opened(Protocol):
    """An image that was found and whose manifest and configuration hold.

    *name* is how the user named it, *reference* the normalised reference ("" where it has
    none), *manifest_digest* the digest of the manifest's bytes ("" where the source has none,
    as docker-archives; then *manifest* is made from what it has), *index_digest* of the index
    it was chosen from, *mismatches* what of these did not hold: then there are no layers. A
    root filesystem in a tar (``docker export``) has one layer without digests.
    """

    name: str
    reference: str
    index_digest: str
    manifest_digest: str
    config_digest: str
    manifest: Manifest
    configuration: Configuration
    layers: tuple[LayerRef, ...]
    mismatches: tuple[Mismatch, ...]

    def layer(self, ref: LayerRef) -> AbstractContextManager[Bytes]:
        """Open the blob of a layer, as it lies there (compressed or not)."""
        ...

    def stamp(self, ref: LayerRef) -> str:
        """Return what changes when the stored bytes may have (path, inode, size, mtime, ctime);
        "" where nothing can say so, as in a registry. For caches.
        """  # noqa: D205 one sentence
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...
