"""The checks' mappings to controls keep the rules of docs/mapping.md."""

import pytest

from keten import plugs
from keten.model.check import Check

CHECKS = plugs.names(Check)

ONLY = {
    "pss/": ("deployment/",),
    "cis-docker/": ("image/", "build/", "dependencies/known-vulnerability"),
    "pci-dss/4.2": ("runtime/",),
    "hipaa/164.312(e)": ("runtime/",),
    "hipaa/164.308(a)(4)": ("access/",),
}
"""Control (or the start of its key) to the only checks that may name it."""

NEVER = {"nsa-cisa/": ("source/", "pipeline/")}
"""Control to the checks that may not name it."""

TOGETHER = (
    ("hipaa/164.312(a)", "gdpr/32"),
    ("hipaa/164.312(e)", "gdpr/32"),
    ("hipaa/164.308(a)(5)", "pci-dss/5.2"),
    ("pci-dss/5.2", "hipaa/164.308(a)(5)"),
    ("hipaa/164.308(a)(7)", "nis2/c"),
    ("nis2/c", "hipaa/164.308(a)(7)"),
    ("pci-dss/8.6", "nis2/i"),
    ("pci-dss/7.2", "nis2/i"),
    ("pci-dss/4.2", "nis2/h"),
    ("owasp-cicd/6", "nis2/i"),
)
"""Whoever names the first names the second: alike faults are mapped alike."""


def controls(name: str) -> tuple[str, ...]:
    return plugs.load(Check, name).controls


@pytest.mark.parametrize("name", CHECKS)
def test_a_control_is_named_only_where_it_is_asked(name: str) -> None:
    for start, where in ONLY.items():
        if any(key.startswith(start) for key in controls(name)):
            assert name.startswith(where), f"{start} is not for {name}"
    for start, where in NEVER.items():
        if name.startswith(where):
            assert not [key for key in controls(name) if key.startswith(start)]


@pytest.mark.parametrize("name", CHECKS)
def test_alike_faults_are_mapped_alike(name: str) -> None:
    named = set(controls(name))

    assert len(named) == len(controls(name)), "no control twice"
    assert any(key.startswith("nis2/") for key in named)
    for first, second in TOGETHER:
        assert first not in named or second in named, f"{first} goes with {second}"


@pytest.mark.parametrize("name", CHECKS)
def test_references_are_addresses(name: str) -> None:
    refs = plugs.load(Check, name).refs

    assert refs
    assert all(ref.startswith("https://") for ref in refs)
