"""Gem specifications as RubyGems writes them when it installs a gem, read without Ruby.

An installed ``.gemspec`` is generated (Gem::Specification#to_ruby): a ``# stub:`` line with
name, version, platform and require paths, then one assignment of literals a line. Strings are
``"..."``, ``'...'`` or ``%q<...>``, perhaps followed by ``.freeze``. What a person wrote (the
specification of a gem taken from git) has the same form as far as its values are literals.
"""

from collections.abc import Iterator

from msgspec import Struct

from keten.formats.lazy_pattern import lazy

MAX_LINES = 10_000
MAX_LINE = 20_000
MAX_ITEMS = 500

_STUB = lazy(r"#\s*stub:\s*(\S+)\s+(\S+)\s+(\S+)")
_SET = lazy(r"\s*\w+\.(name|version|platform|licenses?|authors?|homepage)\s*=\s*(.*)")
_NEED = lazy(r"\s*(?:if .*? then )?\w+\.add_(runtime_|development_)?dependency\s*\(?\s*(.*)")
# A quote that is not closed takes the rest, so that no other place is tried.
_TEXT = lazy(r"\"((?:[^\"\\]|\\.)*+)\"?|'((?:[^'\\]|\\.)*+)'?|%q?<([^<>]*+)>|%q?\[([^\[\]]*+)\]")
_NEW = lazy(r"Gem::Version\.new\s*\(?\s*")


class Gem(Struct, frozen=True):
    """What one specification says; *needs* are the names of what it runs with."""

    name: str = ""
    version: str = ""
    platform: str = ""
    licenses: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


def parse(data: bytes) -> Gem:
    """Return what stands in literals; a name or version that is computed is ""."""
    found: dict[str, tuple[str, ...]] = {}
    needs: dict[str, None] = {}
    for line in data.decode("utf-8", "replace").split("\n")[:MAX_LINES]:
        text = line[:MAX_LINE]
        if text.startswith("#"):
            stub = _STUB.match(text)
            if stub is not None:
                for key, value in zip(("name", "version", "platform"), stub.groups(), strict=True):
                    found.setdefault(key, (value,))
            continue
        setting = _SET.match(text)
        if setting is not None:
            key, values = setting.group(1), tuple(_strings(setting.group(2)))
            if values:
                found.setdefault(key.removesuffix("s"), values)
            continue
        need = _NEED.match(text)
        if need is not None and need.group(1) != "development_":
            name = next(_strings(need.group(2)), "")
            if name and len(needs) < MAX_ITEMS:
                needs[name] = None
    one = {key: found.get(key, ("",))[0] for key in ("name", "version", "platform")}
    return Gem(
        one["name"],
        one["version"],
        "" if one["platform"] == "ruby" else one["platform"],
        found.get("license", ()),
        found.get("author", ()),
        tuple(needs),
    )


def _strings(text: str) -> Iterator[str]:
    """Yield the literals that an expression begins with: one, or those of a list."""
    new = _NEW.match(text)
    text = text[new.end() :] if new else text
    listed = text.startswith("[")
    if not listed and text[:1] not in {'"', "'", "%"}:
        return
    for number, found in enumerate(_TEXT.finditer(text)):
        value = next((group for group in found.groups() if group is not None), "")
        if "#{" in value or number >= MAX_ITEMS:
            return
        yield value.replace('\\"', '"').replace("\\'", "'")
        if not listed:
            return
