"""How complete a bill of materials is; a bill that lies in a tree; what is given up to nobody."""

import json
from datetime import date
from pathlib import Path

import pytest

from keten.cli import main
from keten.config import load
from keten.formats.sbom.records import Component, Document, Relation
from keten.model.delivery import Package, Sbom
from keten.pipeline import targets
from keten.pipeline.flow import Scanned
from keten.pipeline.sbom import quality

FULL = Component(
    ref="a", name="a", version="1", purls=("pkg:npm/a@1",), supplier="S <s@s.example>",
    hashes=("sha512:" + "0" * 128,), licenses=("MIT",), paths=("a.js",),
    raw={"properties": b'["bsi:component:executable","bsi:component:archive",'
                       b'"bsi:component:structured"]'},
)  # fmt: skip
WHOLE = Document(
    format="cyclonedx", version="1.6", created="2026-01-01T00:00:00Z", tools=("t 1",),
    authors=("A <a@a.example>",), lifecycles=("build",), components=[FULL],
    subject=Component(**{**{f: getattr(FULL, f) for f in FULL.__struct_fields__}, "ref": "t"}),
    relations=[Relation("t", "requires", "a")], completeness=(("t", "complete"),),
)  # fmt: skip


def scores(document: Document) -> dict[str, int]:
    return {s.profile: s.score for s in quality.judge(document, list(quality.PROFILES))}


def test_one_that_has_all_is_a_hundred() -> None:
    assert scores(WHOLE) == {"ntia": 100, "cisa-2025": 100, "bsi": 100}
    assert {s.grade for s in quality.judge(WHOLE, ["ntia", "bsi"])} == {"A"}


def test_an_empty_one_is_nothing() -> None:
    assert scores(Document(format="syft", version="16")) == dict.fromkeys(quality.PROFILES, 0)


@pytest.mark.parametrize(
    ("part", "value", "lower"),
    [
        ("created", "", {"ntia", "cisa-2025", "bsi"}),
        ("tools", (), {"cisa-2025"}),
        ("authors", (), {"cisa-2025", "bsi"}),
        ("lifecycles", (), {"cisa-2025"}),
        ("completeness", (), {"cisa-2025", "bsi"}),
        ("relations", [], {"ntia", "cisa-2025", "bsi"}),
        ("version", "1.5", {"bsi"}),
    ],
)
def test_each_part_of_the_document_counts(part: str, value: object, lower: set[str]) -> None:
    fields = {f: getattr(WHOLE, f) for f in WHOLE.__struct_fields__}
    found = scores(Document(**{**fields, part: value}))

    assert {name for name, score in found.items() if score < 100} == lower


@pytest.mark.parametrize(
    ("part", "lower"),
    [
        ("version", {"ntia", "cisa-2025", "bsi"}),
        ("purls", {"ntia", "cisa-2025"}),
        ("supplier", {"ntia", "cisa-2025", "bsi"}),
        ("hashes", {"cisa-2025", "bsi"}),
        ("licenses", {"cisa-2025", "bsi"}),
        ("paths", {"bsi"}),
        ("raw", {"bsi"}),
    ],
)
def test_each_part_of_a_component_counts(part: str, lower: set[str]) -> None:
    fields = {f: getattr(FULL, f) for f in FULL.__struct_fields__}
    empty = Component(**{**fields, part: type(fields[part])()})
    whole = {f: getattr(WHOLE, f) for f in WHOLE.__struct_fields__}
    found = scores(Document(**{**whole, "components": [empty]}))

    assert {name for name, score in found.items() if score < 100} == lower


def test_what_lacks_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "x.json"
    listed = [{"name": f"p{n}", "type": "library"} for n in range(8)]
    body = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": listed}
    file.write_text(json.dumps(body))

    assert main(["sbom", "check", str(file), "--json", "--min", "50"]) == 1
    found = json.loads(capsys.readouterr().out)
    (version,) = [e for e in found["profiles"][0]["elements"] if e["name"] == "Component version"]
    assert (version["had"], version["of"]) == (0, 8)
    assert version["lacking"] == ["p0", "p1", "p2", "p3", "p4"]
    assert main(["sbom", "check", str(file), "--profile", "ntia"]) == 0
    assert all(len(line) <= 80 for line in capsys.readouterr().out.split("\n"))


def collected(target: Path) -> Scanned:
    return targets.collect(
        targets.named(str(target)), load(None, Path("/nonexistent")),
        access=targets.Access(cache=""),
        now=date(2026, 11, 22), progress=lambda *_: None, every=True,
    )  # fmt: skip


def test_a_bill_in_a_tree_is_evidence_and_doubles_nothing(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("flask==2.0.1\n")
    part = {"type": "library", "name": "flask", "version": "2.0.1", "purl": "pkg:pypi/flask@2.0.1"}
    body = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [part]}
    (tmp_path / "bom.json").write_text(json.dumps(body))
    (tmp_path / "other.spdx.json").write_text("{}")
    facts = collected(tmp_path).facts

    assert [n.purl for n in facts.nodes if isinstance(n, Package)] == ["pkg:pypi/flask@2.0.1"]
    assert [(n.id, n.format, n.components) for n in facts.nodes if isinstance(n, Sbom)] == [
        ("bom.json", "CycloneDX 1.6", 1)
    ]
    assert "bom.json" in {item.origin.path for item in facts.evidence}
    alone = collected(tmp_path / "bom.json")
    assert alone.target.kind == "sbom"
    assert [n.name for n in alone.facts.nodes if isinstance(n, Package)] == ["flask"]
