"""The conformance runner: what it prints, and its exit status."""

import json
import subprocess
import sys
from pathlib import Path

from shared_data import ROOT


def run(*arguments: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-I", str(ROOT / "tests" / "conformance.py"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    return done.returncode, done.stdout, done.stderr


def test_all_passed(tmp_path: Path) -> None:
    (tmp_path / "pypi-versions.txt").write_text("# a remark\n1.0 < 1.1\n\n1.0 = 1\n")
    assert run("versions", str(tmp_path)) == (0, "2 passed, 0 failed\n", "")


def test_a_failed_case_is_named(tmp_path: Path) -> None:
    (tmp_path / "pypi-versions.txt").write_text("1.0 < 1.1\n1.0 > 1.1\n")
    status, out, _ = run("versions", str(tmp_path))
    assert status == 1
    assert out == (
        "FAIL pypi-versions.txt:2 1.0 > 1.1\n  expected >\n  got      <\n1 passed, 1 failed\n"
    )


def test_what_can_not_be_read_has_failed(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{")
    tests = [1, {"test_type": "parse"}, {"test_type": "new", "input": "pkg:npm/a"}]
    (tmp_path / "b.json").write_text(json.dumps({"tests": tests}))
    (tmp_path / "c.json").write_bytes(b"\xff\xfe")
    for suite in ("purl", "vers"):
        status, out, _ = run(suite, str(tmp_path))
        assert (status, out.splitlines()[-1]) == (1, "0 passed, 5 failed")
    (tmp_path / "martian-versions.txt").write_text("1 < 2\n")
    (tmp_path / "pypi-versions.txt").write_text("1 2\n")
    (tmp_path / "cran-versions.txt").write_text("x < 1\n")
    status, out, _ = run("versions", str(tmp_path))
    assert (status, out.splitlines()[-1]) == (1, "0 passed, 3 failed")


def test_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    for arguments in (("nosuch", str(tmp_path)), ("purl", str(tmp_path)), ("purl", "/no/such"), ()):
        status, out, error = run(*arguments)
        assert status == 2
        assert not out
        assert error.startswith("conformance: ")
