"""Policies written out: the same checks at the same versions, and nothing that can lock out."""

import pytest
import yaml

from keten.cli import main
from keten.cluster.admission.policies import Wanted, written
from keten.cluster.podsecurity.cel import EXPRESSIONS, expression
from keten.cluster.podsecurity.controls import CONTROLS
from keten.cluster.podsecurity.standard import Level
from keten.errors import InputError


def test_every_check_is_written_and_changes_at_the_same_versions() -> None:
    assert {name: [first for first, _ in texts] for name, texts in EXPRESSIONS.items()} == {
        control.id: [first for first, _ in control.since] for control in CONTROLS
    }
    assert "tcp_rmem" not in expression("sysctls", 31)
    assert "tcp_rmem" in expression("sysctls", 32)


def test_nothing_wanted_is_nothing_written() -> None:
    assert written(Wanted()) == []
    with pytest.raises(InputError):
        written(Wanted(level=Level.BASELINE, version="newest"))


def test_system_namespaces_are_left_out_and_controllers_are_warned_of() -> None:
    made = written(Wanted(level=Level.RESTRICTED, registries=('a"b',)))
    bindings = {one["metadata"]["name"]: one["spec"] for one in made[1::2]}
    assert bindings["keten-pods"]["validationActions"] == ["Deny"]
    assert bindings["keten-controllers"]["validationActions"] == ["Warn", "Audit"]
    for spec in bindings.values():
        [term] = spec["matchResources"]["namespaceSelector"]["matchExpressions"]
        assert "kube-system" in term["values"]
    [said] = [
        one["expression"] for one in made[0]["spec"]["validations"] if "images" in one["expression"]
    ]
    assert '"a\\"b"' in said


def test_the_command_writes_yaml_that_reads_back(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["admission", "policy", "--level", "restricted", "--exempt", "ci"]) == 0
    made = list(yaml.safe_load_all(capsys.readouterr().out))
    exempt = ("ci", "kube-node-lease", "kube-public", "kube-system")
    assert made == written(Wanted(level=Level.RESTRICTED, exempt=exempt))
    assert main(["admission", "policy"]) == 2
