"""environment.yml of conda, with its list for pip.

``NAME=VERSION=BUILD`` and ``NAME==VERSION`` are one version; so is, in what conda itself exports
without builds, ``NAME=1.2.3``: conda would take 1.2.3.1 for it as well, which is the rare case.
``NAME=3.11`` is any 3.11.
"""

from typing import Any

from keten.errors import InputError
from keten.formats.json_index import text
from keten.formats.lazy_pattern import lazy
from keten.formats.versions import requirement as pep508
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._conda import tokenless
from keten.readers.packages._documents import Yaml
from keten.readers.packages._draft import Draft

_SPEC = lazy(
    r"(?:(?P<channel>[^\s\[\]]++)::)?(?P<name>[A-Za-z0-9_][A-Za-z0-9_.-]*+)"
    r"\s*(?P<rest>[^\[\]]*+)(?P<more>\[.*\])?"
)
_EXACT = lazy(r"(?:==\s*([^\s=<>!~,|*]++)|=\s*([^\s=<>!~,|*]++)(?:=([^\s=<>!~,|]++))?)")
_THREE = lazy(r"[0-9]+\.[0-9]+\.[0-9].*")
_INDEXES = {"-i": False, "--index-url": False, "--extra-index-url": True}
_SYSTEMS = ("git+", "hg+", "svn+", "bzr+")


def _conda(draft: Draft, spec: str, line: int) -> None:
    channel, _, plain = spec.rpartition("::")
    found = _SPEC.fullmatch(plain)
    if found is None:
        draft.problem(f"no specification of conda: {spec[:60]!r}", line)
        return
    name, rest = found["name"].lower(), found["rest"].strip()
    rest = "=".join(rest.split()) if rest[:1].isdigit() else rest  # "numpy 1.26.4 py311_0"
    rest = f"={rest}" if rest[:1].isdigit() else rest
    exact = _EXACT.fullmatch(rest)
    version = build = ""
    if exact:
        certain = exact[1] or (exact[2] if exact[3] or _THREE.fullmatch(exact[2]) else "")
        version, build = certain or "", exact[3] or ""
    draft.add(
        name,
        version,
        line=line,
        direct=True,
        constraint="" if version else rest or found["more"] or "",
        qualifiers={"build": "" if "*" in build else build, "channel": channel.rpartition("/")[2]},
    )


def _pip(draft: Draft, spec: str, line: int) -> None:
    if spec.startswith(("-r", "--requirement", "-c", "--constraint")):
        return  # that file has a reader of its own
    if spec.startswith("-"):
        option, _, value = spec.replace("=", " ", 1).partition(" ")
        if option in _INDEXES:
            draft.note("indexes", {"url": value.strip(), "extra": _INDEXES[option]}, line)
        return
    if spec.startswith((*_SYSTEMS, "http://", "https://")):
        name, source = pep508.name_of(spec), pep508.source_of(spec)[0]
        if name:
            draft.add(name, line=line, direct=True, source=source, ecosystem="pypi")
        else:
            draft.note("unnamed", source, line)
        return
    if spec.startswith((".", "/", "file:")):
        draft.note("members", {"path": spec}, line)
        return
    try:
        asked = pep508.parse(spec)
    except InputError as error:
        draft.problem(error.what, line)
        return
    draft.add(
        asked.name,
        asked.pinned,
        line=line,
        direct=True,
        constraint="" if asked.pinned else asked.constraint,
        source=pep508.source_of(asked.url)[0] if asked.url else "",
        ecosystem="pypi",
    )


def _one(draft: Draft, file: Yaml, index: int, item: Any) -> None:
    line = file.at("dependencies", index)
    if isinstance(item, str):
        _conda(draft, item.strip(), line)
    elif isinstance(item, dict) and isinstance(item.get("pip"), list):
        for place, spec in enumerate(item["pip"]):
            below = file.at("dependencies", index, "pip", place) or line
            _pip(draft, text(spec).strip(), below)
    elif not isinstance(item, dict) or item.get("pip", 1) is not None:
        draft.problem("a dependency that is no text", line)


def read(source: Source) -> Facts:
    """Return what one environment asks for; nothing where it is some other tool's file."""
    file = Yaml(source.data)
    items = file.value.get("dependencies")
    if not isinstance(items, list):
        return Facts()
    draft = Draft(source, ecosystem="conda", format="environment.yml", lock=False)
    channels = file.value.get("channels")
    for index, channel in enumerate(channels if isinstance(channels, list) else ()):
        name, line = tokenless(text(channel)), file.at("channels", index)
        draft.note("channels", name, line)
        if "://" in name:
            draft.note("indexes", {"url": name, "extra": False}, line)
    for index, item in enumerate(items):
        _one(draft, file, index, item)
    return draft.facts()


READER = Reader(
    title="conda environment",
    media_type="application/yaml",
    read=read,
    link=Link.DEPENDENCIES,
    ceiling=8 << 20,
    names=("environment.yml", "environment.yaml", "environment-*.yml", "environment_*.yml",
           "conda.yml", "conda.yaml", "conda-env.yml", "conda_env.yml"),
    marks=(b"dependencies:",),
)  # fmt: skip
