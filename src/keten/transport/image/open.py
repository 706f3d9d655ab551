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
from typing import TYPE_CHECKING

from msgspec import Struct

from keten.errors import InputError, UsageError
from keten.formats import reference
from keten.transport.image import inflate, slices

if TYPE_CHECKING:  # imported on use: most targets are no images
    from keten.transport.image.exchange import Access
    from keten.transport.image.source import Opened

ROOTFS = "rootfs"
REFERENCE = "reference"
ARCHIVE = "archive"
_MARKER = "oci-layout"
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

    def access(self) -> "Access":
        """Return how registries are asked."""
        from keten.transport.image.exchange import Access

        return Access(self.ca, self.plain_http)


def kind_of(target: str) -> str | None:
    """Tell what *target* is, without network and without reading on: a prefix's kind
    (``registry``, ``oci``, ``oci-archive``, ``docker-archive``, ``tar``), ``archive`` (a tar,
    perhaps compressed: opening it tells which), ``rootfs`` (a folder), ``reference`` (no path,
    but the name of an image with its tag, digest or registry), or None.

    A bare word may be a folder that was mistyped: no name of it goes to any registry.
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
        found = reference.parse(target)
    except InputError:
        return None
    host = target.partition("/")[0]
    plain = host == target or not ("." in host or ":" in host or host == "localhost")
    told = ":" in target or "@" in target or not plain
    return REFERENCE if told and not found.template else None


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
        if (path / _MARKER).is_file() and (path / "index.json").is_file():
            return "oci"
        return ROOTFS if is_root(path) else None
    try:
        descriptor, _ = slices.open_regular(path, follow=True)
    except InputError:
        return None
    with slices.Slice(descriptor, 0, 512, owned=True):
        head = os.pread(descriptor, 512, 0)
        if inflate.packed(head):
            # Not every .gz is a tar; its name has to say so.
            told = path.name.lower().endswith((".tgz", ".tzst")) or ".tar" in path.suffixes
            return ARCHIVE if told else None
        return ARCHIVE if _is_tar(head) else None


def is_root(path: Path) -> bool:
    """Tell whether a folder is a root filesystem: a release file and programs or packages."""
    return any(os.path.lexists(path / name) for name in _RELEASES) and any(
        os.path.lexists(path / name) for name in _ROOTS
    )


def open_image(target: str, *, kind: str | None = None, options: Options | None = None) -> "Opened":
    """Open the image that *target* names; InputError, NetworkError say why it can not be read.

    *kind* is what ``kind_of`` tells of it, for who has asked already. The caller closes it. Its
    ``mismatches`` are to be looked at before anything of it.
    """
    from keten.transport.image import opening

    chosen = options or Options()
    _, rest = split(target)
    match kind or kind_of(target):
        case "registry" | "reference":
            return opening.reference(
                rest, target, platform=chosen.platform, access=chosen.access(),
                mirrors=chosen.mirrors,
            )  # fmt: skip
        case "oci" | "oci-archive" | "docker-archive" | "archive" | "tar" as stored:
            return opening.stored(rest, target, kind=stored, platform=chosen.platform)
        case "rootfs":
            raise UsageError(f"{target} is a folder that holds a root filesystem, not an image")
    if os.path.lexists(target):
        raise InputError(
            f"{target} is neither an OCI layout nor an archive of an image",
            advice="Say what it is: oci:DIR, oci-archive:FILE, docker-archive:FILE or tar:FILE.",
        )
    raise UsageError(f"there is no file or folder {target}, and it is no name of an image")


def _is_tar(head: bytes) -> bool:
    """Tell whether *head* (512 bytes) is a tar's: ustar or GNU, or at least its checksum holds."""
    if head[257:262] == b"ustar":
        return True
    try:
        told = int(head[148:156].rstrip(b"\0 ") or b"-", 8)
    except ValueError:
        return False
    return len(head) >= 512 and told == sum(head[:148]) + 256 + sum(head[156:512])  # noqa: PLR2004
