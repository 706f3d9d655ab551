"""Installed Python packages: ``*.dist-info/METADATA``, ``*.egg-info``, and what stands beside.

Core metadata 1.0 to 2.4 (packaging.python.org/specifications/core-metadata); RECORD (PEP 376,
PEP 627) for the files, direct_url.json (PEP 610) for where it came from, REQUESTED (PEP 376)
for whether someone asked for it by name. An ``.egg-info`` is a folder with PKG-INFO or, of
distutils and Debian, that file itself; an ``.egg`` folder has it in ``EGG-INFO``.
"""

from collections.abc import Iterable, Iterator

from keten.errors import InputError
from keten.formats.lazy_pattern import lazy
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Files, Reader, Scope, Source
from keten.readers.system import _language as language

MAX_LINES = 20_000
MAX_FILES = 200_000
_END = lazy(rb"\r?\n\r?\n")
_NAME = lazy(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*+(?<=[A-Za-z0-9]))?")
_EXTRA = lazy(r"\bextra\s*(?:==|in\b|!=)|==\s*extra\b")
_BRACKET = lazy(r"\s*\[([^\[\]]*+)\]\s*\Z")
_READ = {"METADATA", "PKG-INFO"}
_MAIL = lazy(r"\"?([^\"<>@,]*+)\"?\s*<")
_KEPT = {
    "name", "version", "license", "license-expression", "classifier", "requires-dist", "requires",
    "author", "author-email", "maintainer", "maintainer-email",
}  # fmt: skip


def read(source: Source) -> Facts:
    """Return one installed package; InputError where its metadata names none."""
    folder, _, name = source.path.rpartition("/")
    if name not in _READ and not name.endswith(".egg-info"):
        return Facts()  # kept so that the package's own file can be read with it
    fields = _fields(source.data)
    if not fields.get("name") or not fields.get("version"):
        raise InputError("Python metadata without Name or Version", line=1)
    info = folder if name in _READ else ""
    where, hashes, qualifiers = _origin(source.files, info) if info else ("", (), {})
    egg = info and not info.endswith(".dist-info")
    asked = bool(info) and not egg and source.files.exists(f"{info}/REQUESTED")
    one = language.package(
        source.path,
        "pypi",
        fields["name"][0],
        fields["version"][0],
        qualifiers=qualifiers,
        direct=True if asked else None,
        source=where,
        hashes=hashes,
        licenses=tuple(_licenses(fields)),
        supplier=_supplier(fields),
        wants=_wants(fields, source.files, info if egg else ""),
    )
    return language.facts([one], files=_files(source.files, info) if info else None)


def _fields(data: bytes) -> dict[str, list[str]]:
    """Return the header fields that matter, by lower-case name; what follows them is prose."""
    end = _END.search(data)
    text = (data[: end.start()] if end else data).decode("utf-8", "replace")
    found: dict[str, list[str]] = {}
    last: list[str] | None = None
    for number, line in enumerate(text.split("\n")):
        if number > MAX_LINES:
            break
        if line[:1] in {" ", "\t"}:
            if last:
                last[-1] += "\n" + line.strip()
            continue
        name, colon, value = line.partition(":")
        name = name.strip().lower()
        last = found.setdefault(name, []) if colon and name in _KEPT else None
        if last is not None:
            last.append(value.strip())
    return found


def _licenses(fields: dict[str, list[str]]) -> Iterator[str]:
    """Yield what the package says: PEP 639's expression, else what is certain, else all of it."""
    from keten.formats.licences.licenses import normalise, parse

    for text in fields.get("license-expression", ())[:1]:
        if language.line(text):
            yield normalise(text)
            return
    plain = language.line((fields.get("license") or [""])[0])
    plain = "" if plain.upper() == "UNKNOWN" else plain
    if plain and parse(plain) is not None:
        yield normalise(plain)
        return
    named = []
    for text in fields.get("classifier", ()):
        parts = [part.strip() for part in text.split("::")]
        if parts[0] == "License" and len(parts) > 1 and parts[-1] != "OSI Approved":
            named.append(parts[-1])
    yield from language.licenses(named or [plain])


