"""A thin client of the Kubernetes API: GET, kept-alive connections, bounds.

What is bounded: the time of a request, the bytes of an answer (also after decompression), the
tries and the wait between them. No redirect is followed: credentials go to the server that the
kubeconfig names and to no other. Source: Kubernetes API concepts; RFC 9110.
"""

import socket
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from keten import __version__
from keten.errors import CeilingError, InputError, NetworkError
from keten.transport.kube.account import Account
from keten.transport.kube.connection import connect, located, trusted
from keten.transport.kube.proof import Proof

if TYPE_CHECKING:
    import ssl

BYTES = 96 << 20
"""The most bytes of one answer, decompressed."""
SECONDS = 180.0
"""The longest that one answer may take."""
LIFE = 3600.0
"""The longest that one client asks, in seconds."""
TRIES = 5
PATIENCE = 10
"""The tries where the server says how long to wait (429 of its priority and fairness)."""
BACK_OFF = 0.5
"""Seconds before the second try; doubled for each after it."""
MOST_WAIT = 30.0
"""The longest that a server may make us wait for one try (Retry-After), in seconds."""
SAID = 200  # characters of what a server said that are told on
CHUNK = 1 << 18
JSON = "application/json"
_BUSY = (429, 500, 502, 503, 504)
_FINE, _ELSEWHERE = range(200, 300), range(300, 400)
_UNAUTHORISED, _TOO_MANY = 401, 429
_DOUBLED = 4  # times that the wait is doubled


