"""What a plain YAML scalar is, in the two dialects keten reads.

``kubernetes``: what sigs.k8s.io/yaml makes of it, which is YAML 1.1 as go.yaml.in/yaml/v2
resolves it (``resolve.go``), written to JSON and read back: ``yes`` and ``on`` are true,
``017`` and ``0o17`` fifteen, ``1_000`` and ``1e3`` a thousand, ``12:30`` and dates text.

``core``: the core schema of YAML 1.2 (chapter 10.3), as CI systems read it.

A value is None, bool, int, float or str. Floats without a fraction below 1e21 come back as
int, because that is how Go writes them to JSON.
"""

import base64
import binascii
import math
import re
import struct

from keten.errors import InputError

TAG = "tag:yaml.org,2002:"
DIGITS = 400  # more digits than a double has in either direction: never a number that fits
CACHE = 50_000  # distinct plain scalars remembered by a process

_INT64, _UINT64 = 1 << 63, 1 << 64
_LEAST, _MOST = -4, 6  # powers of ten that strconv's shortest %g writes without an exponent
_EXACT = 1 << 53  # up to here a double holds every whole number
_JSON_EXPONENT = 1e21  # encoding/json writes floats from here on with an exponent

_WORDS: dict[str, bool | float | None] = {
    **dict.fromkeys(
        ["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"], True
    ),
    **dict.fromkeys(
        ["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"], False
    ),
    **dict.fromkeys(["", "~", "null", "Null", "NULL"]),
    **dict.fromkeys([".nan", ".NaN", ".NAN"], math.nan),
    **dict.fromkeys([".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"], math.inf),
    **dict.fromkeys(["-.inf", "-.Inf", "-.INF"], -math.inf),
}
_CORE_WORDS: dict[str, bool | float | None] = {
    word: value
    for word, value in _WORDS.items()
    if not isinstance(value, bool) or word.lower() in {"true", "false"}
}
HINTS = frozenset("+-0123456789yYnNtTfFoO~.")  # what a plain scalar that is no text begins with
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_DOT_FLOAT = re.compile(r"\.[0-9]+(_[0-9]+)*([eE][-+]?[0-9]+(_[0-9]+)*)?", re.ASCII)
_TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
    r"([Tt][0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}([.,][0-9]+)?(Z|[-+][0-9]{2}:[0-9]{2})"
    r"| [0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}([.,][0-9]+)?)?",
    re.ASCII,
)
_CORE_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
_WHITE = re.compile(r"[\r\n]")

Scalar = None | bool | int | float | str


def kubernetes(text: str) -> Scalar:
    """Return what the plain scalar *text* is to Kubernetes."""
    if text and text[0] not in HINTS:
        return text
    try:
        return _seen[text]
    except KeyError:
        value = _kubernetes(text)
        if len(_seen) < CACHE:
            _seen[text] = value
        return value


def core(text: str) -> Scalar:
    """Return what the plain scalar *text* is in the core schema of YAML 1.2."""
    if text in _CORE_WORDS:
        return _CORE_WORDS[text]
    if not text or text[0] not in HINTS or len(text) > DIGITS:
        return text
    if _CORE_INT.fullmatch(text):
        return int(text, 0) if text[:2] in {"0o", "0x"} else int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def tagged(tag: str, text: str) -> Scalar:
    """Return what *text* is to Kubernetes under an explicit *tag*; InputError where it is not.

    A tag that YAML does not define leaves the text as it is.
    """
    kind = tag.removeprefix(TAG) if tag.startswith(TAG) else ""
    if kind == "binary":
        return _binary(text)
    if kind == "timestamp" and not _TIMESTAMP.fullmatch(text):
        raise InputError(f"cannot decode {text[:40]!r} as a !!timestamp")
    if kind not in {"bool", "int", "float", "null"}:
        return text
    value = kubernetes(text)
    if kind == "float" and type(value) is int and -_INT64 <= value < _INT64:
        return _integral(float(value))
    if kind != _kind(text, value):
        raise InputError(f"cannot decode {text[:40]!r} as a !!{kind}")
    return value


