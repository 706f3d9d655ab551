"""Which image of an index is meant (image-spec, image-index.md).

Without a wish the only image is taken, else ``linux/amd64`` on every machine: a gate must not
decide by where it runs.
"""

from collections.abc import Sequence

from keten.errors import InputError, UsageError
from keten.formats.lazy_pattern import lazy
from keten.formats.oci import media
from keten.formats.oci.records import Descriptor, Platform

DEFAULT = Platform("linux", "amd64")
_SHAPE = lazy(r"[a-z0-9_]+/[a-z0-9_]+(?:/[a-z0-9_.]+)?")
_ARCHITECTURES = {
    "x86_64": ("amd64", ""), "x86-64": ("amd64", ""), "aarch64": ("arm64", ""),
    "armhf": ("arm", "v7"), "armel": ("arm", "v6"), "i386": ("386", ""), "i686": ("386", ""),
}  # fmt: skip
_IMPLIED = {"arm64": "v8", "arm": "v7", "amd64": "v1"}
_OLDER = {"arm": ("v7", "v6", "v5"), "amd64": ("v4", "v3", "v2", "v1"), "arm64": ("v9", "v8")}
"""What runs what: a variant also runs those after it."""


def parse(text: str) -> Platform:
    """Return what ``--platform`` names; UsageError where it is malformed."""
    if not _SHAPE.fullmatch(text.lower()):
        raise UsageError(
            f"--platform {text[:60]}: not os/architecture[/variant]",
            advice="For instance linux/amd64, linux/arm64 or linux/arm/v7.",
        )
    return normal(Platform(*text.lower().split("/")))


def normal(one: Platform) -> Platform:
    """Return *one* with the common names of its architecture (``x86_64`` is ``amd64``)."""
    architecture, variant = _ARCHITECTURES.get(one.architecture, (one.architecture, one.variant))
    variant = one.variant or variant
    if variant == _IMPLIED.get(architecture):
        variant = ""
    return Platform(one.os, architecture, variant)


def is_image(one: Descriptor) -> bool:
    """Tell an image from what lies beside it: attestations, signatures, other artifacts."""
    if "vnd.docker.reference.type" in one.annotations:
        return False
    platform = one.platform
    if platform is not None and platform.os == platform.architecture == "unknown":
        return False
    if media.plain(one.artifact_type) not in media.IMAGES:
        return False
    kind = media.plain(one.media_type)
    return not kind or kind in media.INDEXES | media.MANIFESTS | media.SCHEMA_1


def choose(found: Sequence[Descriptor], wanted: Platform | None) -> Descriptor:
    """Return the one of *found* (images, no indexes) that is meant.

    Of several that suit equally (Windows builds) the first one counts. InputError names what
    there is.
    """
    if not found:
        raise InputError("the index holds no image")
    if wanted is None and len({one.digest for one in found}) == 1:
        return found[0]
    wish = normal(wanted or DEFAULT)
    for variant in _accepted(wish):
        for one in found:
            if one.platform and normal(one.platform) == Platform(
                wish.os, wish.architecture, variant
            ):
                return one
    there = sorted({str(one.platform) if one.platform else "(not told)" for one in found})
    raise InputError(
        f"there is no image for {wish}; there are: {', '.join(there[:40])}",
        advice="Choose one with --platform os/architecture[/variant], or name a digest.",
    )


def suits(platform: Platform, wanted: Platform) -> bool:
    """Tell whether an image for *platform* is one that *wanted* would choose."""
    one, wish = normal(platform), normal(wanted)
    return any(one == Platform(wish.os, wish.architecture, each) for each in _accepted(wish))


def _accepted(wish: Platform) -> list[str]:
    """Return the variants that serve, the best first."""
    implied = _IMPLIED.get(wish.architecture, "")
    order = _OLDER.get(wish.architecture, ())
    named = wish.variant or implied
    older = order[order.index(named) + 1 :] if named in order else ()
    return [wish.variant, *("" if one == implied else one for one in older)]
