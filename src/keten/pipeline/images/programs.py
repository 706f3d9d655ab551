"""Files of a root filesystem that have something to tell, and who brought them."""

from collections.abc import Mapping, Sequence

from msgspec import structs

from keten.derive.ownership import Executable, ownership
from keten.formats.oci.tree import Entry, Tree
from keten.model.delivery import Package
from keten.model.evidence import Place
from keten.model.facts import Facts, Looked
from keten.model.image import Contents, Layer, SystemFile

SETUID, SETGID, ANYONE = 0o4000, 0o2000, 0o002
ELF, SCRIPT = "elf", "script"


def explained(
    facts: Facts,
    tree: Tree,
    programs: Sequence[Mapping[int, str]],
    layers: Sequence[Layer],
    *,
    diversions: bytes = b"",
) -> Facts:
    """Return *facts* with the owners of packages, and the files that have something to tell.

    *programs* are ELF or SCRIPT by layer and member, *diversions* dpkg's own list. What
    packages brought (Contents) is not returned: nobody asks for it any more. Nor is a program
    that was told by its bytes alone where a package of the system has it: that knows better.
    """
    special: list[tuple[Entry, tuple[str, ...]]] = []
    runs: list[Executable] = []
    for entry in tree.files():
        traits = _traits(entry)
        kind = programs[entry.layer].get(entry.member)
        if kind or traits:
            runs.append(Executable(entry.path, kind == SCRIPT, f"{entry.layer}/{entry.member}"))
        if traits:
            special.append((entry, traits))
    contents = [node for node in facts.nodes if isinstance(node, Contents)]
    packages = [node for node in facts.nodes if isinstance(node, Package)]
    found = ownership(
        runs,
        contents,
        packages,
        folder=lambda path: tree.resolve(path) or path,
        diverted=_diverted(diversions),
    )
    dropped: set[str] = set()
    nodes = []
    for node in facts.nodes:
        if isinstance(node, Contents):
            continue
        if isinstance(node, Package) and node.ecosystem == "generic" and node.ref in found.owners:
            dropped.add(node.ref)
            continue
        if isinstance(node, Package) and (owner := found.owners.get(node.ref)):
            node = structs.replace(node, owner=owner)  # noqa: PLW2901 the one with its owner
        nodes.append(node)
    told = {entry.path: (entry, traits) for entry, traits in special}
    for path in found.unexplained:
        lone = tree.entry(path)
        if lone is not None and programs[lone.layer].get(lone.member) == ELF:
            told[path] = (lone, (*told.get(path, (lone, ()))[1], "unexplained"))
    files = [
        SystemFile(
            path,
            traits,
            entry.size,
            entry.mode,
            entry.uid,
            entry.gid,
            layer=layers[entry.layer].diff_id if layers else "",
            owner=found.files.get(path, ""),
        )
        for path, (entry, traits) in sorted(told.items())
    ]
    looked = (item for item in facts.looked if item.ref not in dropped)
    places = (item for item in facts.places if item.node not in dropped)
    return structs.replace(
        facts,
        nodes=(*nodes, *files),
        edges=tuple(e for e in facts.edges if e.src not in dropped and e.dst not in dropped),
        looked=(*looked, *(Looked(node.ref, "image") for node in files)),
        places=(*places, *(Place(node.ref, node.id) for node in files)),
    )


def _diverted(data: bytes) -> dict[str, tuple[str, str]]:
    """Return dpkg's diversions: a path, where it was moved to, and who may keep the place.

    Three lines each (dpkg-divert(1)); ``:`` is a diversion of the administrator's.
    """
    lines = data.decode("utf-8", "replace").split("\n")
    threes = zip(lines[::3], lines[1::3], lines[2::3], strict=False)
    return {src.lstrip("/"): (dst.lstrip("/"), keeper) for src, dst, keeper in threes}


def _traits(entry: Entry) -> tuple[str, ...]:
    mode = entry.mode
    traits = []
    if mode & SETUID and mode & 0o111:
        traits.append("setuid")
    if mode & SETGID and mode & 0o010:
        traits.append("setgid")
    if entry.capable:
        traits.append("capabilities")
    if mode & ANYONE and mode & 0o111:
        traits.append("world-writable")
    return tuple(traits)
