"""Debian packages: the order of dpkg (deb-version(7), Debian Policy 5.6.12)."""

from typing import Any

from keten.formats.versions.dpkg_order import part
from keten.formats.versions.order import clean, number, refuse
from keten.model.plug import Ecosystem


def key(version: str) -> tuple[Any, ...]:
    """Return the key of ``[epoch:]upstream[-revision]``; InputError for what dpkg refuses.

    Taken though dpkg warns: an upstream version that does not begin with a digit.
    """
    text = clean(version)
    epoch, colon, rest = text.partition(":")
    if not colon:
        epoch, rest = "", text
    elif not epoch.isdecimal() or not epoch.isascii():
        raise refuse(version, "Debian: its epoch is not a number")
    upstream, _, revision = rest.rpartition("-") if "-" in rest else (rest, "", "")
    if not upstream or rest.split() != [rest]:
        raise refuse(version, "Debian")
    return (number(epoch), part(upstream), part(revision))


def _normalise(name: str) -> str:
    return name.strip().lower()


ECOSYSTEM = Ecosystem(
    title="Debian",
    purl_type="deb",
    osv="Debian",
    key=key,
    normalise=_normalise,
    vers=("deb", "debian", "ubuntu"),
    osv_more=("Ubuntu", "Echo"),
)
