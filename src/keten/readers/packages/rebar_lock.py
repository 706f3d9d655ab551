"""rebar.lock of rebar3: each package with how far it is from the project; 0 is direct.

``{"1.2.0", [{Name, {pkg, Name, Version}, Level}, ...]}.`` and a list of hashes: ``pkg_hash`` of
what is inside the archive, ``pkg_hash_ext`` of the archive. The first form was the list alone.
"""

from keten.errors import InputError
from keten.formats import beam_terms
from keten.formats.beam_terms import Term
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft, Entry, decode

_REPOSITORIES = ("git", "hg", "git_subdir")


def _hashes(terms: list[Term]) -> dict[str, str]:
    """Return the SHA-256 of each package, of the archive where it is told."""
    found: dict[str, str] = {}
    for term in terms:
        kinds = term.keywords() if term.kind == "[" else {}
        for kind in ("pkg_hash", "pkg_hash_ext"):
            listed = kinds.get(kind)
            if isinstance(listed, Term):
                pairs = listed.keywords()
                found |= {name: str(one).lower() for name, one in pairs.items() if one}
    return found


def _add(draft: Draft, key: str, how: Term, line: int, *, direct: bool) -> Entry | None:
    kind = how.text(0)
    if kind == "pkg":
        return draft.add(how.text(1) or key, how.text(2), line=line, direct=direct)
    if kind in _REPOSITORIES:
        system = "hg" if kind == "hg" else "git"
        return draft.add(
            key, line=line, direct=direct, source=f"{system}+{how.text(1)}#{how.term(2).text(1)}"
        )
    draft.problem(f"{key[:60]!r} is locked in an unknown way: {kind[:30]}", line)
    return None


def read(source: Source) -> Facts:
    """Return the packages of one rebar.lock."""
    terms = beam_terms.parse(decode(source.data), elixir=False)
    first = terms[0] if terms else None
    if not isinstance(first, Term):
        raise InputError("no lockfile of rebar3", line=1)
    draft = Draft(source, ecosystem="hex", format="rebar.lock", lock=True)
    if first.kind == "{":
        draft.settings["version"] = first.text(0)
        first = first.term(1)
    hashes = _hashes([term for term in terms[1:] if isinstance(term, Term)])
    fetched = []
    for item in first.terms():
        key = item.text(0)
        if item.kind != "{" or not key:
            draft.problem("an entry that is no lock", item.line)
            continue
        entry = _add(draft, key, item.term(1), item.line, direct=item.text(2) == "0")
        if entry is not None and not entry.source:
            fetched.append(entry)
            if hashes.get(key):
                entry.hashes = (f"sha256:{hashes[key]}",)
    draft.hashed = all(entry.hashes for entry in fetched) if hashes and fetched else None
    return draft.facts()


READER = Reader(
    title="rebar3 lockfile",
    media_type="text/x-erlang",
    read=read,
    link=Link.DEPENDENCIES,
    ceiling=8 << 20,
    names=("rebar.lock",),
)