def _supplier(fields: dict[str, list[str]]) -> str:
    for key in ("author", "author-email", "maintainer", "maintainer-email"):
        text = language.line((fields.get(key) or [""])[0])
        if text and text.upper() != "UNKNOWN":
            found = _MAIL.match(text)
            return (found.group(1).strip() if found else "") or text
    return ""


def _wants(fields: dict[str, list[str]], files: Files, egg: str) -> Iterator[str]:
    """Yield the names that it requires without an extra; other markers are taken as true."""
    from keten.formats.versions.requirement import normalise

    lines: Iterable[str] = [*fields.get("requires-dist", ()), *fields.get("requires", ())]
    if egg and not fields.get("requires-dist"):
        lines = _required(files.read(f"{egg}/requires.txt") or b"")
    for line in lines:
        text, _, marker = line.partition(";")
        found = _NAME.match(text.strip())
        if found and not _EXTRA.search(marker):
            yield normalise(found.group())


def _required(data: bytes) -> Iterator[str]:
    """Yield the lines of setuptools' requires.txt; sections are ``[extra:marker]``."""
    taken = True
    for line in data.decode("utf-8", "replace").split("\n")[:MAX_LINES]:
        section = _BRACKET.match(line) if line.startswith("[") else None
        if section:
            taken = section.group(1).startswith(":")
        elif taken and line.strip():
            yield line.strip()


def _origin(files: Files, info: str) -> tuple[str, tuple[str, ...], dict[str, str]]:
    """Return source, hashes and PURL qualifiers by direct_url.json (PEP 610)."""
    data = files.read(f"{info}/direct_url.json")
    if not data:
        return "", (), {}
    from keten.formats import json_index
    from keten.formats.json_index import strings, table, text

    try:
        root = table(json_index.parse(data, depth=0).value)
    except InputError:
        return "", (), {}
    url = language.anonymous(text(root.get("url")))[:2000]
    vcs, archive = strings(root.get("vcs_info")), table(root.get("archive_info"))
    if url and vcs.get("vcs"):
        commit = vcs.get("commit_id", "")
        address = f"{vcs['vcs']}+{url}"
        at = f"{address}@{commit}" if commit else address
        return f"{address}#{commit}".rstrip("#"), (), {"vcs_url": at}
    if "dir_info" in root:
        return f"path:{url.removeprefix('file://')}", (), {}
    hashes = [f"{key}:{value}" for key, value in sorted(strings(archive.get("hashes")).items())]
    if not hashes and "=" in text(archive.get("hash")):
        hashes = [text(archive.get("hash")).replace("=", ":", 1)]
    # A wheel from a folder, as images are often made: it says nothing of who published it.
    return "" if url.startswith("file:") else url, tuple(hashes), {}


def _files(files: Files, info: str) -> list[str] | None:
    """Return the files that the package brought, from the root; None where none says so."""
    folder = info.rpartition("/")[0]
    if info.endswith(".dist-info"):
        data = files.read(f"{info}/RECORD")
        lines: Iterable[str] = _recorded(data) if data else ()
    else:
        folder = info
        data = files.read(f"{info}/installed-files.txt")
        lines = data.decode("utf-8", "replace").split("\n")[:MAX_FILES] if data else ()
    if not data:
        return None
    found = [language.within(folder, line.strip()) for line in lines if line.strip()]
    return [path for path in found if path]


def _recorded(data: bytes) -> Iterator[str]:
    """Yield the paths of RECORD: the first column of a CSV file, quoted where it must be."""
    for line in data.decode("utf-8", "replace").split("\n")[:MAX_FILES]:
        if line.startswith('"'):
            yield line[1:].partition('",')[0].replace('""', '"')
        else:
            yield line.partition(",")[0]


READER = Reader(
    title="Installed Python package",
    media_type="text/plain",
    read=read,
    link=Link.DEPENDENCIES,
    scope=Scope.SYSTEM,
    ceiling=32 << 20,
    names=("*.egg-info",),
    paths=(
        "*.dist-info/METADATA",
        "*.dist-info/RECORD",
        "*.dist-info/direct_url.json",
        "*.egg-info/PKG-INFO",
        "*.egg-info/requires.txt",
        "*.egg-info/installed-files.txt",
        "*/EGG-INFO/PKG-INFO",
        "*/EGG-INFO/requires.txt",
    ),
)
