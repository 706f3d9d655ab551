"""Installed packages of conda: ``conda-meta/NAME-VERSION-BUILD.json``."""

from typing import Any

from keten.errors import InputError
from keten.formats import json_index
from keten.formats.json_index import table, text
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Scope, Source
from keten.readers.system import _language as language

MAX_FILES = 200_000


def read(source: Source) -> Facts:
    """Return one package; InputError where the record has no name or version."""
    root: dict[str, Any] = table(json_index.parse(source.data, depth=0).value)
    name, version = text(root.get("name")), text(root.get("version"))
    if not name or not version:
        raise InputError("a record of conda without name or version", line=1)
    hashes = [f"{kind}:{root[kind]}" for kind in ("sha256", "md5") if text(root.get(kind))]
    files, needs = root.get("files"), root.get("depends")
    prefix = source.path.rpartition("/")[0].rpartition("/")[0]
    one = language.package(
        source.path,
        "conda",
        name,
        version,
        qualifiers={
            "build": text(root.get("build")) or text(root.get("build_string")),
            "channel": _channel(text(root.get("channel")), text(root.get("subdir"))),
            "subdir": text(root.get("subdir")),
            "type": _archive(text(root.get("fn"))),
        },
        source=language.anonymous(text(root.get("url")))[:2000],
        hashes=tuple(hashes),
        licenses=language.licenses([root.get("license")]),
        wants=[
            need.split()[0]
            for need in (needs if isinstance(needs, list) else [])
            if isinstance(need, str) and need.split()
        ],
    )
    listed = files if isinstance(files, list) else []
    paths = [language.within(prefix, path) for path in listed[:MAX_FILES] if isinstance(path, str)]
    return language.facts([one], files=filter(None, paths) if listed else None)


def _channel(text: str, subdir: str) -> str:
    """Return a channel's name: the last part of its address that is not the platform."""
    return text.rstrip("/").removesuffix(f"/{subdir}").rpartition("/")[2]


def _archive(name: str) -> str:
    return "conda" if name.endswith(".conda") else "tar.bz2" if name.endswith(".tar.bz2") else ""


READER = Reader(
    title="Installed package of conda",
    media_type="application/json",
    read=read,
    link=Link.DEPENDENCIES,
    scope=Scope.SYSTEM,
    paths=("*conda-meta/*.json",),
)
