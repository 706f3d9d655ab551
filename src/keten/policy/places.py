"""Where packages and images may come from: ``[registries]`` of keten.toml, part by part."""

from fnmatch import fnmatchcase

from keten.config import Index, Registries, nearest
from keten.errors import UsageError
from keten.formats.purl_types import TYPES
from keten.model.delivery import Image, Package

_SAME_HOST = {"index.docker.io": "docker.io", "registry-1.docker.io": "docker.io"}


def check(said: Registries, name: str = "keten.toml") -> None:
    """Raise UsageError for an index of an ecosystem that PURL does not know."""
    for index in said.index:
        if index.ecosystem not in TYPES:
            known = nearest(index.ecosystem, list(TYPES))
            hint = known if known.startswith("; did") else ""
            what = f"{index.ecosystem!r} is no PURL type{hint}"
            raise UsageError(f"{name}: registries.index: {what}")


def index_of(said: Registries, package: Package) -> Index | None:
    """Return the first index that speaks of *package*."""
    for index in said.index:
        if index.ecosystem == package.ecosystem and any(
            fnmatchcase(package.name, glob) for glob in index.names
        ):
            return index
    return None


def permitted(place: str, hosts: tuple[str, ...]) -> bool:
    """Return whether *place* (host, or host and path) lies at or below one of *hosts*."""
    host, _, path = place.partition("/")
    place = f"{_SAME_HOST.get(host, host)}/{path}".rstrip("/")
    return any(place == one or place.startswith(f"{one}/") for one in map(_plain, hosts))


def place_of(address: str) -> str:
    """Return host and path of a web address, without user and port 443; "" for anything else."""
    scheme, _, rest = address.partition("://")
    if scheme.rpartition("+")[2] not in ("http", "https", "sparse"):
        return ""
    rest = rest.partition("?")[0].partition("#")[0]
    host, slash, path = rest.partition("/")
    host = host.rpartition("@")[2].lower().removesuffix(":443")
    return f"{host}{slash}{path}" if host else ""


def image_permitted(image: Image, said: Registries) -> bool:
    """Return whether *image* lies below a registry or repository that policy names."""
    return permitted(f"{image.registry}/{image.repository}", said.images)


def _plain(host: str) -> str:
    first, slash, rest = host.strip().strip("/").partition("/")
    first = first.lower()
    return f"{_SAME_HOST.get(first, first)}{slash}{rest}"
