"""TLS within TLS: what is said to a server through a proxy that itself is reached by TLS.

Python's sockets can be wrapped once. Here the inner layer works in memory, and its records go
over the outer socket. It answers what ``http.client`` asks of a socket and no more.
"""

import io
import ssl
from collections.abc import Callable
from typing import Any

CHUNK = 1 << 16


class Layered:
    """A socket-like TLS connection over *outer*, which it owns; *name* is whom it checks for."""

    def __init__(self, outer: ssl.SSLSocket, context: ssl.SSLContext, name: str) -> None:
        self._outer = outer
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_hostname=name)
        self._readers = 0
        self._closed = False
        self._do(self._tls.do_handshake)

    def sendall(self, data: Any) -> None:
        """Send all of *data*."""
        rest = memoryview(data).cast("B")
        while rest:
            rest = rest[self._do(lambda: self._tls.write(rest)) :]  # noqa: B023 called at once

    def recv_into(self, buffer: memoryview) -> int:
        """Fill *buffer* with what comes; return how much it was, 0 at the end."""
        try:
            return int(self._do(lambda: self._tls.read(len(buffer), buffer)))
        except ssl.SSLZeroReturnError:
            return 0

    def makefile(self, mode: str) -> io.BufferedReader:
        """Return a reader; the connection stays until it too is closed."""
        assert mode == "rb"
        self._readers += 1
        return io.BufferedReader(_Raw(self), CHUNK)

    def shutdown(self, how: int) -> None:
        """End what is waited for."""
        self._outer.shutdown(how)

    def close(self) -> None:
        """Close it, once nobody reads from it any more."""
        self._closed = True
        self._close_unread()

    def left(self) -> None:
        """Note that a reader was closed."""
        self._readers -= 1
        self._close_unread()

    def _close_unread(self) -> None:
        if self._closed and self._readers <= 0:
            self._outer.close()

    def _do(self, call: Callable[[], Any]) -> Any:
        while True:
            try:
                result = call()
            except ssl.SSLWantReadError:
                self._flush()
                if data := self._outer.recv(CHUNK):
                    self._in.write(data)
                else:
                    self._in.write_eof()
                continue
            except ssl.SSLCertVerificationError:
                self._flush()  # the other side is told why
                raise
            self._flush()
            return result

    def _flush(self) -> None:
        if data := self._out.read():
            self._outer.sendall(data)


class _Raw(io.RawIOBase):
    def __init__(self, layered: Layered) -> None:
        super().__init__()
        self._layered = layered

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._layered.recv_into(memoryview(buffer).cast("B"))

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._layered.left()
