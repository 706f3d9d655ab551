"""The text splices that make one value of another: what is the same is not touched.

Walks the layout of the old text beside the old and the new value. Comments that stood in what
goes are kept, as lines of their own. What an edit may not touch (an alias, a shared anchor, a
merge, a repeated key, a template) is refused.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from keten.errors import InputError
from keten.formats.yaml import writing
from keten.formats.yaml.aligning import aligned
from keten.formats.yaml.fields import same
from keten.formats.yaml.spots import Layout, Spot, every
from keten.formats.yaml.styles import style_of
from keten.formats.yaml.writing import Style, bracketed, inline

_ADVICE = "Make this change by hand."


class Splice(Struct, frozen=True, order=True):
    """Replace the text from *start* to *end*; *number* keeps the order of those that insert."""

    start: int
    end: int
    number: int
    text: str


class _Holder(Struct, frozen=True):
    """What a value stands in. *column* is that of the key or of the dash; -1 in the root."""

    flow: bool
    column: int = -1
    item: bool = False


def respliced(layout: Layout, old: Any, new: Any) -> str:
    """Return the text of *layout*, whose value is *old*, with the value *new*."""
    work = _Work(layout)
    work.node(layout.root, old, new, _Holder(flow=layout.json))
    text, at, parts = layout.text, 0, []
    for splice in sorted(work.splices, key=lambda s: (s.start, s.end > s.start, s.number)):
        if splice.start < at:
            raise InputError("two changes of the same lines", advice=_ADVICE)
        parts += [text[at : splice.start], splice.text]
        at = splice.end
    return "".join([*parts, text[at:]])


class _Work:
    """The splices of one text, as they gather."""

    def __init__(self, layout: Layout) -> None:
        self.splices: list[Splice] = []
        self._layout = layout
        self._text, self._mask = layout.text, layout.mask
        self._newline = "\r\n" if "\r\n" in layout.text else "\n"
        self._style = style_of(layout)
        shared = layout.shared
        self._shared = [s for s in every(layout.root) if s.anchor in shared] if shared else []

    def node(self, spot: Spot, old: Any, new: Any, holder: _Holder) -> None:
        """Make *new* of *old*, which stands at *spot*."""
        if same(old, new):
            return
        if spot.kind == "alias":
            raise self._refusal(spot, f"it is the alias *{spot.text[:40]} of a value elsewhere")
        if spot.anchor in self._layout.shared:
            raise self._refusal(spot, f"the anchor &{spot.anchor[:40]} is used elsewhere too")
        if spot.kind == "mapping" and isinstance(old, dict) and isinstance(new, dict) and new:
            self._mapping(spot, old, new, holder)
        elif spot.kind == "sequence" and isinstance(old, list) and isinstance(new, list) and new:
            self._sequence(spot, old, new, holder)
        else:
            self._replace(spot, new, holder)

    def _mapping(self, spot: Spot, old: dict[str, Any], new: dict[str, Any], h: _Holder) -> None:
        pairs = [(key.key, key, value) for key, value in spot.pairs if not key.merges]
        if len(pairs) < len(spot.pairs):
            raise self._refusal(spot, "it has a merge key <<")
        names = Counter(name for name, _, _ in pairs)
        for name, key, _ in pairs:
            if names[name] > 1 and not same(old.get(name), new.get(name, _GONE)):
                raise self._refusal(key, f"the key {name[:40]} stands there more than once")
        added = {name: value for name, value in new.items() if name not in old}
        stay = [pair for pair in pairs if pair[0] in new]
        if not stay:
            self._replace(spot, new, h)
            return
        column = self._column(pairs[0][1].start)
        inner = _Holder(spot.flow, column)
        for name, key, value in stay:
            if not same(old[name], new[name]):
                self._explicit(spot)
                self._templated(key)
                self.node(value, old[name], new[name], inner)
        if len(stay) < len(pairs):
            self._explicit(spot)
            gone = [i for i, pair in enumerate(pairs) if pair[0] not in new]
            self._without([(key.start, value.end) for _, key, value in pairs], gone, spot)
        if added and spot.flow:
            self._more_flow(stay[-1][1].start, stay[-1][2].end, self._members(added, stay))
        elif added:
            self._explicit(spot)
            self._below(pairs[-1][2].end, self._lines(added, column))

    def _members(self, added: dict[str, Any], stay: Sequence[tuple[str, Spot, Spot]]) -> list[str]:
        """Return ``key: value`` of each, written as the last entry of the flow mapping is."""
        column = self._begins(stay[-1][1].start)
        style = self._style
        if not style.quoted and all(key.style == '"' for _, key, _ in stay):
            style = Style(style.step, style.indented, quoted=True)
        made = []
        for name, value in added.items():
            text = bracketed(value, style, column=column, newline=self._newline)
            colon = ":" if style.compact else ": "
            made.append(f"{writing.name(name, style)}{colon}{text}")
        return made

    def _sequence(self, spot: Spot, old: list[Any], new: list[Any], holder: _Holder) -> None:
        items = spot.items
        if len(items) != len(old):
            raise self._refusal(spot, "its items can not be told apart")
        pairs, gone, fresh = aligned(old, new)
        if not pairs:
            self._replace(spot, new, holder)
            return
        column = -1 if spot.flow else self._column(self._dash(items[0]))
        for i, j in pairs:
            self.node(items[i], old[i], new[j], _Holder(spot.flow, column, item=True))
        starts = [item.start if spot.flow else self._dash(item) for item in items]
        if gone:
            self._without([(s, i.end) for s, i in zip(starts, items, strict=True)], gone, spot)
        for before, values in fresh:
            if spot.flow:
                self._fresh_flow(spot, [i for i, _ in pairs], before, values)
            elif before:
                self._below(items[before - 1].end, self._lines(values, column))
            elif self._begins(starts[0]) is None:
                raise self._refusal(spot, "nothing can be put before its first item")
            else:
                at = starts[0] - column
                self._put(at, at, self._joined(self._lines(values, column)))

    def _fresh_flow(self, spot: Spot, stay: list[int], before: int, values: list[Any]) -> None:
        earlier = [i for i in stay if i < before]
        near = spot.items[earlier[-1] if earlier else stay[0]]
        column = self._begins(near.start)
        texts = [bracketed(v, self._style, column=column, newline=self._newline) for v in values]
        if earlier:
            self._more_flow(near.start, near.end, texts)
        else:
            comma = self._comma(near.start)
            self._put(near.start, near.start, comma.join([*texts, ""]))

    def _more_flow(self, start: int, end: int, texts: list[str]) -> None:
        comma = self._comma(start)
        self._put(end, end, "".join(comma + text for text in texts))

    def _comma(self, start: int) -> str:
        """Return what stands between two entries of which one begins at *start*."""
        column = self._begins(start)
        if column is None:
            return "," if self._style.compact else ", "
        return "," + self._newline + self._text[self._line(start) : start]

    def _without(self, spans: list[tuple[int, int]], gone: list[int], spot: Spot) -> None:
        """Take out the entries *gone* of a collection, of which some stay."""
        out = set(gone)
        for start, end in (spans[i] for i in gone):
            self._anchors(start, end)
        for i in gone:
            start, end = spans[i]
            later = next((j for j in range(i + 1, len(spans)) if j not in out), None)
            if spot.flow:
                if later is not None:
                    self._put(start, spans[i + 1][0], "")
                elif i - 1 not in out:
                    self._put(spans[i - 1][1], spans[-1][1], "")
            elif self._begins(start) is not None:
                self._lines_out(self._line(start), end, self._column(start))
            elif later == i + 1:
                self._first_out(start, spans[later][0], self._column(start))
            else:
                raise self._refusal(spot, "its first entries stand on the line of another")

    def _first_out(self, start: int, following: int, column: int) -> None:
        """Take out the first entry, before which there is something on its line."""
        kept = [self._text[a:b] for a, b in self._layout.comments if start <= a < following]
        text = ""
        if kept:
            blank = " " * column
            text = self._newline.join([kept[0], *(blank + one for one in kept[1:])])
            text += self._newline + blank
        self._put(start, following, text)

    def _replace(self, spot: Spot, new: Any, holder: _Holder) -> None:
        """Write *new* in place of all that stands at *spot*."""
        self._anchors(spot.start, spot.end)
        self._templated(spot)
        if holder.flow:
            self._replace_flow(spot, new)
        elif holder.column < 0:
            raise self._refusal(spot, "it is the whole document")
        elif spot.kind in {"mapping", "sequence"} and not spot.flow:
            self._replace_block(spot, new, holder)
        elif inline(new):
            self._replace_inline(spot, self._scalar(spot, new))
        else:
            below = self._lines(new, self._inner(new, holder))
            first = below.pop(0).lstrip(" ") if holder.item else ""
            self._replace_inline(spot, first)
            self._below(spot.end, below)

    def _replace_flow(self, spot: Spot, new: Any) -> None:
        if spot.start == spot.end and self._mask[self._sign(spot.start) - 1] != ":":
            raise self._refusal(spot, "it has no value")
        column = self._begins(spot.start)
        lines = spot.kind != "scalar" and "\n" in self._text[spot.start : spot.end]
        if lines or (column is None and not inline(new) and self._in_lines(spot.start)):
            line = self._text[self._line(spot.start) : spot.start]
            column = len(line) - len(line.lstrip(" \t"))
        made = self._scalar(spot, new, flow=True)
        if not inline(new):
            made = bracketed(new, self._style, column=column, newline=self._newline)
        self._put(spot.start, spot.end, (" " if spot.start == spot.end else "") + made)

    def _in_lines(self, start: int) -> bool:
        """Return whether the entry around *start* begins its line, as in JSON that is laid out."""
        line = self._text[self._line(start) : start].lstrip(" \t")
        return self._layout.json and line[:1] == '"'

    def _replace_inline(self, spot: Spot, text: str) -> None:
        """Write *text* for a scalar or a flow collection: "" takes it away."""
        if spot.style in {"|", ">"}:
            head = self._text.find("\n", spot.start, spot.end)
            head = spot.end if head < 0 else head
            kept = self._kept(spot.start, head)
            first, line, rest = text.partition(self._newline)
            first = " ".join([first, *kept]).strip(" ")
            self._put(spot.start, spot.end, first + line + rest)
            return
        start = spot.start
        if not text:  # no blanks where nothing follows them
            start = len(self._text[: spot.start].rstrip(" "))
        self._put(start, spot.end, text if start < spot.end or not text else f" {text}")

    def _replace_block(self, spot: Spot, new: Any, holder: _Holder) -> None:
        """Write *new* in place of a block collection; the comments within stay."""
        after = self._sign(spot.start)
        own = after <= self._line(spot.start)  # it begins on a line of its own
        column = self._column(spot.start)
        kept = self._kept(self._line(spot.start) if own else spot.start, spot.end)
        end = self._text.find("\n", spot.end)
        end = len(self._text) if end < 0 else end + 1
        below = [] if inline(new) else self._lines(new, self._inner(new, holder))
        said = " " * column
        notes = [said + one for one in kept]
        if own:
            if inline(new):
                self._put(after, after, " " + self._scalar(spot, new))
            self._put(self._line(spot.start), end, self._joined([*below, *notes], end))
            return
        first = below.pop(0).lstrip(" ") if below else self._scalar(spot, new)
        self._put(spot.start, end, self._joined([first, *below, *notes], end))

    def _lines_out(self, start: int, end: int, column: int) -> None:
        """Take out whole lines; comments in them become lines of their own."""
        stop = self._text.find("\n", end)
        stop = len(self._text) if stop < 0 else stop + 1
        kept = [" " * column + one for one in self._kept(start, end)]
        self._put(start, stop, self._joined(kept, stop) if kept else "")

    def _kept(self, start: int, end: int) -> list[str]:
        """Return the comments from *start* to the end of the line of *end*."""
        stop = self._text.find("\n", end)
        stop = len(self._text) if stop < 0 else stop
        return [self._text[a:b] for a, b in self._layout.comments if start <= a < stop]

    def _below(self, end: int, made: list[str]) -> None:
        """Put lines below the one on which *end* is."""
        if not made:
            return
        at = self._text.find("\n", end)
        if at < 0:
            at = len(self._text)
            self._put(at, at, self._newline + self._newline.join(made))
        else:
            self._put(at + 1, at + 1, self._joined(made))

    def _joined(self, made: list[str], end: int = 0) -> str:
        """Return lines as text; without the last line end where the text behind has none."""
        text = "".join(one + self._newline for one in made)
        if end == len(self._text) and not self._text.endswith("\n"):
            return text.removesuffix(self._newline)
        return text

    def _lines(self, value: Any, column: int) -> list[str]:
        return writing.lines(value, column, self._style)

    def _inner(self, new: Any, holder: _Holder) -> int:
        """Return the column at which a block collection in *holder* begins."""
        if holder.item:
            return holder.column + 2
        close = isinstance(new, list) and not self._style.indented
        return holder.column + (0 if close else self._style.step)

    def _scalar(self, spot: Spot, new: Any, *, flow: bool = False) -> str:
        if isinstance(new, str) and spot.style == '"':
            return writing.quoted(new)
        if isinstance(new, str) and spot.style == "'":
            return writing.single(new)
        if isinstance(new, str) and spot.style == "|" and not flow:
            return self._literal(spot, new)
        return writing.scalar(new, self._style, flow=flow)

    def _literal(self, spot: Spot, new: str) -> str:
        """Return *new* as the lines of a block that has *spot*'s own head and indentation."""
        old = self._text[spot.start : spot.end]
        head, _, body = old.partition("\n")
        first = next((line for line in body.split("\n") if line.strip()), "")
        blank = first[: len(first) - len(first.lstrip(" "))]
        ends = len(spot.text) - len(spot.text.rstrip("\n"))
        rows = new.rstrip("\n").split("\n")
        fits = len(new) - len(new.rstrip("\n")) == ends and rows[0][:1] not in {" ", ""}
        if not (blank and fits and "\n" in new) or not all(r.isprintable() for r in rows):
            return writing.quoted(new)
        made = [blank + row if row else "" for row in rows]
        return self._newline.join([head.partition("#")[0].rstrip(), *made])

    def _put(self, start: int, end: int, text: str) -> None:
        self.splices.append(Splice(start, end, len(self.splices), text))

    def _line(self, at: int) -> int:
        """Return where the line of *at* begins."""
        return self._text.rfind("\n", 0, at) + 1

    def _column(self, at: int) -> int:
        return at - self._line(at)

    def _begins(self, at: int) -> int | None:
        """Return the column of *at* where it is the first of its line, else None."""
        line = self._layout.before(at, " \t")
        return at - line if not line or self._text[line - 1] == "\n" else None

    def _sign(self, at: int) -> int:
        """Return the position behind the colon or dash that stands before *at*."""
        return self._layout.before(at)

    def _dash(self, item: Spot) -> int:
        """Return where the dash of a block sequence's item stands."""
        at = self._sign(item.start) - 1
        if at < 0 or self._mask[at] != "-":
            raise self._refusal(item, "its dash was not found")
        return at

    def _explicit(self, spot: Spot) -> None:
        """Refuse a block mapping with a key that is written with a question mark."""
        for key, _ in spot.pairs:
            before = self._sign(key.start)
            if self._mask[before - 1 : before] == "?":
                raise self._refusal(key, "a key is written with a question mark")

    def _templated(self, spot: Spot) -> None:
        if "{{" in self._text[spot.start : spot.end]:
            raise self._refusal(spot, "it is a template")

    def _anchors(self, start: int, end: int) -> None:
        """Refuse to take out a text with an anchor that is used behind it."""
        for spot in self._shared:
            if start <= spot.start < end:
                raise self._refusal(spot, f"the anchor &{spot.anchor[:40]} is used elsewhere too")

    def _refusal(self, spot: Spot, why: str) -> InputError:
        line = self._text.count("\n", 0, spot.start) + 1
        return InputError(f"not edited: {why}", line=line, advice=_ADVICE)


_GONE = object()