class Reply(Struct):
    """An answer: its *status*, *headers* (lower case) and *body*."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Status(Struct, frozen=True):
    message: str = ""
    reason: str = ""


class Client:
    """Asks the API server of one account. Safe among threads: each has its own connection."""

    def __init__(self, account: Account, *, wait: Callable[[float], None] = time.sleep) -> None:
        self.account = account
        self._proof = Proof(account)
        self._wait = wait
        self._mine = threading.local()
        self._lock = threading.Lock()
        self._open: list[HTTPConnection] = []
        self._context: tuple[bytes, ssl.SSLContext] | None = None
        self._at = located(account.server)
        self._ends = time.monotonic() + LIFE

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            for connection in self._open:
                connection.close()
            self._open.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get(
        self,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        accept: str = JSON,
        most: int = BYTES,
    ) -> Reply:
        """Return the answer to GET *path*, whatever its status below 500.

        NetworkError where none comes after TRIES (PATIENCE where the server is only busy and
        says for how long), where it is a redirect, or where the server knows us not (401);
        CeilingError for an answer of more than *most* bytes.
        """
        target = self._at.path.rstrip("/") + path + (f"?{urlencode(query)}" if query else "")
        renewed = False
        for attempt in range(1, PATIENCE + 1):
            if time.monotonic() > self._ends:
                raise NetworkError(f"{self._at.netloc}: took more than {LIFE:g} seconds in all")
            last = attempt >= TRIES
            try:
                reply = self._once(target, accept, most)
            except NetworkError as error:
                if last or not error.again:
                    raise
                self._wait(BACK_OFF * 2 ** (attempt - 1))
                continue
            if reply.status == _UNAUTHORISED and not renewed and self._proof.renew():
                renewed = True
                self._drop()
                continue
            if reply.status in _BUSY and (not last or (_queued(reply) and attempt < PATIENCE)):
                self._wait(_pause(reply, attempt))
                continue
            return self._judged(reply, path, attempt)
        raise AssertionError("unreachable")

    def answers(self) -> bool:
        """Return whether the server answers at all, whatever it says."""
        try:
            self.get("/version", most=1 << 16)
        except NetworkError as error:
            return bool(error.status)
        except CeilingError:
            pass
        return True

    def _judged(self, reply: Reply, path: str, tries: int) -> Reply:
        where = self._at.netloc
        if reply.status == _UNAUTHORISED:
            raise NetworkError(
                f"{where} does not know who asks (401): {said(reply)}",
                status=401,
                advice=self._login(),
            )
        if reply.status in _ELSEWHERE:
            to = reply.headers.get("location", "")[:SAID]
            raise NetworkError(
                f"{where}{path} redirects to {to!r}: not followed, credentials stay here",
                status=reply.status,
            )
        if reply.status in _BUSY:
            raise NetworkError(
                f"{where}{path}: status {reply.status} after {tries} tries: {said(reply)}",
                status=reply.status,
                advice="Try again later.",
            )
        return reply

    def _login(self) -> str:
        if self.account.identity.username:
            return (
                "API servers take no names and passwords since Kubernetes 1.19: use a token, a "
                "client certificate or a credential plugin."
            )
        return "Log in anew: the token or certificate of the kubeconfig may have ended."

    def _once(self, target: str, accept: str, most: int) -> Reply:
        connection, kept = self._connection()
        try:
            return self._exchange(connection, target, accept, most)
        except _Stale:
            self._drop()
            if not kept:
                raise NetworkError(f"{self._at.netloc}: hung up", again=True) from None
            connection, _ = self._connection()  # the server closed what we kept: once anew
            try:
                return self._exchange(connection, target, accept, most)
            except _Stale:
                self._drop()
                raise NetworkError(f"{self._at.netloc}: hung up", again=True) from None

    def _connection(self) -> tuple[HTTPConnection, bool]:
        found = getattr(self._mine, "connection", None)
        if found is not None:
            return found, True
        made = connect(self.account.server, self._trusted())
        self._mine.connection = made
        with self._lock:
            self._open.append(made)
        return made, False

    def _drop(self) -> None:
        found = getattr(self._mine, "connection", None)
        self._mine.connection = None
        if found is not None:
            found.close()
            with self._lock, suppress(ValueError):
                self._open.remove(found)

    def _trusted(self) -> "ssl.SSLContext | None":
        if self._at.scheme != "https":
            return None
        certificate, key = self._proof.certificate()
        with self._lock:
            if self._context is None or self._context[0] != certificate:
                made = trusted(self.account.server, certificate, key)
                self._context = certificate, made
            return self._context[1]

    def _exchange(self, connection: HTTPConnection, target: str, accept: str, most: int) -> Reply:
        headers = self._proof.headers()
        ends = time.monotonic() + SECONDS
        timer = threading.Timer(SECONDS, _end, (connection,))
        timer.daemon = True
        timer.start()
        fresh, whole = connection.sock is None, False
        try:
            connection.putrequest("GET", target, skip_accept_encoding=True)
            connection.putheader("User-Agent", f"keten/{__version__}")
            connection.putheader("Accept", accept)
            gzip = self.account.server.compressed
            connection.putheader("Accept-Encoding", "gzip" if gzip else "identity")
            for name, value in headers:
                connection.putheader(name, value)
            connection.endheaders()
            response = connection.getresponse()
            body = _body(response, most)
            found = {name.lower(): value for name, value in response.getheaders()}
            whole = not response.will_close
        except (ConnectionError, HTTPException) as error:
            if time.monotonic() >= ends:
                raise NetworkError(f"{self._at.netloc}: took too long") from error
            if fresh:
                raise self._failed(error) from error
            raise _Stale from error
        except (OSError, ValueError) as error:
            if isinstance(error, TimeoutError) or time.monotonic() >= ends:
                raise NetworkError(f"{self._at.netloc}: took too long") from error
            raise self._failed(error) from error
        finally:
            timer.cancel()
            if not whole:
                self._drop()
        return Reply(response.status, found, body)

    def _failed(self, error: Exception) -> NetworkError:
        kind = type(error).__name__
        why = getattr(error, "verify_message", "") or getattr(error, "strerror", None) or error
        advice = ""
        if kind == "SSLCertVerificationError":
            advice = "Is certificate-authority-data of the kubeconfig this cluster's?"
        again = isinstance(error, ConnectionError | HTTPException)
        return NetworkError(
            f"{self._at.netloc}: no answer: {str(why)[:SAID]}", again=again, advice=advice
        )


class _Stale(Exception):  # noqa: N818 no error: a connection that was kept is no more
    """The server closed a connection that was kept."""


def _end(connection: HTTPConnection) -> None:
    sock = connection.sock
    if sock is not None:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


def _body(response: HTTPResponse, most: int) -> bytes:
    """Return the whole body, unpacked; CeilingError beyond *most* bytes."""
    coding = (response.getheader("Content-Encoding") or "identity").lower()
    if coding not in ("identity", "gzip", ""):
        raise NetworkError(f"an answer in {coding[:20]}, which was not asked for")
    unpack = zlib.decompressobj(31) if coding == "gzip" else None
    parts: list[bytes] = []
    size = 0
    while chunk := response.read(CHUNK):
        rest = chunk
        while rest:
            try:
                part = rest if unpack is None else unpack.decompress(rest, CHUNK)
            except zlib.error as error:
                raise NetworkError(f"an answer that is no gzip: {error}", again=True) from error
            rest = b"" if unpack is None else unpack.unconsumed_tail
            size += len(part)
            if size > most:
                raise CeilingError(f"an answer of more than {most:,} bytes")
            parts.append(part)
    if response.length or (unpack is not None and not unpack.eof):
        raise NetworkError("an answer that was cut off", again=True)
    return b"".join(parts)


def _told(reply: Reply) -> float | None:
    """Return the seconds that Retry-After says; None for a date, which no API server sends."""
    text = reply.headers.get("retry-after", "")
    return float(text) if text.isdecimal() and text.isascii() and len(text) < 8 else None  # noqa: PLR2004 years


def _queued(reply: Reply) -> bool:
    """Return whether the server has too much to do just now (API Priority and Fairness)."""
    told = _told(reply)
    return reply.status == _TOO_MANY and told is not None and told <= MOST_WAIT


def _pause(reply: Reply, attempt: int) -> float:
    told = _told(reply)
    own = float(BACK_OFF * 2 ** min(attempt - 1, _DOUBLED))
    return own if told is None else min(max(told, own), MOST_WAIT)


def said(reply: Reply) -> str:
    """Return what an answer that tells of an error says, in a line."""
    try:
        told = msgspec.json.decode(reply.body, type=_Status)
        text = told.message or told.reason
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        text = reply.body[:SAID].decode("utf-8", "replace")
    line = " ".join(text.split())[:SAID]
    return "".join(c if c.isprintable() else "?" for c in line)


def decoded(reply: Reply, form: type[Any], what: str) -> Any:
    """Return a body as *form*; InputError for what is not of it, or was not given."""
    if reply.status not in _FINE:
        raise InputError(f"{what}: status {reply.status}: {said(reply)}")
    try:
        return msgspec.json.decode(reply.body, type=form)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{what}: not as the API has it: {str(error)[:SAID]}") from error
