""".terraform.lock.hcl: the providers of Terraform and OpenTofu, with hashes of each platform.

``zh:`` is the SHA-256 of a provider's archive, ``h1:`` of the list of files in it.
"""

from keten.errors import InputError
from keten.formats.lazy_pattern import lazy
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft, decode

_TOKEN = lazy(
    r'\s++|(?:\#|//)[^\n]*+|/\*(?:[^*]++|\*(?!/))*+\*/|("(?:[^"\\\n]++|\\.)*+")'
    r"|([A-Za-z_][\w-]*+)|([{}\[\]=,])"
)
_ARCHIVE = lazy(r"zh:([0-9a-fA-F]{64})")


class _Block:
    """One provider while it is read."""

    def __init__(self, address: str, line: int) -> None:
        self.address = address
        self.line = line
        self.version = self.constraints = ""
        self.hashes: list[str] = []


def _add(draft: Draft, block: _Block) -> None:
    if not block.version:
        draft.problem(f"provider {block.address[:80]!r} without a version", block.line)
        return
    hashes = []
    for text in block.hashes:
        archive = _ARCHIVE.fullmatch(text)
        hashes.append(f"sha256:{archive.group(1).lower()}" if archive else text)
    draft.add(
        block.address,
        block.version,
        line=block.line,
        constraint=block.constraints,
        hashes=hashes,
    )


def read(source: Source) -> Facts:
    """Return the providers of one lockfile."""
    body = decode(source.data)
    draft = Draft(source, ecosystem="terraform", format=".terraform.lock.hcl", lock=True)
    at = mark = depth = 0
    line, words, block = 1, list[str](), None
    while at < len(body):
        found = _TOKEN.match(body, at)
        line += body.count("\n", mark, at)
        mark = at
        if found is None:
            raise InputError(f"no token of HCL: {body[at : at + 30]!r}", line=line)
        at = found.end()
        quoted, word, sign = found.groups()
        if quoted is not None or word is not None:
            words.append(quoted[1:-1] if quoted is not None else word)
            if block is not None and depth == 1 and words[1:2] == ["="] and len(words) == 3:  # noqa: PLR2004 name = "value"
                if words[0] == "version":
                    block.version = words[2]
                elif words[0] == "constraints":
                    block.constraints = words[2]
                words = []
            elif block is not None and depth == 2 and words[0] == "hashes":  # noqa: PLR2004 in its list
                block.hashes.append(words.pop())
            elif depth == 2:  # noqa: PLR2004 in another list
                words.pop()
        elif sign == "{":
            if depth == 0 and len(words) == 2 and words[0] == "provider":  # noqa: PLR2004 word and name
                block = _Block(words[1], line)
            depth, words = depth + 1, []
        elif sign == "}":
            if depth == 1 and block is not None:
                _add(draft, block)
                block = None
            depth, words = depth - 1, []
        elif sign == "[":
            depth, words = depth + 1, words[:1] or [""]
        elif sign == "]":
            depth, words = depth - 1, []
        elif sign == "=":
            words.append(sign)
        if depth < 0:
            raise InputError(f"{sign} closes nothing", line=line)
    if depth:
        raise InputError("a block that is not closed", line=block.line if block else line)
    found_all = list(draft.entries.values())
    draft.hashed = all(entry.hashes for entry in found_all) if found_all else None
    return draft.facts()


READER = Reader(
    title="Terraform lockfile",
    media_type="text/x-hcl",
    read=read,
    link=Link.DEPENDENCIES,
    ceiling=8 << 20,
    names=(".terraform.lock.hcl",),
)
