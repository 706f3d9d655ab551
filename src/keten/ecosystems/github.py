"""GitHub Actions: tags of repositories that are versions; names in lower case.

A branch, or a commit without the version it is of, has no place in the order.
"""

from keten.errors import InputError
from keten.formats.lazy_pattern import lazy
from keten.formats.versions import semver
from keten.formats.versions.order import clean, refuse
from keten.model.plug import Ecosystem

_TAG = lazy(r"[vV=]?[0-9]+(?:\.[0-9]+)*(?:[-+.].*)?")


def key(version: str) -> semver.Key:
    """Return the key of a tag; InputError for what is no version."""
    text = clean(version)
    if not _TAG.fullmatch(text):
        raise refuse(text, "GitHub Actions")
    return semver.key(text)


def _normalise(name: str) -> str:
    name = name.strip().lower()
    if not name:
        raise InputError("an action without a name")
    return name


ECOSYSTEM = Ecosystem(
    title="GitHub Actions",
    purl_type="github",
    osv="GitHub Actions",
    key=key,
    normalise=_normalise,
    vers=("github",),
)
