"""Plugins and themes of WordPress: the comment at the head of a plugin's main file, or style.css.

WordPress itself reads ``Plugin Name:`` and ``Version:`` of the first 8 KiB (get_file_data) of
each PHP file in ``wp-content/plugins`` and in the folders there, none deeper. A plugin goes by
its folder, which is its name on wordpress.org, as a theme does.
"""

import msgspec

from keten.errors import InputError
from keten.formats.lazy_pattern import lazy
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Scope, Source
from keten.readers.system import _language as language

CEILING = 16 << 20
HEAD = 8 << 10
"""How much of a file WordPress looks at, in bytes."""
_PLUGIN = lazy(r"(?:^|/)wp-content/(?:mu-)?plugins/(?:([^/]+)/)?([^/]+)\.php$")
_THEME = lazy(r"(?:^|/)wp-content/themes/([^/]+)/style\.css$")
_FIELD = lazy(
    r"(?im)^[ \t/*#@]*(plugin name|theme name|version|license|author):[ \t]*([^\r\n]{1,300})$"
)
_UNFIT = lazy(r"[^\w.+~-]")


def sift(data: bytes, path: str = "") -> bytes:
    """Keep the fields of the head; nothing of a file that is no plugin's or theme's."""
    plugin = _PLUGIN.search(path)
    if not plugin and not _THEME.search(path):
        return b""
    text = bytes(data[:HEAD]).decode("utf-8", "replace").replace("\r", "\n")
    fields: dict[str, str] = {}
    for key, value in _FIELD.findall(text):
        fields.setdefault(key.lower(), value.partition("*/")[0].partition("?>")[0].strip())
    named = fields.get("plugin name" if plugin else "theme name")
    return msgspec.msgpack.encode(fields) if named else b""


def read(source: Source) -> Facts:
    """Return one plugin or theme."""
    if not source.data:
        return Facts()
    try:
        fields = msgspec.msgpack.decode(source.data, type=dict[str, str])
    except msgspec.MsgspecError as error:
        raise InputError("no sifted plugin") from error
    plugin, theme = _PLUGIN.search(source.path), _THEME.search(source.path)
    found = plugin or theme
    if found is None:
        return Facts()
    slug = found[1] or found[2]
    version = fields.get("version", "")
    one = language.package(
        source.path,
        "generic",
        slug.lower(),
        "" if _UNFIT.search(version) else version,
        namespace="wordpress-plugin" if plugin else "wordpress-theme",
        licenses=language.licenses([fields.get("license")]),
        supplier=language.line(fields.get("author")),
    )
    return language.facts([one])


READER = Reader(
    title="Plugin or theme of WordPress",
    media_type="text/x-php",
    read=read,
    link=Link.DEPENDENCIES,
    scope=Scope.SYSTEM,
    ceiling=CEILING,
    sift=sift,
    sift_path=True,
    paths=("*wp-content/plugins/*.php", "*wp-content/mu-plugins/*.php",
           "*wp-content/themes/*/style.css"),
)  # fmt: skip
