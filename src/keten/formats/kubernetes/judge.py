"""Would the API server take this object? Its fields, their names and their types.

As kube-apiserver decodes with strict field validation (sigs.k8s.io/json): names are
case-sensitive, an unknown field is an error, null is no value, and each type takes only its
own JSON. What the values may be is rules.py's.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from keten.formats.kubernetes.schema import gone, group_of, groups, schema, served_as

_INT32, _INT64 = 1 << 31, 1 << 63
_QUANTITY = re.compile(
    r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?", re.ASCII
)
_TIME = re.compile(
    r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    r"([.,][0-9]+)?(Z|[+-][0-2][0-9]:[0-5][0-9])",
    re.ASCII,
)
_BREAKS = re.compile(r"[\r\n]")


class Refusal(Struct, frozen=True):
    """Why the API server would refuse an object: *what*, and the field path *at*.

    *gone*: only because its API version is no longer served.
    """

    what: str
    at: str = ""
    gone: bool = False


def known(api_version: str, kind: str) -> bool:
    """Return whether the API server itself serves this kind."""
    return f"{api_version}/{kind}" in schema().kinds


def refusals(value: dict[str, Any]) -> Iterator[Refusal]:
    """Yield why the API server would refuse the object *value*; nothing of a custom resource."""
    from keten.formats.kubernetes.accept import accepts
    from keten.formats.kubernetes.rules import broken

    api_version, kind = value.get("apiVersion"), value.get("kind")
    for name, item in (("apiVersion", api_version), ("kind", kind)):
        if not isinstance(item, str) or not item:
            what = f"{name} is not set" if item in (None, "") else f"wrong type: {name} is no text"
            yield Refusal(what, name)
            return
    served = schema().kinds.get(f"{api_version}/{kind}")
    if served is not None:
        if accepts(served)(value):
            yield from broken(value)
        else:
            types = schema().types
            yield from _fields(value, types[served], "", types)
        return
    assert isinstance(api_version, str)
    assert isinstance(kind, str)
    if (moved := gone(api_version, kind)) is not None:
        since, now = moved
        instead = f"; it is {now} now" if now else " and has no successor"
        what = f"{kind} of {api_version} is gone since Kubernetes {since}{instead}"
        yield Refusal(what, "apiVersion", gone=True)
    elif group_of(api_version) in groups():
        now = served_as(group_of(api_version), kind)
        instead = f"; it is {now} now" if now else ""
        yield Refusal(f"unknown kind {kind} in {api_version}{instead}", "kind")


def _fields(
    value: dict[str, Any], fields: dict[str, str], path: str, types: dict[str, dict[str, str]]
) -> Iterator[Refusal]:
    for name, item in value.items():
        code = fields.get(name)
        if code is None:
            yield Refusal(f"unknown field {name!r}", _join(path, name))
        elif item is None:
            continue
        elif (simple := SIMPLE.get(code)) is not None:
            if type(item) is not simple:
                yield _wrong(item, code, _join(path, name))
        else:
            yield from _typed(item, code, _join(path, name), types)


def _typed(item: Any, code: str, path: str, types: dict[str, dict[str, str]]) -> Iterator[Refusal]:
    """Judge *item*, which is not null, as the type *code*."""
    first = code[0]
    if first == "[":
        if type(item) is not list:
            yield _wrong(item, code, path)
            return
        inner = code[1:]
        simple = SIMPLE.get(inner)
        for i, one in enumerate(item):
            if one is None or (simple is not None and type(one) is simple):
                continue
            yield from _typed(one, inner, f"{path}[{i}]", types)
    elif first == "{":
        if type(item) is not dict:
            yield _wrong(item, code, path)
            return
        inner = code[1:]
        simple = SIMPLE.get(inner)
        for name, one in item.items():
            if one is None or (simple is not None and type(one) is simple):
                continue
            yield from _typed(one, inner, _join(path, name), types)
    elif first == "|":
        yield from _union(item, code[1:], path, types)
    elif (fields := types.get(code)) is not None:
        if type(item) is dict:
            yield from _fields(item, fields, path, types)
        else:
            yield _wrong(item, code, path)
    elif not fits(item, code):
        yield _wrong(item, code, path)


def _union(item: Any, code: str, path: str, types: dict[str, dict[str, str]]) -> Iterator[Refusal]:
    """Judge a JSON schema, or the boolean or list that may stand in its place."""
    if type(item) is dict:
        yield from _fields(item, types["JSONSchemaProps"], path, types)
    elif type(item) is not UNIONS[code]:
        yield _wrong(item, code, path)


def fits(item: Any, code: str) -> bool:
    """Return whether *item*, which is not null, is of the scalar type *code*."""
    kind = type(item)
    match code:
        case "s":
            return kind is str
        case "b":
            return kind is bool
        case "I":
            return kind is int and -_INT64 <= item < _INT64
        case "i":
            return kind is int and -_INT32 <= item < _INT32
        case "x":
            return kind is str or (kind is int and -_INT32 <= item < _INT32)
        case "f":
            return kind is float or kind is int
        case "q":
            return is_quantity(item)
        case "t" | "u":
            return kind is str and _TIME.fullmatch(item) is not None
        case "y":
            return kind is str and _is_base64(item)
    return code == "*"


def is_quantity(item: Any) -> bool:
    """Return whether *item* is a quantity (apimachinery pkg/api/resource) as text or number."""
    match item:
        case bool():
            return False
        case int():
            return True
        case float():
            return True
        case str():
            return _QUANTITY.fullmatch(item.strip()) is not None
    return False


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(_BREAKS.sub("", text), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


SIMPLE: dict[str, type] = {"s": str, "b": bool}
UNIONS: dict[str, type] = {"Bool": bool, "Array": list, "StringArray": list}
"""What may stand in the place of a JSON schema."""
_WORDS = {
    "s": "text",
    "b": "true or false",
    "i": "a 32-bit number",
    "I": "a whole number",
    "f": "a number",
    "x": "a whole number or text",
    "q": "a quantity",
    "t": "a time (RFC 3339)",
    "u": "a time (RFC 3339)",
    "y": "base64",
    "Bool": "an object or true or false",
    "Array": "an object or a list",
    "StringArray": "an object or a list",
}


def _wrong(item: Any, code: str, path: str) -> Refusal:
    wanted = _WORDS.get(code) or ("a list" if code[0] == "[" else "an object")
    return Refusal(f"wrong type: {path} must be {wanted}, not {_shown(item)}", path)


def _shown(item: Any) -> str:
    match item:
        case dict():
            return "an object"
        case list():
            return "a list"
        case bool():
            return "true" if item else "false"
        case str():
            return f"the text {item[:24]!r}"
    return str(item)[:40]


def _join(path: str, name: str) -> str:
    from keten.formats.yaml.documents import step

    return path + step(name) if path else step(name).removeprefix(".")
