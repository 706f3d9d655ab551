"""Hostile and broken input: each ends soon, is named, and the rest is scanned.

Each runs the whole program in a process of its own with a ceiling on memory, beside one good
file whose finding must still be there.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from keten.model.result import Baseline

ROOT = Path(__file__).parents[1]
MEMORY = 300 << 20
SECONDS = 20
"""Only to end a run that hangs; how long each takes is measured in bench/bad_input.py."""

GOOD = """apiVersion: v1
kind: Pod
metadata: {name: good}
spec:
  containers:
    - name: c
      image: docker.io/library/busybox:1.36
      securityContext: {privileged: true}
"""
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers: []\n"


def garbage(at: Path) -> None:
    (at / "garbage.yaml").write_bytes(b"apiVersion: v1\nkind: Pod\n" + bytes(range(256)) * 64)


def truncated(at: Path) -> None:
    (at / "truncated.yaml").write_text(POD + '---\napiVersion: v1\nkind: Pod\nspec: {a: [b, "c')


def alias_bomb(at: Path) -> None:
    levels = "\n".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12))
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: b}}\na0: &a0 [x]\n{levels}\n"
    (at / "bomb.yaml").write_text(text)


def deep(depth: int, opening: str, name: str) -> Callable[[Path], None]:
    def make(at: Path) -> None:
        (at / name).write_text(f"apiVersion: v1\nkind: Pod\nspec: {opening * depth}")

    return make


def deep_block(at: Path) -> None:
    lines = "\n".join(" " * i + "a:" for i in range(3000))
    (at / "block.yaml").write_text(f"apiVersion: v1\nkind: Pod\nspec:\n{lines}\n")


def deep_json(at: Path) -> None:
    (at / "package-lock.json").write_text('{"packages":' * 1 + "[" * 100_000)


def sparse(at: Path) -> None:
    with (at / "sparse.yaml").open("wb") as file:
        file.truncate(1 << 30)


def pipe(at: Path) -> None:
    os.mkfifo(at / "pipe.yaml")


def long_line(at: Path) -> None:
    (at / "long.yaml").write_text(f"apiVersion: v1\nkind: Pod\nspec: {'x' * 5_000_000}: [")


def xml_bomb(at: Path) -> None:
    entities = '<!ENTITY a0 "lol">' + "".join(
        f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12)
    )
    (at / "pom.xml").write_text(f"<!DOCTYPE p [{entities}]><project>&a11;</project>")


def including_itself(at: Path) -> None:
    (at / ".gitlab-ci.yml").write_text(
        "include:\n  - local: .gitlab-ci.yml\njob:\n  script: [ls]\n"
    )


def requiring_itself(at: Path) -> None:
    (at / "requirements.txt").write_text("-r requirements.txt\nrequests==2.19.1\n")


HOSTILE: dict[str, Callable[[Path], None]] = {
    "garbage.yaml": garbage,
    "truncated.yaml": truncated,
    "bomb.yaml": alias_bomb,
    "flow20.yaml": deep(20_000, "[", "flow20.yaml"),
    "flow100.yaml": deep(100_000, "{a: ", "flow100.yaml"),
    "block.yaml": deep_block,
    "package-lock.json": deep_json,
    "sparse.yaml": sparse,
    "pipe.yaml": pipe,
    "long.yaml": long_line,
    "pom.xml": xml_bomb,
    ".gitlab-ci.yml": including_itself,
    "requirements.txt": requiring_itself,
}


class Problem(msgspec.Struct):
    path: str
    what: str


class Found(Baseline, frozen=True):
    problems: tuple[Problem, ...]


def scan(at: Path) -> tuple[int, Found, str]:
    code = (
        "import resource, sys\n"
        f"resource.setrlimit(resource.RLIMIT_CPU, ({SECONDS}, {SECONDS}))\n"
        "from keten.cli import main\n"
        "status = main(sys.argv[1:])\n"
        "most = max(resource.getrusage(who).ru_maxrss for who in\n"
        "    (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))\n"
        "print(most, file=sys.stderr)\n"
        "sys.exit(status)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "scan", str(at), "--format", "json", "--fail-on", "critical"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "XDG_DATA_HOME": str(at.parent / "data")},
        capture_output=True, timeout=SECONDS * 3, check=False,
    )  # fmt: skip
    errors = done.stderr.decode()
    assert done.returncode in {0, 1, 3}, errors
    assert int(errors.split()[-1]) * 1024 < MEMORY
    return done.returncode, msgspec.json.decode(done.stdout, type=Found), errors


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_named_and_the_rest_is_scanned(name: str, tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(GOOD)
    HOSTILE[name](tmp_path)

    _, found, _ = scan(tmp_path)

    assert [p for p in found.problems if p.path == name], found.problems
    assert found.findings


def test_unread_input_is_not_a_pass(tmp_path: Path) -> None:
    truncated(tmp_path)

    status, _, _ = scan(tmp_path)

    assert status == 3


def test_names_that_are_no_text(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/\xff\xfe.yaml"
    with open(raw, "wb") as file:  # noqa: PTH123 pathlib has no bytes
        file.write(GOOD.encode() + b"---\n[")

    _, found, _ = scan(tmp_path)

    assert [p.path for p in found.problems if "xff" in p.path] == ["\\xff\\xfe.yaml"]
    assert found.findings


def test_links_lead_nowhere(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "outside.yaml").write_text(GOOD)
    (root / "out.yaml").symlink_to("../outside.yaml")
    (root / "loop").symlink_to(".")

    _, found, _ = scan(root)

    assert not [f for f in found.findings if "outside" in str(f)]
