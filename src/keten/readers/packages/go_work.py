"""go.work: the modules of a workspace, and what it replaces for all of them."""

from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft, decode
from keten.readers.packages._go_words import MAX_LINE
from keten.readers.packages._go_words import words as words_of

_VERBS = {"use", "replace", "go", "toolchain", "godebug"}


def read(source: Source) -> Facts:
    """Return what one go.work says: folders, replacements, the Go version."""
    draft = Draft(source, ecosystem="golang", format="go.work", lock=False)
    versions: dict[str, tuple[str, int]] = {}
    block = ""
    for number, raw in enumerate(decode(source.data).split("\n"), 1):
        code = raw.partition("//")[0]
        if len(code) > MAX_LINE:
            draft.problem("a line too long to be a directive", number)
            continue
        words = words_of(code)
        if not words:
            continue
        if block and words == [")"]:
            block = ""
            continue
        verb, rest = (block, words) if block else (words[0], words[1:])
        if verb not in _VERBS or not rest:
            draft.problem(f"no directive of go.work: {' '.join(words)[:60]!r}", number)
        elif rest == ["("]:
            block = verb
        elif verb == "use":
            draft.note("uses", rest[0], number)
        elif verb == "replace":
            _replace(draft, rest, number)
        else:
            versions[verb] = (rest[0], number)
    name = versions.get("toolchain", ("", 0))
    version, line = name if name[0] not in ("", "default") else versions.get("go", ("", 0))
    if version:
        constraint = f">={version.removeprefix('go').partition('-')[0]}"
        draft.add("stdlib", line=line, direct=True, constraint=constraint)
    return draft.facts()


def _replace(draft: Draft, words: list[str], line: int) -> None:
    if "=>" not in words or words[-1] == "=>":
        draft.problem(f"no replacement: {' '.join(words)[:60]!r}", line)
        return
    cut = words.index("=>")
    old, new = words[:cut], words[cut + 1 :]
    item = {
        "old": old[0] if old else "",
        "version": old[1] if len(old) > 1 else "",
        "new": new[0],
        "with": new[1] if len(new) > 1 else "",
    }
    draft.note("replaces", item, line)


READER = Reader(
    title="Go workspace",
    media_type="text/x-go-work",
    read=read,
    link=Link.DEPENDENCIES,
    names=("go.work",),
)
