"""RPM packages: epoch, version and release by ``rpmvercmp`` with ``~`` and ``^``."""

import re
from typing import Any

from keten.formats.versions.order import clean, number
from keten.model.plug import Ecosystem

_SEGMENT = re.compile(r"[0-9]+|[A-Za-z]+|~|\^")
# From the lowest: a tilde, the end, a caret, letters, a number.
_TILDE, _END, _CARET, _LETTERS, _NUMBER = range(5)


def key(version: str) -> tuple[Any, ...]:
    """Return the key of ``[epoch:]version[-release]``; an absent release orders below any."""
    text = clean(version)
    epoch, colon, rest = text.partition(":")
    if not colon or (epoch and not (epoch.isdecimal() and epoch.isascii())):
        epoch, rest = "", text
    upstream, dash, release = rest.partition("-")
    return (number(epoch), segments(upstream), segments(release) if dash else ())


def segments(text: str) -> tuple[Any, ...]:
    """Return the key of one part, as ``rpmvercmp`` walks it."""
    found: list[Any] = []
    for part in _SEGMENT.findall(text):
        if part == "~":
            found.append(_TILDE)
        elif part == "^":
            found.append(_CARET)
        elif part[0] <= "9":
            found += (_NUMBER, number(part))
        else:
            found += (_LETTERS, part)
    found.append(_END)
    return tuple(found)


ECOSYSTEM = Ecosystem(
    title="RPM",
    purl_type="rpm",
    osv="Red Hat",
    key=key,
    normalise=str.strip,
    vers=("rpm", "redhat", "rhel"),
    osv_more=(
        "AlmaLinux",
        "Azure Linux",
        "Mageia",
        "Photon OS",
        "Rocky Linux",
        "SUSE",
        "TuxCare",
        "openEuler",
        "openSUSE",
    ),
)
