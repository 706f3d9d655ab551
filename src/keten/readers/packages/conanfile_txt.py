"""conanfile.txt: what a project asks of Conan, at a version or (in brackets) a range."""

from keten.formats.lazy_pattern import lazy
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft, decode

_REFERENCE = lazy(
    r"([^/@#\s]++)/(\[[^\]]*+\]|[^@#\s\[\]]++)(?:@([^/#\s]*+)(?:/([^#\s]*+))?)?(?:#(\S++))?"
)
_SECTIONS = {
    "requires": False,
    "build_requires": True,
    "tool_requires": True,
    "test_requires": True,
}


def read(source: Source) -> Facts:
    """Return what one conanfile.txt asks for."""
    draft = Draft(source, ecosystem="conan", format="conanfile.txt", lock=False)
    section = ""
    for number, raw in enumerate(decode(source.data).split("\n"), 1):
        line = raw.partition(" #")[0].strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1].strip()
            continue
        if section not in _SECTIONS:
            continue
        found = _REFERENCE.fullmatch(line)
        if found is None:
            draft.problem(f"no reference of Conan: {line[:60]!r}", number)
            continue
        name, version, user, channel, rrev = (part or "" for part in found.groups())
        ranged = version.startswith("[")
        where = {"user": user, "channel": channel, "rrev": rrev}
        draft.add(
            name,
            "" if ranged else version,
            line=number,
            direct=True,
            development=_SECTIONS[section],
            constraint=version[1:-1] if ranged else "",
            qualifiers={key: "" if one in ("_", "0") else one for key, one in where.items()},
        )
    return draft.facts()


READER = Reader(
    title="Conan requirements",
    media_type="text/x-conanfile",
    read=read,
    link=Link.DEPENDENCIES,
    ceiling=8 << 20,
    names=("conanfile.txt",),
)
