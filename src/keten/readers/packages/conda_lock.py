"""conda-lock.yml: packages of conda and of pip, once for each platform."""

from typing import Any

from keten.errors import InputError
from keten.formats.json_index import table, text
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages import _conda
from keten.readers.packages._documents import Yaml
from keten.readers.packages._draft import Draft, Entry

_SHA256, _MD5 = "sha256", "md5"


class _Lock:
    def __init__(self, source: Source, file: Yaml) -> None:
        self.draft = Draft(source, ecosystem="conda", format="conda-lock.yml", lock=True)
        self.file = file
        self.found: dict[tuple[str, str], Entry] = {}  # by platform and name
        self.made: list[tuple[Entry, str, dict[str, Any]]] = []

    def one(self, index: int, item: dict[str, Any]) -> None:
        line = self.file.at("package", index)
        name = text(item.get("name"))
        version = self.file.text(item.get("version"), "package", index, "version")
        manager, url = text(item.get("manager")), text(item.get("url"))
        if not name or not version or manager not in ("conda", "pip"):
            self.draft.problem("a package without name, version or manager", line)
            return
        hashes = table(item.get("hash"))
        kind = next((k for k in (_SHA256, _MD5) if text(hashes.get(k))), "")
        archive = _conda.archive(url) if manager == "conda" else None
        category = text(item.get("category"))
        entry = self.draft.add(
            name,
            version,
            line=line,
            development=category not in ("", "main"),
            optional=item.get("optional") is True,
            source=""
            if manager == "pip" and "//files.pythonhosted.org/" in url
            else _conda.tokenless(url),
            hashes=[f"{kind}:{hashes[kind]}"] if kind else (),
            ecosystem="pypi" if manager == "pip" else "conda",
            qualifiers=archive[2] if archive else None,
        )
        if entry is not None:
            platform = text(item.get("platform"))
            self.found.setdefault((platform, name), entry)
            self.made.append((entry, platform, table(item.get("dependencies"))))

    def finish(self) -> Facts:
        for entry, platform, needs in self.made:
            for name in needs:
                target = self.found.get((platform, name))
                if target is not None:
                    self.draft.require(entry, target)
        found = list(self.draft.entries.values())
        self.draft.hashed = all(entry.hashes for entry in found) if found else None
        return self.draft.facts()


def read(source: Source) -> Facts:
    """Return the packages of one conda-lock.yml."""
    file = Yaml(source.data)
    items = file.value.get("package")
    if not isinstance(items, list):
        raise InputError("no lockfile of conda-lock: it has no package", line=1)
    lock = _Lock(source, file)
    lock.draft.settings["version"] = file.value.get("version")
    for index, item in enumerate(items):
        if isinstance(item, dict):
            lock.one(index, item)
        else:
            lock.draft.problem("a package that is no mapping", file.at("package", index))
    return lock.finish()


READER = Reader(
    title="conda-lock lockfile",
    media_type="application/yaml",
    read=read,
    link=Link.DEPENDENCIES,
    ceiling=32 << 20,
    names=("conda-lock.yml", "conda-lock.yaml", "*.conda-lock.yml"),
)
