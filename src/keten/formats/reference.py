"""Container image references (distribution/reference, the grammar docker and containerd use).

``[registry[:port]/]repository[:tag][@algorithm:hex]``. The first part is a registry if it
holds a dot or a colon or is ``localhost``, or has upper case; otherwise the registry is
``docker.io``, where a repository of one part lies under ``library/``.
"""

import re

from keten.errors import InputError
from keten.formats.lazy_pattern import lazy
from keten.model.delivery import Image

LENGTH = 4096  # characters of a reference with a variable
_NAME = 255  # of registry and repository together
_HUB = "docker.io"

# (\.|_|__|-+) between alphanumerics; the quantifiers are possessive, so it is linear.
_PART = r"[a-z0-9]++(?:(?:\.|__?|-++)[a-z0-9]++)*+"
_WORD = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_HOST = rf"(?:{_WORD}(?:\.{_WORD})*|\[[0-9a-fA-F:]+\])(?::[0-9]+)?"
_PATH = lazy(rf"{_PART}(?:/{_PART})*+")
_REGISTRY = lazy(_HOST)
_TAG = lazy(r"\w[\w.-]{0,127}", re.ASCII)
_DIGEST = lazy(r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}")
_SIZES = {"sha256": 64, "sha384": 96, "sha512": 128}
_VARIABLE = lazy(r"\$|\{\{|\}\}|<[^>]*>|%[({A-Z]|\(\(")


def parse(text: str) -> Image:
    """Return the image that *text* names, its id normalised; InputError where it names none.

    A reference that holds a variable (``$TAG``, ``{{ .Values.image }}``) keeps its text as
    its id, with *template* set and no parts.
    """
    if len(text) > LENGTH:
        raise InputError("an image reference of more than 4096 characters")
    if _VARIABLE.search(text):
        return Image(text.strip(), template=True)
    rest, at, digest = text.partition("@")
    if at and not _is_digest(digest):
        raise InputError(f"{text[:120]!r} has a malformed digest")
    tag = ""
    slash, colon = rest.rfind("/"), rest.rfind(":")
    if colon > slash:
        rest, tag = rest[:colon], rest[colon + 1 :]
        if not _TAG.fullmatch(tag):
            raise InputError(f"{text[:120]!r} has a malformed tag")
    registry, repository = _split(rest)
    if len(rest) > _NAME or not _PATH.fullmatch(repository) or not _REGISTRY.fullmatch(registry):
        raise InputError(f"{text[:120]!r} is no image reference")
    if not tag and not digest:
        tag = "latest"
    name = f"{registry}/{repository}"
    return Image(
        f"{name}{':' + tag if tag else ''}{'@' + digest if digest else ''}",
        registry=registry,
        repository=repository,
        tag=tag,
        digest=digest,
    )


def _split(name: str) -> tuple[str, str]:
    first, slash, path = name.partition("/")
    hosted = "." in first or ":" in first or first == "localhost" or first != first.lower()
    if not slash or not hosted:
        registry, path = _HUB, name
    else:
        registry = _HUB if first in {"index.docker.io", "registry-1.docker.io"} else first
    if registry == _HUB and "/" not in path:
        path = f"library/{path}"
    return registry, path


def _is_digest(text: str) -> bool:
    if not _DIGEST.fullmatch(text):
        return False
    algorithm, _, value = text.partition(":")
    size = _SIZES.get(algorithm)
    return size is None or (len(value) == size and value == value.lower())
