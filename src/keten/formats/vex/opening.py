"""What readers of all formats of VEX begin with."""

from typing import Any

import msgspec

from keten.errors import InputError
from keten.formats import malformed


def opened(decoder: Any, data: bytes, named: str) -> Any:
    """Return what *decoder* makes of a document of the format *named*; InputError for none."""
    try:
        return decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"not {named}: {malformed.why(error)}") from error
