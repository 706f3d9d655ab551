"""Installed packages of R: ``library/NAME/DESCRIPTION``, a Debian control file.

Writing R Extensions, 1.1.1 and 1.1.2: ``License`` has its own notation ("GPL (>= 2)", "MIT +
file LICENSE", alternatives by "|"), made SPDX here where it says so for certain.
"""

from collections.abc import Iterator

from keten.errors import InputError
from keten.formats.lazy_pattern import lazy
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Scope, Source
from keten.readers.system import _language as language

MAX_LINES = 5000
_NAME = lazy(r"[A-Za-z][A-Za-z0-9.]*+")
_AT_LEAST = lazy(r"((?:[AL]?GPL)|Apache License) \(>= ?([0-9.]+)\)")
_LIBRARY = lazy(r"(?:.*/)?(?:site-)?library/[^/]+/DESCRIPTION")
_BSD = lazy(r"BSD_([23])_clause")
_NEEDS = ("depends", "imports", "linkingto")


def read(source: Source) -> Facts:
    """Return one installed package; InputError where it has no name or version."""
    fields = _fields(source.data)
    if "built" not in fields and not _LIBRARY.fullmatch(source.path):
        return Facts()  # the source of a package, not an installed one
    if not fields.get("package") or not fields.get("version"):
        raise InputError("an R package without Package or Version", line=1)
    commit = fields.get("remotesha", "")
    address = fields.get("remoteurl", "")
    if fields.get("remotetype") == "github":
        user, name = fields.get("remoteusername", ""), fields.get("remoterepo", "")
        address = f"git+https://github.com/{user}/{name}#{commit}"
    needs = ",".join(fields.get(key, "") for key in _NEEDS).split(",")
    one = language.package(
        source.path,
        "cran",
        fields["package"],
        fields["version"],
        source=language.anonymous(address)[:2000],
        licenses=tuple(filter(None, (_license(fields.get("license", "")),))),
        supplier=language.line(fields.get("maintainer", "").partition("<")[0]),
        wants=_names(needs),
    )
    return language.facts([one])


def _fields(data: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    last = ""
    for line in data.decode("utf-8", "replace").split("\n")[:MAX_LINES]:
        if line[:1] in {" ", "\t"}:
            if last and len(found[last]) < language.MAX_TEXT * 30:
                found[last] += " " + line.strip()
            continue
        name, colon, value = line.partition(":")
        last = name.strip().lower() if colon else ""
        if last:
            found[last] = value.strip()
    return found


def _names(texts: list[str]) -> Iterator[str]:
    for text in texts:
        found = _NAME.match(text.strip())
        if found is not None and found.group() != "R":
            yield found.group()


def _license(text: str) -> str:
    """Return the SPDX expression of R's notation, or the text as it stands."""
    from keten.formats.licences.licenses import normalise, parse

    parts = []
    for part in text.split("|")[:20]:
        plain = part.partition("+ file")[0].strip()
        least, bsd = _AT_LEAST.fullmatch(plain), _BSD.fullmatch(plain)
        if least is not None:
            plain = f"{least.group(1)} {least.group(2)}+".replace(
                "Apache License 2+", "Apache-2.0+"
            )
        elif bsd is not None:
            plain = f"BSD-{bsd.group(1)}-Clause"
        found = parse(plain)
        if found is None:
            return language.line(text)
        parts.append(f"({found})")
    return normalise(" OR ".join(parts))


READER = Reader(
    title="Installed package of R",
    media_type="text/plain",
    read=read,
    link=Link.DEPENDENCIES,
    scope=Scope.SYSTEM,
    ceiling=4 << 20,
    marks=(b"Package:", b"Version:"),
    paths=("*/DESCRIPTION",),
)
