"""Places of a picture that are alike, as one: so it grows with what differs, not with what is.

Two places are alike when they are of one kind and lead, and are led to, alike: the coarsest such
parting, found by refining kinds until nothing parts any more.
"""

from collections.abc import Iterable, Mapping

from msgspec import Struct

FEW = 3
"""So many alike are drawn as one."""
FOLDED = frozenset({"pod", "account", "secret", "cloud"})
"""The kinds that are told by number where there are many."""
_ROUNDS = 100


class Place(Struct, frozen=True, order=True):
    """One box: what kind of place, and its name; of several in one, their *names*."""

    kind: str
    name: str
    names: tuple[str, ...] = ()


Arrow = tuple[Place, Place]
Look = tuple[bool, str]
"""How an arrow looks: dashed, and its label."""


def folded(arrows: Mapping[Arrow, Look], marks: Mapping[Place, Look]) -> dict[Place, Place]:
    """Return for each place the box it is drawn in; *marks* is how boxes look inside."""
    into: dict[Place, list[tuple[Place, Look]]] = {}
    out: dict[Place, list[tuple[Place, Look]]] = {}
    places: dict[Place, None] = {}
    for (a, b), look in arrows.items():
        out.setdefault(a, []).append((b, look))
        into.setdefault(b, []).append((a, look))
        places |= {a: None, b: None}
    label: dict[Place, int] = {}
    seen: dict[object, int] = {}
    for place in places:
        own = () if place.kind in FOLDED else (place.name,)
        label[place] = seen.setdefault((place.kind, own, marks.get(place)), len(seen))
    for _ in range(_ROUNDS):
        before = len(set(label.values()))
        seen = {}
        label = {
            place: seen.setdefault(
                (label[place], _near(out, place, label), _near(into, place, label)), len(seen)
            )
            for place in places
        }
        if len(seen) == before:
            break
    groups: dict[int, list[Place]] = {}
    for place in places:
        groups.setdefault(label[place], []).append(place)
    made: dict[Place, Place] = {}
    for those in groups.values():
        if len(those) < FEW:
            made.update((place, place) for place in those)
        else:
            names = tuple(sorted(place.name for place in those))
            made.update(dict.fromkeys(those, Place(those[0].kind, f"{len(those)}", names)))
    return made


def _near(
    ends: Mapping[Place, Iterable[tuple[Place, Look]]], place: Place, label: Mapping[Place, int]
) -> frozenset[tuple[int, Look]]:
    return frozenset((label[other], look) for other, look in ends.get(place, ()))
