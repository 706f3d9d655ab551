"""Package URLs (ECMA-427): parse, build, and spell them in canonical form.

Four ways in: ``make`` for a reader that already holds the parts, ``parse`` for a text from
outside, ``build`` for a checked PURL from parts, ``canonical`` for text to text. What a type
asks of its parts stands in ``keten.formats.purl_types`` as data.
"""

import re
from collections.abc import Iterable, Mapping
from string import ascii_letters, digits

from msgspec import Struct

from keten.errors import CeilingError, InputError
from keten.formats.lazy_pattern import lazy
from keten.formats.purl_types import PLAIN, TYPES, Need, Rules

CEILING = 1 << 16
"""The longest PURL that is read, in characters."""

_TYPE = lazy(r"[A-Za-z][A-Za-z0-9.-]*")
_KEY = lazy(r"[a-z][a-z0-9._-]*")
_PLAIN = lazy(r"[A-Za-z0-9._~:-]*")
_ROAD = lazy(r"@?[A-Za-z0-9._~:-]+(?:/[A-Za-z0-9._~:-]+)*")
_BROKEN = lazy(r"%(?![0-9A-Fa-f]{2})")
_FREE = frozenset(ascii_letters + digits + "._~:-")
# Clause 5.4: letters, digits, ".-_~" and the colon stand as they are, all else is encoded.
_ENCODED = tuple(chr(octet) if chr(octet) in _FREE else f"%{octet:02X}" for octet in range(256))
_SHOWN = 80
_SPEC = "see the PURL specification, ECMA-427 clause 5"


class Purl(Struct, frozen=True, order=True):
    """A package URL in parts, each decoded and spelled as its type demands.

    *qualifiers* are sorted by key; *namespace* and *subpath* are segments joined by ``/``.
    An absent part is the empty string.
    """

    type: str
    name: str
    namespace: str = ""
    version: str = ""
    qualifiers: tuple[tuple[str, str], ...] = ()
    subpath: str = ""

    def __str__(self) -> str:
        """Return the canonical text."""
        return _write(self)


def make(  # noqa: PLR0917 - the order is that of the PURL itself
    type: str,  # noqa: A002 - the component's name in the specification
    namespace: str,
    name: str,
    version: str = "",
    qualifiers: Mapping[str, str] | None = None,
    subpath: str = "",
) -> str:
    """Return the canonical PURL of parts that a reader took from its own format.

    The spelling rules of the type are applied; whether it has all the parts that its type
    requires is not asked. *type* is a PURL type in lower case. InputError if *name* is empty.
    """
    if not name:
        raise InputError(f"no name for a pkg:{type} URL", advice="a package URL needs a name")
    if not qualifiers and not subpath and _PLAIN.fullmatch(name) and _PLAIN.fullmatch(version):
        rules = TYPES.get(type, PLAIN)
        if rules.whole is None and (not namespace or _ROAD.fullmatch(namespace)):
            road = rules.namespace(namespace).replace("@", "%40") + "/" if namespace else ""
            after = f"@{rules.version(version)}" if version else ""
            return f"pkg:{type}/{road}{rules.name(name)}{after}"
    return _write(_spell(type, namespace, name, version, qualifiers or {}, subpath))


def build(purl: Purl) -> str:
    """Return the canonical text of *purl*; InputError unless it is valid for its type."""
    if not _TYPE.fullmatch(purl.type):
        raise InputError(f"{_cut(purl.type)!r} is not a PURL type", advice=_SPEC)
    for key, _ in purl.qualifiers:
        if not _KEY.fullmatch(key):
            raise InputError(f"qualifier key {_cut(key)!r} is not allowed", advice=_SPEC)
    qualifiers = dict(purl.qualifiers)
    if len(qualifiers) != len(purl.qualifiers):
        raise InputError("a qualifier key occurs twice", advice=_SPEC)
    spelled = _spell(
        purl.type.lower(), purl.namespace, purl.name, purl.version, qualifiers, purl.subpath
    )
    _require(spelled)
    return _write(spelled)


def canonical(text: str) -> str:
    """Return *text* in canonical form, mending what the specification lets a reader mend.

    Letter case of qualifier keys is mended too, which ``parse`` refuses. InputError else.
    """
    purl = _read(text, lenient=True)
    _require(purl)
    return _write(purl)


def parse(text: str, *, lenient: bool = False) -> Purl:
    """Return the parts of a PURL, decoded and spelled as its type demands.

    *lenient* takes what tools do write in the wild: qualifier keys with capitals, and types
    without the namespace or qualifier that their definition requires. InputError for what is
    no PURL, CeilingError beyond ``CEILING``.
    """
    purl = _read(text, lenient=lenient)
    if not lenient:
        _require(purl)
    return purl


def _read(text: str, *, lenient: bool) -> Purl:
    if len(text) > CEILING:
        raise CeilingError(f"a PURL of {len(text)} characters is over the ceiling of {CEILING}")
    rest, _, subpath = text.rpartition("#") if "#" in text else (text, "", "")
    rest, _, query = rest.rpartition("?") if "?" in rest else (rest, "", "")
    scheme, colon, rest = rest.partition(":")
    if not colon or scheme.lower() != "pkg":
        raise InputError(f"{_cut(text)!r} does not begin with pkg:", advice=_SPEC)
    kind, slash, rest = rest.lstrip("/").partition("/")
    if not slash or not _TYPE.fullmatch(kind):
        raise InputError(f"{_cut(text)!r} has no valid type", advice=_SPEC)
    path, version = _at(rest)
    segments = [_decode(part) for part in path.split("/") if part]
    if not segments:
        raise InputError(f"{_cut(text)!r} has no name", advice=_SPEC)
    namespace, name = _name(kind.lower(), segments)
    return _spell(
        kind.lower(),
        namespace,
        name,
        _decode(version),
        _qualifiers(query, lenient=lenient),
        "/".join(map(_decode, subpath.split("/"))),
    )


