"""Where in a text each value stands: the tree that an edit works on.

Made from the parser's events, which tell aliases, anchors and every mark; composed nodes hide
the first two. Positions are indexes of characters in the text, which begins behind any BOM.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from keten.errors import CeilingError, InputError
from keten.formats.yaml import scalars
from keten.formats.yaml.nodes import failure

DEPTH = 400  # nested collections
SPOTS = 1_000_000  # values of one document

_COMMENT = re.compile(r"(?:^|(?<=[\s,\[\]{}\"']))#[^\r\n]*", re.MULTILINE)
_HEADED = re.compile(r"[ \t]#[^\r\n]*")
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[{}\[\],:]|[^\s{}\[\],:"]++', re.DOTALL)
_MERGE = scalars.TAG + "merge"


class Spot(Struct):
    """One value: from *start* (its anchor or tag, if any) up to *end*, its last character.

    *kind* is ``scalar``, ``mapping``, ``sequence`` or ``alias``; *style* a scalar's quote, ``|``
    or ``>``. *pairs* are a mapping's, *items* a sequence's. *flow*: written in brackets.
    """

    kind: str
    start: int
    end: int
    text: str = ""
    style: str = ""
    tag: str = ""
    anchor: str = ""
    flow: bool = False
    pairs: list[tuple["Spot", "Spot"]] = []
    items: list["Spot"] = []

    @property
    def key(self) -> str:
        """Return what the scalar is as a key of JSON; InputError where it is none."""
        if self.kind != "scalar":
            raise InputError("a key that is no text")
        if self.tag:
            return scalars.tagged_key(self.tag, self.text)
        return self.text if self.style else scalars.key(self.text)

    @property
    def merges(self) -> bool:
        """Return whether this is the key ``<<`` of a merge."""
        plain = self.tag in {"", "!"} and not self.style
        return self.kind == "scalar" and self.text == "<<" and (plain or self.tag == _MERGE)


class Layout(Struct):
    """A text and its values. *comments* are spans; *mask* is the text with blanks for them."""

    text: str
    root: Spot
    comments: list[tuple[int, int]]
    mask: str
    shared: frozenset[str] = frozenset()
    json: bool = False

    def before(self, at: int, blanks: str = " \t\r\n") -> int:
        """Return the position behind what stands before *at* and is neither blank nor comment."""
        mask = self.mask
        while at and mask[at - 1] in blanks:
            at -= 1
        return at

    def said(self) -> list[str]:
        """Return the comments, in order."""
        return [self.text[start:end] for start, end in self.comments]


def layout(text: str, *, of_json: bool = False) -> Layout | None:
    """Return where the values of the first document of *text* stand; None where it has none.

    InputError for what is no YAML (or, *of_json*, no JSON).
    """
    if of_json:
        return Layout(text, _of_json(text), [], text, json=True)
    import yaml

    builder = _Builder(text)
    try:
        for event in _events(text):
            builder.take(event)
    except yaml.YAMLError as error:
        raise failure(error, text.encode("utf-8", "replace")) from None
    if builder.root is None:
        return None
    comments = list(_comments(text, builder.spans))
    shared = frozenset(builder.aliases)
    return Layout(text, builder.root, comments, _blanked(text, comments), shared)


def every(spot: Spot) -> Iterator[Spot]:
    """Yield *spot* and all that stands in it."""
    stack = [spot]
    while stack:
        one = stack.pop()
        yield one
        stack += one.items
        for key, value in one.pairs:
            stack += (key, value)


def _events(text: str) -> Iterator[Any]:
    from yaml._yaml import CParser

    parser = CParser(text)
    while (event := parser.get_event()) is not None:
        yield event


class _Builder:
    """Takes the events of a text and makes the tree of its first document."""

    def __init__(self, text: str) -> None:
        self.root: Spot | None = None
        self.aliases: set[str] = set()
        self.spans: list[tuple[int, int, str]] = []
        self._text = text
        self._open: list[tuple[Spot, list[Spot]]] = []
        self._count = 0

    def take(self, event: Any) -> None:
        """Take the next event."""
        kind = type(event).__name__
        start, end = event.start_mark.index, event.end_mark.index
        if kind == "ScalarEvent":
            style, tag = event.style or "", event.tag or ""
            self.spans.append((start, end, style))
            end = self._content(start, end, style)
            self._put(Spot("scalar", start, end, event.value, style, tag, event.anchor or ""))
        elif kind == "AliasEvent":
            self.aliases.add(event.anchor)
            self.spans.append((start, end, ""))
            self._put(Spot("alias", start, end, event.anchor))
        elif kind in {"MappingStartEvent", "SequenceStartEvent"}:
            name = "mapping" if kind == "MappingStartEvent" else "sequence"
            spot = Spot(name, start, end, "", "", event.tag or "", event.anchor or "")
            spot.flow = bool(event.flow_style)
            self._put(spot)
            if len(self._open) >= DEPTH:
                raise CeilingError(f"YAML nested more than {DEPTH} deep")
            self._open.append((spot, []))
        elif kind in {"MappingEndEvent", "SequenceEndEvent"}:
            self._close(end)

    def _content(self, start: int, end: int, style: str) -> int:
        """Return where a scalar's own text ends: a block's trailing blank lines may not count."""
        if style not in {"|", ">"}:
            return end
        text = self._text[start:end]
        head = text.partition("\n")[0].partition("#")[0]
        if "+" in head:
            return end - text.endswith("\n")
        return start + len(text.rstrip("\r\n \t"))

    def _put(self, spot: Spot) -> None:
        self._count += 1
        if self._count > SPOTS:
            raise CeilingError(f"YAML of more than {SPOTS} values in a file")
        if self._open:
            self._open[-1][1].append(spot)
        elif self.root is None:
            self.root = spot

    def _close(self, end: int) -> None:
        spot, held = self._open.pop()
        if spot.kind == "mapping":
            spot.pairs = list(zip(held[::2], held[1::2], strict=True))
        else:
            spot.items = held
        if spot.flow:
            spot.end = end
        elif held:
            spot.end = max(held[-1].end, held[-2].end if len(held) > 1 else 0)


def _comments(text: str, spans: list[tuple[int, int, str]]) -> Iterator[tuple[int, int]]:
    """Yield the comments: what follows a ``#`` outside of every scalar."""
    at = 0
    for start, end, style in [*spans, (len(text), len(text), "")]:
        yield from _between(text, at, start)
        if style in {"|", ">"}:
            stop = text.find("\n", start, end)
            found = _HEADED.search(text, start, end if stop < 0 else stop)
            if found:
                yield found.start() + 1, found.end()
        at = max(at, end)


