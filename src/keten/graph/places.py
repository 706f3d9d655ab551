"""Where nodes stand: from a node and a field path to a line."""

from collections.abc import Iterable

import msgspec

from keten.model.evidence import Place
from keten.model.facts import Node
from keten.model.finding import Location
from keten.model.kube import stem_of

_DECODER = msgspec.msgpack.Decoder(dict[str, int])


class Places:
    """An index over places; a node without one has no location."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._places: dict[str, Place] = {}
        for place in places:
            self._places.setdefault(place.node, place)
        self._last: tuple[str, dict[str, int]] = ("", {})

    def find(self, node: Node, field: str = "") -> Location | None:
        """Return where *field* of *node* stands, or its nearest ancestor that is in the file."""
        place = self._places.get(node.ref)
        if place is None:
            return None
        if field and place.fields:
            line = _nearest(self._fields(place), field)
            if line:
                return Location(place.path, line, thing=_thing(place))
        return Location(place.path, place.line, place.column, _thing(place))

    def at(self, ref: str) -> Location | None:
        """Return where the node *ref* stands."""
        place = self._places.get(ref)
        if place is None:
            return None
        return Location(place.path, place.line, place.column, _thing(place))

    def path(self, ref: str) -> str:
        """Return the path of the file that the node *ref* stands in, "" where that is unknown."""
        place = self._places.get(ref)
        return "" if place is None else place.path

    def _fields(self, place: Place) -> dict[str, int]:
        if self._last[0] != place.node:
            self._last = (place.node, _DECODER.decode(place.fields))
        return self._last[1]


def _thing(place: Place) -> str:
    """Return how the object of a list is named, "" of what stands in a file of its own.

    The lists of a cluster come in pieces (``pods.0001.json``) that were never files of anybody.
    """
    if not stem_of(place.path):
        return ""
    _, found, title = place.node.partition(f" {place.path}:")
    if not found:
        return ""
    kind, _, rest = title.partition("/")
    space, _, name = rest.partition("/")
    if not name:
        return title.partition("~")[0]
    return f"{kind}/{name}" if space == "-" else f"{kind}/{name} in {space}"


def _nearest(fields: dict[str, int], field: str) -> int:
    while field:
        if field in fields:
            return fields[field]
        field = field[: max(field.rfind("."), field.rfind("["), 0)]
    return 0
