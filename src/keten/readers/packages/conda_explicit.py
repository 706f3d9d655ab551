"""Explicit lists of conda (``conda list --explicit``): a line ``@EXPLICIT``, then addresses.

After ``#`` stands the MD5 of the archive, or ``sha256:`` and its SHA-256. conda writes MD5 unless
it is told otherwise.
"""

from keten.errors import InputError
from keten.formats.lazy_pattern import lazy
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages import _conda
from keten.readers.packages._draft import Draft, anonymous, decode

_PLATFORM = lazy(r"#\s*platform:\s*(\S++)")
_MD5, _SHA256 = 32, 64


def _hash(text: str) -> str:
    kind, _, digest = text.rpartition(":")
    if len(digest) == _MD5 and kind in ("", "md5"):
        return f"md5:{digest.lower()}"
    return f"sha256:{digest.lower()}" if len(digest) == _SHA256 else ""


def read(source: Source) -> Facts:
    """Return the packages of one list; nothing where it is none."""
    draft = Draft(source, ecosystem="conda", format="conda-explicit", lock=True)
    explicit = False
    for number, raw in enumerate(decode(source.data).split("\n"), 1):
        line = raw.strip()
        platform = _PLATFORM.fullmatch(line)
        if platform:
            draft.settings["platform"] = platform.group(1)
        if not line or line.startswith("#"):
            continue
        if line == "@EXPLICIT":
            explicit = True
            continue
        if not explicit:
            raise InputError("no explicit list of conda: @EXPLICIT comes later", line=number)
        address, _, digest = line.partition("#")
        found = _conda.archive(address)
        if found is None:
            draft.problem(
                f"no address of a package: {_conda.tokenless(anonymous(line))[:80]!r}", number
            )
            continue
        name, version, told = found
        hashes = [_hash(digest)] if digest else []
        draft.add(
            name,
            version,
            line=number,
            source=_conda.tokenless(address),
            qualifiers=told,
            hashes=filter(None, hashes),
        )
    if not explicit:
        return Facts()
    return draft.facts()


READER = Reader(
    title="Explicit list of conda",
    media_type="text/x-conda-explicit",
    read=read,
    link=Link.DEPENDENCIES,
    ceiling=8 << 20,
    names=("conda-*.lock", "*-64.lock", "spec-file*.txt", "spec-list*.txt", "explicit*.txt",
           "conda*.txt", "environment*.lock"),
    marks=(b"@EXPLICIT",),
)  # fmt: skip
