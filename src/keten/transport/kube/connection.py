"""A connection to an API server: TLS as the account says, through a proxy where it says so."""

import contextlib
import socket
import ssl
import tempfile
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from keten.errors import InputError, NetworkError, UsageError
from keten.transport.kube.account import Server
from keten.transport.kube.layered import Layered

STALL = 60.0
"""Seconds in which at least a byte must come."""
_LOCAL = ("localhost", "127.0.0.1", "::1")
_SOCKS = ("socks5", "socks5h")
_LONGEST_NAME = 255


def located(server: Server) -> SplitResult:
    """Return the parts of the server's URL; UsageError where it is none to speak to."""
    try:
        at = urlsplit(server.url)
        host, _ = at.hostname, at.port
    except ValueError as error:
        raise UsageError(f"kubeconfig: server {server.url!r}: {error}") from error
    if at.scheme not in ("http", "https") or not host or at.query or at.fragment:
        raise UsageError(f"kubeconfig: server {server.url!r} is no URL of an API server")
    if at.username is not None:
        raise UsageError("kubeconfig: server: no passwords in URLs")
    if at.scheme == "http" and host not in _LOCAL:
        raise UsageError(
            f"kubeconfig: server {server.url} is not encrypted",
            advice="Credentials go over https only (or to this machine: kubectl proxy).",
        )
    return at


def trusted(server: Server, certificate: bytes, key: bytes) -> ssl.SSLContext:
    """Return what TLS is checked with, and what is shown of ourselves."""
    try:
        text = server.authority.decode("ascii") if server.authority is not None else None
        context = ssl.create_default_context(cadata=text)
    except (UnicodeDecodeError, ssl.SSLError, ValueError) as error:
        raise InputError(f"kubeconfig: certificate-authority: no certificates: {error}") from error
    # As Go judges: cluster authorities often lack extensions that strict checking asks for,
    # and a certificate that is trusted itself needs no issuer.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if server.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if certificate:
        _show(context, certificate, key)
    return context


