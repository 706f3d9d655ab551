"""From what a source points to, through indexes, to one image whose documents all hold.

Nothing is decoded before its bytes have the digest and the size that the descriptor tells.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from msgspec import Struct

from keten.errors import CeilingError, InputError
from keten.formats.oci import decode, digest, media, platforms
from keten.formats.oci.records import Configuration, Descriptor, Index, Manifest, Platform
from keten.model.image import Mismatch
from keten.transport.image.source import Bytes, LayerRef

INDEXES = 64
"""The most indexes that are read for one image."""
DEPTH = 4
"""How deep indexes lie within indexes."""
UNTOLD = 64
"""The most images of an index whose platform is looked up because the index does not tell it."""
_NONE = Manifest()


class Layers(Protocol):
    """Where layers lie."""

    def stream(self, ref: LayerRef) -> AbstractContextManager[Bytes]:
        """Open the blob of a layer, unchecked; InputError where there is none."""
        ...

    def stamp(self, ref: LayerRef) -> str:
        """Return what changes when the stored bytes may have, or ""."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...


class Store(Layers, Protocol):
    """Where blobs are found by their digest: a layout, an archive, a registry."""

    def document(self, wanted: Descriptor) -> bytes:
        """Return the bytes of an index or manifest, unchecked; InputError where there is none."""
        ...

    def blob(self, wanted: Descriptor, ceiling: int) -> bytes:
        """Return the bytes of a small blob, unchecked; InputError where there is none."""
        ...


class Found:
    """An opened image: ``source.Opened`` over Layers."""

    def __init__(self, store: Layers, *, name: str, reference: str = "") -> None:
        self.name = name
        self.reference = reference
        self.index_digest = ""
        self.manifest_digest = ""
        self.config_digest = ""
        self.manifest = _NONE
        self.configuration = Configuration()
        self.layers: tuple[LayerRef, ...] = ()
        self.mismatches: tuple[Mismatch, ...] = ()
        self._store = store

    def layer(self, ref: LayerRef) -> AbstractContextManager[Bytes]:
        """Open a layer's blob, as it lies there. What its ``urls`` name is never fetched."""
        if not _foreign(ref.descriptor):
            return self._store.stream(ref)
        try:
            return self._store.stream(ref)
        except InputError as error:
            raise InputError(
                f"layer {ref.number + 1} is kept elsewhere, by the address in its manifest",
                advice="keten fetches from no address that an image names: "
                "scan a copy of the image that holds all of its layers.",
            ) from error

    def stamp(self, ref: LayerRef) -> str:
        """Return what changes when the stored bytes of a layer may have."""
        return self._store.stamp(ref)

    def close(self) -> None:
        """Let go of files and connections."""
        self._store.close()


class _MismatchError(InputError):
    def __init__(self, mismatch: Mismatch) -> None:
        super().__init__(f"{mismatch.what} is not {mismatch.expected}")
        self.mismatch = mismatch


class _Leaf(Struct, frozen=True):
    """An image of an index, and the digest of the index that it stands in."""

    descriptor: Descriptor
    index: str
    by: str


def resolve(
    found: Found,
    store: Store,
    start: Sequence[Descriptor],
    *,
    by: str,
    platform: Platform | None = None,
) -> Found:
    """Fill *found* with the image that *start* leads to; *by* says who told of *start*.

    A document that is not what its digest says ends the way there: ``mismatches`` tells it.
    """
    try:
        leaves = list(_leaves(found, store, start, by))
        leaf = _chosen(store, leaves, platform)
        found.index_digest = leaf.index
        _fill(found, store, leaf, platform)
    except _MismatchError as error:
        found.mismatches = (error.mismatch,)
    return found


def _leaves(found: Found, store: Store, start: Sequence[Descriptor], by: str) -> Iterator[_Leaf]:
    """Yield every image below *start*, in order; each index is read once."""
    waiting = [(one, "", by, 0) for one in reversed(start)]
    seen: set[str] = set()
    while waiting:
        one, index, teller, depth = waiting.pop()
        kind = media.plain(one.media_type)
        if index and not platforms.is_image(one):
            continue
        if kind and kind not in media.INDEXES:
            yield _Leaf(one, index, teller)
            continue
        if one.digest in seen:
            continue
        seen.add(one.digest)
        if depth > DEPTH or len(seen) > INDEXES:
            raise CeilingError(f"more than {INDEXES} indexes, or deeper than {DEPTH}")
        found.index_digest = one.digest if kind else ""
        data = _checked(one, "index" if kind else "manifest", teller, store.document)
        document = decode.decode(data, one.media_type)
        if isinstance(document, Manifest):
            yield _Leaf(one, index, teller)
            continue
        told = f"index {one.digest}"
        waiting += [(each, one.digest, told, depth + 1) for each in reversed(document.manifests)]


