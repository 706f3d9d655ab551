"""The licences that a Debian package's ``copyright`` file names.

In the machine-readable form (https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/)
they stand in ``License:`` fields. Other files mostly refer to the texts that every system has, in
``/usr/share/common-licenses`` (Debian Policy 12.5); what they say in prose is not read.
"""

from keten.formats.lazy_pattern import lazy

MAX_BYTES = 2 << 20
MAX_LICENSES = 200
MAX_LENGTH = 200
_HEAD = 4000

_FORMAT = lazy(rb"(?im)^format(?:-specification)?:")
_LICENSE = lazy(rb"(?im)^license:[ \t]*([^\s][^\r\n]{0,199})")
_COMMON = lazy(rb"/usr/share/common-licenses/([A-Za-z][A-Za-z0-9.+-]{0,30})")
_NOT_LICENSES = frozenset({"LICENSE", "COPYING", "README"})


def licenses(data: bytes) -> tuple[str, ...]:
    """Return the licences as written, each once, in order. Reads its own ``digest`` the same."""
    data = data[:MAX_BYTES]
    if _FORMAT.search(data[:_HEAD]):
        found = _LICENSE.findall(data)
        if found:
            return _clean(found)
    return _clean(_COMMON.findall(data))


def digest(data: bytes) -> bytes:
    """Return a machine-readable file that names the same licences and nothing else, or ``b""``."""
    found = licenses(data)
    if not found:
        return b""
    return b"Format: 1.0\n" + b"".join(b"License: %s\n" % name.encode() for name in found)


def _clean(found: list[bytes]) -> tuple[str, ...]:
    names = (name.decode("utf-8", "replace").strip().rstrip(".,;") for name in found)
    names = (" ".join(name.split()) for name in names if name)
    kept = dict.fromkeys(name for name in names if name and name not in _NOT_LICENSES)
    return tuple(kept)[:MAX_LICENSES]
