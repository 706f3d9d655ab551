"""Whether a value has its type in the API: judge.py's judgement of fields, without the why.

Nearly every object is as the API has it, so this is asked first, of all; only what it does
not accept is judged again for the refusals and their places. Each type becomes a table of
its fields, made when it is first met: a field of text or of true and false costs one look-up.
"""

from collections.abc import Callable
from functools import cache, lru_cache, partial
from typing import Any

from keten.formats.kubernetes.judge import SIMPLE, UNIONS, fits, is_quantity
from keten.formats.kubernetes.schema import schema

QUANTITIES = 4096  # texts whose judgement is remembered

Judge = Callable[[Any], bool]


@cache
def accepts(code: str) -> Judge:
    """Return what judges a value, which is not null, by the type *code*.

    For SIMPLE codes that is the Python type itself, which callers compare and do not call.
    """
    if code in SIMPLE:
        return SIMPLE[code]
    match code[0]:
        case "[":
            return _many(list, accepts(code[1:]))
        case "{":
            return _many(dict, accepts(code[1:]))
        case "|":
            return _union(UNIONS[code[1:]])
    if code in schema().types:
        return _object(code)
    return _quantity if code == "q" else partial(_scalar, code)


def _object(name: str) -> Judge:
    table: dict[str, Judge] = {}

    def judge(item: Any) -> bool:
        if type(item) is not dict:
            return False
        if not table:
            table.update({key: accepts(code) for key, code in schema().types[name].items()})
        known = table.get
        for key, one in item.items():
            wanted = known(key)
            if type(one) is wanted:
                continue
            if wanted is None or not (one is None or (type(wanted) is not type and wanted(one))):
                return False
        return True

    return judge


def _many(kind: Any, inner: Judge) -> Judge:
    """Return what judges a list, or a map by its values."""
    simple = type(inner) is type

    def judge(item: Any) -> bool:
        if type(item) is not kind:
            return False
        for one in item.values() if kind is dict else item:
            if type(one) is inner or one is None:
                continue
            if simple or not inner(one):
                return False
        return True

    return judge


def _union(other: type) -> Judge:
    schema_of = accepts("JSONSchemaProps")
    return lambda item: schema_of(item) if type(item) is dict else type(item) is other


def _scalar(code: str, item: Any) -> bool:
    return fits(item, code)


def _quantity(item: Any) -> bool:
    return _is_quantity(item) if type(item) is str else is_quantity(item)


_is_quantity = lru_cache(QUANTITIES)(is_quantity)
