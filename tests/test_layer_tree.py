"""The merged tree equals what a runtime unpacks: against umoci, and case by case."""

import io
import os
import tarfile
from pathlib import Path

import pytest
from growing import Work, linear
from layer_stacks import UMOCI, Entry, merged, on_disk, stack, unpacked, walked, write_layout
from layer_stacks import written as tar_of

from keten.formats.archives.members import FILE, SYMLINK, Members
from keten.formats.oci import merge
from keten.formats.oci.tree import Tree
from keten.transport.image.rootfs import Rootfs

needs_umoci = pytest.mark.skipif(
    UMOCI is None or os.geteuid() != 0, reason="umoci is not here, or this is not root"
)


def member(spec: str) -> Entry:
    """Make a member: ``name``, ``name/``, ``name -> target`` or ``name = hard link``."""
    info, data = tarfile.TarInfo(), b""
    if " -> " in spec:
        info.name, info.linkname = spec.split(" -> ")
        info.type = tarfile.SYMTYPE
    elif " = " in spec:
        info.name, info.linkname = spec.split(" = ")
        info.type = tarfile.LNKTYPE
    elif spec.endswith("/"):
        info.name, info.type = spec, tarfile.DIRTYPE
    else:
        info.name, data = spec, spec.encode()
        info.size = len(data)
    return info, data


def tree(*layers: str) -> Tree:
    """Make the tree of layers, each its members separated by commas."""
    tars = [
        tar_of([member(spec.strip()) for spec in layer.split(",")], tarfile.GNU_FORMAT)
        for layer in layers
    ]
    return Tree([walked(tar)[0] for tar in tars])


def shown(found: Tree) -> str:
    """Show a tree in one line, files as ``path:layer``."""
    return ", ".join(
        f"{entry.path}:{entry.layer}"
        if entry.kind == FILE
        else f"{entry.path} -> {entry.target}"
        if entry.kind == SYMLINK
        else entry.path + "/"
        for entry in found
    )


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        (("a, b", ".wh.a"), "b:0"),
        (("d/a, d/b", "d/.wh..wh..opq, d/c"), "d/, d/c:1"),
        (("d/a, d/b", "d/c, d/.wh..wh..opq"), "d/, d/c:1"),
        (("d/a, d/b", "d/a, .wh.d"), "d/, d/a:1"),
        (("a", "a, .wh.a"), "a:1"),
        (("a/b", ".wh..wh.plnk, a/.wh..wh.aufs"), "a/, a/b:0"),
        (("real/f, link -> real", "link/.wh.f, link/g"), "link -> real, real/, real/g:1"),
        (("d/f", "d"), "d:1"),
        (("d/f", "d -> e, e/"), "d -> e, e/"),
        (("d -> e, e/g", "d/, d/f"), "d/, d/f:1, e/, e/g:0"),
        (("x -> /y/../z, x/f",), "x -> /y/../z, z/, z/f:0"),
        (("x -> ../../../etc, x/f",), "etc/, etc/f:0, x -> ../../../etc"),
        (("/a, ../b, ./c, d/../e, f//g/",), "a:0, b:0, c:0, e:0, f/, f/g/"),
        (("a", "b = a", ".wh.a"), "b:0"),
        (("a", "b = a, a"), "a:1, b:0"),
        (("l -> nowhere", "m = l, .wh.l"), "m -> nowhere"),
        (("a, a",), "a:0"),
        (("a/b/", "a, a/"), "a/"),
    ],
)
def test_cases(layers: tuple[str, ...], expected: str) -> None:
    found = tree(*layers)
    assert shown(found) == expected
    assert found.refused == ()


@pytest.mark.parametrize(
    ("layer", "why"),
    [
        ("a, a/b", "below what is no folder"),
        ("a, a = a", "not there"),
        ("b = ../etc/shadow", "not there"),
        ("a/, b = a", "a folder"),
        ("a -> b, b -> a, a/f", "in a circle"),
        (".wh.", "no name"),
        (".wh...", "no name"),
    ],
)
def test_what_no_runtime_unpacks_is_left_out(layer: str, why: str) -> None:
    found = tree(layer)
    assert why in found.refused[0].why
    assert found.left_out == 1