def _between(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    at = start
    while (found := _COMMENT.search(text, at, end)) is not None:
        # At *start* the pattern's look-behind sees the character before it, as it has to.
        yield found.start(), found.end()
        at = found.end()


def _blanked(text: str, comments: list[tuple[int, int]]) -> str:
    parts = []
    at = 0
    for start, end in comments:
        parts += [text[at:start], " " * (end - start)]
        at = end
    return "".join([*parts, text[at:]])


def _of_json(text: str) -> Spot:
    """Return the tree of a JSON text that is known to be JSON."""
    stack: list[tuple[Spot, list[Spot]]] = []
    root: Spot | None = None
    for found in _TOKEN.finditer(text):
        token, start, end = found.group(), found.start(), found.end()
        if token in ",:":
            continue
        if token in "]}":
            if not stack:
                break
            spot, held = stack.pop()
            spot.end = end
            if spot.kind == "mapping":
                spot.pairs = list(zip(held[::2], held[1::2], strict=False))
            else:
                spot.items = held
            continue
        if token in "[{":
            spot = Spot("mapping" if token == "{" else "sequence", start, end, flow=True)
        else:
            quoted = token[0] == '"'
            value = str(json.loads(token, strict=False)) if quoted else token
            spot = Spot("scalar", start, end, value, '"' if quoted else "")
        if stack:
            stack[-1][1].append(spot)
        elif root is None:
            root = spot
        if token in "[{":
            if len(stack) >= DEPTH:
                raise CeilingError(f"JSON nested more than {DEPTH} deep")
            stack.append((spot, []))
    if root is None:
        raise InputError("not JSON: there is no value")
    return root
