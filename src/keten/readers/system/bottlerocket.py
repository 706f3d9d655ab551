"""Bottlerocket's list of what it was built of: it has no package manager.

``application-inventory.json`` in the form of AWS:Application of the Systems Manager: name, version,
release, epoch and architecture of each package.
"""

import msgspec
from msgspec import Struct

from keten.errors import InputError
from keten.model.evidence import Link
from keten.model.facts import Facts
from keten.model.plug import Reader, Scope, Source
from keten.readers.system._installed import MAX_PACKAGES, Installed
from keten.readers.system._rpm import add


class _Application(Struct, rename="pascal"):
    name: str = ""
    version: str = ""
    release: str = ""
    epoch: str = ""
    architecture: str = ""
    publisher: str = ""


class _Inventory(Struct, rename="pascal"):
    content: list[_Application] = []


def read(source: Source) -> Facts:
    """Return the packages that the inventory names."""
    try:
        found = msgspec.json.decode(source.data, type=_Inventory)
    except msgspec.MsgspecError as error:
        raise InputError(f"not an inventory of Bottlerocket: {error}") from error
    draft = Installed(source, ecosystem="rpm", by="system/bottlerocket", fallback="bottlerocket")
    for one in found.content[:MAX_PACKAGES]:
        epoch = one.epoch[:9]
        add(
            draft,
            one.name,
            one.version,
            one.release,
            epoch=int(epoch) if epoch.isdecimal() and int(epoch) else None,
            arch=one.architecture,
            supplier=one.publisher,
        )
    if len(found.content) > MAX_PACKAGES:
        draft.problem(f"more than {MAX_PACKAGES:,} entries")
    return draft.facts()


READER = Reader(
    title="Bottlerocket's inventory",
    media_type="application/json",
    read=read,
    link=Link.IMAGE,
    ceiling=16 << 20,
    scope=Scope.SYSTEM,
    anchors=(
        "usr/share/bottlerocket/application-inventory.json",
        "x86_64-bottlerocket-linux-gnu/sys-root/usr/share/bottlerocket/application-inventory.json",
        "aarch64-bottlerocket-linux-gnu/sys-root/usr/share/bottlerocket/application-inventory.json",
    ),
)
