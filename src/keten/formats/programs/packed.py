"""Programs that UPX packed: what they are built of can not be seen without running code.

UPX's loader stands in an ELF file without section headers, with ``UPX!`` behind the program
headers (l_info) and in the last bytes (PackHeader); see src/stub and src/packhead.cpp of UPX.
"""

from keten.formats.programs import elf
from keten.formats.programs.executable import Buffer

MARK = b"UPX!"
_HEAD, _TAIL = 1024, 64


def upx(data: Buffer) -> bool:
    """Return whether UPX packed an ELF file."""
    if not elf.unnamed(data):
        return False
    return MARK in bytes(data[:_HEAD]) or MARK in bytes(data[max(0, len(data) - _TAIL) :])