def _chosen(store: Store, leaves: list[_Leaf], platform: Platform | None) -> _Leaf:
    several = len({leaf.descriptor.digest for leaf in leaves}) > 1
    if leaves and not several:
        return leaves[0]
    told = [
        leaf if _told(leaf.descriptor) or number >= UNTOLD else _with_platform(store, leaf)
        for number, leaf in enumerate(leaves)
    ]
    one = platforms.choose([leaf.descriptor for leaf in told], platform)
    return next(leaf for leaf in told if leaf.descriptor is one)


def _told(one: Descriptor) -> bool:
    return one.platform is not None and bool(one.platform.os)


def _with_platform(store: Store, leaf: _Leaf) -> _Leaf:
    """Look up what an index does not tell."""
    one = leaf.descriptor
    _, configuration = _documents(store, one, leaf.by)
    platform = Platform(configuration.os, configuration.architecture, configuration.variant)
    told = Descriptor(one.media_type, one.digest, one.size, platform=platform)
    return _Leaf(told, leaf.index, leaf.by)


def _fill(found: Found, store: Store, leaf: _Leaf, platform: Platform | None) -> None:
    found.manifest_digest = leaf.descriptor.digest
    found.manifest = manifest = _manifest(store, leaf.descriptor, leaf.by)
    found.config_digest = manifest.config.digest
    found.configuration = _configuration(store, leaf.descriptor, manifest)
    check_platform(found.configuration, platform)
    found.layers = layers(manifest, found.configuration)


def check_platform(configuration: Configuration, wanted: Platform | None) -> None:
    """Raise InputError where an image that was named alone is for another platform."""
    there = Platform(configuration.os, configuration.architecture, configuration.variant)
    if wanted and there.os and not platforms.suits(there, wanted):
        raise InputError(
            f"the image is for {there}, not for {wanted}",
            advice="Leave --platform out, or name the index that holds all platforms.",
        )


def layers(manifest: Manifest, configuration: Configuration) -> tuple[LayerRef, ...]:
    """Pair the layers with what they must unpack to; InputError where they do not pair."""
    unpacked = configuration.rootfs.diff_ids or ()
    if len(unpacked) != len(manifest.layers):
        raise InputError(
            f"the manifest has {len(manifest.layers)} layers "
            f"and the configuration {len(unpacked)} diff IDs: no runtime takes it"
        )
    for one in unpacked:
        digest.parse(one)
    for descriptor in manifest.layers:
        if descriptor.digest:
            digest.parse(descriptor.digest)
    pairs = zip(manifest.layers, unpacked, strict=True)
    return tuple(LayerRef(number, *pair) for number, pair in enumerate(pairs))


def _documents(store: Store, one: Descriptor, by: str) -> tuple[Manifest, Configuration]:
    manifest = _manifest(store, one, by)
    return manifest, _configuration(store, one, manifest)


def _manifest(store: Store, one: Descriptor, by: str) -> Manifest:
    data = _checked(one, "manifest", by, store.document)
    document = decode.decode(data, one.media_type)
    if isinstance(document, Index):
        raise InputError(f"{one.digest} is called a manifest and is an index: not read")
    decode.refuse_artifact(document)
    return document


def _configuration(store: Store, one: Descriptor, manifest: Manifest) -> Configuration:
    by = f"manifest {one.digest}"
    ceiling = decode.CONFIG_BYTES
    data = _checked(
        manifest.config, "configuration", by, lambda one: store.blob(one, ceiling), ceiling
    )
    return decode.configuration(data)


def _checked(
    one: Descriptor,
    what: str,
    by: str,
    fetch: Callable[[Descriptor], bytes],
    ceiling: int = decode.BYTES,
) -> bytes:
    digest.parse(one.digest)
    if one.size > ceiling:
        raise CeilingError(f"the {what} has {one.size} bytes: more than {ceiling >> 20} MiB")
    data = fetch(one)
    if differing := digest.differs(data, one):
        raise _MismatchError(Mismatch(what, *differing, by))
    return data


def _foreign(descriptor: Descriptor) -> bool:
    kind = descriptor.media_type
    return bool(descriptor.urls) or ".foreign." in kind or ".nondistributable." in kind
