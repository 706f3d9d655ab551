"""A progress bar on standard error: what, how far, how long. Nothing moves off a terminal."""

import time
from typing import Self, TextIO

PATIENCE = 0.5
"""Seconds of work before anything is shown: short scans stay silent."""
EVERY = 0.1
WIDTH = 24


class Bar:
    """Shows (stage, done, of all). A context manager: it wipes itself at the end."""

    def __init__(self, stream: TextIO, *, shown: bool) -> None:
        self._stream = stream
        self._shown = shown and stream.isatty()
        self._start = self._last = time.monotonic()
        self._drawn = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._drawn:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def tell(self, stage: str, done: int, total: int) -> None:
        """Show how far a stage is, in bytes; a *total* of 0 is "not known"."""
        now = time.monotonic()
        if not self._shown or now - self._start < PATIENCE or now - self._last < EVERY:
            return
        self._last = now
        self._drawn = True
        elapsed = f"{now - self._start:.0f} s"
        if total:
            full = WIDTH * min(done, total) // total
            bar = "#" * full + "." * (WIDTH - full)
            text = f"{stage} [{bar}] {done / 1e6:,.0f} of {total / 1e6:,.0f} MB, {elapsed}"
        else:
            text = f"{stage}, {elapsed}"
        self._stream.write(f"\r\x1b[K{text[:79]}")
        self._stream.flush()
