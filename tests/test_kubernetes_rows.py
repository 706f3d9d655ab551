"""The rows of the Kubernetes control lists: whole, answered by checks that there are."""

import re

import pytest
from shared_data import SHARED, needs_shared

from keten import plugs
from keten.model.check import Check
from keten.model.kubernetes_rows import (
    AUTOMATED,
    CIS,
    GUIDE,
    PARTLY,
    PROVIDER,
    ROWS,
    Row,
    responsible,
)

STATES = {"automated", "partly", "manual", "not ours"}
CHECKS = set(plugs.names(Check))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.key)
def test_row(row: Row) -> None:
    assert row.state in STATES
    assert set(row.checks) <= CHECKS, set(row.checks) - CHECKS
    if row.state in (AUTOMATED, PARTLY):
        assert row.checks or row.note, "names what answers it"
    if row.state == "manual":
        assert not row.checks


def test_each_row_is_there_once() -> None:
    keys = [row.key for row in ROWS]

    assert len(keys) == len(set(keys))


@needs_shared
def test_every_row_of_the_reference_is_there() -> None:
    assert SHARED is not None
    text = (SHARED / "reference/kubernetes-controls.md").read_text()
    keys = set(re.findall(r"^\| ([TPNAGU]\d+) \|", text, re.MULTILINE)) | {"T1", "T2", "T3"}

    assert keys == {row.key for row in GUIDE}


def test_what_a_control_serves_is_named_in_its_row() -> None:
    rows = {row.key: set(row.checks) for row in CIS}
    for name in CHECKS:
        for control in plugs.load(Check, name).controls:
            framework, _, key = control.partition("/")
            if framework == "cis-kubernetes" and key[0] in "1234":
                assert name in rows[key], f"{name} serves {key}"


def test_at_least_four_fifths_are_automated() -> None:
    automated = sum(row.state == AUTOMATED for row in ROWS)

    assert automated / len(ROWS) >= 0.8


def test_etcd_of_a_managed_cluster_is_its_providers() -> None:
    assert responsible("2.1")[0] == PROVIDER
    assert responsible("1.2.6")[0] == PROVIDER
    assert responsible("1.2.27")[0] == "shared"
    assert responsible("5.1.1")[0] == "customer"
