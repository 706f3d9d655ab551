"""Hostile and broken input: each ends soon, is named, and the rest is scanned.

Each runs the whole program in a process of its own with a ceiling on memory, beside one good
file whose finding must still be there. The processes are forked of one that has read a good tree
before, and so has imported what a scan imports: what a user starts is in test_scripts.py.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest
from bad_inputs import BAD
from hostile_files import ADVISORY, FILES, GOOD
from hostile_trees import odd_names, odd_values

from keten.model.result import Baseline

ROOT = Path(__file__).parents[1]
MEMORY = 300 << 20
SECONDS = 20
"""Only to end a run that hangs; how long each takes is measured in bench/bad_input.py."""

ALONE = (
    "truncated YAML", "alias bomb", "alias bomb in a workflow", "alias bomb in a pipeline",
    "aliases of itself", "merge bomb", "20,000 brackets", "block 3,000 deep", "1 GB sparse files",
    "pipes", "entities that double", "includes in a ring", "400 folders deep",
    "60,000 broken documents", "odd JSON", "odd names", "git: garbage", "git: garbage packs",
    "git: an object of 256 MB", "git: .git points to /", "git: .git of pipes",
    "k8s: mappings 100,000 deep", "k8s: a line of 5 MB", "k8s: garbage",
)  # fmt: skip
BESIDE = (
    "image: devices, links out of the root", "image: links in a ring", "image: jars 100 deep",
    "image: names with control characters", "image: rpm database with lying sizes",
    "image: ELF with lying headers", "image: a sparse package database of 3 GB",
    "image: 1,000 sparse files of 7 GB", "image: zstd with a window of 2 GB",
    "image: 200,000 gzip members", "image: a package database of one line of 60 MB",
    "sbom: components 100 deep", "sbom: XML: components 100 deep", "sbom: control characters",
    "root: links, pipes, sparse files", "vex: OpenVEX: 2,000 aliases of 2,000",
)  # fmt: skip
"""What is no folder of files: the good package is told beside each."""
TURNED_AWAY = (
    "image: an index of indexes 100 deep", "image: 5,000 layers", "sbom: components 100,000 deep",
    "sbom: XML: elements 100,000 deep", "vex: CSAF: a product tree 100,000 deep",
)  # fmt: skip
REFUSED = (
    "keten.toml: deep", "keten.toml: dotted", "keten.toml: digits", "keten.toml: a device",
    "keten.toml: a pipe", "keten.toml: 10,000 waivers", "keten.toml: types", "baseline: deep",
    "baseline: ignored deep", "baseline: garbage", "baseline: a pipe", "database: garbage",
    "database: empty", "database: a pipe",
)  # fmt: skip
STARTED = f"""
import contextlib, io, json, os, resource, signal, sys, threading, traceback
from keten.cli import main

