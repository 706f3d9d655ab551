"""Installed packages of Node: ``package.json`` in ``node_modules``, and programs' own.

Taken are packages that stand directly in a ``node_modules`` folder (nested ones, scopes and
pnpm's ``.pnpm/x@1/node_modules/x`` too), and outside of any such folder every package.json with
name and version: an application, a distribution's ``/usr/share/nodejs``. What lies deeper in an
installed package is taken from folders for others' code (``vendor``, ``compiled``), not from
its tests and templates. A ``private`` package outside is the application itself: nothing in
the registry is that, so it has a local *source* and no advisory is matched against it.
Hashes and addresses: ``_integrity`` and ``_resolved`` of older npm, ``.package-lock.json`` since 7.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from keten.errors import CeilingError, InputError
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Files, Reader, Scope, Source
from keten.readers.system import _language as language

MAX_LICENSES = 20
_VENDORED = {"vendor", "vendored", "vendors", "compiled", "bundled", "third_party", "third-party"}
_HIDDEN = ".package-lock.json"
_STORE = "/.pnpm/"


class _Json(msgspec.Struct, omit_defaults=True):
    """The fields of package.json that matter, each as it may be."""

    name: Any = None
    version: Any = None
    private: Any = None
    license: Any = None
    licenses: Any = None
    author: Any = None
    dependencies: Any = None
    optionalDependencies: Any = None  # noqa: N815 the key in the file
    peerDependencies: Any = None  # noqa: N815 as above
    resolved: Any = msgspec.field(default=None, name="_resolved")
    integrity: Any = msgspec.field(default=None, name="_integrity")


class _Locked(msgspec.Struct):
    resolved: Any = None
    integrity: Any = None


class _Lock(msgspec.Struct):
    packages: dict[str, _Locked] = {}


_PACKAGE = msgspec.json.Decoder(_Json)
_LOCK = msgspec.json.Decoder(_Lock)


def sift(data: bytes, path: str) -> bytes:
    """Return the fields that matter; nothing where the file is not that of a package.

    Of the package.json of an image most only say how the modules beside them are written.
    """
    folder, _, base = path.rpartition("/")
    if base == _HIDDEN:
        return bytes(data)
    if not _counts(*_split(folder)):
        return b""
    found = _decode(bytes(data))
    return msgspec.json.encode(found) if _named(found) else b""


def read(source: Source) -> Facts:
    """Return one installed package; none where the file is not that of one."""
    folder, _, base = source.path.rpartition("/")
    if base == _HIDDEN:
        return Facts()  # kept so that the packages beside it can be told with their hashes
    root, inside = _split(folder)
    if not _counts(root, inside):
        return Facts()
    found = _decode(source.data)
    if not _named(found):
        return Facts()
    name, version = found.name, found.version
    namespace, _, last = name.rpartition("/")
    if not root and ("{" in name or "<" in name):
        return Facts()  # a template of a package
    resolved, integrity = found.resolved, found.integrity
    if root and not isinstance(integrity, str):
        above, key = _above(folder)
        locked = _locked(source.files, above).get(key)
        if locked is not None:
            resolved, integrity = resolved or locked.resolved, locked.integrity
    own = not root and found.private is True
    one = language.package(
        source.path,
        "npm",
        last,
        version.strip(),
        namespace=namespace,
        source=f"path:{folder or '.'}" if own else _address(resolved),
        hashes=tuple(_hashes(integrity)),
        licenses=language.licenses(_licenses(found)),
        supplier=_supplier(found.author),
        wants=_wants(found, source.files, folder),
    )
    return language.facts([one])


def _split(folder: str) -> tuple[str, str]:
    """Return the nearest ``node_modules`` folder above, and the path within it."""
    before, found, inside = f"/{folder}".rpartition("/node_modules/")
    return (f"{before}/node_modules".lstrip("/"), inside) if found else ("", folder)


def _counts(root: str, inside: str) -> bool:
    """Return whether a package may lie there: see ``_split``."""
    return not root or _direct(inside) or _vendored(inside)


def _named(found: _Json) -> bool:
    """Return whether it has name and version, as a package has."""
    name, version = found.name, found.version
    return isinstance(name, str) and isinstance(version, str) and bool(name and version.strip())


def _direct(inside: str) -> bool:
    """Return whether a path within ``node_modules`` is a package's own folder."""
    return inside.count("/") == (1 if inside.startswith("@") else 0)


