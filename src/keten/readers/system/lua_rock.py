"""Installed rocks of Lua: ``rocks-5.4/NAME/VERSION/NAME-VERSION.rockspec``, a Lua table."""

from keten.errors import InputError
from keten.formats.lazy_pattern import lazy
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Scope, Source
from keten.readers.system import _language as language

_SET = lazy(r"(?m)^\s*(package|version|license)\s*=\s*[\"']([^\"'\\\n]{1,255})[\"']")
_NEEDS = lazy(r"(?m)^dependencies\s*=\s*\{([^{}]*+)\}")
_TEXT = lazy(r"[\"']\s*([A-Za-z0-9_.-]+)[^\"'\n]*[\"']")


def read(source: Source) -> Facts:
    """Return one rock; InputError where name or version are not plain texts."""
    text = source.data.decode("utf-8", "replace")
    found: dict[str, str] = {}
    for key, value in _SET.findall(text):
        found.setdefault(key, value)
    if not found.get("package") or not found.get("version"):
        raise InputError("a rockspec without package or version in plain words", line=1)
    needs = _NEEDS.search(text)
    one = language.package(
        source.path,
        "luarocks",
        found["package"].lower(),
        found["version"],
        licenses=language.licenses([found.get("license")]),
        wants=_TEXT.findall(needs.group(1)) if needs else (),
    )
    return language.facts([one])


READER = Reader(
    title="Installed rock of Lua",
    media_type="text/x-lua",
    read=read,
    link=Link.DEPENDENCIES,
    scope=Scope.SYSTEM,
    ceiling=1 << 20,
    paths=("*/rocks-*/*.rockspec", "*/rocks/*.rockspec"),
)
