"""An image reference, as a manifest writes it, taken apart.

Source: the distribution reference grammar (registry/repository:tag@digest).
"""

from functools import lru_cache

from msgspec import Struct

# An address such as ko://github.com/acme/shop/cmd/web names source: a tool puts the image there.
_UNRESOLVED = ("$", "{", "}", "<", "%", " ", "://")


class Reference(Struct, frozen=True):
    """*registry* is "" where none is written; *short* is the name without tag and digest."""

    registry: str
    repository: str
    tag: str
    digest: str

    @property
    def short(self) -> str:
        """Return registry and repository as written."""
        return f"{self.registry}/{self.repository}" if self.registry else self.repository


@lru_cache(maxsize=4096)
def parse(image: str) -> Reference | None:
    """Return the parts of *image*, or None for one that still holds a variable or nothing."""
    if not image or any(mark in image for mark in _UNRESOLVED):
        return None
    rest, _, digest = image.partition("@")
    head, slash, last = rest.rpartition("/")
    name, _, tag = last.partition(":")
    whole = f"{head}{slash}{name}"
    first, cut, repository = whole.partition("/")
    if cut and ("." in first or ":" in first or first == "localhost"):
        return Reference(first, repository, tag, digest)
    return Reference("", whole, tag, digest)
