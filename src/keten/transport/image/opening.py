"""From a kind and a name to an opened image: what ``open`` does where a target is an image."""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from keten.errors import InputError, UsageError
from keten.formats import reference as references
from keten.formats.oci import media, platforms
from keten.formats.oci.records import Descriptor, Manifest, Platform
from keten.transport.image import layout, resolve
from keten.transport.image.source import LayerRef, Opened

if TYPE_CHECKING:  # HTTP is imported where a registry is asked, tar where there is an archive
    from keten.transport.image import archive
    from keten.transport.image.exchange import Access


def reference(
    text: str,
    target: str,
    *,
    platform: str,
    access: "Access",
    mirrors: Sequence[str],
) -> Opened:
    """Open the image of a registry that *text* names."""
    from keten.transport.image import remote

    image = references.parse(text)
    if image.template:
        raise UsageError(f"{text} holds a variable: name the image itself")
    wanted = platforms.parse(platform) if platform else None
    return remote.open_reference(
        image, name=target, platform=wanted, access=access, mirrors=mirrors
    )


def stored(text: str, target: str, *, kind: str, platform: str) -> Opened:
    """Open an image in a folder or file; *kind* is what ``kind_of`` tells."""
    wanted = platforms.parse(platform) if platform else None
    if kind == "tar":
        from keten.transport.image import archive

        return _root(archive.File(Path(text), listed=False), target)
    path, name = _named(text)
    if kind == "oci":
        return _open_layout(layout.Folder(path), target, name, wanted)
    return _open_archive(path, target, name, kind=kind, platform=wanted)


def _named(rest: str) -> tuple[Path, str]:
    """Split ``PATH[:NAME]`` or ``PATH@DIGEST`` where a path exists; InputError where none does."""
    if os.path.lexists(rest):
        return Path(rest), ""
    for at, sign in enumerate(rest):
        if sign in ":@" and at and os.path.lexists(rest[:at]):
            return Path(rest[:at]), rest[at:] if sign == "@" else rest[at + 1 :]
    raise InputError(f"there is no file or folder {rest}")


def _open_layout(
    store: "layout.Folder | archive.Blobs", target: str, name: str, platform: Platform | None
) -> resolve.Found:
    start, full = layout.pick(store.index(), name)
    found = resolve.Found(store, name=target, reference=full)
    return resolve.resolve(found, store, start, by="index.json", platform=platform)


def _open_archive(
    path: Path, target: str, name: str, *, kind: str, platform: Platform | None
) -> Opened:
    from keten.transport.image import archive, docker_archive

    with ExitStack() as failing:
        opened = archive.File(path)
        failing.callback(opened.close)
        found_out = _kind_of_archive(opened) if kind == "archive" else kind
        match found_out:
            case "tar":
                found = _root(opened, target)
            case "docker-archive":
                found = docker_archive.open_one(opened, name=target, wanted=name, platform=platform)
            case _:
                found = _open_layout(archive.Blobs(opened), target, name, platform)
                if kind == "archive":
                    _agree(opened, found)
        failing.pop_all()
        return found


def _kind_of_archive(opened: "archive.File") -> str:
    """Tell by the members. Docker 25 writes both indexes: the one with digests is preferred."""
    from keten.transport.image import docker_archive

    if layout.MARKER in opened.members and "index.json" in opened.members:
        return "oci-archive"
    return "docker-archive" if docker_archive.INDEX in opened.members else "tar"


def _agree(opened: "archive.File", found: resolve.Found) -> None:
    """Raise InputError where the two indexes of one archive tell of different images."""
    from keten.transport.image import docker_archive

    if docker_archive.INDEX not in opened.members or found.mismatches:
        return
    value = found.config_digest.partition(":")[2]
    if not any(value in one.config for one in docker_archive.entries(opened)):
        raise InputError(
            "index.json and manifest.json of the archive tell of different images: "
            "which one is loaded depends on who loads it",
            advice="Say which is meant: oci-archive:FILE or docker-archive:FILE.",
        )


def _root(opened: "archive.File", target: str) -> resolve.Found:
    """Make an image of one layer, without digests, of a root filesystem in a tar."""
    if opened.listed and not opened.members:
        raise InputError(f"{opened.path.name} is a tar without files")
    from keten.transport.image import archive

    store = archive.Whole(opened)
    found = resolve.Found(store, name=target)
    descriptor = Descriptor(media.OCI_LAYER, size=opened.size)
    found.manifest = Manifest(media.OCI_MANIFEST, layers=(descriptor,))
    found.layers = (LayerRef(0, descriptor, ""),)
    return found
