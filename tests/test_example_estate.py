"""The example estate: what its README says is planted is found, and the whole output is known.

After a wanted change of the output: KETEN_GOLDEN=write pytest tests/test_example_estate.py
"""

import os
import re
import shutil
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from folder_scan import scan
from msgspec import structs

from keten import plugs
from keten.advisories.database import Database
from keten.cli import main
from keten.cli.scan import QUICK
from keten.config import load
from keten.model.check import Check
from keten.model.plug import Report
from keten.model.result import Result, Style

ROOT = Path(__file__).parents[1]
GOLDEN = Path(__file__).parent / "golden"
README = (ROOT / "examples/webshop/README.md").read_text()
PLANTED = [
    (row[1].strip(), row[2].strip("` "), check)
    for line in README.splitlines()
    if len(row := line.split("|")) == 6 and row[4].strip().startswith("`")
    for check in re.findall(r"`([^`]+)`", row[4])
]


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    at = tmp_path_factory.mktemp("estate")
    shutil.copytree(ROOT / "examples/webshop", at / "webshop")
    file = at / "advisories.db"
    assert main(["db", "import", str(ROOT / "examples/advisories"), "--db", str(file)]) == 0
    database = Database.find(file)
    policy = structs.replace(load(None, at / "webshop"), paths_up_to=QUICK)
    return scan(
        at / "webshop", policy, database=database, now=date(2026, 11, 22),
        progress=lambda *_: None,
    )  # fmt: skip


def test_the_table_is_read() -> None:
    assert len(PLANTED) > 15


@pytest.mark.parametrize(("link", "where", "check"), PLANTED)
def test_what_is_planted_is_found(result: Result, link: str, where: str, check: str) -> None:
    if where == "everywhere":
        assert [u for u in result.unknown if check in u.checks]
        return
    name = check.removesuffix("...") + "*" if check.endswith("...") else check

    assert [n for n in plugs.names(Check) if fnmatchcase(n, name)]
    assert [
        f
        for f in result.findings
        if fnmatchcase(f.check, name) and f.location and f.location.path.startswith(where)
    ]
    assert name.partition("/")[0] in {link, "image", "registry"}


@pytest.mark.parametrize("name", ["terminal", "markdown", "junit"])
def test_the_whole_output(result: Result, name: str) -> None:
    style = Style(everything=True, command="keten scan examples/webshop")
    got = "".join(plugs.load(Report, name).write(result, style))
    file = GOLDEN / f"webshop.{name}"
    if os.environ.get("KETEN_GOLDEN") == "write":
        file.parent.mkdir(exist_ok=True)
        file.write_text(got)

    assert got == file.read_text()


def test_the_cart_is_mostly_right(result: Result) -> None:
    cart = [f for f in result.findings if f.location and "base/cart.yaml" in f.location.path]

    assert all(f.severity <= 1 for f in cart), [f.message for f in cart]
