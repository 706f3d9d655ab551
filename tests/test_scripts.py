r"""The command line, as readable scripts.

``tests/scripts/*.txt``: ``-- path --`` begins a file (up to the next such line), ``$ command``
a command with what it prints below it, up to a blank line and the next ``$``; a status other
than 0 is its last line, ``[1]``. ``...`` at the end of a line stands for anything, a line
``...`` for any lines.
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SCRIPTS = sorted((HERE / "scripts").glob("*.txt"))
_FILE = re.compile(r"^-- (\S+) --$\n", re.MULTILINE)
_COMMAND = re.compile(r"^\$ (.+)$\n", re.MULTILINE)


def parts(text: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
    script, *files = _FILE.split(text)
    found = dict(zip(files[::2], files[1::2], strict=True))
    _, *commands = _COMMAND.split(script)
    return found, list(zip(commands[::2], commands[1::2], strict=True))


def pattern(expected: str) -> re.Pattern[str]:
    lines: list[str] = []
    if not expected.strip("\n"):
        return re.compile(r"\Z")
    for line in expected.strip("\n").split("\n"):
        if line.strip() == "...":
            lines.append(r"(?:.*\n)*?")
        elif line.endswith("..."):
            lines.append(re.escape(line[:-3]) + r".*\n")
        else:
            lines.append(re.escape(line) + r"\n")
    return re.compile("".join(lines) + r"\Z")


def run(command: str, folder: Path) -> str:
    words = shlex.split(command)
    assert words[0] == "keten"
    environment = {
        **os.environ, "PYTHONPATH": str(HERE.parent / "src"), "COLUMNS": "80", "NO_COLOR": "1",
        "XDG_DATA_HOME": str(folder / ".data"), "PYTHONIOENCODING": "utf-8",
        "SOURCE_DATE_EPOCH": "1795305600",
    }  # fmt: skip
    environment.pop("KETEN_DB", None)
    done = subprocess.run(
        [sys.executable, "-m", "keten", *words[1:]],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
        encoding="utf-8", stdin=subprocess.DEVNULL,
    )  # fmt: skip
    status = f"[{done.returncode}]\n" if done.returncode else ""
    return "\n".join(line.rstrip() for line in (done.stdout + done.stderr).split("\n")) + status


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.stem)
def test_script(script: Path, tmp_path: Path) -> None:
    files, commands = parts(script.read_text())
    for name, content in files.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    for command, expected in commands:
        got = run(command, tmp_path)

        if not pattern(expected).match(got):
            assert got == expected, command
