"""What a check says weighs by what was seen: hygiene is advice, what an attacker uses is not."""

from datetime import date
from pathlib import Path

import pytest
from folder_scan import scan

from keten.config import Config, Policy
from keten.model.finding import Severity

POLICY = Policy(Config(), "default", "", Path())
LOW, INFO, MEDIUM = Severity.LOW, Severity.INFO, Severity.MEDIUM


def weight(root: Path, text: str, check: str) -> Severity:
    (root / "a.yaml").write_text(text)
    result = scan(root, POLICY, database=None, now=date(2026, 11, 23), progress=lambda *_: None)
    (one,) = [item for item in result.findings if item.check == check]
    return one.severity


POD = """apiVersion: v1
kind: Pod
metadata: {{name: p, namespace: shop}}
spec:
  containers:
  - {{name: c, image: "{image}", volumeMounts: [{mount}]}}
  volumes: [{{name: v, hostPath: {{path: {path}}}}}]
"""


@pytest.mark.parametrize(
    ("tag", "severity"),
    [
        ("1.4", LOW), ("stable", LOW), ("3.15-slim", LOW), ("release-1.20", LOW), ("2024.1", LOW),
        ("v1.4.2", INFO), ("1.4.2-alpine", INFO), ("sha-0a1b2c3", INFO), ("20241001", INFO),
    ],
)  # fmt: skip
def test_a_tag_that_moves_and_one_of_a_release(
    tmp_path: Path, tag: str, severity: Severity
) -> None:
    text = POD.format(image=f"r.example/web:{tag}", mount="", path="/data")

    assert weight(tmp_path, text, "registry/mutable-tag") is severity


@pytest.mark.parametrize(
    ("path", "mount", "severity"),
    [
        ("/data", "{name: v, mountPath: /x}", LOW),
        ("/data", "{name: v, mountPath: /x, readOnly: true}", INFO),
        ("/etc/ssl/certs", "", INFO),
        ("/etc", "", INFO),
        ("/etc", "{name: v, mountPath: /x, readOnly: true}", MEDIUM),
        ("/etc", "{name: v, mountPath: /x}", Severity.HIGH),
    ],
)
def test_a_directory_of_the_host(tmp_path: Path, path: str, mount: str, severity: Severity) -> None:
    text = POD.format(image="r.example/web:1.4", mount=mount, path=path)

    assert weight(tmp_path, text, "deployment/host-path") is severity


@pytest.mark.parametrize(
    ("selector", "way", "severity"),
    [
        ("{}", "ingress", MEDIUM),
        ("{matchLabels: {}}", "ingress", MEDIUM),
        ("{matchLabels: {app: edge}}", "ingress", LOW),
        ("{}", "egress", LOW),
        ("{matchLabels: {app: edge}}", "egress", INFO),
    ],
)
def test_a_policy_that_allows_all(
    tmp_path: Path, selector: str, way: str, severity: Severity
) -> None:
    text = f"""apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: open, namespace: shop}}
spec: {{podSelector: {selector}, {way}: [{{}}]}}
"""
    assert weight(tmp_path, text, "runtime/policy-allows-all") is severity
