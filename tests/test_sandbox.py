"""``[[sandbox]]`` of keten.toml, from file to finding."""

from datetime import date
from pathlib import Path

import pytest
from folder_scan import scan

from keten.config import Policy, parse
from keten.errors import UsageError
from keten.model.finding import Verdict

POLICY = """
[[sandbox]]
runtime-classes = ["gvisor", "kata"]
namespaces = ["tenant-*"]

[[sandbox]]
runtime-classes = ["kata"]
labels = {tier = "build"}
"""


def manifest(name: str, namespace: str, *, runtime: str = "", tier: str = "") -> str:
    lines = [
        "apiVersion: apps/v1", "kind: Deployment", f"metadata: {{name: {name}{namespace}}}",
        "spec:", f"  selector: {{matchLabels: {{app: {name}}}}}", "  template:",
        f"    metadata: {{labels: {{app: {name}{tier}}}}}", "    spec:",
        *([f"      runtimeClassName: {runtime}"] if runtime else []),
        "      containers: [{name: a, image: registry.example/a:1}]", "---", "",
    ]  # fmt: skip
    return "\n".join(lines)


def said(folder: Path, policy: str) -> dict[str, list[str]]:
    """Return the check's messages by verdict."""
    result = scan(
        folder,
        Policy(parse(policy.encode()), "keten.toml", "", folder),
        database=None,
        now=date(2026, 11, 23),
        progress=lambda *_: None,
    )
    unknown = [item.what for item in result.unknown if "deployment/unsandboxed" in item.checks]
    found = [f.message for f in result.findings if f.check == "deployment/unsandboxed"]
    return {Verdict.FAIL: sorted(found), Verdict.UNKNOWN: unknown}


def test_what_policy_asks_for(tmp_path: Path) -> None:
    tenant = ", namespace: tenant-a"
    (tmp_path / "all.yaml").write_text(
        manifest("bare", tenant)
        + manifest("held", tenant, runtime="kata")
        + manifest("other", tenant, runtime="nvidia")
        + manifest("build", ", namespace: ci", tier=", tier: build")
        + manifest("shop", ", namespace: shop")
    )
    found = said(tmp_path, POLICY)

    assert found[Verdict.FAIL] == [
        "Deployment/bare runs in no sandbox; keten.toml asks for gvisor, kata",
        "Deployment/build runs in no sandbox; keten.toml asks for kata",
        "Deployment/other runs in runtime class nvidia; keten.toml asks for gvisor, kata",
    ]
    assert not found[Verdict.UNKNOWN]


def test_where_the_namespace_is_not_said_nobody_knows(tmp_path: Path) -> None:
    (tmp_path / "all.yaml").write_text(manifest("bare", ""))
    found = said(tmp_path, POLICY)

    assert not found[Verdict.FAIL]
    assert found[Verdict.UNKNOWN]


def test_without_the_section_nobody_asks(tmp_path: Path) -> None:
    (tmp_path / "all.yaml").write_text(manifest("bare", ""))

    assert not any(said(tmp_path, "").values())


@pytest.mark.parametrize(
    "text",
    [
        "[[sandbox]]\nruntime-classes = []\nnamespaces = ['a']\n",
        "[[sandbox]]\nruntime-classes = ['kata']\n",
        "[[sandbox]]\nruntime-class = ['kata']\n",
    ],
)
def test_what_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse(text.encode())
