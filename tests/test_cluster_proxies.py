"""Proxies that are reached by TLS themselves: a server by TLS within TLS."""

import http.server
import select
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from keten.errors import NetworkError
from keten.transport.kube.account import Account, Identity, Server
from keten.transport.kube.client import Client

_BODY = b'{"items": "' + b"x" * 400_000 + b'"}'


class Ends:
    """A TLS server and a TLS proxy on ports of their own; *seen* is what the proxy was asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seen: list[bytes] = []
        self.shown: list[Any] = []
        self.headers: list[dict[str, str]] = []
        self.port = self.proxy = 0

    def pem(self, name: str) -> bytes:
        """Return the certificate of ``server`` or ``proxy``."""
        return (self.folder / f"{name}.crt").read_bytes()

    def context(self, name: str) -> ssl.SSLContext:
        """Return what that side serves with."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(self.folder / f"{name}.crt", self.folder / f"{name}.key")
        return made


def _certificate(folder: Path, name: str) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}.example,IP:127.0.0.1",
         "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.crt"],
        check=True, capture_output=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ends]:
    made = Ends(tmp_path_factory.mktemp("tls"))
    for name in ("server", "proxy", "me"):
        _certificate(made.folder, name)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            made.headers.append(dict(self.headers.items()))
            self.send_response(200)
            self.send_header("Content-Length", str(len(_BODY)))
            if self.path == "/close":
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(_BODY)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.socket = made.context("server").wrap_socket(server.socket, server_side=True)
    made.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    listener = socket.create_server(("127.0.0.1", 0))
    made.proxy = listener.getsockname()[1]
    threading.Thread(target=_accept, args=(listener, made), daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()
    listener.close()


def _accept(listener: socket.socket, ends: Ends) -> None:
    context = ends.context("proxy")
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_verify_locations(cadata=ends.pem("me").decode())
    while True:
        try:
            sock, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_tunnel, args=(sock, context, ends), daemon=True).start()


def _tunnel(plain: socket.socket, context: ssl.SSLContext, ends: Ends) -> None:
    try:
        sock = context.wrap_socket(plain, server_side=True)
    except OSError:
        return
    ends.shown.append(sock.getpeercert())
    ends.seen.append(sock.recv(4096))
    to = socket.create_connection(("127.0.0.1", ends.port))
    sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
    sock.settimeout(0.2)
    with sock, to:
        while True:
            if not sock.pending():
                ready, _, _ = select.select([sock, to], [], [], 5)
                if not ready:
                    return
                if to in ready:
                    data = to.recv(1 << 16)
                    if not data:
                        return
                    sock.settimeout(5)
                    sock.sendall(data)
                    sock.settimeout(0.2)
                    continue
            try:
                data = sock.recv(1 << 16)
            except TimeoutError:
                continue
            except OSError:
                return
            if not data:
                return
            to.sendall(data)


def account(ends: Ends, *, trusts: tuple[str, ...] = ("server", "proxy"), **more: Any) -> Account:
    authority = b"".join(ends.pem(name) for name in trusts)
    proxy = f"https://me:word@127.0.0.1:{ends.proxy}"
    server = Server("https://server.example:6443", authority, proxy=proxy, **more)
    key = (ends.folder / "me.key").read_bytes()
    return Account(server, Identity(token="mine", certificate=ends.pem("me"), key=key))


def test_a_server_is_reached_through_a_proxy_by_tls(ends: Ends) -> None:
    """Neither the token nor our certificate is shown to the proxy; connections are kept."""
    ends.seen.clear()
    ends.shown.clear()
    with Client(account(ends)) as client:
        for path in ("/a", "/b", "/close", "/c"):
            reply = client.get(path)
            assert (reply.status, reply.body) == (200, _BODY)

    assert len(ends.seen) == 2  # a and b on one, one more after the server closed it
    assert ends.seen[0].startswith(b"CONNECT server.example:6443 ")
    assert b"Proxy-Authorization: Basic " in ends.seen[0]
    assert not any(b"mine" in said for said in ends.seen)
    assert not any(ends.shown)
    assert ends.headers[-1]["Authorization"] == "Bearer mine"


@pytest.mark.parametrize("trusts", [("server",), ("proxy",)])
def test_both_certificates_are_checked(ends: Ends, trusts: tuple[str, ...]) -> None:
    with (
        Client(account(ends, trusts=trusts), wait=lambda _: None) as client,
        pytest.raises(NetworkError, match=r"verif|certificate"),
    ):
        client.get("/a")


def test_the_name_of_the_server_is_checked(ends: Ends) -> None:
    with (
        Client(account(ends, name="proxy.example"), wait=lambda _: None) as client,
        pytest.raises(NetworkError, match=r"proxy\.example"),
    ):
        client.get("/a")
    with Client(account(ends, name="127.0.0.1")) as client:
        assert client.get("/a").status == 200


def test_a_proxy_that_hangs_up_is_told(ends: Ends) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]

    def work() -> None:
        for _ in range(5):
            sock, _ = listener.accept()
            sock.close()

    threading.Thread(target=work, daemon=True).start()
    server = Server("https://server.example", ends.pem("server"), proxy=f"https://127.0.0.1:{port}")
    with (
        Client(Account(server, Identity()), wait=lambda _: None) as client,
        pytest.raises(NetworkError, match=r"no answer|hung up"),
    ):
        client.get("/a")
    listener.close()
