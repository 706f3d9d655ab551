"""A server on this machine that is laid out like OSV's bucket, and misbehaves on demand."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote


class Bucket(ThreadingHTTPServer):
    """Serves the files below *folder*; *asked* is every request's (path, headers).

    *faults* by path: called once per request with the handler and the bytes, and true where it
    answered itself.
    """

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.faults: dict[str, Callable[[Handler, bytes], bool]] = {}
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that hangs up is part of the tests."""


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    server: Bucket

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the name is http.server's
        """Say nothing."""

    def do_GET(self) -> None:
        path = unquote(self.path.partition("?")[0])
        self.server.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
        file = self.server.folder / path.lstrip("/")
        data = file.read_bytes() if file.is_file() else b""
        fault = self.server.faults.get(path)
        with suppress(BrokenPipeError, ConnectionResetError):
            if fault is not None and fault(self, data):
                return
            if not file.is_file():
                self.answer(404, b"no such file")
                return
            self.give(data)

    def give(self, data: bytes) -> None:
        """Answer as a good server does."""
        tag = f'"{sha256(data).hexdigest()[:16]}"'
        headers = {"ETag": tag, "Last-Modified": "Fri, 20 Nov 2026 10:00:00 GMT"}
        if self.headers.get("If-None-Match") == tag:
            self.answer(304, b"", headers)
            return
        begin = self.headers.get("Range", "").removeprefix("bytes=").removesuffix("-")
        if begin and self.headers.get("If-Range") == tag:
            if int(begin) >= len(data):
                self.answer(416, b"")
                return
            headers["Content-Range"] = f"bytes {begin}-{len(data) - 1}/{len(data)}"
            self.answer(206, data[int(begin) :], headers)
            return
        self.answer(200, data, headers)

    def answer(self, status: int, data: bytes, headers: dict[str, str] | None = None) -> bool:
        """Send an answer; *headers* may lie about the length. Return that it was answered."""
        told = {"Content-Length": str(len(data)), **(headers or {})}
        self.send_response(status)
        for name, value in told.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)
        return True

    def hang_up(self) -> bool:
        """End the connection at once; return that it was answered."""
        self.wfile.flush()
        self.close_connection = True
        self.connection.close()
        return True


def cut(handler: Handler, data: bytes, at: int) -> bool:
    """Send the first *at* bytes of the whole file, then hang up."""
    tag = f'"{sha256(data).hexdigest()[:16]}"'
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(data)))
    handler.send_header("ETag", tag)
    handler.end_headers()
    handler.wfile.write(data[:at])
    handler.hang_up()
    return True


PATIENCE = 60
"""Seconds for which a server drips."""


def drip(
    handler: Handler, left: threading.Event, head: bytes = b"HTTP/1.1 200 OK\r\nX-Slow: "
) -> bool:
    """Send *head* and then a byte now and then, as long as somebody listens; tell who *left*."""
    handler.wfile.write(head)
    for _ in range(PATIENCE * 20):
        try:
            handler.wfile.write(b"x")
        except OSError:
            left.set()
            return True
        time.sleep(0.05)
    return True


@contextmanager
def serve(folder: Path) -> Iterator[Bucket]:
    """Serve a folder as long as the context lasts."""
    server = Bucket(folder)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
