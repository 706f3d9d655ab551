"""HTTP/1.1 within bounds: time, bytes, redirects, and whom to speak to.

TLS is checked against the system's authorities (or a file of one's own); plain HTTP is spoken
only to this machine, or where the caller says so. A redirect may go up to https and stay within
the family of the host, and nowhere else. Compressed answers are not asked for and not taken.
HTTPS_PROXY, HTTP_PROXY and NO_PROXY are followed. No credentials are read from anywhere.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urljoin, urlsplit

from msgspec import Struct

from keten import __version__
from keten.errors import CeilingError, NetworkError, UsageError

if TYPE_CHECKING:
    import ssl

MAX_REDIRECTS = 5
MAX_URL = 4096
STALL = 30.0
"""Seconds in which at least a byte must come."""
CHUNK = 1 << 16
_REDIRECTS = (301, 302, 303, 307, 308)
_LOCAL = ("localhost", "127.0.0.1", "::1")
_LABELS = 2


class Rules(Struct, frozen=True):
    """What is allowed. *seconds*: for one exchange, redirects and body in it.

    *authorities* is trusted instead of the system's, *more* besides; *certificate* and its key
    are what we show of ourselves.
    """

    insecure: bool = False
    authorities: Path | None = None
    seconds: float = 900.0
    stall: float = STALL
    more: tuple[Path, ...] = ()
    certificate: tuple[Path, Path] | None = None


class Answer:
    """The head of an answer, and its body to be read once."""

    def __init__(self, url: str, response: HTTPResponse, *, late: Callable[[], bool]) -> None:
        self.url = url
        self.status = response.status
        headers: dict[str, str] = {}
        for name, value in response.getheaders():
            before = headers.get(name.lower())
            headers[name.lower()] = value if before is None else f"{before}, {value}"
        self.headers: Mapping[str, str] = headers
        self._response = response
        self._late = late

    @property
    def length(self) -> int | None:
        """Return the length that the server says the body has, None where it does not say."""
        text = self.headers.get("content-length", "")
        return int(text) if text.isdecimal() and text.isascii() and len(text) < 19 else None  # noqa: PLR2004 an int64

    def body(self, most: int) -> Iterator[bytes]:
        """Yield the body. NetworkError where it ends early, CeilingError where it is too long."""
        if (self.length or 0) > most:
            raise CeilingError(f"{self.url} has {self.length} bytes; at most {most} are taken")
        if self.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
            raise NetworkError(f"{self.url}: compressed, which was not asked for")
        total = 0
        while True:
            try:
                chunk = self._response.read1(CHUNK)
            except (OSError, HTTPException, ValueError) as error:
                raise self._cut(error) from error
            if not chunk:
                break
            total += len(chunk)
            if total > most:
                raise CeilingError(f"{self.url} has more than {most} bytes")
            yield chunk
        if self._late():
            raise self._cut(TimeoutError())
        if self.length is not None and total != self.length:
            raise NetworkError(
                f"{self.url}: {total} of {self.length} bytes came", status=self.status, again=True
            )

    def read(self, most: int) -> bytes:
        """Return the body."""
        return b"".join(self.body(most))

    def _cut(self, error: Exception) -> NetworkError:
        if self._late() or isinstance(error, TimeoutError):
            return NetworkError(f"{self.url}: took too long", again=not self._late())
        return NetworkError(f"{self.url}: cut off: {_why(error)}", again=True)


class Client:
    """Speaks HTTP by *rules*."""

    def __init__(self, rules: Rules | None = None) -> None:
        self.rules = rules or Rules()
        self._context: ssl.SSLContext | None = None

    @contextmanager
    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Iterator[Answer]:
        """Answer a GET, after redirects; whatever its status. NetworkError where none comes."""
        with self.ask("GET", url, headers=headers) as answer:
            yield answer

    @contextmanager
    def ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        follow: bool = True,
    ) -> Iterator[Answer]:
        """Answer a request, after redirects of what may be repeated (GET and HEAD).

        Not *follow*: a redirect is handed out as the answer, for a caller with rules of its own.
        """
        ends = time.monotonic() + self.rules.seconds
        at = self.allowed(url)
        for _ in range(MAX_REDIRECTS + 1):
            connection, path = self._connect(at)
            watch = _Watch(connection, ends)
            try:
                response = self._send(connection, (method, path), headers or {}, body, watch)
                answer = Answer(at.geturl(), response, late=watch.late)
                if not follow or answer.status not in _REDIRECTS or method not in ("GET", "HEAD"):
                    yield answer
                    return
                at = self._onward(at, answer.headers.get("location", ""))
            finally:
                watch.stop()
                connection.close()
        raise NetworkError(f"{url}: more than {MAX_REDIRECTS} redirects")

    def allowed(self, url: str) -> SplitResult:
        """Return the parts of a URL; UsageError where it is none that may be spoken to."""
        if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or " " in url:
            raise UsageError(f"{url[:80]}: no URL")
        try:
            at = urlsplit(url)
            host, _ = at.hostname, at.port
        except ValueError as error:
            raise UsageError(f"{url}: no URL: {error}") from error
        if at.scheme not in ("http", "https") or not host:
            raise UsageError(
                f"{url}: a URL begins with https://",
                advice="A folder or file is named by its path.",
            )
        if at.username is not None:
            raise UsageError(f"{at.scheme}://…@{host}: no passwords in URLs")
        if at.scheme == "http" and host not in _LOCAL and not self.rules.insecure:
            raise UsageError(
                f"{url} is not encrypted", advice="Use https, or --insecure if you know the way."
            )
        return at

    def _onward(self, at: SplitResult, location: str) -> SplitResult:
        try:
            target = urljoin(at.geturl(), location)
            to = self.allowed(target)
        except (UsageError, ValueError) as error:
            raise NetworkError(
                f"{at.geturl()}: redirects to what is not allowed: {error}"
            ) from error
        if not location or (at.scheme, to.scheme) == ("https", "http"):
            raise NetworkError(f"{at.geturl()}: redirects to {target[:200]}: not encrypted")
        if not kin(at.hostname or "", to.hostname or ""):
            raise NetworkError(
                f"{at.geturl()}: redirects to another host, {to.hostname}",
                advice="If that is right, name the other address yourself.",
            )
        return to

    def _connect(self, at: SplitResult) -> tuple[HTTPConnection, str]:
        """Return a connection (not yet open) and what to ask it for."""
        host = at.hostname or ""
        path = (at.path or "/") + (f"?{at.query}" if at.query else "")
        proxy = None if host in _LOCAL else _proxy(at.scheme, at.netloc)
        port = at.port or (443 if at.scheme == "https" else 80)
        connection: HTTPConnection
        if at.scheme == "https":
            context = self._trusted()
            if proxy is not None:
                connection = HTTPSConnection(
                    proxy.hostname or "",
                    proxy.port or 80,
                    timeout=self.rules.stall,
                    context=context,
                )
                connection.set_tunnel(host, port)
                return connection, path
            connection = HTTPSConnection(host, port, timeout=self.rules.stall, context=context)
            return connection, path
        if proxy is not None:
            connection = HTTPConnection(
                proxy.hostname or "", proxy.port or 80, timeout=self.rules.stall
            )
            return connection, at.geturl()
        return HTTPConnection(host, port, timeout=self.rules.stall), path

    def _trusted(self) -> "ssl.SSLContext":
        """Return what TLS is checked against; read once, which takes 30 ms."""
        import ssl

        if self._context is None:
            rules = self.rules
            named = rules.authorities
            try:
                context = ssl.create_default_context(cafile=str(named) if named else None)
                for named in rules.more:
                    context.load_verify_locations(cafile=str(named))
                if rules.certificate is not None:
                    named, key = rules.certificate
                    context.load_cert_chain(str(named), str(key))
            except (OSError, ssl.SSLError) as error:
                raise UsageError(f"{named}: no certificates: {error}") from error
            self._context = context
        return self._context

    def _send(
        self,
        connection: HTTPConnection,
        what: tuple[str, str],
        headers: Mapping[str, str],
        body: bytes | None,
        watch: "_Watch",
    ) -> HTTPResponse:
        sent = {"User-Agent": f"keten/{__version__}", "Accept-Encoding": "identity", **headers}
        name = f"{connection.host}:{connection.port}"
        try:
            connection.request(*what, body=body, headers=sent)
            return connection.getresponse()
        except (OSError, HTTPException, ValueError) as error:
            if watch.late() or isinstance(error, TimeoutError):
                raise NetworkError(f"{name}: took too long", again=not watch.late()) from error
            again = type(error).__name__ != "SSLCertVerificationError"
            raise NetworkError(f"{name}: no answer: {_why(error)}", again=again) from error


class _Watch:
    """Ends a connection when its time is over, however slowly it still speaks."""

    def __init__(self, connection: HTTPConnection, ends: float) -> None:
        self._ends = ends
        self._connection = connection
        self._timer = threading.Timer(max(0.0, ends - time.monotonic()), self._end)
        self._timer.daemon = True
        self._timer.start()

    def _end(self) -> None:
        import socket

        sock = self._connection.sock
        if sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return

    def late(self) -> bool:
        return time.monotonic() >= self._ends

    def stop(self) -> None:
        self._timer.cancel()


def kin(host: str, other: str) -> bool:
    """Return whether two hosts are one family: the same, or names with one parent domain."""
    if host == other:
        return True
    mine, theirs = host.lower().split("."), other.lower().split(".")
    if mine[-1].isdecimal() or ":" in host or min(len(mine), len(theirs)) < _LABELS:
        return False
    return mine[-_LABELS:] == theirs[-_LABELS:]


def _proxy(scheme: str, netloc: str) -> SplitResult | None:
    from urllib.request import getproxies, proxy_bypass

    proxies = getproxies()
    if scheme not in proxies or proxy_bypass(netloc):
        return None
    text = proxies[scheme]
    found = urlsplit(text if "://" in text else f"http://{text}")
    if found.scheme != "http" or not found.hostname:
        raise UsageError(f"{scheme.upper()}_PROXY: keten speaks to proxies over http only")
    return found


def _why(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text)[:200]
