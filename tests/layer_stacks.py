"""Random stacks of layers, written as an OCI layout, and what ``umoci`` makes of them (as root).

Names are few, so that they meet: links in parents, folders replaced by links and back,
whiteouts, opaque folders, repeated, absolute and odd names, hard links to links.
"""

import hashlib
import io
import json
import os
import shutil
import stat
import subprocess
import tarfile
from pathlib import Path
from random import Random

from keten.formats.archives.chunks import Chunks
from keten.formats.archives.members import (
    BLOCK,
    CHARACTER,
    FILE,
    FOLDER,
    PIPE,
    SYMLINK,
    Builder,
    Members,
)
from keten.formats.archives.tar import Archive
from keten.formats.oci.tree import Tree

UMOCI = shutil.which("umoci")
NAMES = ("a", "b", "c", "d", "ee", "é")
MODES = (0o644, 0o755, 0o4755, 0o2755, 0o1777, 0o600, 0o444, 0)
FORMATS = (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT)
KINDS = "fffffffddddddlllllhhhhwwwopxc"
_TYPES = {
    "f": tarfile.REGTYPE, "d": tarfile.DIRTYPE, "l": tarfile.SYMTYPE, "h": tarfile.LNKTYPE,
    "p": tarfile.FIFOTYPE, "c": tarfile.CHRTYPE, "x": tarfile.AREGTYPE,
}  # fmt: skip

Found = dict[str, tuple[str, int, str, bytes]]


def path(random: Random, most: int = 4) -> list[str]:
    return [random.choice(NAMES) for _ in range(random.randint(1, most))]


def odd(random: Random, parts: list[str]) -> str:
    """Spell a path in one of the ways that mean the same."""
    name = "/".join(parts)
    match random.randrange(12):
        case 0:
            return "./" + name
        case 1:
            return "/" + name
        case 2:
            return "../" + name
        case 3:
            return "/".join((random.choice(NAMES), "..", name))
        case 4:
            return name.replace("/", "//")
        case 5:
            return name.replace("/", "/./")
        case _:
            return name


def target(random: Random) -> str:
    parts = path(random, 3)
    for _ in range(random.choice((0, 0, 1, 2))):
        parts.insert(random.randrange(len(parts) + 1), random.choice(("..", "..", ".", "")))
    return random.choice(("", "", "/")) + "/".join(parts) or "a"


Entry = tuple[tarfile.TarInfo, bytes]


def layer(random: Random, number: int, seen: list[list[str]]) -> list[Entry]:
    """Return the members of one random layer; *seen* are the paths of those before."""
    entries = []
    for count in range(random.randint(1, random.choice((4, 12, 24)))):
        parts = random.choice(seen) if seen and random.random() < 0.25 else path(random)
        if seen and random.random() < 0.3:
            parts = [*random.choice(seen), random.choice(NAMES)][-5:]
        kind = random.choice(KINDS)
        data = b""
        info = tarfile.TarInfo()
        if kind == "w":
            parts = [*parts[:-1], ".wh." + parts[-1]]
        elif kind == "o":
            parts = [*parts[:-1], random.choice((".wh..wh..opq",) * 4 + (".wh..wh.aufs",))]
        else:
            seen.append(parts)
        info.name = odd(random, parts)
        info.type = _TYPES.get(kind, tarfile.REGTYPE)
        if kind == "d" and random.random() < 0.05:
            info.name = random.choice((".", "./", "/"))
        if kind in "fx":
            data = f"{number}.{count}".encode() * random.choice((1, 1, 300))
            info.size = len(data)
        elif kind == "h":
            known = random.choice(seen) if random.random() < 0.9 else path(random)
            info.linkname = odd(random, known)
        elif kind == "l":
            info.linkname = target(random)
        info.mode = random.choice(MODES)
        info.devmajor, info.devminor = (1, 3) if kind == "c" else (0, 0)
        info.mtime = random.choice((0, 1700000000))
        entries.append((info, data))
    return entries


