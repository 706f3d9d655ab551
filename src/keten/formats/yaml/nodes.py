"""Trees of YAML nodes from bytes: libyaml's composer, behind ceilings.

The C composer recurses on the C stack, so that 20,000 brackets would end the process. What
could be that deep, judged by counting bytes, takes the slow way: event by event, without
recursion, with the nodes and the depth counted as they come. So does what the C composer
refuses and goyaml does not: an anchor that is defined twice; and the tag ``!``.

PyYAML's nodes are made by Python code, which is a third of the composer's time: it is lent
ours for as long as it works, with the same attributes.
"""

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from msgspec import Struct

from keten.errors import CeilingError, InputError

OPENINGS = 2_000  # brackets that might nest, before they are counted exactly
INDENT = 400  # columns of indentation, likewise
DEPTH = 1_000  # on the slow way
NODES = 400_000  # of one document, about 700 bytes each
CROWD = 300_000  # lines and commas before nodes are counted exactly

_BLANKED = bytes.maketrans(b"-?:\t", b"    ")
_WIDE = b" " * INDENT
# The tag ``!`` makes text of any scalar; the C composer does not tell it from no tag.
_NON_SPECIFIC = re.compile(rb"(?:^|[-:?,\[{][ \t])[ \t]*!(?=\s)", re.MULTILINE)


class Scalar(Struct, gc=False, eq=False):
    """A scalar as written; *style* is its quote or ``|`` or ``>``, "" where it is plain."""

    tag: str
    value: str
    start_mark: Any
    end_mark: Any = None
    style: str = ""
    id: ClassVar[str] = "scalar"


class Mapping(Struct, eq=False):
    """A mapping: *value* is its pairs of nodes."""

    tag: str
    value: list[tuple[Any, Any]]
    start_mark: Any
    end_mark: Any = None
    flow_style: bool | None = None
    id: ClassVar[str] = "mapping"
    style: ClassVar[str] = "collection"  # never that of a plain scalar


class Sequence(Struct, eq=False):
    """A sequence: *value* is its nodes."""

    tag: str
    value: list[Any]
    start_mark: Any
    end_mark: Any = None
    flow_style: bool | None = None
    id: ClassVar[str] = "sequence"
    style: ClassVar[str] = "collection"  # never that of a plain scalar


def compose(data: bytes) -> Iterator[Any]:
    """Yield the root node of each document of *data*: a Scalar, Mapping or Sequence.

    A node without a tag has the tag ""; a scalar's style is "" where it is plain. InputError
    with line and column at the first syntax error, CeilingError beyond a ceiling.
    """
    if _suspicious(data):
        yield from _slowly(data)
        return
    import yaml

    loader = _loader(data)
    number = 0
    try:
        while (root := _composed(loader)) is not None:
            yield root
            number += 1
    except yaml.composer.ComposerError as error:
        if "duplicate anchor" not in str(error.context):
            raise failure(error, data) from None
        yield from _after(_slowly(data), number)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise failure(error, data) from None


def _composed(loader: Any) -> Any:
    """Return the next root node that the C composer makes, of our types; None at the end."""
    from yaml import _yaml

    names = vars(_yaml)
    theirs = {name: names[name] for name in _LENT}
    names.update(_LENT)
    try:
        return loader.get_node() if loader.check_node() else None
    finally:
        names.update(theirs)


_LENT = {"ScalarNode": Scalar, "MappingNode": Mapping, "SequenceNode": Sequence}


def failure(error: Exception, data: bytes) -> InputError:
    """Return the InputError that tells what a YAML error of PyYAML tells."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is not None:
        what = getattr(error, "problem", None) or getattr(error, "context", None)
        return InputError(f"not YAML: {what}", line=mark.line + 1, column=mark.column + 1)
    if (position := getattr(error, "position", None)) is not None:
        line = data.count(b"\n", 0, position) + 1
        return InputError(f"not YAML: {getattr(error, 'reason', error)}", line=line)
    return InputError(f"not YAML: {error}")


def _after(documents: Iterator[Any], number: int) -> Iterator[Any]:
    for i, document in enumerate(documents):
        if i >= number:
            yield document


def _suspicious(data: bytes) -> bool:
    if len(data) > OPENINGS and data.count(b"[") + data.count(b"{") > OPENINGS:
        return True
    if len(data) > CROWD and data.count(b"\n") + data.count(b",") > CROWD:
        return True
    if b"!" in data and _NON_SPECIFIC.search(data):
        return True
    return _WIDE in data.translate(_BLANKED) or data[:2] in {b"\xff\xfe", b"\xfe\xff"}


_Loader: Any = None


def _loader(data: bytes) -> Any:
    """Return a CParser whose resolver says nothing: tags are resolved in the walk."""
    global _Loader  # noqa: PLW0603 made once, after yaml is imported
    if _Loader is None:
        from operator import is_

        from yaml._yaml import CParser

        members = {
            "resolve": "".format,  # a C function that takes anything and returns ""
            "descend_resolver": is_,  # what these return is not asked for
            "ascend_resolver": tuple,
        }
        _Loader = type("_Loader", (CParser,), members)
    return _Loader(data)


def _slowly(data: bytes) -> Iterator[Any]:
    import yaml

    loader = _loader(data)
    try:
        yield from _documents(loader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise failure(error, data) from None


def _documents(loader: Any) -> Iterator[Any]:
    """Compose from events, on a stack of our own."""
    from yaml import events

    anchors: dict[str, Any] = {}
    stack: list[tuple[Any, list[Any]]] = []  # an open collection and what it holds so far
    count = 0
    root: Any = None
    while (event := loader.get_event()) is not None:
        kind = type(event)
        node: Any
        if kind is events.ScalarEvent:
            tag = event.tag or ""
            style = event.style or ""
            node = Scalar(tag, event.value, event.start_mark, None, style)
        elif kind is events.AliasEvent:
            node = anchors.get(event.anchor)
            if node is None:
                raise _at(event, f"unknown anchor {event.anchor[:40]!r}")
        elif kind in (events.MappingStartEvent, events.SequenceStartEvent):
            mapping = kind is events.MappingStartEvent
            node = (Mapping if mapping else Sequence)(event.tag or "", [], event.start_mark)
            if len(stack) >= DEPTH:
                raise _at(event, f"YAML nested more than {DEPTH} deep", CeilingError)
        elif kind in (events.MappingEndEvent, events.SequenceEndEvent):
            node, held = stack.pop()
            _close(node, held)
            if not stack:
                root = node
            continue
        else:
            if kind is events.DocumentStartEvent:
                anchors, count, root = {}, 0, None
            elif kind is events.DocumentEndEvent:
                yield root
            continue
        count += 1
        if count > NODES:
            raise _at(event, f"YAML of more than {NODES} values in a document", CeilingError)
        if kind is not events.AliasEvent and event.anchor:
            anchors[event.anchor] = node
        if stack:
            stack[-1][1].append(node)
        elif kind in (events.ScalarEvent, events.AliasEvent):
            root = node
        if kind in (events.MappingStartEvent, events.SequenceStartEvent):
            stack.append((node, []))


def _close(node: Any, held: list[Any]) -> None:
    node.value.extend(zip(held[::2], held[1::2], strict=True) if node.id == "mapping" else held)


def _at(event: Any, what: str, kind: type[InputError] = InputError) -> InputError:
    mark = event.start_mark
    return kind(what, line=mark.line + 1, column=mark.column + 1)
