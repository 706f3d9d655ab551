"""Download a file: only if it changed, from where it was cut off, again if that may help.

RFC 9110: If-None-Match and If-Modified-Since (13.1), Range and If-Range (14.2, 13.1.5),
Content-Range (14.4), Retry-After (10.2.3). What came so far lies beside the file as
``NAME.part`` with ``NAME.part.json``, which names the version that it is a part of.
"""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from keten.errors import NetworkError
from keten.transport.http import Answer, Client

TRIES = 4
BACK_OFF = 1.0
"""Seconds before the second try; doubled for each after it."""
MOST_WAIT = 60.0
_OK, _PART, _SAME, _RANGE = 200, 206, 304, 416
_BUSY = (408, 425, 429, 500, 502, 503, 504)
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)")
Told = Callable[[int, int], None]


class Version(Struct, frozen=True, omit_defaults=True):
    """Which version of a file a server gave: what it said in ETag and Last-Modified."""

    etag: str = ""
    modified: str = ""

    @property
    def strong(self) -> str:
        """Return what says that bytes are of the same version, "" where nothing does."""
        if self.etag:
            return "" if self.etag.startswith("W/") else self.etag
        return self.modified


class _Begun(Struct, frozen=True):
    """What a part is of."""

    url: str
    version: Version


class Download(Struct, frozen=True):
    """How a download goes. *wait* sleeps; *tell* is told (bytes so far, of all or 0)."""

    client: Client
    most: int
    wait: Callable[[float], None] = time.sleep
    tell: Told = lambda _done, _all: None

    def get(self, url: str, to: Path, known: Version | None = None) -> Version | None:
        """Bring *url* to the file *to*; return its version, None where it is still *known*.

        NetworkError (with its status) where it can not be had; CeilingError where it is larger
        than *most* bytes. What came by then is kept for the next time.
        """
        to.parent.mkdir(parents=True, exist_ok=True)
        tries = 1
        while True:
            try:
                return self._once(url, to, known)
            except NetworkError as error:
                if not error.again or tries >= TRIES:
                    raise
                self.wait(min(MOST_WAIT, max(_asked(error), BACK_OFF * 2 ** (tries - 1))))
                tries += 1

    def _once(self, url: str, to: Path, known: Version | None) -> Version | None:
        part = to.with_name(f"{to.name}.part")
        begun = _begun(part, url)
        headers: dict[str, str] = {}
        have = part.stat().st_size if begun else 0
        if begun and have:
            headers = {"Range": f"bytes={have}-", "If-Range": begun.strong}
        elif known is not None and known.etag:
            headers = {"If-None-Match": known.etag}
        elif known is not None and known.modified:
            headers = {"If-Modified-Since": known.modified}
        with self.client.get(url, headers) as answer:
            if answer.status == _SAME and known is not None and not have:
                return None
            if answer.status == _RANGE and have:
                _drop(part)
                raise NetworkError(f"{url}: the part that came before is of no use", again=True)
            if answer.status not in (_OK, _PART):
                raise _refused(url, answer)
            if answer.status == _OK:
                have = 0
            elif not have or not _continues(answer, have):
                _drop(part)
                raise NetworkError(f"{url}: another part came than was asked for", again=True)
            version = Version(
                answer.headers.get("etag", "")[:500], answer.headers.get("last-modified", "")[:100]
            )
            if not have:
                _drop(part)
                _begin(part, url, version)
            self._save(answer, part, have)
        part.replace(to)
        _drop(part)
        return version

    def _save(self, answer: Answer, part: Path, have: int) -> None:
        whole = have + (answer.length or 0) if answer.length is not None else 0
        done = have
        with part.open("ab") as file:
            for chunk in answer.body(self.most - have):
                file.write(chunk)
                done += len(chunk)
                self.tell(done, whole)


def _begun(part: Path, url: str) -> Version | None:
    """Return the version that a part is of, None where it can not be continued."""
    try:
        found = msgspec.json.decode(part.with_name(f"{part.name}.json").read_bytes(), type=_Begun)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        _drop(part)
        return None
    if found.url != url or not found.version.strong or not part.is_file():
        _drop(part)
        return None
    return found.version


def _begin(part: Path, url: str, version: Version) -> None:
    part.with_name(f"{part.name}.json").write_bytes(msgspec.json.encode(_Begun(url, version)))


def _drop(part: Path) -> None:
    part.unlink(missing_ok=True)
    part.with_name(f"{part.name}.json").unlink(missing_ok=True)


def _continues(answer: Answer, have: int) -> bool:
    found = _CONTENT_RANGE.fullmatch(answer.headers.get("content-range", ""))
    return found is not None and int(found[1]) == have


class _RefusedError(NetworkError):
    """An answer that is no file; *after*: seconds that the server asks to wait."""

    after = 0.0


def _refused(url: str, answer: Answer) -> NetworkError:
    error = _RefusedError(
        f"{url}: {answer.status} {_REASONS.get(answer.status, '')}".rstrip(),
        status=answer.status,
        again=answer.status in _BUSY,
    )
    error.after = _after(answer.headers.get("retry-after", ""))
    return error


_REASONS = {401: "not without credentials", 403: "forbidden", 404: "there is no such file",
            410: "it is gone", 429: "too many requests", 503: "the server is busy"}  # fmt: skip


def _asked(error: NetworkError) -> float:
    return error.after if isinstance(error, _RefusedError) else 0.0


def _after(text: str) -> float:
    """Return how many seconds Retry-After asks for: a number, or until a day and time."""
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    from email.utils import parsedate_to_datetime

    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return 0.0
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())