def _vendored(inside: str) -> bool:
    return not _VENDORED.isdisjoint(inside.split("/")[1:-1])


def _decode(data: bytes) -> _Json:
    try:
        return _PACKAGE.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except RecursionError:
        raise CeilingError("JSON nested too deep") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        what = str(error).partition(" (byte")[0]
        raise InputError(f"no package.json: {what}", line=1) from error


_last: tuple[Files, str, dict[str, _Locked]] | None = None


def _above(folder: str) -> tuple[str, str]:
    """Return the outermost ``node_modules`` folder, and *folder* from what holds that."""
    before, _, inside = f"/{folder}".partition("/node_modules/")
    return f"{before}/node_modules".lstrip("/"), f"node_modules/{inside}"


def _locked(files: Files, folder: str) -> dict[str, _Locked]:
    """Return what npm wrote down in a ``node_modules`` folder, by path from above it.

    The last one is remembered: hundreds of packages ask one after the other.
    """
    global _last  # noqa: PLW0603 one entry; the same files are the same object
    if _last is None or _last[0] is not files or _last[1] != folder:
        found: dict[str, _Locked] = {}
        data = files.read(f"{folder}/{_HIDDEN}")
        if data:
            try:
                found = _LOCK.decode(data).packages
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                found = {}
        _last = files, folder, found
    return _last[2]


def _address(resolved: object) -> str:
    text = language.anonymous(resolved) if isinstance(resolved, str) else ""
    # A registry's own address is what everyone gets; only another source is worth telling.
    return text[:2000] if text.startswith(("http", "git", "file:")) else ""


def _hashes(integrity: object) -> Iterator[str]:
    """Yield the hashes of a subresource integrity text: ``sha512-BASE64 sha1-BASE64``."""
    if isinstance(integrity, str):
        for part in integrity[:2000].split():
            kind, dash, value = part.partition("?")[0].partition("-")
            if dash and kind in {"sha1", "sha256", "sha384", "sha512"}:
                yield f"{kind}:{value}"


def _licenses(found: _Json) -> Iterator[object]:
    """Yield licences in every form there has been: a text, an object, a list of either."""
    items = found.license if found.license is not None else found.licenses
    if not isinstance(items, list):
        items = [items]
    for item in items[:MAX_LICENSES]:
        yield (item.get("type") or item.get("name")) if isinstance(item, dict) else item


def _supplier(author: object) -> str:
    if isinstance(author, dict):
        return language.line(author.get("name"))
    # npm's short form: Name <mail> (address).
    return language.line(author).partition("<")[0].partition("(")[0].strip()


def _wants(found: _Json, files: Files, folder: str) -> Iterator[str]:
    """Yield what it requires; in pnpm's store with the version that stands linked beside it."""
    head, store, _ = f"/{folder}".rpartition(_STORE)
    root = _split(folder)[0] if store else ""
    for group in (found.dependencies, found.optionalDependencies, found.peerDependencies):
        for name in group if isinstance(group, dict) else ():
            beside = files.read(f"{root}/{name}/package.json") if head and root else None
            version = _version(beside) if beside else ""
            yield f"{name}@{version}" if version else name


def _version(data: bytes) -> str:
    try:
        version = _decode(data).version
    except InputError:
        return ""
    return version if isinstance(version, str) else ""


READER = Reader(
    title="Installed package of Node",
    media_type="application/json",
    read=read,
    link=Link.DEPENDENCIES,
    scope=Scope.SYSTEM,
    ceiling=32 << 20,
    names=("package.json",),
    paths=("*node_modules/.package-lock.json",),
    sift=sift,
    sift_path=True,
)
