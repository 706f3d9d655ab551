"""What the layers of one image may take, all together: docs/layers.md tells why so much."""

from typing import TYPE_CHECKING

from msgspec import Struct

from keten.formats.archives.tar import ENTRIES, RECORDS, ROOM
from keten.transport.image.inflate import FREE, RATIO

if TYPE_CHECKING:
    from keten.transport.image.layers import LayerRecord

KEPT = 96 << 20
"""The most bytes that are kept of the files of all layers of an image."""
PIECE = 800
"""What it costs to keep anything of a file, in bytes."""
HOLES = 128 << 20
"""The most bytes of holes of all sparse files of an image that are looked into."""


class Cost(Struct, frozen=True, array_like=True):
    """What reading one layer took, or may take.

    *members* counts them, *held* is bytes for them and what is kept of them, *kept* for the
    latter alone, *records* counts pax records (tar_pax.HEADER), *holes* are bytes of sparse files.
    """

    members: int = 0
    held: int = 0
    kept: int = 0
    records: int = 0
    holes: int = 0


class Room(Struct):
    """What the layers of one image may still take, all together.

    As in Cost; *free* bytes may be what they unpack to beyond what their sizes allow. A layer
    gets most of what is left, so that one bomb leaves room for others. What a layer took that
    does not count in the end is taken too: else a thousand of them would cost a thousand times.
    """

    members: int = ENTRIES
    held: int = ROOM
    kept: int = KEPT
    records: int = RECORDS
    holes: int = HOLES
    free: int = FREE

    @property
    def share(self) -> Cost:
        """What one layer may take."""
        left = (self.members, self.held, self.kept, self.records, self.holes)
        return Cost(*(number - number // 8 for number in left))

    def fits(self, record: "LayerRecord") -> bool:
        """Return whether a layer that was read before may be held."""
        cost, share = record.cost, self.share
        if cost.members > share.members:
            return False
        return cost.held <= share.held and cost.kept <= share.kept

    def spend(self, record: "LayerRecord") -> None:
        """Take what a layer took."""
        cost = record.cost
        self.members = max(0, self.members - cost.members)
        self.held = max(0, self.held - cost.held)
        self.kept = max(0, self.kept - cost.kept)
        self.records = max(0, self.records - cost.records)
        self.holes = max(0, self.holes - cost.holes)
        self.free = min(FREE, max(0, self.free - max(0, record.unpacked - RATIO * record.size)))