def test_links_are_followed_inside() -> None:
    found = tree(
        "usr/lib/os-release, etc/os-release -> ../usr/lib/os-release, lib -> /usr/lib, l -> l"
    )
    assert found.resolve("etc/os-release") == "usr/lib/os-release"
    assert found.resolve("../../lib/../../usr/lib/os-release") == "usr/lib/os-release"
    assert found.resolve("lib") == "usr/lib"
    assert found.names("lib") == ["os-release"]
    assert found.resolve("l") is None
    assert found.resolve("nowhere/../lib") is None
    assert found.resolve("etc/os-release/x") is None


def test_hidden_files_are_told() -> None:
    found = tree("a, d/b, c, e", ".wh.a, .wh.d, c, f = e", "e")
    assert [(one.layer, one.path) for one in found.hidden()] == [(0, "a"), (0, "d/b"), (0, "c")]


def test_a_folder_on_disk_is_the_same_tree(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "usr" / "lib").mkdir(parents=True)
    (root / "usr" / "lib" / "f").write_bytes(b"content")
    (root / "usr" / ".wh.f").write_bytes(b"plain")
    (root / "lib").symlink_to("usr/lib")
    (root / "out").symlink_to("/etc/passwd")
    os.link(root / "usr" / "lib" / "f", root / "hard")
    os.mkfifo(root / "pipe")

    class All:
        def wants(self, path: str, size: int, mode: int, head: bytes) -> bool:
            assert (mode & 0o400, len(head)) == (0o400, size)
            return not path.startswith("out")

        def take(self, path: str, data: bytes) -> dict[str, bytes]:
            return {"all": path.encode() + data}

    with Rootfs(root) as rootfs:
        record = rootfs.read(All())
        found = Tree([record.members], whiteouts=False)
        entry = found.find("lib/f")
        assert entry is not None
        assert rootfs.fetch(record, {entry.member}) == {entry.member: b"content"}
    assert record.complete
    assert record.problems == ()
    assert entry.path == "usr/lib/f"
    assert record.kept[entry.member] == {"all": b"hardcontent"}
    assert found.find("out") is None
    assert {path.split()[0] for path in on_disk(root) if path} - {"shared:"} == {
        entry.path for entry in found
    }


@needs_umoci
@pytest.mark.parametrize("first", [0, 50])
def test_random_stacks_equal_umoci(tmp_path: Path, first: int) -> None:
    assert differences(tmp_path, range(first, first + 50)) == []


@needs_umoci
@pytest.mark.slow
@pytest.mark.parametrize("first", range(1000, 6000, 500))
def test_many_random_stacks_equal_umoci(tmp_path: Path, first: int) -> None:
    assert differences(tmp_path, range(first, first + 500)) == []


def differences(folder: Path, seeds: range) -> list[str]:
    """Return the stacks of which umoci makes another tree, or that only one of us refuses."""
    stacks = {f"s{seed}": stack(seed) for seed in seeds}
    write_layout(folder / "layout", stacks)
    told = []
    for tag, tars in stacks.items():
        theirs = unpacked(folder / "layout", tag, folder / "out")
        ours, found = merged(tars)
        if isinstance(theirs, str) != bool(found.refused):
            told.append(f"{tag}: umoci {theirs!r:.200}, keten {found.refused}")
        elif not found.refused and ours != theirs:
            told.append(f"{tag} differs")
    return told


def test_a_merge_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merge, "STEPS", 20_000)
    chain = [f"l{number} -> l{number + 1}" for number in range(200)]
    found = tree(", ".join([*chain, *(f"l0/{number}, q -> {number}" for number in range(200))]))
    assert found.stopped is not None
    assert "steps" in found.stopped[1].what
    assert found.entry("l0") is not None  # what came before stands


def test_links_lead_to_no_path_that_is_too_long() -> None:
    deep = [
        f"l{number - 1}/{'d' * 200}/, l{number} -> l{number - 1}/{'d' * 200}"
        for number in range(1, 40)
    ]
    found = tree(", ".join(["l0/", *deep]))
    assert found.refused
    assert "characters" in found.refused[0].why
    assert max(len(entry.path) for entry in found) <= merge.LENGTH + 10


def _members(count: int) -> Members:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for number in range(count):
            tar.addfile(tarfile.TarInfo(f"usr/share/d{number // 20}/f{number}"))
    return walked(out.getvalue())[0]


HOSTILE = {"members": Work(_members, lambda members: Tree([members]), 20_000, 0.2)}


def test_members_are_merged_in_steps_by_their_number() -> None:
    linear(HOSTILE["members"])
    assert sum(entry.path.count("/f") for entry in Tree([_members(2000)])) == 2000