def child(arguments, out, errors, environment):
    resource.setrlimit(resource.RLIMIT_CPU, ({SECONDS}, {SECONDS}))
    signal.alarm({SECONDS * 25})
    os.environ.update(environment)
    for path, number in ((out, 1), (errors, 2)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    try:
        status = main(arguments)
    except BaseException:
        traceback.print_exc()
        status = 99
    sys.stdout.flush()
    sys.stderr.flush()
    with open("/proc/self/status") as file:  # ru_maxrss begins at the parent's
        mine = next(line for line in file if line.startswith("VmHWM"))
    most = max(int(mine.split()[1]), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
    os.write(2, b"\\n%d\\n" % most)
    os._exit(status)

with contextlib.redirect_stdout(io.StringIO()):
    main(["scan", sys.argv[1], "--quiet", "--no-cache"])
assert threading.active_count() == 1  # a fork takes one thread along
for line in sys.stdin:
    pid = os.fork()
    if not pid:
        child(*json.loads(line))
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""
"""A process that forks: for each line of arguments and files, a scan; it tells each status."""
SHAPES = ("garbage", "lists 100,000 deep", "mappings 100,000 deep", "NUL bytes")
FORMATS = ("terminal", "json", "sarif", "junit", "markdown", "html")


class Problem(msgspec.Struct):
    path: str
    what: str


class Found(Baseline, frozen=True):
    problems: tuple[Problem, ...]


Scanned = tuple[int, str, str]
Run = Callable[..., Scanned]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Yield what scans in a process of its own, and returns its status and what it wrote."""
    folder = tmp_path_factory.mktemp("started")
    (folder / "good").mkdir()
    (folder / "good/good.yaml").write_text(GOOD)
    with subprocess.Popen(
        [sys.executable, "-c", STARTED, str(folder / "good")], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    ) as process:  # fmt: skip

        def started(at: Path | str, *arguments: str) -> Scanned:
            assert process.stdin is not None
            assert process.stdout is not None
            data = tempfile.mkdtemp(dir=folder) if isinstance(at, str) else str(at.parent / "data")
            out, errors = folder / "out", folder / "errors"
            asked = ["scan", str(at), "--quiet", *arguments]
            line = json.dumps([asked, str(out), str(errors), {"XDG_DATA_HOME": data}])
            process.stdin.write(f"{line}\n")
            process.stdin.flush()
            status, said = int(process.stdout.readline()), errors.read_text()
            assert status in {0, 1, 2, 3}, said
            assert int(said.split()[-1]) * 1024 < MEMORY
            return status, out.read_text(), said

        yield started
        assert process.stdin is not None
        process.stdin.close()


def scan(run: Run, at: Path) -> tuple[int, Found]:
    status, out, errors = run(at, "--format", "json", "--fail-on", "critical")
    assert status != 2, errors
    return status, msgspec.json.decode(out, type=Found)


@pytest.mark.parametrize("name", ALONE)
def test_it_is_named_and_the_rest_is_scanned(run: Run, name: str, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    (target / "good.yaml").write_text(GOOD)
    BAD[name].make(target)

    _, found = scan(run, target)

    assert [p for p in found.problems if BAD[name].named in p.path], found.problems
    assert not [p for p in found.problems if "broke" in p.what]
    assert found.findings


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Import what is known of the good package of images and bills of materials."""
    folder = tmp_path_factory.mktemp("advisories")
    (folder / "osv/PyPI").mkdir(parents=True)
    (folder / "osv/PyPI/KETEN-1.json").write_text(ADVISORY)
    subprocess.run(
        [sys.executable, "-m", "keten", "db", "import", "--db", "a.db", "osv"],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, check=True,
        capture_output=True,
    )  # fmt: skip
    return folder / "a.db"


def around(run: Run, name: str, folder: Path, database: Path) -> tuple[int, str, str]:
    """Scan what is no folder of files."""
    bad = BAD[name]
    bad.make(folder)
    target = bad.target.replace("{}", str(folder)) if "{}" in bad.target else folder / bad.target
    given = (argument.replace("{}", str(folder)) for argument in bad.arguments)
    return run(target, "--format", "json", "--no-cache", "--db", str(database), *given)


@pytest.mark.parametrize("name", BESIDE)
def test_the_good_package_is_told_beside_a_bomb(
    run: Run, name: str, tmp_path: Path, database: Path
) -> None:
    bad = BAD[name]

    status, out, errors = around(run, name, tmp_path, database)

    assert status in {1, 3}, errors
    found = msgspec.json.decode(out, type=Found)
    assert "KETEN-1" in out
    assert "keten-good" in out
    told = [p for p in found.problems if bad.named in p.path or bad.named in p.what]
    assert told or not bad.named
    assert not [p for p in found.problems if "broke" in p.what]


@pytest.mark.parametrize("name", TURNED_AWAY)
def test_what_no_tool_may_read_is_turned_away(
    run: Run, name: str, tmp_path: Path, database: Path
) -> None:
    status, out, errors = around(run, name, tmp_path, database)

    assert status in {2, 3}
    assert not out
    assert errors.startswith("keten: ")
    assert "recursion" not in errors


@pytest.mark.parametrize("shape", SHAPES)
def test_every_reader_at_once(run: Run, shape: str, tmp_path: Path) -> None:
    """Hostile files of every format in one tree: each is named, none hides another."""
    (tmp_path / "good.yaml").write_text(GOOD)
    names = {}
    for i, (reader, name) in enumerate(FILES.items()):
        bad = BAD[f"{reader}: {shape}"]
        bad.make(tmp_path / f"r{i}")
        if bad.named:
            names[f"r{i}/{name}"] = reader

    _, found = scan(run, tmp_path)

    assert names.keys() <= {p.path for p in found.problems}
    assert not [p for p in found.problems if "broke" in p.what]
    assert found.findings


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_user_gives_is_refused_by_name(run: Run, name: str, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    BAD[name].make(target)

    status, out, errors = run(target, *(a.replace("{}", str(target)) for a in BAD[name].arguments))

    assert status in {2, 3}
    assert not out
    assert errors.startswith("keten: ")


def test_versions_of_100_000_digits(run: Run, tmp_path: Path) -> None:
    BAD["100,000 digits: all at once"].make(tmp_path)

    _, found = scan(run, tmp_path)

    assert not [p for p in found.problems if "broke" in p.what]


@pytest.mark.parametrize("form", FORMATS)
def test_odd_names_and_values_stay_inside_their_output(run: Run, form: str, tmp_path: Path) -> None:
    odd_names(tmp_path)
    odd_values(tmp_path)

    _, out, _ = run(tmp_path, "--format", form, "--show", "all")

    if form in {"terminal", "markdown", "html"}:  # what people look at
        assert not [c for c in out if (ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160]
    if form in {"json", "sarif"}:
        msgspec.json.decode(out)
    if form == "junit":
        ET.fromstring(out)


def test_unread_input_is_not_a_pass(run: Run, tmp_path: Path) -> None:
    BAD["truncated YAML"].make(tmp_path)

    status, _ = scan(run, tmp_path)

    assert status == 3


def test_names_that_are_no_text(run: Run, tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/\xff\xfe.yaml"
    with open(raw, "wb") as file:  # noqa: PTH123 pathlib has no bytes
        file.write(GOOD.encode() + b"---\n[")

    _, found = scan(run, tmp_path)

    assert [p.path for p in found.problems if "xff" in p.path] == ["\\xff\\xfe.yaml"]
    assert found.findings


def test_links_lead_nowhere(run: Run, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "outside.yaml").write_text(GOOD)
    (root / "out.yaml").symlink_to("../outside.yaml")
    (root / "loop").symlink_to(".")

    _, found = scan(run, root)

    assert not [f for f in found.findings if "outside" in str(f)]
