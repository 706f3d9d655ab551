"""go.sum and go.work.sum: hashes of modules, ``h1:`` and 44 characters of base64.

It names more modules than are built, so it makes no packages; go.mod takes its hashes.
"""

from keten.formats.lazy_pattern import lazy
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft, decode

_HASH = lazy(r"[a-z][a-z0-9]*:[A-Za-z0-9+/]+={0,2}\Z")


def read(source: Source) -> Facts:
    """Say what one go.sum is, and which of its lines can not be one's; two hashes are a fault."""
    draft = Draft(source, ecosystem="golang", format="go.sum", lock=True)
    seen: dict[tuple[str, str], str] = {}
    for number, raw in enumerate(decode(source.data).split("\n"), 1):
        words = raw.split()
        if not words:
            continue
        if len(words) != 3 or not _HASH.match(words[2]):  # noqa: PLR2004 module, version, hash
            draft.problem(
                f"no line of go.sum: {raw.strip()[:60]!r}", number, advice="Run go mod tidy."
            )
            continue
        key = (words[0], words[1])
        if seen.setdefault(key, words[2]) != words[2]:
            draft.note("conflicts", f"{words[0]} {words[1]}", number)
    draft.settings["modules"] = len(seen)
    draft.hashed = True
    return draft.facts()


READER = Reader(
    title="Go checksums",
    media_type="text/x-go-sum",
    read=read,
    link=Link.DEPENDENCIES,
    names=("go.sum", "go.work.sum"),
)
