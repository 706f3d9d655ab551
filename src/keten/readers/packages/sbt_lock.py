"""build.sbt.lock, of the plugin sbt-dependency-lock: modules with their configurations.

Its hashes are SHA-1, the only kind it writes.
"""

from keten.errors import InputError
from keten.formats import json_index
from keten.formats.json_index import table, text
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft

_ASIDE = {"test", "it", "test-internal", "scala-tool", "scala-doc-tool", "plugin", "optional",
          "integrationtest", "pom"}  # fmt: skip


def read(source: Source) -> Facts:
    """Return the modules of one build.sbt.lock."""
    document = json_index.parse(source.data, depth=2)
    root = document.value
    if not isinstance(root, dict) or not isinstance(root.get("dependencies"), list):
        raise InputError("no lockfile of sbt: it has no dependencies", line=1)
    draft = Draft(source, ecosystem="maven", format="build.sbt.lock", lock=True)
    draft.settings["version"] = root.get("lockVersion")
    for index, item in enumerate(root["dependencies"]):
        line, column = document.at("dependencies", index)
        one = table(item)
        group, name, version = (text(one.get(key)) for key in ("org", "name", "version"))
        if not group or not name or not version:
            draft.problem("a module without organisation, name or version", line, column)
            continue
        listed, files = one.get("configurations"), one.get("artifacts")
        used = [text(c).lower() for c in listed] if isinstance(listed, list) else []
        hashes = (
            [text(table(file).get("hash")) for file in files] if isinstance(files, list) else []
        )
        draft.add(
            f"{group}:{name}",
            version,
            line=line,
            column=column,
            development=bool(used) and _ASIDE.issuperset(used),
            hashes=filter(None, hashes),
        )
    return draft.facts()


READER = Reader(
    title="sbt lockfile",
    media_type="application/json",
    read=read,
    link=Link.DEPENDENCIES,
    names=("build.sbt.lock",),
)
