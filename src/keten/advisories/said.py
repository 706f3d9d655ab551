"""What one record of the database says of a package, and what follows where it affects it."""

from msgspec import Struct

from keten.advisories.cluster import Hit
from keten.advisories.ranges import fixes
from keten.advisories.records import Entry, Row, weight


class Said(Struct, frozen=True):
    """What one record says of a package: (entry, which of the names), and what is *paid* for."""

    number: int
    free: tuple[tuple[Entry, int], ...] = ()
    paid: tuple[tuple[Entry, int, str], ...] = ()


def hit(said: Said, row: Row, told: tuple[Entry, ...]) -> Hit:
    """Return the record as one that affects a version, by those of its entries that tell so."""
    every = [entry.imports for entry in told]
    urgencies = {entry.urgency for entry in told}
    return Hit(
        row,
        max((entry.rating or row.rating for entry in told), key=weight, default=row.rating),
        tuple(dict.fromkeys(fix for entry in told for fix in fixes(entry))),
        tuple((fix, label) for entry, _, label in said.paid for fix in fixes(entry)),
        urgencies.pop() if len(urgencies) == 1 else "",
        tuple(dict.fromkeys(one for each in every for one in each)) if all(every) else (),
    )
