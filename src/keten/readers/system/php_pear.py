"""Packages of PEAR and PECL: ``.registry/NAME.reg``, serialised by PHP's own installer.

Of another channel than PEAR's own it lies in ``.registry/.channel.CHANNEL/``. Both versions of
package.xml are met: 2.0 has ``version`` as a table and ``channel``, 1.0 a plain ``version``.
"""

from typing import Any

from keten.errors import InputError
from keten.formats import php_serialized
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Scope, Source
from keten.readers.system import _language as language

_PEAR = "pear.php.net"


def read(source: Source) -> Facts:
    """Return one package; InputError where the record has no name or version."""
    root = php_serialized.decode(source.data)
    if not isinstance(root, dict):
        raise InputError("no record of PEAR: not an array", line=1)
    name, channel = _text(root, b"name"), _text(root, b"channel")
    name = name or _text(root, b"package")
    version = root.get(b"version")
    release = _text(version, b"release") if isinstance(version, dict) else _text(root, b"version")
    if not name or not release:
        raise InputError("a record of PEAR without name or version", line=1)
    files = root.get(b"filelist")
    one = language.package(
        source.path,
        "pear",
        name,
        release,
        namespace=channel or _PEAR,
        licenses=language.licenses([_license(root)]),
        supplier=_lead(root.get(b"lead")),
    )
    paths = [
        _text(item, b"installed_as").lstrip("/")
        for item in (files.values() if isinstance(files, dict) else ())
        if isinstance(item, dict)
    ]
    return language.facts([one], files=filter(None, paths) if any(paths) else None)


def _license(root: dict[Any, Any]) -> str:
    found = root.get(b"license")
    return _text(found, b"_content") if isinstance(found, dict) else _text(root, b"license")


def _lead(lead: Any) -> str:
    first = lead.get(0, lead) if isinstance(lead, dict) else {}
    return language.line(_text(first, b"name")) if isinstance(first, dict) else ""


def _text(table: dict[Any, Any], key: bytes) -> str:
    found = table.get(key)
    return found.decode("utf-8", "replace") if isinstance(found, bytes) else ""


READER = Reader(
    title="Installed package of PEAR or PECL",
    media_type="application/octet-stream",
    read=read,
    link=Link.DEPENDENCIES,
    scope=Scope.SYSTEM,
    ceiling=16 << 20,
    paths=("*.registry/*.reg",),
)
