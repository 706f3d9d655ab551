"""What a request shows of who asks: headers, and the certificate of a connection."""

import base64
import threading
import time
from datetime import UTC, datetime

from keten.errors import InputError
from keten.transport.kube import plugin as plugins
from keten.transport.kube.account import Account
from keten.transport.kube.kubeconfig import bounded

REREAD = 60.0
"""Seconds after which a token file is read again, as client-go does."""
EARLY = 30.0
"""Seconds before it expires that a plugin is asked anew."""


class Proof:
    """The credentials of one account, renewed as they age. Safe among threads."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._lock = threading.Lock()
        self._file = ""
        self._read = -REREAD
        self._status: plugins.Status | None = None
        self._ends: float | None = None

    def headers(self) -> list[tuple[str, str]]:
        """Return the headers of a request. Basic holds over a token, as in client-go."""
        identity = self._account.identity
        made = list(identity.headers)
        if identity.username or identity.password:
            pair = f"{identity.username}:{identity.password}".encode()
            made.append(("Authorization", f"Basic {base64.b64encode(pair).decode()}"))
        elif token := self._token():
            made.append(("Authorization", f"Bearer {token}"))
        for name, value in made:
            if not value.isprintable() or "\n" in name:
                raise InputError(f"kubeconfig: what is to be sent as {name} is no header")
        return made

    def certificate(self) -> tuple[bytes, bytes]:
        """Return the certificate and key (PEM) to show, both empty where there is none."""
        identity = self._account.identity
        if identity.certificate:
            return identity.certificate, identity.key
        status = self._plugged()
        if status is None or not status.client_certificate_data:
            return b"", b""
        return status.client_certificate_data.encode(), (status.client_key_data or "").encode()

    def renew(self) -> bool:
        """Forget what was refused (401); return whether asking anew may give another."""
        with self._lock:
            again = self._status is not None or bool(self._file)
            self._status, self._read = None, -REREAD
            return again

    def _token(self) -> str:
        identity = self._account.identity
        if identity.token_file is not None:
            with self._lock:
                if time.monotonic() - self._read >= REREAD:
                    self._reread()
                return self._file or identity.token
        if identity.token:
            return identity.token
        status = self._plugged()
        return (status.token or "") if status else ""

    def _reread(self) -> None:
        """Read the token file; where it can not be read, the last one holds."""
        identity = self._account.identity
        assert identity.token_file is not None
        try:
            text = bounded(identity.token_file).decode("ascii").strip()
        except (InputError, UnicodeDecodeError) as error:
            if not self._file and not identity.token:
                raise InputError(f"{identity.token_file}: no token: {error}") from error
            return
        if text:
            self._file, self._read = text, time.monotonic()

    def _plugged(self) -> plugins.Status | None:
        identity = self._account.identity
        if identity.plugin is None or identity.token or identity.username:
            return None
        with self._lock:
            if self._status is None or (self._ends is not None and time.time() >= self._ends):
                self._status = plugins.ask(identity.plugin, self._account.server)
                self._ends = _until(self._status.expiration_timestamp)
            return self._status


def _until(text: str | None) -> float | None:
    """Return when to ask anew, None for never: an RFC 3339 time, less EARLY."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp() - EARLY
