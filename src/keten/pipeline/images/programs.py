"""Files of a root filesystem that have something to tell, and who brought them."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache

from msgspec import structs

from keten.derive.ownership import Executable, ownership
from keten.formats.oci.tree import Entry, Tree
from keten.model.delivery import Package
from keten.model.evidence import Place
from keten.model.facts import Facts, Looked
from keten.model.image import Contents, Layer, SystemFile
from keten.pipeline.images import nix

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
    that was told by its bytes alone where a package of the system has it: that knows better; so
    does the deps.json that lists an assembly of .NET.
    """
    facts = nix.added(facts, tree, layers)
    runs: list[Executable] = []
    told: dict[str, tuple[str, ...]] = {}
    for entry in tree.executables():
        traits = _traits(entry)
        kind = programs[entry.layer].get(entry.member)
        if kind or traits:
            runs.append(Executable(entry.path, kind == SCRIPT, f"{entry.layer}/{entry.member}"))
        if traits:
            told[entry.path] = traits
    contents = [node for node in facts.nodes if isinstance(node, Contents)]
    packages = [node for node in facts.nodes if isinstance(node, Package)]
    folder = cache(lambda path: tree.resolve(path) or path)
    found = ownership(runs, contents, packages, folder=folder, diverted=_diverted(diversions))
    for path in found.unexplained:
        lone = tree.entry(path)
        if lone is not None and programs[lone.layer].get(lone.member) == ELF:
            told[path] = (*told.get(path, ()), "unexplained")
    files = [
        _file(one, told[path], layers, found.files.get(path, ""))
        for path in sorted(told)
        if (one := tree.entry(path)) is not None
    ]
    sizes = tree.sizes() if contents else {}
    return _with(facts, files, found.owners, _sizes(contents, sizes, folder))


def _file(entry: Entry, traits: tuple[str, ...], layers: Sequence[Layer], owner: str) -> SystemFile:
    return SystemFile(
        entry.path,
        traits,
        entry.size,
        entry.mode,
        entry.uid,
        entry.gid,
        layer=layers[entry.layer].diff_id if layers else "",
        owner=owner,
    )


def _with(
    facts: Facts,
    files: Sequence[SystemFile],
    owners: Mapping[str, str],
    sizes: Mapping[str, int],
) -> Facts:
    """Return *facts* with *files*, packages with their owner and size, and no Contents."""
    dropped = _assemblies(facts)
    nodes = []
    for node in facts.nodes:
        if isinstance(node, Contents):
            continue
        if isinstance(node, Package):
            owner, size = owners.get(node.ref, ""), sizes.get(node.id, 0)
            if node.ecosystem == "generic" and node.ref in owners:
                dropped.add(node.ref)
            if node.ref in dropped:
                continue
            if owner or size:
                node = structs.replace(node, owner=owner, size=size)  # noqa: PLW2901 told more
        nodes.append(node)
    looked = (item for item in facts.looked if item.ref not in dropped)
    places = (item for item in facts.places if item.node not in dropped)
    return structs.replace(
        facts,
        nodes=(*nodes, *files),
        edges=tuple(e for e in facts.edges if e.src not in dropped and e.dst not in dropped),
        looked=(*looked, *(Looked(node.ref, "image") for node in files)),
        places=(*places, *(Place(node.ref, node.id) for node in files)),
    )


def _assemblies(facts: Facts) -> set[str]:
    """Return the refs of .NET assemblies that a deps.json lists: of its package, or the program."""
    told = [p for p in facts.nodes if isinstance(p, Package) and p.source.startswith("assembly:")]
    if not told:
        return set()
    listed: set[str] = set()
    for node in facts.nodes:
        if isinstance(node, Contents) and "#pkg:nuget/" in node.id:
            listed.update(node.files)
    return {package.ref for package in told if package.path in listed}


def _sizes(
    contents: Sequence[Contents], sizes: Mapping[str, int], folder: Callable[[str], str]
) -> dict[str, int]:
    """Return how many bytes the files of each package take, by its id."""
    takes: dict[str, int] = {}
    for item in contents:
        total = 0
        for path in item.files:
            above, slash, name = path.rpartition("/")
            total += sizes.get(f"{folder(above)}/{name}" if slash else path, 0)
        takes[item.id] = total
    return takes


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
    folder, _, name = entry.path.rpartition("/")
    if mode & 0o111 and name in _NAMED and folder.endswith("bin"):
        traits.append(_NAMED[name])
    return tuple(traits)


_NAMED = {
    **dict.fromkeys(
        ("sh", "ash", "bash", "busybox", "csh", "dash", "fish", "ksh", "mksh", "rbash", "tcsh",
         "toybox", "yash", "zsh", "pwsh"),
        "shell",
    ),
    **dict.fromkeys(
        ("apk", "apt", "apt-get", "cargo", "composer", "conda", "dnf", "dnf5", "dpkg", "emerge",
         "gem", "microdnf", "npm", "opkg", "pacman", "pip", "pip3", "pnpm", "poetry", "rpm",
         "tdnf", "uv", "yarn", "yum", "zypper"),
        "package-manager",
    ),
}  # fmt: skip
