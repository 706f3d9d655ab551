"""From what the user names to an opened image.

========================  ========================================================
``registry:REF``          an image in a registry; ``docker://REF`` says the same
``oci:DIR[:NAME]``        an OCI layout in a folder; ``oci:DIR@DIGEST``
``oci-archive:FILE``      an OCI layout in a tar; ``:NAME`` and ``@DIGEST`` as above
``docker-archive:FILE``   what ``docker save`` writes; ``:REF`` and ``:@NUMBER``
``tar:FILE``              a root filesystem in a tar (``docker export``)
PATH                      a layout, an archive or a root filesystem, by what it holds
========================  ========================================================

A path that exists is never taken for a reference. Nothing but a reference uses the network.
"""

import os
from pathlib import Path

from msgspec import Struct

from keten.errors import InputError, NetworkError, UsageError
from keten.formats import reference
from keten.formats.oci import media, platforms
from keten.formats.oci.records import Descriptor, Manifest, Platform
from keten.transport.image import archive, docker_archive, layout, resolve, slices
from keten.transport.image.source import LayerRef, Opened

ROOTFS = "rootfs"
REFERENCE = "reference"
ARCHIVE = "archive"
_PREFIXES = ("registry", "docker", "oci", "oci-archive", "docker-archive", "tar")
_RELEASES = ("etc/os-release", "usr/lib/os-release", "etc/alpine-release", "etc/debian_version",
    "etc/redhat-release", "etc/openwrt_release")  # fmt: skip
_ROOTS = ("bin", "sbin", "usr/bin", "lib/apk", "usr/lib/apk", "var/lib/dpkg", "var/lib/rpm",
    "usr/lib/sysimage/rpm", "var/lib/pacman")  # fmt: skip


class Options(Struct, frozen=True):
    """How images are opened.

    *platform* is ``os/architecture[/variant]``, "" for the only one or else linux/amd64. The
    rest is for registries: *ca* a file of certificates that are trusted too, *plain_http*
    hosts that are asked without TLS (loopback needs no leave), *mirrors* as
    ``REGISTRY=HOST[:PORT][/PREFIX]``, asked before the registry itself.
    """

    platform: str = ""
    ca: str = ""
    plain_http: tuple[str, ...] = ()
    mirrors: tuple[str, ...] = ()


def kind_of(target: str) -> str | None:
    """Tell what *target* is, without network and without reading on: a prefix's kind
    (``registry``, ``oci``, ``oci-archive``, ``docker-archive``, ``tar``), ``archive`` (a tar,
    perhaps compressed: opening it tells which), ``rootfs`` (a folder), ``reference`` (no path,
    but the name of an image), or None.
    """  # noqa: D205 one sentence
    prefix, _ = split(target)
    if prefix:
        return prefix
    path = Path(target)
    if os.path.lexists(path):
        return _kind_of_path(path)
    if target.startswith((".", "/", "~")) or target.endswith("/"):
        return None
    try:
        return None if reference.parse(target).template else REFERENCE
    except InputError:
        return None


def split(target: str) -> tuple[str, str]:
    """Return the kind that *target* names by its prefix ("" where none) and the rest."""
    prefix, colon, rest = target.partition(":")
    if not colon or prefix not in _PREFIXES or not rest:
        return "", target
    if prefix == "docker":
        return ("registry", rest[2:]) if rest.startswith("//") else ("", target)
    if prefix == "registry":
        # registry:2 is Docker's own image of that name.
        tagged = "/" not in rest and "." not in rest and ":" not in rest and "@" not in rest
        return ("", target) if tagged and rest[0].isdigit() else ("registry", rest)
    return prefix, rest


def _kind_of_path(path: Path) -> str | None:
    if path.is_dir():
        if (path / layout.MARKER).is_file() and (path / "index.json").is_file():
            return "oci"
        return ROOTFS if is_root(path) else None
    try:
        descriptor, _ = slices.open_regular(path, follow=True)
    except InputError:
        return None
    with slices.Slice(descriptor, 0, 512, owned=True) as file:
        head = os.pread(descriptor, 512, 0)
        how = archive.packing(head)
        del file
        if how:
            # Not every .gz is a tar; its name has to say so.
            told = path.name.lower().endswith((".tgz", ".tzst")) or ".tar" in path.suffixes
            return ARCHIVE if told else None
        return ARCHIVE if archive.is_tar(head) else None


def is_root(path: Path) -> bool:
    """Tell whether a folder is a root filesystem: a release file and programs or packages."""
    return any(os.path.lexists(path / name) for name in _RELEASES) and any(
        os.path.lexists(path / name) for name in _ROOTS
    )


