"""What files of conda have in common: addresses of archives, and names of channels."""

from keten.formats.lazy_pattern import lazy

_ARCHIVE = lazy(r"([^/]+)-([^/-]+)-([^/-]+)\.(conda|tar\.bz2)")


_TOKEN = lazy(r"/t/[^/]++/")


def tokenless(url: str) -> str:
    """Return an address of a channel without the reader's token (``/t/TOKEN/``)."""
    return _TOKEN.sub("/", url) if "/t/" in url else url


def archive(url: str) -> tuple[str, str, dict[str, str]] | None:
    """Return name, version and the PURL's qualifiers of a package's address; None for no such.

    ``https://conda.anaconda.org/conda-forge/linux-64/zlib-1.3-hd590300_0.conda``
    """
    parts = url.partition("#")[0].partition("?")[0].rsplit("/", 3)
    if len(parts) < 3:  # noqa: PLR2004 channel, platform, file
        return None
    found = _ARCHIVE.fullmatch(parts[-1])
    if found is None:
        return None
    name, version, build, kind = found.groups()
    told = {"build": build, "channel": parts[-3], "subdir": parts[-2], "type": kind}
    return name, version, told
