"""Regular expressions that are compiled when first used.

Every scan imports every reader, and most find none of their files: what they would match with
need not be compiled for that.
"""

import re
from typing import Any, AnyStr, cast

_METHODS = ("match", "fullmatch", "search", "findall", "finditer", "sub", "split")


class _Lazy:
    def __init__(self, pattern: Any, flags: int) -> None:
        self._pattern = pattern
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        """Compile, and from then on be the pattern's own methods."""
        compiled = re.compile(self._pattern, self._flags)
        for method in _METHODS:
            setattr(self, method, getattr(compiled, method))
        return getattr(compiled, name)


def lazy(pattern: AnyStr, flags: int = 0) -> "re.Pattern[AnyStr]":
    """Return what behaves as ``re.compile(pattern, flags)`` and costs nothing until it is used."""
    return cast("re.Pattern[AnyStr]", _Lazy(pattern, flags))
