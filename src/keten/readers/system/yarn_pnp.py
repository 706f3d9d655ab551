"""Yarn Plug'n'Play: ``.pnp.cjs`` and ``.pnp.data.json``, which stand for ``node_modules``.

Packages lie as archives in a cache, and this file maps each name and reference ("npm:1.2.3",
"virtual:...#npm:1.2.3") to where it lies and what it requires (Yarn's PnP specification,
``packageRegistryData``). In a ``.cjs`` the same JSON stands in a string or an object literal.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from keten.errors import CeilingError, InputError
from keten.formats.lazy_pattern import lazy
from keten.model.delivery import Package
from keten.model.evidence import Link
from keten.model.facts import Edge, Facts, Trust
from keten.model.plug import Reader, Scope, Source
from keten.readers.system import _language as language

MAX_PACKAGES = 50_000
_BY = "system/yarn-pnp"
# RAW_RUNTIME_STATE = '...' has a backslash at the end of each line; older files call
# hydrateRuntimeState({...}, ...) with the object itself.
_TEXT = lazy(rb"RAW_RUNTIME_STATE\s*=\s*'((?:[^'\\]++|\\.)*+)'", re.DOTALL)
_OBJECT = lazy(rb"hydrateRuntimeState\(\s*(?=\{)")
_ESCAPE = lazy(rb"\\(\r?\n|.)", re.DOTALL)
_Key = tuple[str, str]


def read(source: Source) -> Facts:
    """Return the packages that Yarn installed; InputError where the file is none of Yarn's."""
    found: dict[_Key, tuple[Package, list[_Key]]] = {}
    for name, reference, item in _entries(_decode(source.data)):
        version = reference.rpartition("#")[2].removeprefix("npm:")
        if not reference.rpartition("#")[2].startswith("npm:"):
            continue  # a workspace, a patch, an archive: nothing that a registry has by that name
        namespace, _, base = name.rpartition("/")
        try:
            one = language.package(
                source.path, "npm", base, version.partition("::")[0], namespace=namespace
            )
        except InputError:
            continue
        if len(found) >= MAX_PACKAGES:
            raise CeilingError(f"more than {MAX_PACKAGES:,} packages in one file")
        found[name, reference] = one, list(_needs(item))
    edges = [
        Edge(one.ref, "requires", found[key][0].ref, Trust.OBSERVED, source.path, _BY)
        for one, needs in found.values()
        for key in needs
        if key in found and found[key][0].ref != one.ref
    ]
    return language.facts([one for one, _ in found.values()], edges=edges)


def _decode(data: bytes) -> Any:
    text = _TEXT.search(data)
    if text is not None:
        data = _ESCAPE.sub(_unescape, text.group(1))
    literal = _OBJECT.search(data) if text is None else None
    try:
        if literal is None:
            return msgspec.json.decode(data)
        from json import JSONDecoder  # takes an object that the rest of the call follows

        return JSONDecoder().raw_decode(data.decode(), len(data[: literal.end()].decode()))[0]
    except RecursionError:
        raise CeilingError("JSON nested too deep") from None
    except (msgspec.MsgspecError, ValueError) as error:
        raise InputError(f"no data of Yarn: {str(error)[:200]}", line=1) from error


def _unescape(found: re.Match[bytes]) -> bytes:
    return b"" if found.group(1) in {b"\n", b"\r\n"} else found.group(1)


def _entries(root: Any) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield name, reference and record of ``[[name, [[reference, record], ...]], ...]``."""
    listed = root.get("packageRegistryData") if isinstance(root, dict) else None
    if not isinstance(listed, list):
        raise InputError("no data of Yarn: no packageRegistryData", line=1)
    for pair in listed:
        name, items = _pair(pair)
        for inner in items if isinstance(items, list) else ():
            reference, item = _pair(inner)
            if isinstance(name, str) and isinstance(reference, str) and isinstance(item, dict):
                yield name, reference, item


def _needs(item: dict[str, Any]) -> Iterator[_Key]:
    needs = item.get("packageDependencies")
    for need in needs if isinstance(needs, list) else ():
        name, reference = _pair(need)
        if isinstance(reference, list):  # an alias: [name, reference]
            name, reference = _pair(reference)
        if isinstance(name, str) and isinstance(reference, str):
            yield name, reference


def _pair(item: Any) -> tuple[Any, Any]:
    return (item[0], item[1]) if isinstance(item, list) and len(item) == 2 else (None, None)  # noqa: PLR2004 a pair


READER = Reader(
    title="Packages of Yarn Plug'n'Play",
    media_type="application/javascript",
    read=read,
    link=Link.DEPENDENCIES,
    scope=Scope.SYSTEM,
    names=(".pnp.cjs", ".pnp.js", ".pnp.data.json"),
)
