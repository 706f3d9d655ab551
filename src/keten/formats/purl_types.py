"""What each registered PURL type asks of its parts, as data.

Facts from the type definitions of the PURL specification (package-url/purl-spec, ``types/``).
A type that is not here has no rules of its own (clause 5.7 lets an unregistered type stand).
"""

import re
from collections.abc import Callable
from enum import Enum, auto

from msgspec import Struct


class Need(Enum):
    """Whether a part must be there, may be, or must not be."""

    REQUIRED = auto()
    OPTIONAL = auto()
    PROHIBITED = auto()


def _same(text: str) -> str:
    return text


_lower = str.lower


class Rules(Struct, frozen=True, kw_only=True):
    """How one type spells its parts and which it needs.

    *namespace*, *name* and *version* spell a decoded part; *whole* spells namespace and name
    where that depends on other parts. *namespace_like*, *name_like* and *version_like* are
    patterns of the whole part. *qualifiers* are the required keys. *deep_name*: the
    namespace is the first segment alone and the name is all the rest, with its slashes.
    """

    namespace: Callable[[str], str] = _same
    name: Callable[[str], str] = _same
    version: Callable[[str], str] = _same
    whole: Callable[[str, str, dict[str, str]], tuple[str, str]] | None = None
    has_namespace: Need = Need.OPTIONAL
    has_version: Need = Need.OPTIONAL
    qualifiers: tuple[str, ...] = ()
    namespace_like: str = ""
    name_like: str = ""
    version_like: str = ""
    deep_name: bool = False


def _pypi(name: str) -> str:
    """Normalise as PEP 503 does."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _pub(name: str) -> str:
    return name.lower().replace("-", "_")


def _mlflow(namespace: str, name: str, qualifiers: dict[str, str]) -> tuple[str, str]:
    """Databricks folds the case of model names, Azure ML keeps it."""
    host = qualifiers.get("repository_url", "").lower()
    return namespace, name.lower() if "databricks" in host else name


_FOLDING_HOSTS = frozenset({"github", "github.com", "bitbucket", "bitbucket.org"})


def _git(namespace: str, name: str, _qualifiers: dict[str, str]) -> tuple[str, str]:
    """Paths keep their case, but on the hosts whose own PURL types fold it."""
    host = namespace.lower()
    return (host, name.lower()) if host in _FOLDING_HOSTS else (namespace, name)


PLAIN = Rules()
_MUST = Need.REQUIRED
_NONE = Need.PROHIBITED

TYPES: dict[str, Rules] = {
    "alpm": Rules(namespace=_lower, name=_lower, has_namespace=_MUST),
    "apk": Rules(namespace=_lower, name=_lower, has_namespace=_MUST),
    "bazel": Rules(has_namespace=_NONE, has_version=_MUST),
    "bitbucket": Rules(namespace=_lower, name=_lower, has_namespace=_MUST),
    "bitnami": Rules(name=_lower, has_namespace=_NONE),
    "brew": Rules(namespace=_lower, name=_lower),
    "cargo": Rules(has_namespace=_NONE),
    "chrome-extension": Rules(
        name=_lower,
        has_namespace=_NONE,
        name_like="[a-p]{32}",
        version_like=r"[0-9]+(\.[0-9]+){0,3}",
    ),
    "cocoapods": Rules(has_namespace=_NONE),
    "composer": Rules(namespace=_lower, name=_lower, has_namespace=_MUST),
    "conda": Rules(has_namespace=_NONE),
    # The definition asks for the author; the public cases let the distribution stand alone.
    "cpan": Rules(namespace=str.upper, name_like="(?s:(?!.*::).*)"),
    "cran": Rules(has_namespace=_NONE),
    "deb": Rules(namespace=_lower, name=_lower, has_namespace=_MUST),
    "gem": Rules(has_namespace=_NONE),
    "git": Rules(whole=_git, has_namespace=_MUST, deep_name=True),
    "github": Rules(namespace=_lower, name=_lower, has_namespace=_MUST),
    "golang": Rules(namespace=_lower, name=_lower, has_namespace=_MUST),
    "hackage": Rules(has_namespace=_NONE),
    "hex": Rules(namespace=_lower, name=_lower),
    "huggingface": Rules(version=_lower, has_namespace=_MUST),
    "julia": Rules(has_namespace=_NONE, qualifiers=("uuid",)),
    "luarocks": Rules(namespace=_lower, name=_lower),
    "maven": Rules(has_namespace=_MUST),
    "mlflow": Rules(whole=_mlflow, has_namespace=_NONE),
    "npm": Rules(namespace=_lower, name=_lower),
    "nuget": Rules(has_namespace=_NONE),
    "oci": Rules(name=_lower, has_namespace=_NONE),
    "opam": Rules(has_namespace=_NONE),
    "otp": Rules(name=_lower, has_namespace=_NONE),
    "pub": Rules(name=_pub, has_namespace=_NONE),
    "pypi": Rules(name=_pypi, version=_lower, has_namespace=_NONE),
    "qpkg": Rules(namespace=_lower, has_namespace=_MUST),
    "rpm": Rules(namespace=_lower, has_namespace=_MUST),
    "swid": Rules(qualifiers=("tag_id",)),
    # The source host and the owner there.
    "swift": Rules(has_namespace=_MUST, namespace_like="(?s:[^/]+/.+)"),
    "vcpkg": Rules(has_namespace=_NONE),
    "vscode-extension": Rules(namespace=_lower, name=_lower, version=_lower, has_namespace=_MUST),
    "yocto": Rules(namespace=_lower),
}
