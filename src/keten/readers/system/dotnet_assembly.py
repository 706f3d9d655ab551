"""Assemblies of .NET (``*.dll``, ``*.exe``): the package that each is, by its own name.

What a program was built with its deps.json says (``packages/deps-json``); of a program without
one, or of .NET Framework and Mono, an assembly says only its own name, and the version resource
what the build called the version. NuGet's packages are mostly called as their assembly is. The
version of the assembly itself is none of the package's (Newtonsoft.Json 13.0.3 has 13.0.0.0), so
it is not taken for one. What a deps.json lists is not told again: see ``system/dotnet-files``.
"""

import msgspec

from keten.errors import InputError
from keten.formats.lazy_pattern import lazy
from keten.formats.programs import dotnet
from keten.formats.programs.dotnet import Assembly
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Scope, Source
from keten.readers.system import _language as language

CEILING = 256 << 20
"""The largest file that is looked at, in bytes."""
_VERSION = lazy(r"(\d{1,9}(?:\.\d{1,9}){1,3})(-[0-9A-Za-z.-]{1,100})?(?:\+\S*)?")


def sift(data: bytes) -> bytes:
    """Keep what an assembly says of itself; nothing of native code, of texts of one language,
    nor of what is only there to compile against.
    """  # noqa: D205 one sentence
    found = dotnet.assembly(data)
    if found is None or found.culture or found.reference:
        return b""
    return msgspec.msgpack.encode(found)


def read(source: Source) -> Facts:
    """Return the package that one assembly is."""
    if not source.data:
        return Facts()
    try:
        found = msgspec.msgpack.decode(source.data, type=Assembly)
    except msgspec.MsgspecError as error:
        raise InputError("no sifted assembly") from error
    one = language.package(
        source.path,
        "nuget",
        found.name,
        _version(found),
        source=f"assembly:{found.version}",
        supplier=language.line(found.resource.get("CompanyName")),
    )
    return language.facts([one])


def _version(found: Assembly) -> str:
    """Return the version as NuGet spells it: what the build says of the product, else the file.

    "" where the product's is a remark on the build (``4.6.26515.06 @BuiltBy: …``): the file's
    then counts builds.
    """
    said = found.resource.get("ProductVersion", "").strip()
    said = said or found.resource.get("FileVersion", "").strip()
    match = _VERSION.fullmatch(said)
    if match is None or not match[1].strip("0."):
        return ""
    numbers = match[1].split(".")
    if len(numbers) == 4 and not numbers[3].strip("0"):  # noqa: PLR2004 a revision
        numbers.pop()
    return ".".join(numbers) + (match[2] or "")


READER = Reader(
    title=".NET assembly",
    media_type="application/vnd.microsoft.portable-executable",
    read=read,
    link=Link.DEPENDENCIES,
    ceiling=CEILING,
    names=("*.dll", "*.exe", "*.DLL", "*.EXE"),
    sift=sift,
    scope=Scope.SYSTEM,
)
