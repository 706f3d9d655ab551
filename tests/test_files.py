"""The walked tree: what is opened, what never is, and what is told."""

import os
import stat
from pathlib import Path

import pytest

from keten.transport.files import DEPTH, Tree, leads_out


def test_regular_files_sorted_and_readable(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b/two").write_bytes(b"2")
    (tmp_path / "a").write_bytes(b"1")
    tree = Tree(tmp_path)

    assert [(e.path, e.size) for e in tree.entries] == [("a", 1), ("b/two", 1)]
    assert tree.read("b/two") == b"2"
    assert tree.exists("a")


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "b/../../secret", "missing", "", "b"])
def test_nothing_outside_what_was_walked_is_read(tmp_path: Path, path: str) -> None:
    (tmp_path / "secret").write_bytes(b"no")
    (tmp_path / "root/b").mkdir(parents=True)
    tree = Tree(tmp_path / "root")

    assert tree.read(path) is None


def test_links_are_told_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").write_bytes(b"no")
    root = tmp_path / "root"
    root.mkdir()
    (root / "loop").symlink_to(".")
    (root / "out").symlink_to("../outside")
    (root / "self").symlink_to("self")
    tree = Tree(root)

    assert tree.entries == []
    assert tree.links == {"loop": ".", "out": "../outside", "self": "self"}
    assert tree.read("out") is None


def test_a_file_that_becomes_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").write_bytes(b"no")
    root = tmp_path / "root"
    root.mkdir()
    (root / "file").write_bytes(b"yes")
    tree = Tree(root)
    (root / "file").unlink()
    (root / "file").symlink_to("../outside")

    assert tree.read("file") is None


def test_a_pipe_is_told_and_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (problem,) = Tree(tmp_path).problems

    assert (problem.path, problem.what) == ("pipe", "a named pipe is not opened")


def test_names_that_are_no_text(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/\xff\x01.yaml"
    with open(raw, "wb") as file:  # noqa: PTH123 pathlib has no bytes
        file.write(b"x")
    tree = Tree(tmp_path)
    (entry,) = tree.entries

    assert entry.path == "\\xff\x01.yaml"
    assert tree.read(entry.path) == b"x"


def test_depth_has_a_ceiling(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(DEPTH + 2):
        deep /= "d"
    deep.mkdir(parents=True)
    (problem,) = Tree(tmp_path).problems

    assert "folders deeper than" in problem.what


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_unreadable_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0)
    (problem,) = Tree(tmp_path).problems
    (tmp_path / "locked").chmod(stat.S_IRWXU)

    assert problem.path == "locked"
    assert "can not be read" in problem.what


def test_what_is_passed_over_is_told(tmp_path: Path) -> None:
    for name in ("node_modules", "testdata", ".git", "src"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "f").write_bytes(b"")
    tree = Tree(tmp_path, exclude=("testdata",))

    assert [e.path for e in tree.entries] == ["src/f"]
    assert [(p.path, p.why) for p in tree.passed] == [
        ("node_modules", "filled by a tool, not source"),
        ("testdata", "excluded by policy"),
    ]


@pytest.mark.parametrize(
    ("path", "to", "out"),
    [
        ("a", "b", False), ("a", "../b", True), ("d/a", "../b", False), ("d/a", "../../b", True),
        ("d/a", "/etc", True), ("a", "./d/../b", False), ("a", "d/../../b", True),
    ],
)  # fmt: skip
def test_where_a_link_leads(path: str, to: str, *, out: bool) -> None:
    assert leads_out(path, to) is out
