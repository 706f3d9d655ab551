"""A registry that does as a test tells it: token servers, limits, broken downloads, redirects.

``Fake.answers`` maps (method, path without query) to an Answer, or a list of them, used up one
by one, the last for good. Whatever was asked is in ``Fake.asked``.
"""

import contextlib
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from image_builder import Image, Index


@dataclass(frozen=True)
class Answer:
    """*cut*: how many bytes of the body are sent before the connection is closed."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    ranges: bool = True


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Fake:
    host: str
    answers: dict[tuple[str, str], Answer | list[Answer]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    token: str = ""
    challenge: str = ""

    def hold(self, repository: str, one: Image | Index, *tags: str) -> None:
        """Serve an image by its digest and tags."""
        manifests = [one, *one.members] if isinstance(one, Index) else [one]
        for member in manifests:
            index = isinstance(member, Index)
            data = member.data if isinstance(member, Index) else member.manifest
            name = member.digest if isinstance(member, Index) else member.manifest_digest
            told = {"Content-Type": member.media_type, "Docker-Content-Digest": name}
            for reference in (name, *(tags if member is one else ())):
                for method in ("GET", "HEAD"):
                    path = f"/v2/{repository}/manifests/{reference}"
                    self.answers[method, path] = Answer(200, data, told)
            if not index:
                for digest, content in member.blobs().items():
                    self.answers["GET", f"/v2/{repository}/blobs/{digest}"] = Answer(200, content)

    def told(self, method: str, path: str) -> list[Asked]:
        """Return what was asked so."""
        return [one for one in self.asked if (one.method, one.path) == (method, path)]

    def answer(self, one: Asked) -> Answer:
        proof = f"Bearer {self.token}" if self.token and one.path.startswith("/v2/") else ""
        if proof and one.headers.get("authorization") != proof:
            return Answer(401, headers={"WWW-Authenticate": self.challenge})
        found = self.answers.get((one.method, one.path), Answer(404))
        if isinstance(found, list):
            return found.pop(0) if len(found) > 1 else found[0]
        return found


@contextlib.contextmanager
def fake(
    *, tls: Path | None = None, name: str = "localhost", known: Path | None = None
) -> Iterator[Fake]:
    """Serve while the block does; *tls*: a folder with server.crt and server.key.

    *known*: clients must show a certificate of that authority.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            return

        def handle_one(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            at = urlsplit(self.path)
            headers = {key.lower(): value for key, value in self.headers.items()}
            one = Asked(self.command, at.path, at.query, headers, self.rfile.read(length))
            made.asked.append(one)
            self._send(made.answer(one), headers)

        do_GET = do_HEAD = do_POST = do_PUT = handle_one  # noqa: N815 http.server's names

        def _send(self, answer: Answer, headers: dict[str, str]) -> None:
            body, status = answer.body, answer.status
            start = headers.get("range", "")
            self.close_connection = True
            more = dict(answer.headers)
            if start and status == 200 and answer.ranges:
                offset = int(start.removeprefix("bytes=").rstrip("-"))
                more["Content-Range"] = f"bytes {offset}-{len(body) - 1}/{len(body)}"
                body, status = body[offset:], 206
            self.send_response(status)
            for key, value in more.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body if answer.cut is None else body[: answer.cut])

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made = Fake(f"{name}:{server.server_address[1]}")
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls / "server.crt", tls / "server.key")
        if known:
            context.load_verify_locations(known)
            context.verify_mode = ssl.CERT_REQUIRED
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign] # clients break off
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
