"""How detectors are written down: the two shapes, and alphabets that recur.

A *token* is known by how it looks; a *named* value by what it is assigned to. Patterns are
RE2. The engine itself checks the edges of a token (no letter, digit or ``_`` beside it).
"""

from collections.abc import Callable

from keten.model.finding import Severity
from keten.model.plug import Detector, Match

HEX = "[0-9a-f]"
HEXES = "[0-9a-fA-F]"
ALNUM = "[0-9A-Za-z]"
URL64 = r"[\w-]"
UUID = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"

Judge = Callable[[bytes], Match | None]


def token(
    name: str,
    title: str,
    pattern: str,
    *refs: str,
    severity: Severity = Severity.HIGH,
    judge: Judge | None = None,
    heads: tuple[str, ...] = (),
    back: int = 0,
    reach: int = 512,
    entropy: float = 0.0,
    kind: str = "token",
) -> Detector:
    """Return a detector of values that are known by their look; *refs* say where from."""
    return Detector(
        id=name,
        title=title,
        pattern=pattern,
        refs=refs,
        severity=severity,
        judge=judge,
        heads=heads,
        back=back,
        reach=reach,
        entropy=entropy,
        kind=kind,
    )


def named(
    name: str,
    title: str,
    names: str,
    pattern: str,
    *refs: str,
    severity: Severity = Severity.HIGH,
    judge: Judge | None = None,
    entropy: float = 2.5,
    strict: bool = False,
    kind: str = "token",
) -> Detector:
    """Return a detector of values assigned to a name; *names* is searched in lower case.

    The text searched is the line up to the value, so that a host name before it counts.
    """
    return Detector(
        id=name,
        title=title,
        names=names,
        pattern=pattern,
        refs=refs,
        severity=severity,
        judge=judge,
        entropy=entropy,
        strict=strict,
        kind=kind,
    )
