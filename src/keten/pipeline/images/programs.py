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
) -> Facts:
    """Return *facts* with the owners of packages, and the files that have something to tell.

    *programs* are ELF or SCRIPT by layer and member. What packages brought (Contents) is not
    returned: nobody asks for it any more.
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
    found = ownership(runs, contents, packages, folder=lambda path: tree.resolve(path) or path)
    nodes = []
    for node in facts.nodes:
        if isinstance(node, Contents):
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
    return structs.replace(
        facts,
        nodes=(*nodes, *files),
        looked=(*facts.looked, *(Looked(node.ref, "image") for node in files)),
        places=(*facts.places, *(Place(node.ref, node.id) for node in files)),
    )


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