def _show(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """Load our certificate: OpenSSL takes it from a file only, which is gone at once."""
    with tempfile.TemporaryDirectory(prefix="keten-kube-") as folder:
        file = Path(folder, "client.pem")
        file.touch(mode=0o600)
        file.write_bytes(certificate.rstrip(b"\n") + b"\n" + key)
        try:
            context.load_cert_chain(str(file), password=_no_password)
        except (ssl.SSLError, ValueError) as error:
            raise InputError(
                f"the client certificate or its key can not be used: {error}"
            ) from error


def _no_password() -> str:
    raise ValueError("the key is encrypted")


class _Named(HTTPSConnection):
    """TLS that checks, and asks for, another name than the host's (tls-server-name)."""

    def __init__(self, host: str, port: int, *, name: str, context: ssl.SSLContext) -> None:
        super().__init__(host, port, timeout=STALL, context=context)
        self._name = name
        self._tls = context

    def connect(self) -> None:
        HTTPConnection.connect(self)
        if isinstance(self.sock, ssl.SSLSocket):  # the proxy's
            self.sock = Layered(self.sock, self._tls, self._name)
        else:
            self.sock = self._tls.wrap_socket(self.sock, server_hostname=self._name)


def connect(server: Server, context: ssl.SSLContext | None) -> HTTPConnection:
    """Return a connection that is not yet open; *context* is None for plain HTTP."""
    at = located(server)
    host = at.hostname or ""
    proxy = _proxy(server, at)
    port = at.port or (443 if context is not None else 80)
    first, first_port = host, port
    if proxy is not None and proxy.scheme not in _SOCKS:
        first = proxy.hostname or ""
        first_port = proxy.port or (443 if proxy.scheme == "https" else 80)
    made: HTTPConnection
    if context is None:
        made = HTTPConnection(first, first_port, timeout=STALL)
    else:
        made = _Named(first, first_port, name=server.name or host, context=context)
    if proxy is None:
        return made
    if proxy.scheme in _SOCKS:
        made._create_connection = lambda _, *rest: _socks(proxy, (host, port), *rest)  # type: ignore[attr-defined]  # noqa: SLF001 the one hook there is
        return made
    if proxy.scheme == "https":
        made._create_connection = lambda to, *rest: _to_proxy(server, to, *rest)  # type: ignore[attr-defined]  # noqa: SLF001 the one hook there is
    made.set_tunnel(host, port, headers=_basic(proxy))
    return made


def _to_proxy(server: Server, to: tuple[str, int], *rest: Any) -> ssl.SSLSocket:
    """Return a TLS connection to a proxy: trusted is what signs for it, or for the cluster.

    Our own certificate is for the cluster, and not shown to it.
    """
    context = trusted(server, b"", b"")
    if server.authority is not None and not server.insecure:
        context.load_default_certs()
    with contextlib.ExitStack() as undo:
        sock = socket.create_connection(to, *rest)
        undo.callback(sock.close)
        made = context.wrap_socket(sock, server_hostname=to[0])
        undo.pop_all()
    return made


def _proxy(server: Server, at: SplitResult) -> SplitResult | None:
    """Return the proxy that the kubeconfig names, else the environment's."""
    text = server.proxy
    if not text:
        if at.hostname in _LOCAL:
            return None
        from urllib.request import getproxies, proxy_bypass

        text = getproxies().get(at.scheme, "")
        if not text or proxy_bypass(at.netloc):
            return None
    try:
        found = urlsplit(text if "://" in text else f"http://{text}")
        host, _ = found.hostname, found.port
    except ValueError as error:
        raise UsageError(f"the proxy {text[:80]!r} is no URL: {error}") from error
    if found.scheme not in ("http", "https", *_SOCKS) or not host:
        raise UsageError(
            f"keten speaks to proxies over http, https and socks5 only, not {found.scheme}",
            advice="Name another in proxy-url or HTTPS_PROXY.",
        )
    return found


def _basic(proxy: SplitResult) -> dict[str, str]:
    if proxy.username is None:
        return {}
    import base64

    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def _socks(proxy: SplitResult, to: tuple[str, int], *rest: Any) -> socket.socket:
    """Return a socket to *to* through a SOCKS 5 proxy (RFC 1928; passwords: RFC 1929)."""
    timeout = rest[0] if rest else STALL
    with contextlib.ExitStack() as undo:
        sock = socket.create_connection((proxy.hostname or "", proxy.port or 1080), timeout)
        undo.callback(sock.close)
        _greet(sock, proxy)
        _through(sock, to)
        undo.pop_all()
    return sock


def _through(sock: socket.socket, to: tuple[str, int]) -> None:
    name = to[0].encode("idna")
    if len(name) > _LONGEST_NAME:
        raise NetworkError(f"{to[0][:80]}: a name too long for SOCKS")
    sock.sendall(b"\x05\x01\x00\x03" + bytes([len(name)]) + name + to[1].to_bytes(2, "big"))
    head = _exactly(sock, 4)
    if head[1]:
        raise NetworkError(f"the SOCKS proxy refuses ({head[1]})", again=True)
    length = {1: 4, 4: 16}.get(head[3])
    _exactly(sock, (length if length is not None else _exactly(sock, 1)[0]) + 2)


def _greet(sock: socket.socket, proxy: SplitResult) -> None:
    known = proxy.username is not None
    sock.sendall(b"\x05\x01" + (b"\x02" if known else b"\x00"))
    answer = _exactly(sock, 2)
    if answer != (b"\x05\x02" if known else b"\x05\x00"):
        raise NetworkError("the SOCKS proxy wants another way to log in")
    if known:
        name = unquote(proxy.username or "").encode()[:_LONGEST_NAME]
        word = unquote(proxy.password or "").encode()[:_LONGEST_NAME]
        sock.sendall(b"\x01" + bytes([len(name)]) + name + bytes([len(word)]) + word)
        if _exactly(sock, 2)[1]:
            raise NetworkError("the SOCKS proxy refuses the password")


def _exactly(sock: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = sock.recv(count - len(data))
        if not part:
            raise NetworkError("the SOCKS proxy hung up", again=True)
        data += part
    return data
