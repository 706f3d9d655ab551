"""What is found in tests and examples weighs less, environments called test do not."""

from datetime import date
from pathlib import Path

import pytest
from folder_scan import scan

from keten.config import load
from keten.model.evidence import Link
from keten.model.finding import Severity
from keten.pipeline.asides import SAID, eased, is_aside

POD = """apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - {name: web, image: "docker.io/library/web:1", securityContext: {privileged: true}}
"""


@pytest.mark.parametrize(
    "path",
    [
        "tests/pod.yaml",
        "test/k8s/pod.yaml",
        "docs/install/pod.yaml",
        "Examples/shop/pod.yaml",
        "charts/shop/tests/pod.yaml",
        "internal/testdata/pod.yaml",
        "cmd/_testdata/pod.yaml",
        "pkg/__tests__/pod.yaml",
        "config/samples/pod.yaml",
    ],
)
def test_aside(path: str) -> None:
    """Folders of tests, examples and documentation stand aside."""
    assert is_aside(path)


@pytest.mark.parametrize(
    "path",
    [
        "pod.yaml",
        "test.yaml",
        "examples.yaml",
        "overlays/test/pod.yaml",
        "clusters/eu/e2e/pod.yaml",
        "k8s/demo/pod.yaml",
        "latest/pod.yaml",
        ".github/actions/test/action.yml",
        ".github/docs/x.yml",
    ],
)
def test_not_aside(path: str) -> None:
    """A file's own name, an environment called test and the machinery of builds count in full."""
    assert not is_aside(path)


def test_the_step() -> None:
    """What an attacker uses becomes LOW, the rest INFO; nothing rises, some links stay."""
    low = [eased(severity, Link.DEPLOYMENT, "examples/a.yaml") for severity in Severity]
    assert low == [Severity.INFO, Severity.INFO, Severity.INFO, Severity.LOW, Severity.LOW]
    for link in (Link.SOURCE, Link.SECRETS):
        assert eased(Severity.HIGH, link, "examples/a.yaml") is Severity.HIGH
    link, path = Link.DEPENDENCIES, "internal/testdata/pom.xml"
    assert eased(Severity.CRITICAL, link, path) is Severity.LOW
    check = "dependencies/malicious-package"
    assert eased(Severity.CRITICAL, link, path, check=check) is Severity.CRITICAL


def test_scan_says_why(tmp_path: Path) -> None:
    """The same pod weighs in full where it is deployed, and less where it is an example."""
    for folder in ("deploy", "examples"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "pod.yaml").write_text(POD)
    result = scan(
        tmp_path,
        load(None, tmp_path),
        database=None,
        now=date(2026, 11, 22),
        progress=lambda *_: None,
    )
    seen = {
        f.location.path: f
        for f in result.findings
        if f.check == "deployment/privileged-container" and f.location
    }
    assert seen["deploy/pod.yaml"].severity is Severity.HIGH
    assert seen["examples/pod.yaml"].severity is Severity.LOW
    assert SAID in seen["examples/pod.yaml"].message
    assert SAID not in seen["deploy/pod.yaml"].message
