"""Proof of who asks: challenges (RFC 7235, 6750), tokens (distribution's token.md), basic.

A token is asked of the realm that the registry names, if that is asked over TLS or is the very
host of a registry that is itself spoken to without TLS. Nothing is sent to anybody else.
"""

import base64
import re
import time
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

import msgspec
from msgspec import Struct

from keten.errors import InputError, NetworkError
from keten.transport.http import Client
from keten.transport.image.credentials import Credential

TOKEN_BYTES = 1 << 20
"""The largest answer with a token, in bytes."""
CHALLENGE = 8192
"""The longest challenge that is read, in characters."""
SHORTEST = 60.0
"""Seconds that a token is good for where the answer does not say."""
LONGEST = 3600.0
_EARLY = 10.0
_OK = 200
_SCHEME = re.compile(r"\s*,?\s*([A-Za-z][A-Za-z0-9!#$&^_.+-]*)(?:\s+|$)")
_PARAMETER = re.compile(
    r'\s*,?\s*([A-Za-z][A-Za-z0-9_-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))'
)


class Challenge(Struct, frozen=True):
    """One challenge of WWW-Authenticate: *scheme* and the names of its parameters in lower case."""

    scheme: str
    parameters: dict[str, str]


class _Token(Struct, frozen=True):
    token: str | None = None
    access_token: str | None = None
    expires_in: float | None = None


def challenges(header: str) -> list[Challenge]:
    """Return the challenges of a header; what is malformed ends it."""
    text, at, found = header[:CHALLENGE], 0, []
    while scheme := _SCHEME.match(text, at):
        at = scheme.end()
        parameters = {}
        while parameter := _PARAMETER.match(text, at):
            value = parameter[3] if parameter[2] is None else re.sub(r"\\(.)", r"\1", parameter[2])
            parameters[parameter[1].lower()] = value
            at = parameter.end()
        found.append(Challenge(scheme[1].lower(), parameters))
    return found


class Tokens:
    """What proves us to one registry. Tokens are kept until shortly before they end."""

    def __init__(self, client: Client, *, host: str, plain: bool) -> None:
        self._client = client
        self._host = host
        self._plain = plain
        self._kept: dict[str, tuple[float, str]] = {}

    def kept(self, scope: str) -> str:
        """Return the header that was good for *scope* before, "" where none is."""
        until, header = self._kept.get(scope, (0.0, ""))
        return header if time.monotonic() < until else ""

    def answer(self, header: str, scope: str, credential: Credential | None) -> str:
        """Return the Authorization header that answers a challenge; "" where we have none.

        InputError where it asks for something that is not safe or not known.
        """
        self._kept.pop(scope, None)
        offered = {one.scheme: one.parameters for one in reversed(challenges(header))}
        if "bearer" in offered:
            seconds, token = self._token(offered["bearer"], scope, credential)
            value = f"Bearer {token}"
        elif "basic" in offered:
            if credential is None or not credential.user:
                return ""
            seconds, value = LONGEST, basic(credential)
        else:
            named = ", ".join(sorted(offered)) or "nothing"
            raise InputError(f"{self._host} asks for a proof that keten can not give: {named[:80]}")
        self._kept[scope] = (time.monotonic() + seconds - _EARLY, value)
        return value

    def _token(
        self, told: Mapping[str, str], scope: str, credential: Credential | None
    ) -> tuple[float, str]:
        realm = self._checked(told.get("realm", ""))
        asked = {"service": told["service"]} if told.get("service") else {}
        asked["scope"] = scope
        headers: dict[str, str] = {}
        method, body, url = "GET", None, realm
        if credential is not None and credential.identity:
            method = "POST"
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urlencode(
                {
                    "grant_type": "refresh_token", "refresh_token": credential.identity,
                    "client_id": "keten", **asked,
                }
            ).encode()  # fmt: skip
        else:
            url = f"{realm}{'&' if '?' in realm else '?'}{urlencode(asked)}"
            if credential is not None and credential.user:
                headers["Authorization"] = basic(credential)
        with self._client.ask(method, url, headers=headers, body=body, follow=False) as answer:
            data = answer.read(TOKEN_BYTES)
            if answer.status != _OK:
                raise NetworkError(
                    f"{urlsplit(realm).netloc} gave no token for {scope}: status {answer.status}",
                    advice=f"Log in again: docker login {self._host}.",
                    status=answer.status,
                )
        try:
            token = msgspec.json.decode(data, type=_Token)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise InputError(f"{urlsplit(realm).netloc} gave a token that is malformed") from error
        value = token.token or token.access_token
        if not value or not value.isascii() or not value.isprintable():
            raise InputError(f"{urlsplit(realm).netloc} gave no token for {scope}")
        return min(max(token.expires_in or 0.0, SHORTEST), LONGEST), value

    def _checked(self, realm: str) -> str:
        try:
            at = urlsplit(realm)
            host = at.hostname
        except ValueError:
            host = None
        if not host or at.scheme not in ("http", "https") or at.username is not None:
            raise InputError(f"{self._host} names no realm to get a token from")
        same = host == urlsplit(f"//{self._host}").hostname
        if at.scheme == "http" and not (self._plain and same):
            raise InputError(
                f"{self._host} wants a token to be got from {at.netloc} without TLS: refused"
            )
        return realm


def basic(credential: Credential) -> str:
    """Return the header of RFC 7617."""
    joined = f"{credential.user}:{credential.secret}".encode()
    return f"Basic {base64.b64encode(joined).decode('ascii')}"
