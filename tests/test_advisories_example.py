"""The bundled advisories say what their README says of them."""

from pathlib import Path

import pytest
from shared_data import ROOT

from keten.advisories import imports
from keten.advisories.database import Database
from keten.advisories.lookup import Lookup

FOLDER = ROOT / "examples" / "advisories"
ROWS = [
    tuple(cell.strip() for cell in line.strip("|").split("|"))
    for line in (FOLDER / "README.md").read_text().splitlines()
    if line.startswith(("| GO-", "| PYSEC-"))
]


@pytest.fixture(scope="module")
def lookup(tmp_path_factory: pytest.TempPathFactory) -> Lookup:
    at: Path = tmp_path_factory.mktemp("example") / "a.db"
    imports.run([FOLDER], at, imports.Claim())
    return Lookup(Database(at))


def test_every_record_is_told_of() -> None:
    assert sorted(row[0] for row in ROWS) == sorted(p.stem for p in FOLDER.glob("*/*.json"))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_row(lookup: Lookup, row: tuple[str, ...]) -> None:
    name, cve, package, version, fixed = row
    ecosystem = "Go" if name.startswith("GO-") else "PyPI"

    found = {v.cluster.id: v for v in lookup.ask(ecosystem, package, version).vulnerabilities}

    assert [hit.row.id for hit in found[cve].cluster.hits] == [name]
    assert found[cve].fixed[0] == fixed.removeprefix("v")
