"""Applications and runtimes of Flatpak: ``metadata`` and ``deploy`` of each that is deployed.

They lie in ``flatpak/{app,runtime}/ID/ARCH/BRANCH/COMMIT/`` (flatpak-metadata(5)). The version
is what Flatpak took from the AppStream data when it deployed (``appdata-version`` of the GVariant
``deploy``); without one there is only the branch.
"""

from keten.errors import InputError
from keten.formats.lazy_pattern import lazy
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Scope, Source
from keten.readers.system import _language as language

CEILING = 4 << 20
_PLACE = lazy(r"(?:^|/)flatpak/(?:app|runtime)/([^/]+)/([^/]+)/([^/]+)/([0-9a-f]{64})/metadata$")
_NAME = lazy(r"(?m)^name[ \t]*=[ \t]*([^\s]{1,255})[ \t]*$")
_RUNTIME = lazy(r"(?m)^runtime[ \t]*=[ \t]*([^\s/]{1,255})/[^\s]*$")
# A dictionary's entry: the key, from where eight divides the text of a variant, its type.
_VERSION = "appdata-version\0"
_VALUE = lazy(r"\0{0,7}([^\0]{1,255})\0\0s")


def read(source: Source) -> Facts:
    """Return one application or runtime; nothing for ``deploy`` itself."""
    place = _PLACE.search(source.path)
    if place is None:
        return Facts()  # what is beside it, and other files of the name
    text = source.data.decode("utf-8", "replace")
    found = _NAME.search(text)
    if not text.lstrip().startswith("[") or found is None:
        raise InputError("no metadata of Flatpak: it has no name", line=1)
    name, arch, branch, commit = found[1], place[2], place[3], place[4]
    deploy = source.files.read(source.path.removesuffix("metadata") + "deploy") or b""
    runtime = _RUNTIME.search(text)
    one = language.package(
        source.path,
        "generic",
        name,
        _version(deploy),
        namespace="flatpak",
        qualifiers={"arch": arch, "branch": branch, "commit": commit},
        wants=[runtime[1]] if runtime and runtime[1] != name else (),
    )
    return language.facts([one])


def _version(deploy: bytes) -> str:
    if len(deploy) > CEILING:
        return ""
    text = deploy.decode("utf-8", "replace")
    at = text.find(_VERSION)
    found = _VALUE.match(text, at + len(_VERSION)) if at >= 0 else None
    return found[1].strip() if found else ""


READER = Reader(
    title="Application of Flatpak",
    media_type="text/plain",
    read=read,
    link=Link.DEPENDENCIES,
    scope=Scope.SYSTEM,
    ceiling=CEILING,
    paths=("*flatpak/app/*/metadata", "*flatpak/runtime/*/metadata",
           "*flatpak/app/*/deploy", "*flatpak/runtime/*/deploy"),
)  # fmt: skip