def key(text: str) -> str:
    """Return how sigs.k8s.io/yaml spells the plain scalar *text* as a key of JSON.

    Keys are written from the value, not from the text: ``yes:`` is the key ``true``.
    InputError for a key that is null or too large a number.
    """
    if text and text[0] not in HINTS:
        return text
    return _key(text, kubernetes(text))


def tagged_key(tag: str, text: str) -> str:
    """Return the same for a scalar with an explicit *tag*."""
    value = tagged(tag, text)
    if type(value) is int and tag == TAG + "float":
        return _float_key(float(value))
    return _key(text, value)


_seen: dict[str, Scalar] = {}


def _key(text: str, value: Scalar) -> str:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float():
            return _float_key(value)
        case int() if _integer(text.replace("_", "")) is None:
            return _float_key(float(text.replace("_", "")))
        case int() if value < _INT64:
            return str(value)
    raise InputError(f"a key that is {text[:40] or 'empty'!r} cannot be a key of JSON")


def _kubernetes(text: str) -> Scalar:
    if text in _WORDS:
        return _WORDS[text]
    first = text[0]
    if first == "." and _DOT_FLOAT.fullmatch(text) and "_" not in text:
        return _fits(float(text), text)
    if first not in "+-0123456789" or len(text) > DIGITS:
        return text
    plain = text.replace("_", "")
    number = _integer(plain)
    if number is not None:
        return number
    if _FLOAT.fullmatch(plain):
        return _fits(float(plain), text)
    return text


def _integer(plain: str) -> int | None:
    """Return what strconv.ParseInt, else ParseUint, read with base 0."""
    sign, digits = ("", plain)
    if plain[:1] in {"+", "-"}:
        sign, digits = plain[0], plain[1:]
    try:
        if len(digits) > 1 and digits[0] == "0" and digits[1].isdecimal():
            number = int(digits, 8)
        else:
            number = int(digits, 0)
    except ValueError:
        return None
    if not digits.isascii() or not digits[0].isdigit():
        return None
    if sign == "-":
        return -number if number <= _INT64 else None
    return number if number < (_INT64 if sign else _UINT64) else None


def _fits(number: float, text: str) -> Scalar:
    return text if math.isinf(number) else _integral(number)


def _integral(number: float) -> int | float:
    if not number.is_integer() or abs(number) >= _JSON_EXPONENT:
        return number
    if abs(number) < _EXACT:
        return int(number)
    from decimal import Decimal

    return int(Decimal(repr(number)))  # the shortest digits, then noughts, as Go writes it


def _kind(text: str, value: Scalar) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "bool"
        case int():
            return "float" if _integer(text.replace("_", "")) is None else "int"
        case float():
            return "float"
    return "str"


def _binary(text: str) -> str:
    try:
        data = base64.b64decode(_WHITE.sub("", text), validate=True)
    except (binascii.Error, ValueError):
        raise InputError("a !!binary value is not base64") from None
    return data.decode("utf-8", "replace")


def _float_key(number: float) -> str:
    """Return strconv.FormatFloat(number, 'g', -1, 32), with YAML's names for the odd ones."""
    if math.isnan(number):
        return ".nan"
    try:
        single = struct.unpack("f", struct.pack("f", number))[0]
    except OverflowError:
        single = math.copysign(math.inf, number)
    if math.isinf(single):
        return "-.inf" if single < 0 else ".inf"
    digits = next(
        text
        for places in range(18)
        if struct.pack("f", float(text := f"{single:.{places}e}")) == struct.pack("f", single)
    )
    mantissa, _, exponent = digits.partition("e")
    if _LEAST <= int(exponent) < _MOST:
        places = len(mantissa.lstrip("-").replace(".", "")) - 1 - int(exponent)
        return f"{float(digits):.{max(places, 0)}f}"
    return f"{mantissa}e{int(exponent):+03d}"
