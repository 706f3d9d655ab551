"""What is written holds to the formats' own schemas, judged by others' validators.

They are Python packages (``cyclonedx-python-lib[json-validation]``, ``spdx-tools``,
``spdx-python-model``), found in this environment or in that of KETEN_SBOM_PYTHON.
"""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from image_builder import build

from keten.cli.sbom import written
from keten.config import load
from keten.formats.sbom.records import Component, Document, Listed, Relation
from keten.pipeline import targets
from keten.pipeline.sbom import inventory

PYTHON = os.environ.get("KETEN_SBOM_PYTHON", sys.executable)
CYCLONEDX = """
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
for version, file in (("V1_6", sys.argv[1]), ("V1_7", sys.argv[2])):
    error = JsonStrictValidator(getattr(SchemaVersion, version)).validate_str(open(file).read())
    assert error is None, str(error)[:2000]
"""
SPDX = """
import sys
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
wrong = validate_full_spdx_document(parse_file(sys.argv[1]))
assert not wrong, [item.validation_message for item in wrong][:5]
"""
SPDX3 = """
import json, sys
from spdx_python_model import v3_0_1 as model
found = model.SHACLObjectSet()
model.JSONLDDeserializer().deserialize_data(json.load(open(sys.argv[1])), found)
packages = list(found.foreach_type(model.software_Package))
assert packages and not found.missing_ids, sorted(found.missing_ids)[:5]
"""
DPKG = """Package: libc6
Status: install ok installed
Architecture: amd64
Source: glibc
Version: 2.36-9+deb12u4
Maintainer: GNU Libc Maintainers <debian-glibc@lists.example.org>

Package: base-files
Status: install ok installed
Architecture: all
Version: 12.4
"""


def rich() -> Document:
    """Return a document with all that a writer has to put somewhere."""
    digest = "ab" * 32
    return Document(
        format="keten", version="1", name="a shop: <1>", created="2026-11-22T00:00:00Z",
        tools=("keten 1.0", "tool"), authors=("Shop <a@shop.example>",), supplier="Shop",
        lifecycles=("build", "own phase"),
        subject=Component(ref="t", name="shop", type="container", hashes=(f"sha256:{digest}",)),
        components=[
            Component(ref="os", name="debian", version="12", type="operating-system"),
            Component(
                ref="a b", name="core", group="@babel", version="1",
                purls=("pkg:npm/%40babel/core@1",),
                cpes=("cpe:2.3:a:x:y:1:*:*:*:*:*:*:*",), licenses=("MIT", "My own", "GPL-2.0+"),
                hashes=(f"sha256:{digest}", "h1:abc=", "md5:00"), supplier="B <b@b.example>",
                author="C", copyright="(c) C", description="d", scope="development",
                source="git+https://github.com/a/b", paths=("x/y", "z"), own={"layer": "sha256:1"},
            ),
            Component(ref="c", name="c", licenses=("MIT OR ISC", "Zlib"), scope="optional"),
        ],
        relations=[Relation("t", "requires", "c"), Relation("c", "contains", "a b")],
        files=[Listed("etc/passwd", (f"sha256:{digest}",)), Listed("bin/sh")],
        completeness=(("t", "incomplete"),), notes=("Known unknowns: x",),
    )  # fmt: skip


def bare() -> Document:
    return Document(format="keten", version="1")


def image(at: Path) -> Document:
    release = 'ID=debian\nVERSION_ID="12"\n'
    files: list[tuple[Any, ...]] = [
        ("etc/os-release", "file", release),
        ("var/lib/dpkg/status", "file", DPKG),
    ]
    files += [("usr/bin/odd", "file", b"\x7fELF" + b"\0" * 60, {"mode": 0o4755})]
    collected = targets.collect(
        targets.named(str(build(at / "image", [files]).path)), load(None, at),
        access=targets.Access(cache=""),
        now=date(2026, 11, 22), progress=lambda *_: None, every=True,
    )  # fmt: skip
    return inventory.document(collected.facts, collected.target, created="2026-11-22T00:00:00Z")


@pytest.mark.parametrize(
    ("module", "program", "formats"),
    [
        ("cyclonedx.validation.json", CYCLONEDX, ("cyclonedx-1.6", "cyclonedx-1.7")),
        ("spdx_tools.spdx", SPDX, ("spdx-2.3",)),
        ("spdx_python_model", SPDX3, ("spdx-3.0.1",)),
    ],
)
@pytest.mark.parametrize("which", ["rich", "bare", "image"])
def test_what_is_written_is_valid(
    which: str, module: str, program: str, formats: tuple[str, ...], tmp_path: Path
) -> None:
    there = subprocess.run([PYTHON, "-c", f"import {module}"], capture_output=True, check=False)
    if there.returncode:
        pytest.skip(f"{module} is not in {PYTHON} (KETEN_SBOM_PYTHON)")
    document = image(tmp_path) if which == "image" else rich() if which == "rich" else bare()
    if which == "bare" and program is SPDX3:
        pytest.skip("a document about nothing has no package to find")
    files = []
    for name in formats:
        file = tmp_path / f"{name}.json"
        file.write_bytes(written(document, name))
        files.append(str(file))
    done = subprocess.run(
        [PYTHON, "-c", program, *files], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr[-3000:]