def _at(path: str) -> tuple[str, str]:
    """Split off the version: the last ``@``, unless it begins a scope (``@babel/core``)."""
    left, at, right = path.rpartition("@")
    if not at or ("/" in right and (not left or left.endswith("/"))):
        return path, ""
    return left, right


def _name(kind: str, segments: list[str]) -> tuple[str, str]:
    """Return namespace and name; a type may say that all after the first segment is the name."""
    if TYPES.get(kind, PLAIN).deep_name and len(segments) > 1:
        return segments[0], "/".join(segments[1:])
    return "/".join(segments[:-1]), segments[-1]


def _qualifiers(query: str, *, lenient: bool) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in query.split("&") if query else ():
        written, _, value = pair.partition("=")
        key = written.lower()
        # A capital that opens a key is what the public cases refuse; inside they mend it.
        if not _KEY.fullmatch(key) or (not lenient and written[0] != key[0]):
            raise InputError(f"qualifier key {_cut(written)!r} is not allowed", advice=_SPEC)
        if key in found:
            raise InputError(f"qualifier key {_cut(key)!r} occurs twice", advice=_SPEC)
        found[key] = _decode(value)
    return found


def _spell(  # noqa: PLR0917 - the order is that of the PURL itself
    kind: str,
    namespace: str,
    name: str,
    version: str,
    qualifiers: Mapping[str, str],
    subpath: str,
) -> Purl:
    """Apply the type's spelling to the parts and drop what is empty."""
    rules = TYPES.get(kind, PLAIN)
    pairs: Iterable[tuple[str, str]] = sorted((k, v) for k, v in qualifiers.items() if v)
    if namespace:
        namespace = "/".join(part for part in namespace.split("/") if part)
        namespace = rules.namespace(namespace)
    if subpath:
        subpath = "/".join(part for part in subpath.split("/") if part not in {"", ".", ".."})
    name = name.strip("/") if "/" in name else name
    if rules.whole is not None:
        namespace, name = rules.whole(namespace, name, dict(pairs))
    return Purl(
        type=kind,
        namespace=namespace,
        name=rules.name(name),
        version=rules.version(version) if version else "",
        qualifiers=tuple(pairs),
        subpath=subpath,
    )


def _require(purl: Purl) -> None:
    """Raise InputError unless *purl* has what its type requires and nothing it prohibits."""
    rules: Rules = TYPES.get(purl.type, PLAIN)
    if not purl.name:
        raise InputError(f"a pkg:{purl.type} URL has no name", advice=_SPEC)
    if rules.has_namespace is Need.REQUIRED and not purl.namespace:
        raise InputError(f"a pkg:{purl.type} URL needs a namespace", advice=_SPEC)
    if rules.has_namespace is Need.PROHIBITED and purl.namespace:
        raise InputError(f"a pkg:{purl.type} URL has no namespace", advice=_SPEC)
    if rules.namespace_like and not re.fullmatch(rules.namespace_like, purl.namespace):
        raise InputError(
            f"{_cut(purl.namespace)!r} is no namespace for pkg:{purl.type}", advice=_SPEC
        )
    if rules.has_version is Need.REQUIRED and not purl.version:
        raise InputError(f"a pkg:{purl.type} URL needs a version", advice=_SPEC)
    missing = set(rules.qualifiers) - {key for key, _ in purl.qualifiers}
    if missing:
        raise InputError(f"a pkg:{purl.type} URL needs {min(missing)}", advice=_SPEC)
    if rules.name_like and not re.fullmatch(rules.name_like, purl.name):
        raise InputError(f"{_cut(purl.name)!r} is no name for pkg:{purl.type}", advice=_SPEC)
    if rules.version_like and purl.version and not re.fullmatch(rules.version_like, purl.version):
        raise InputError(f"{_cut(purl.version)!r} is no version for pkg:{purl.type}", advice=_SPEC)


def _write(purl: Purl) -> str:
    parts = ["pkg:", purl.type, "/"]
    if purl.namespace:
        parts += (_path(purl.namespace), "/")
    deep = "/" in purl.name and TYPES.get(purl.type, PLAIN).deep_name
    parts.append(_path(purl.name) if deep else _encode(purl.name))
    if purl.version:
        parts += ("@", _encode(purl.version))
    if purl.qualifiers:
        parts += ("?", "&".join(f"{key}={_encode(value)}" for key, value in purl.qualifiers))
    if purl.subpath:
        parts += ("#", _path(purl.subpath))
    return "".join(parts)


def _path(text: str) -> str:
    return "/".join(map(_encode, text.split("/")))


def _encode(text: str) -> str:
    """Percent-encode by clause 5.4."""
    if _PLAIN.fullmatch(text):
        return text
    return "".join([_ENCODED[octet] for octet in text.encode("utf-8", "surrogatepass")])


def _decode(text: str) -> str:
    """Percent-decode as UTF-8; InputError where it is neither."""
    if "%" not in text:
        return text
    if _BROKEN.search(text):
        raise InputError(f"{_cut(text)!r} has a % without two hex digits", advice=_SPEC)
    head, *tails = text.split("%")
    data = head.encode("utf-8", "surrogatepass") + b"".join(
        bytes.fromhex(tail[:2]) + tail[2:].encode("utf-8", "surrogatepass") for tail in tails
    )
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise InputError(f"{_cut(text)!r} is not UTF-8 when decoded", advice=_SPEC) from None


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
