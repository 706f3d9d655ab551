"""House rules that no linter knows."""

import ast
import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from keten import plugs
from keten.cli import COMMANDS
from keten.model.check import Check
from keten.model.plug import Collector, Ecosystem, Reader, Report

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "src").rglob("*.py"))
SLOW = {
    "asyncio", "cryptography", "email", "http", "hyperscan", "importlib.metadata", "inspect",
    "logging", "msgspec", "multiprocessing", "packaging", "pysequoia", "re2", "sqlite3",
    "tomllib", "xml", "yaml",
}  # fmt: skip
VAGUE = {"base", "common", "core", "helpers", "manager", "misc", "shared", "util", "utils"}
LINES = 400
README_LINES = 150


@cache
def parsed(module: Path) -> ast.Module:
    return ast.parse(module.read_text())


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(ROOT)))
def test_module(module: Path) -> None:
    text = module.read_text()

    assert ast.get_docstring(parsed(module)), "says what it is for"
    assert text.count("\n") <= LINES, "is small enough to read"
    assert not {module.stem, module.parent.name} & VAGUE, "is named for what it holds"


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_help_imports_nothing_slow(argument: str) -> None:
    code = f"import sys; from keten.cli import main; main([{argument!r}]); print(*sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}

    run = subprocess.run(
        [sys.executable, "-S", "-c", code],
        check=True, capture_output=True, text=True, env=environment,
    )  # fmt: skip

    assert not SLOW & set(run.stdout.splitlines()[-1].split())


def test_no_test_asserts_a_time() -> None:
    """Seconds are measured in bench/; a test may wait for a server until it gives up."""
    clocks = re.compile(r"process_time|perf_counter|thread_time|assert.*(?:time|monotonic)\(\)")
    waiting = {"kwok_cluster.py", "live_cluster.py", "rbac_server.py"}
    found = [
        f"{file.name}:{number}"
        for file in sorted((ROOT / "tests").rglob("*.py"))
        for number, line in enumerate(file.read_text().split("\n"), 1)
        if file.name not in {*waiting, Path(__file__).name} and clocks.search(line)
    ]

    assert not found


def test_one_broad_except_in_the_whole_program() -> None:
    found = [
        str(module.relative_to(ROOT))
        for module in MODULES
        for handler in ast.walk(parsed(module))
        if isinstance(handler, ast.ExceptHandler)
        and (handler.type is None or ast.unparse(handler.type) in {"Exception", "BaseException"})
    ]

    assert found == ["src/keten/pipeline/guard.py"]


def test_every_command_has_a_page() -> None:
    pages = (ROOT / "docs/commands.md").read_text()

    assert set(re.findall(r"^## keten (\w+)$", pages, re.MULTILINE)) == set(COMMANDS)


@pytest.mark.parametrize("seam", [Check, Collector, Ecosystem, Reader, Report])
def test_every_plug_loads(seam: type) -> None:
    for name in plugs.names(seam):
        assert plugs.load(seam, name)


def test_there_are_checks_on_every_link_that_a_directory_shows() -> None:
    links = {name.partition("/")[0] for name in plugs.names(Check)}

    assert links >= {
        "source", "dependencies", "pipeline", "image", "secrets", "access", "deployment", "runtime",
    }  # fmt: skip


def test_every_case_file_has_a_check() -> None:
    cases = {
        str(file.relative_to(ROOT / "tests/checks").with_suffix(""))
        for file in (ROOT / "tests/checks").rglob("*.txt")
    }

    assert cases == set(plugs.names(Check))


def test_readme_is_short() -> None:
    assert (ROOT / "README.md").read_text().count("\n") <= README_LINES


def test_lock_files_pin_by_hash() -> None:
    for file in (ROOT / "requirements").glob("*.txt"):
        entries = re.split(r"\n(?=\S)", file.read_text().strip())

        assert all("==" in entry and "--hash=sha256:" in entry for entry in entries), file
        assert "://" not in file.read_text(), "names no index"


def test_the_published_schema_is_that_of_the_code() -> None:
    from keten.reports.json import schema

    assert json.loads((ROOT / "docs/result.schema.json").read_text()) == json.loads(
        json.dumps(schema())
    )


def test_a_fault_of_its_own_has_a_status_of_its_own() -> None:
    code = (
        "import sys, keten.__main__ as program\n"
        "program.main = lambda argv: 1 // 0\n"
        "sys.argv = ['keten']\n"
        "program.run()\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}

    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
    )

    assert run.returncode == 4
    assert "ZeroDivisionError" in run.stderr
    assert "please report" in run.stderr


@pytest.mark.parametrize(
    ("path", "link"),
    [
        ("package-lock.json", "dependencies"),
        ("poetry.lock", "dependencies"),
        (".github/workflows/a.yml", "pipeline"),
        ("Dockerfile", "image"),
        ("a.yaml", "deployment"),
    ],
)
def test_what_a_reader_can_not_read_leaves_its_own_link_unknown(path: str, link: str) -> None:
    from keten.testing.examples import facts_of

    head = b"apiVersion: v1\nkind: Pod\n" if path == "a.yaml" else b""
    problems = facts_of({path: head + b'a: [ {"\nFROM\n'}).problems

    assert {problem.link for problem in problems} == {link}
