"""The store of Nix and Guix: packages by the names of its folders."""

from pathlib import Path

import pytest
from executable_files import elf
from hypothesis import given
from hypothesis import strategies as st

from keten.formats import nix_store
from keten.formats.nix_store import StorePath
from keten.model.delivery import Package
from keten.model.image import SystemFile
from keten.pipeline.images.collect import collect_root

HASH = "h0cnbmfcn93xm5dg2x27ixhag1cwndga"


@pytest.mark.parametrize(
    ("rest", "name", "version", "output"),
    [
        ("glibc-2.34-210", "glibc", "2.34-210", ""),
        ("glibc-2.34-210-bin", "glibc", "2.34-210", "bin"),
        ("python3.11-requests-2.31.0", "python3.11-requests", "2.31.0", ""),
        ("bash-interactive-5.2p15", "bash-interactive", "5.2p15", ""),
        ("gcc-13.2.0-lib", "gcc", "13.2.0", "lib"),
        ("libX11-1.8.7-dev", "libX11", "1.8.7", "dev"),
        ("tzdata-2024a", "tzdata", "2024a", ""),
        ("foo-0-unstable-2024-01-02", "foo", "0-unstable-2024-01-02", ""),
        ("profile-with-no-version", "", "", ""),
        ("openssl-3.0.13.tar.gz", "", "", ""),
        ("hello-2.12.drv", "", "", ""),
        ("-1.0", "", "", ""),
        ("x-+", "", "", ""),
    ],
)
def test_names(rest: str, name: str, version: str, output: str) -> None:
    expected = StorePath(HASH, name, version, output) if name else None
    assert nix_store.parse(f"{HASH}-{rest}") == expected


@given(st.text(alphabet="abe0.-+", max_size=60))
def test_any_name(rest: str) -> None:
    found = nix_store.parse(f"{HASH}-{rest}")
    assert found is None or (found.name and found.version)
    assert nix_store.parse(rest) is None
    assert nix_store.parse(f"{HASH}-{'a-1' * 100_000}") is None


def test_in_a_root(tmp_path: Path) -> None:
    for store, base in (
        ("nix", "openssl-3.0.13-bin"), ("nix", "app"), ("gnu", "hello-2.12.1"),
    ):  # fmt: skip
        program = tmp_path / store / "store" / f"{HASH}-{base}" / "bin" / "tool"
        program.parent.mkdir(parents=True)
        program.write_bytes(elf({".text": b"\x90"}))
        program.chmod(0o755)
    (tmp_path / "nix/store" / f"{HASH}-setup-1.0").write_text("a script")

    facts = collect_root(tmp_path, "root", secrets=False, progress=lambda *_: None).facts

    assert sorted(node.purl for node in facts.nodes if isinstance(node, Package)) == [
        f"pkg:guix/hello@2.12.1?outputhash={HASH}",
        f"pkg:nix/openssl@3.0.13?output=bin&outputhash={HASH}",
    ]
    unknown = [n.id for n in facts.nodes if isinstance(n, SystemFile) and "unexplained" in n.traits]
    assert unknown == [f"nix/store/{HASH}-app/bin/tool"]
