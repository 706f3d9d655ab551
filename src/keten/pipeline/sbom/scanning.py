"""A bill of materials as a target: it is then the whole truth, as far as it goes."""

from collections.abc import Callable
from datetime import date
from hashlib import sha256
from pathlib import Path

from keten.config import Policy
from keten.errors import CeilingError, InputError, UsageError
from keten.formats.sbom import detect
from keten.formats.sbom.records import MAX_BYTES, Document
from keten.model.evidence import Evidence, Origin
from keten.model.result import Target
from keten.pipeline.flow import Scanned, judge_here
from keten.pipeline.sbom import claims

PREFIX = "sbom:"
COLLECTOR = "sbom"
_MEDIA = {
    ("cyclonedx", "json"): "application/vnd.cyclonedx+json",
    ("cyclonedx", "xml"): "application/vnd.cyclonedx+xml",
    ("spdx", "json"): "application/spdx+json",
    ("spdx", "json-ld"): "application/spdx+json",
    ("spdx", "tag-value"): "text/spdx",
}


def is_sbom(target: str) -> bool:
    """Return whether *target* names a bill of materials: by its prefix, or by its content."""
    if target.startswith(PREFIX):
        return True
    path = Path(target)
    if not path.is_file():
        return False
    try:
        with path.open("rb") as stream:
            head = stream.read(detect.WINDOW)
    except OSError:
        return False
    return bool(detect.kind(head))


def load(target: str) -> tuple[Document, bytes]:
    """Return the document that *target* names, and its bytes; UsageError where it is no file."""
    path = Path(target.removeprefix(PREFIX))
    try:
        if not path.is_file():
            raise UsageError(f"{path}: no such file")
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    if len(data) > MAX_BYTES:
        raise CeilingError(f"{path}: more than {MAX_BYTES:,} bytes")
    try:
        return detect.read(data), data
    except InputError as error:
        advice = error.advice or "Write it again with the tool that made it, or scan the image."
        raise type(error)(f"{path}: {error.what}", line=error.line, advice=advice) from error


def collect(
    target: str, policy: Policy, *, now: date, progress: Callable[[str, int, int], None]
) -> Scanned:
    """Return what the bill of materials *target* claims, and what could be judged of it."""
    name = Path(target.removeprefix(PREFIX)).name
    progress("reading", 0, 0)
    document, data = load(target)
    digest = f"sha256:{sha256(data).hexdigest()}"
    media = _MEDIA.get((document.format, document.encoding), "application/json")
    evidence = Evidence(digest, media, len(data), Origin(COLLECTOR, ".", name))
    facts = claims.facts(document, name, (evidence,))
    judged = judge_here(facts, policy, now)
    seen = Target(name=name, files=1, bytes=len(data), kind="sbom", digest=digest)
    return Scanned(facts, judged, seen, whole=False)
