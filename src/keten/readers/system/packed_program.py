"""Programs that are packed (UPX): told as not known, with the reason.

Nothing is unpacked: the packed bytes are the program's own claim, and what unpacks them is code
that runs on them.
"""

from keten.formats.programs import packed
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Scope, Source
from keten.readers.system import _language as language

CEILING = 1 << 30
"""The largest program that is looked at, in bytes."""


def sift(data: bytes) -> bytes:
    """Keep that a program is packed; nothing of any other."""
    return b"UPX" if packed.upx(data) else b""


def read(source: Source) -> Facts:
    """Return the problem that a packed program is."""
    if not source.data:
        return Facts()
    what = "packed with UPX: what the program is built of, and of which version, can not be read"
    advice = "Ship the program unpacked: layers are compressed anyway, and packed code hides."
    return Facts(problems=(language.problem(source.path, what, advice=advice),))


READER = Reader(
    title="Packed program",
    media_type="application/x-executable",
    read=read,
    link=Link.DEPENDENCIES,
    ceiling=CEILING,
    magic=(b"\x7fELF",),
    sift=sift,
    scope=Scope.SYSTEM,
)
