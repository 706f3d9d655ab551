"""What went wrong at a registry: what, where, why, and what to do about it."""

from datetime import UTC, datetime

import msgspec
from msgspec import Struct

from keten.errors import CeilingError, NetworkError
from keten.transport.http import Answer

ERROR_BYTES = 1 << 16
"""The most bytes of an answer that tells of an error."""
_SHOWN = 200
_HUB = "registry-1.docker.io"


class _Error(Struct, frozen=True):
    code: str | None = None
    message: str | None = None


class _Errors(Struct, frozen=True):
    errors: tuple[_Error, ...] | None = None


def refused(answer: Answer, *, host: str, what: str, shown: str = "") -> NetworkError:
    """Return the error for an answer that is not what was asked for; *what* was asked.

    *shown* is where the credential is from that was shown.
    """
    said = _said(answer)
    status = answer.status
    match status:
        case 401:
            why = f"does not take the credential of {shown}" if shown else "wants to know who asks"
            advice = (
                f"docker login {host} (or podman login); keten reads the same files: "
                "REGISTRY_AUTH_FILE, DOCKER_CONFIG, ~/.docker/config.json."
            )
            if host == _HUB:
                advice = (
                    f"Is the name right? Docker Hub also says so of what is not there. {advice}"
                )
        case 403:
            why = "does not let you"
            advice = f"Log in as somebody who may read it: docker login {host}."
        case 404:
            why = "has no such thing"
            advice = (
                "Is the name right, and the tag there? A registry may also hide what it denies."
            )
        case 429:
            why = "says that it was asked too often"
            advice = "Log in (limits are higher then), wait, or use a mirror: --mirror."
        case _ if status >= 500:  # noqa: PLR2004 server errors
            why = f"is in trouble (status {status})"
            advice = "Try again later, or use a mirror: --mirror."
        case _:
            why, advice = f"answers with status {status}", ""
    text = f"{host} {why}: {what}{f' ({said})' if said else ''}"
    return NetworkError(text, advice=advice, status=status)


def _said(answer: Answer) -> str:
    """Return the code and message of the registry's own words, made harmless."""
    try:
        data = answer.read(ERROR_BYTES)
        found = msgspec.json.decode(data, type=_Errors).errors or ()
    except (NetworkError, CeilingError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    told = "; ".join(f"{one.code or ''}: {one.message or ''}".strip(": ") for one in found[:2])
    return "".join(c if c.isprintable() else " " for c in told[:_SHOWN])


def unreachable(error: NetworkError, *, host: str, what: str) -> NetworkError:
    """Return *error* with advice, by its cause."""
    import socket
    import ssl

    cause = error.__cause__
    advice = error.advice
    why = error.what
    match cause:
        case ssl.SSLCertVerificationError():
            why = f"{host}: its certificate is not trusted: {cause.verify_message}"
            advice = "Give the authority that signed it: --ca FILE, or SSL_CERT_FILE."
        case ssl.SSLError():
            why = f"{host}: no TLS: {cause.reason or cause}"
            advice = f"If it speaks plain HTTP and you know the way there: --plain-http {host}."
        case socket.gaierror():
            why = f"{host}: its name can not be resolved: {cause.strerror}"
            advice = "Is the name right? Is this machine allowed out? A mirror: --mirror."
        case ConnectionRefusedError():
            why = f"{host}: nothing listens there"
            advice = advice or "Is the port right, and the registry up?"
    return NetworkError(
        f"{why} (for {what})", advice=advice, status=error.status, again=error.again
    )


def may_help(error: NetworkError) -> bool:
    """Tell whether another try may help: not where there is no such name, or nobody listens."""
    import socket
    import ssl

    cause = error.__cause__
    if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError):
        return False
    return error.again and not isinstance(cause, socket.gaierror | ConnectionRefusedError)


def asked_wait(answer: Answer) -> float:
    """Return the seconds of Retry-After (RFC 9110, 10.2.3), 0 where it says none."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:6])
    if not text:
        return 0.0
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(text[:60])
    except (ValueError, TypeError):
        return 0.0
    if moment.tzinfo is None:
        return 0.0
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