def written(entries: list[Entry], form: int) -> bytes:
    """Return the tar of some members."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as tar:
        for info, data in entries:
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def stack(seed: int) -> list[bytes]:
    """Return the tars of a random stack, the lowest first.

    In nine of ten the members that keten's tree refuses are taken out, so that most are
    unpacked to their end.
    """
    random = Random(seed)
    seen: list[list[str]] = []
    layers = [layer(random, number, seen) for number in range(random.randint(1, 4))]
    form = random.choice(FORMATS)
    while True:
        tars = [written(entries, form) for entries in layers]
        refused = Tree([walked(tar)[0] for tar in tars]).refused
        if not refused or seed % 10 == 0:
            return tars
        for one in reversed(refused):
            del layers[one.layer][one.member]


def write_layout(folder: Path, stacks: dict[str, list[bytes]]) -> None:
    """Write images, by tag, as an OCI layout with layers that are not compressed."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)

    def blob(data: bytes, media: str) -> dict[str, object]:
        digest = hashlib.sha256(data).hexdigest()
        (blobs / digest).write_bytes(data)
        return {"mediaType": media, "digest": "sha256:" + digest, "size": len(data)}

    def document(value: object, media: str) -> dict[str, object]:
        return blob(json.dumps(value).encode(), media)

    manifests = []
    for tag, tars in stacks.items():
        layers = [blob(tar, "application/vnd.oci.image.layer.v1.tar") for tar in tars]
        config = document(
            {
                "architecture": "amd64",
                "os": "linux",
                "config": {},
                "rootfs": {"type": "layers", "diff_ids": [one["digest"] for one in layers]},
            },
            "application/vnd.oci.image.config.v1+json",
        )
        manifest = document(
            {"schemaVersion": 2, "config": config, "layers": layers},
            "application/vnd.oci.image.manifest.v1+json",
        )
        manifest["annotations"] = {"org.opencontainers.image.ref.name": tag}
        manifests.append(manifest)
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": manifests}))


def unpacked(layout: Path, tag: str, to: Path) -> Found | str:
    """Return what umoci makes of an image, or why it refuses it."""
    assert UMOCI is not None
    shutil.rmtree(to, ignore_errors=True)
    done = subprocess.run(
        [UMOCI, "raw", "unpack", "--image", f"{layout}:{tag}", str(to)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        return done.stderr.strip().splitlines()[-1]
    return on_disk(to)


def on_disk(root: Path) -> Found:
    """Return what stands in a folder: kind, mode, link target or content; and what is shared."""
    found: Found = {}
    groups: dict[int, list[str]] = {}
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            full = Path(folder, name)
            status = full.lstat()
            relative = full.relative_to(root).as_posix()
            kind = chr(_CODES[stat.S_IFMT(status.st_mode)])
            mode = 0 if kind == "l" else stat.S_IMODE(status.st_mode)
            data = full.read_bytes() if kind == "f" else b""
            found[relative] = (kind, mode, os.readlink(full) if kind == "l" else "", data)  # noqa: PTH115 Path would clean it
            if kind != "d":
                groups.setdefault(status.st_ino, []).append(relative)
    found[""] = ("d", stat.S_IMODE(root.lstat().st_mode), "", b"")
    return _shared(found, list(groups.values()))


_CODES = {
    stat.S_IFREG: FILE, stat.S_IFDIR: FOLDER, stat.S_IFLNK: SYMLINK, stat.S_IFIFO: PIPE,
    stat.S_IFCHR: CHARACTER, stat.S_IFBLK: BLOCK,
}  # fmt: skip


def walked(tar: bytes) -> tuple[Members, dict[int, bytes]]:
    """Return the members of a tar, and the content of its files, as keten walks it."""
    into = Builder()
    contents = {
        file.index: b"".join(part for _, part in file.parts())
        for file in Archive(Chunks(iter((tar,))), into)
    }
    return into.members(), contents


def merged(tars: list[bytes]) -> tuple[Found, Tree]:
    """Return what keten makes of a stack."""
    read = [walked(tar) for tar in tars]
    tree = Tree([members for members, _ in read])
    found: Found = {}
    groups: dict[tuple[int, int], list[str]] = {}
    for entry in tree:
        mode = 0 if entry.kind == SYMLINK else entry.mode
        data = read[entry.layer][1][entry.member] if entry.kind == FILE else b""
        found[entry.path] = (chr(entry.kind), mode, entry.target, data)
        if entry.kind != FOLDER:
            groups.setdefault((entry.layer, entry.member), []).append(entry.path)
    root = tree.entry("")
    assert root is not None
    found[""] = ("d", root.mode, "", b"")
    return _shared(found, list(groups.values())), tree


def _shared(found: Found, groups: list[list[str]]) -> Found:
    for group in groups:
        if len(group) > 1:
            found["shared: " + " ".join(sorted(group))] = ("", 0, "", b"")
    return found