def open_image(target: str, *, options: Options | None = None) -> Opened:
    """Open the image that *target* names; InputError, NetworkError say why it can not be read.

    The caller closes it. Its ``mismatches`` are to be looked at before anything of it.
    """
    chosen = options or Options()
    platform = platforms.parse(chosen.platform) if chosen.platform else None
    kind = kind_of(target)
    _, rest = split(target)
    match kind:
        case "registry" | "reference":
            return _open_reference(rest, target, chosen, platform)
        case "oci":
            path, name = _named(rest)
            return _open_layout(layout.Folder(path), target, name, platform)
        case "oci-archive" | "docker-archive" | "archive":
            path, name = _named(rest)
            return _open_archive(path, target, name, kind=kind, platform=platform)
        case "tar":
            return _root(archive.File(Path(rest), listed=False), target)
        case "rootfs":
            raise UsageError(f"{target} is a folder that holds a root filesystem, not an image")
    if os.path.lexists(target):
        raise InputError(
            f"{target} is neither an OCI layout nor an archive of an image",
            advice="Say what it is: oci:DIR, oci-archive:FILE, docker-archive:FILE or tar:FILE.",
        )
    raise UsageError(f"there is no file or folder {target}, and it is no name of an image")


def _open_reference(text: str, target: str, options: Options, platform: Platform | None) -> Opened:
    from keten.transport.image import exchange, remote

    image = reference.parse(text)
    if image.template:
        raise UsageError(f"{text} holds a variable: name the image itself")
    access = exchange.Access(options.ca, options.plain_http)
    try:
        return remote.open_reference(
            image, name=target, platform=platform, access=access, mirrors=options.mirrors
        )
    except NetworkError as error:
        if split(target)[0] or set(target) & set(".:@"):
            raise
        raise NetworkError(
            f"{error.what}; there is no file or folder {target}, so it was taken for {image.id}",
            advice=error.advice,
            status=error.status,
            again=error.again,
        ) from error


def _named(rest: str) -> tuple[Path, str]:
    """Split ``PATH[:NAME]`` or ``PATH@DIGEST`` where a path exists; InputError where none does."""
    if os.path.lexists(rest):
        return Path(rest), ""
    for at, sign in enumerate(rest):
        if sign in ":@" and at and os.path.lexists(rest[:at]):
            return Path(rest[:at]), rest[at:] if sign == "@" else rest[at + 1 :]
    raise InputError(f"there is no file or folder {rest}")


def _open_layout(
    store: layout.Folder | archive.Blobs, target: str, name: str, platform: Platform | None
) -> resolve.Found:
    start, full = layout.pick(store.index(), name)
    found = resolve.Found(store, name=target, reference=full)
    return resolve.resolve(found, store, start, by="index.json", platform=platform)


def _open_archive(
    path: Path, target: str, name: str, *, kind: str, platform: Platform | None
) -> Opened:
    opened = archive.File(path)
    try:
        if kind == ARCHIVE:
            kind = _kind_of_archive(opened)
        match kind:
            case "tar":
                return _root(opened, target)
            case "docker-archive":
                return docker_archive.open_one(opened, name=target, wanted=name, platform=platform)
        found = _open_layout(archive.Blobs(opened), target, name, platform)
        _agree(opened, found)
    except BaseException:
        opened.close()
        raise
    return found


def _kind_of_archive(opened: archive.File) -> str:
    """Tell by the members. Docker 25 writes both indexes: the one with digests is preferred."""
    if layout.MARKER in opened.members and "index.json" in opened.members:
        return "oci-archive"
    return "docker-archive" if docker_archive.INDEX in opened.members else "tar"


def _agree(opened: archive.File, found: resolve.Found) -> None:
    """Raise InputError where the two indexes of one archive tell of different images."""
    if docker_archive.INDEX not in opened.members or found.mismatches:
        return
    value = found.config_digest.partition(":")[2]
    if not any(value in one.config for one in docker_archive.entries(opened)):
        raise InputError(
            "index.json and manifest.json of the archive tell of different images: "
            "which one is loaded depends on who loads it",
            advice="Say which is meant: oci-archive:FILE or docker-archive:FILE.",
        )


def _root(opened: archive.File, target: str) -> resolve.Found:
    """Make an image of one layer, without digests, of a root filesystem in a tar."""
    if opened.listed and not opened.members:
        raise InputError(f"{opened.path.name} is a tar without files")
    store = archive.Whole(opened)
    found = resolve.Found(store, name=target)
    descriptor = Descriptor(media.OCI_LAYER, size=opened.size)
    found.manifest = Manifest(media.OCI_MANIFEST, layers=(descriptor,))
    found.layers = (LayerRef(0, descriptor, ""),)
    return found
