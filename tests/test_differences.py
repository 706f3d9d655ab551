"""What differs between two states, and why: every cause, and every way a package can move."""

import json
from pathlib import Path
from typing import Any

import pytest
from advisory_data import folder, record, span

from keten.cli import main
from keten.errors import CeilingError, UsageError
from keten.pipeline import sides
from keten.pipeline.differences import Moved, Seen, Side, compare, listing, packages

VULNERABLE = ("dependencies/known-vulnerability", "npm", "a", "CVE-1")


def side(*findings: Seen, packages: tuple[str, ...] = ("x#pkg:npm/a@1",), **more: Any) -> Side:
    made: dict[str, Any] = {
        "name": "s", "about": "", "keten": "1", "data": ("d 1",), "policy": "default ",
        "ran": frozenset({"dependencies/known-vulnerability", "deployment/x"}), **more,
    }  # fmt: skip
    return Side(findings={f.key: f for f in findings}, packages=listing(packages), **made)


def seen(version: str = "1") -> Seen:
    return Seen(VULNERABLE, VULNERABLE[0], "high", "a is affected", package=("npm", "a", version))


def cause(before: Side, after: Side) -> tuple[str, str]:
    found = compare(before, after)
    (turned,) = (*found.new, *found.gone)
    return turned.cause, turned.why


@pytest.mark.parametrize(
    ("lacks", "expected"),
    [
        (side(packages=()), ("code", "a 1 was added")),
        (side(packages=("x#pkg:npm/a@2",)), ("code", "a was downgraded: 2 -> 1")),
        (side(packages=("x#pkg:npm/a@0.1",)), ("code", "a was upgraded: 0.1 -> 1")),
        (side(data=("d 0",)), ("data", "the same package, other advisories")),
        (side(quiet=frozenset({VULNERABLE})), ("policy", "it was waived or set aside")),
        (side(policy="keten.toml x"), ("policy", "another configuration")),
        (side(keten="0"), ("tool", "keten 0 and 1")),
        (side(keten="0", data=()),
         ("data or tool", "the same package, other advisories; keten 0 and 1")),
        (side(policy="keten.toml x", ran=frozenset({"y"})),
         ("policy", "dependencies/known-vulnerability did not run there")),
    ],
)  # fmt: skip
def test_why_a_finding_of_a_package_is_new(lacks: Side, expected: tuple[str, str]) -> None:
    assert cause(lacks, side(seen())) == expected


def test_why_a_finding_is_gone() -> None:
    assert cause(side(seen()), side(packages=())) == ("code", "a 1 was removed")
    assert cause(side(seen()), side(packages=("y#pkg:npm/a@2",))) == (
        "code", "a was upgraded: 1 -> 2",
    )  # fmt: skip
    assert cause(side(seen()), side(quiet=frozenset({VULNERABLE})))[0] == "policy"


def test_why_a_finding_of_a_file_is_new() -> None:
    pod = Seen(("deployment/x", "f"), "deployment/x", "low", "m", path="pod.yaml")

    assert cause(side(), side(pod))[0] == "code"
    assert cause(side(keten="0"), side(pod))[0] == "code or tool"
    assert cause(side(ran=frozenset({"y"})), side(pod)) == (
        "code", "there is nothing there that deployment/x judges",
    )  # fmt: skip


def test_how_packages_move() -> None:
    before = listing(["#pkg:pypi/up@1.9", "#pkg:pypi/down@2", "#pkg:pypi/same@1", "#pkg:npm/old@1",
                      "#pkg:pypi/two@1", "#pkg:pypi/two@2", "#pkg:odd/kind@1"])  # fmt: skip
    after = listing(["#pkg:pypi/up@1.10", "#pkg:pypi/down@1", "#pkg:pypi/same@1", "#pkg:npm/new@1",
                     "#pkg:pypi/two@2", "#pkg:pypi/two@3", "#pkg:odd/kind@2"])  # fmt: skip

    assert set(packages(before, after)) == {
        Moved("upgraded", "pypi", "up", "1.9", "1.10"),
        Moved("downgraded", "pypi", "down", "2", "1"),
        Moved("removed", "npm", "old", before="1"),
        Moved("added", "npm", "new", after="1"),
        Moved("upgraded", "pypi", "two", "1", "3"),
        Moved("changed", "odd", "kind", "1", "2"),
    }


def test_a_side_that_does_not_tell_its_packages() -> None:
    quiet = Side("old", "", "1", ("d 0",), "default ", {})
    found = compare(quiet, side(seen()))

    assert found.packages == ()
    assert found.notes
    assert found.new[0].cause == "data"


def test_newer_data_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The whole way: saved result, more advisories, the same tree; then the SBOM of it."""
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "requirements.txt").write_text("jinja2==2.11.2\n")
    only = ["--check", "dependencies/known-vulnerability", "--now", "2026-11-22"]
    old, new, saved = (str(tmp_path / name) for name in ("old.db", "new.db", "saved.json"))
    first = record("GHSA-1111-2222-3333", "flask", *span("2.0"))
    second = record("GHSA-4444-2222-3333", "jinja2", *span("2.11.3"))
    main(["db", "import", str(folder(tmp_path / "1", first)), "--db", old])
    main(["db", "import", str(folder(tmp_path / "2", first, second)), "--db", new])
    main(["scan", str(tree), *only, "--db", old, "--format", "json", "--output", saved])
    capsys.readouterr()

    status = main(["diff", saved, str(tree), *only, "--db", new, "--json", "--fail-on-new"])
    found = json.loads(capsys.readouterr().out)
    assert status == 1
    assert [item["cause"] for item in found["new"]] == ["data"]
    assert found["packages"] == []
    assert main(["diff", saved, str(tree), *only, "--db", old, "--fail-on-new"]) == 0

    bill = str(tmp_path / "tree.cdx.json")
    main(["sbom", str(tree), "--output", bill])
    capsys.readouterr()
    assert main(["diff", bill, str(tree), *only, "--db", new, "--json", "--fail-on-new"]) == 0
    assert json.loads(capsys.readouterr().out)["same"] == 1


def test_results_that_are_damaged_or_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "x.json"
    file.write_text('{"schema": "keten.result/1", "findings": 7}')
    with pytest.raises(UsageError, match="not a result of keten"):
        sides.saved(file)
    monkeypatch.setattr(sides, "BYTES", 10)
    with pytest.raises(CeilingError):
        sides.saved(file)
    assert sides.is_result(file)
    assert not sides.is_result(tmp_path)
