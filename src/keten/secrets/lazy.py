"""Python patterns that are compiled when they are first used: most scans need few of them."""

import re
from typing import Any


class Lazy:
    """A pattern of ``re`` over bytes; its methods are those of the compiled pattern."""

    def __init__(self, source: bytes, flags: int = 0) -> None:
        self._source = source
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        compiled = re.compile(self._source, self._flags)
        self.__dict__.update(
            search=compiled.search,
            match=compiled.match,
            fullmatch=compiled.fullmatch,
            findall=compiled.findall,
            finditer=compiled.finditer,
        )
        return getattr(compiled, name)
