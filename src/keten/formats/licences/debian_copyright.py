"""The licences that a Debian package's ``copyright`` file names.

In the machine-readable form (https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/)
they stand in ``License:`` fields. Other files mostly refer to the texts that every system has, in
``/usr/share/common-licenses`` (Debian Policy 12.5); what they say in prose is not read.
"""

from keten.formats.lazy_pattern import lazy
from keten.formats.licences import licenses as spdx

MAX_BYTES = 2 << 20
MAX_LICENSES = 200
_HEAD = 4000

_FORMAT = lazy(rb"(?im)^format(?:-specification)?:")
_LICENSE = lazy(rb"(?im)^license:[ \t]*([^\s][^\r\n]{0,199})")
_COMMON = lazy(rb"/usr/share/common-licenses/([A-Za-z][A-Za-z0-9.+-]{0,30})")
_NOT_LICENSES = frozenset({"LICENSE", "COPYING", "README"})


def licenses(data: bytes) -> tuple[str, ...]:
    """Return the licences as SPDX expressions, or as written, each once, in order.

    Of what ``digest`` made it returns the same as of the file that it was made of.
    """
    if data.startswith(_DIGEST):
        lines = data[:MAX_BYTES].decode("utf-8", "replace").split("\n")[1:]
        return tuple(filter(None, lines))
    data = data[:MAX_BYTES]
    if _FORMAT.search(data[:_HEAD]):
        found = _LICENSE.findall(data)
        if found:
            return _clean(found)
    return _clean(_COMMON.findall(data))


def digest(data: bytes) -> bytes:
    """Return the few bytes that name the same licences, or ``b""``."""
    found = licenses(data)
    return _DIGEST + "\n".join(found).encode() if found else b""


def _clean(found: list[bytes]) -> tuple[str, ...]:
    names = []
    for name in dict.fromkeys(found):
        text = " ".join(name.decode("utf-8", "replace").split()).rstrip(".,;")
        if text and text not in _NOT_LICENSES:
            names.append(text)
    return spdx.gather(names[:MAX_LICENSES])


_DIGEST = b"Format: keten 1\n"
