"""pubspec.lock of Dart and Flutter: each package says itself whether it is direct."""

from typing import Any

from keten.errors import InputError
from keten.formats.json_index import table, text
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Source
from keten.readers.packages._documents import Yaml
from keten.readers.packages._draft import Draft, Entry

_PUBLIC = ("https://pub.dev", "https://pub.dartlang.org")


def _add(draft: Draft, file: Yaml, key: str, item: dict[str, Any]) -> Entry | None:
    line = file.at("packages", key)
    told = item.get("description")
    described, kind = table(told), text(item.get("source"))
    version = file.text(item.get("version"), "packages", key, "version")
    dependency = text(item.get("dependency"))
    name, source = text(described.get("name")) or key, ""
    match kind:
        case "hosted":
            host = text(described.get("url")).rstrip("/")
            source = "" if host in ("", *_PUBLIC) else f"registry+{host}"
        case "git":
            commit = text(described.get("resolved-ref"))
            source = f"git+{text(described.get('url'))}#{commit}"
            name = key
        case "path":
            where = text(described.get("path")) or text(told)
            draft.note("members", {"name": key, "path": where}, line)
            return None
        case "sdk":
            draft.note("sdk", key, line)  # comes with Flutter or Dart, at their version
            return None
        case _:
            draft.problem(f"{key[:60]!r} is from an unknown source: {kind[:30]}", line)
            return None
    digest = text(described.get("sha256"))
    return draft.add(
        name,
        version,
        line=line,
        direct=dependency.startswith("direct") if dependency else None,
        development=dependency == "direct dev",
        source=source,
        hashes=[f"sha256:{digest}"] if digest else (),
    )


def read(source: Source) -> Facts:
    """Return the packages of one pubspec.lock."""
    file = Yaml(source.data)
    if not isinstance(file.value.get("packages"), dict):
        raise InputError("no lockfile of pub: it has no packages", line=1)
    draft = Draft(source, ecosystem="pub", format="pubspec.lock", lock=True)
    fetched = []
    for key, item in file.table("packages").items():
        if not isinstance(item, dict):
            draft.problem(f"the entry of {key[:60]!r} is no mapping", file.at("packages", key))
            continue
        entry = _add(draft, file, key, item)
        if entry is not None and not entry.source.startswith("git+"):
            fetched.append(entry)
    # pub writes hashes since Dart 2.19; before, no entry of a file had one.
    hashed = [bool(entry.hashes) for entry in fetched]
    draft.hashed = all(hashed) if any(hashed) else None
    return draft.facts()


READER = Reader(
    title="pub lockfile",
    media_type="application/yaml",
    read=read,
    link=Link.DEPENDENCIES,
    ceiling=8 << 20,
    names=("pubspec.lock",),
)
