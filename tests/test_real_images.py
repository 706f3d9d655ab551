"""Real images of ``tools/images``: the same from every kind of source, and beside syft."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from registry_server import needs_registry, needs_skopeo, served

from keten.formats import purl

pytestmark = pytest.mark.slow
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
IMAGES = Path(os.environ.get("KETEN_IMAGES") or CACHE / "keten-images")
PEERS = Path(os.environ.get("KETEN_PEERS") or CACHE / "keten-peers")
SYFT = Path(os.environ.get("KETEN_SYFT") or PEERS / "syft/bin/syft")
NAMES = ("slim", "debian", "ubuntu", "rpm", "rpm-ndb", "rpm-bdb", "python", "node", "java", "go")
SYSTEMS = ("pkg:deb/", "pkg:rpm/", "pkg:apk/")
OTHERWISE = {
    "pkg:maven/org.aspectj.weaver/aspectjweaver": "pkg:maven/org.aspectj/aspectjweaver",
    "pkg:maven/org.checkerframework.checker.qual/checker-qual": (
        "pkg:maven/org.checkerframework/checker-qual"
    ),
    "pkg:maven/org.hibernate/hibernate-commons-annotations": (
        "pkg:maven/org.hibernate.common/hibernate-commons-annotations"
    ),
}
"""Syft's spelling and the coordinates on Maven Central."""
NO_PACKAGES = re.compile(
    r"pkg:maven/libintl/libintl@.*"  # gettext-base's own jar, owned by the Debian package
    r"|pkg:npm/shop@1\.0\.0"  # the application, which nobody published by that name
    # Folders inside of packages: benchmarks, and what `resolve` is tested on.
    r"|pkg:npm/(?:benchmark|bin|dist)@1\.0\.0"
    r"|pkg:npm/(?:baz|browser_field|false_main|invalid_main|mylib@0\.0\.0)"
    r"|pkg:npm/%40my-scope/package-[ab]@0\.0\.0|pkg:npm/ljharb-monorepo-symlink-test@0\.0\.0"
)
"""What syft lists and keten does not: docs/packages.md has each."""


def layout(name: str) -> Path:
    """Return the layout of an image; skip where it was not built."""
    at = IMAGES / name
    if not (at / "index.json").is_file():
        pytest.skip(f"no image {name}: tools/images {name.partition('-')[0]}")
    return at


def keten(*words: str) -> Any:
    """Return what keten printed as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", "keten", *words, "--quiet"],
        capture_output=True, check=False, env={**os.environ, "PYTHONPATH": "src"},
        cwd=Path(__file__).parents[1],
    )  # fmt: skip
    assert done.returncode in {0, 1, 3}, done.stderr.decode()
    return json.loads(done.stdout)


def judged(target: str, name: str = "") -> dict[str, Any]:
    """Return what a scan says; *name* is what the image is called, which differs."""
    result = keten("scan", "--format=json", "--no-cache", target)
    kept = ("findings", "unknown", "links", "packages", "problems", "actions", "decision")
    said = {name: result[name] for name in kept}
    for finding in said["findings"]:
        finding["evidence"] = [e for e in finding["evidence"] if e["path"] != "manifest"]
        finding["subject"] = finding["subject"].replace(name, "IMAGE")
    for item in said["unknown"]:
        item["what"] = item["what"].replace(name, "IMAGE")
    return said | {"files": result["targets"][0]["files"]}


@needs_registry
@needs_skopeo
@pytest.mark.parametrize("name", ["debian", "python", "go", "rpm"])
def test_every_source_gives_the_same(name: str, tmp_path: Path) -> None:
    at = layout(name)
    archive = tmp_path / "image.tar"
    copy = ["skopeo", "copy", "-q", f"oci:{at}:1"]
    subprocess.run([*copy, f"docker-archive:{archive}:app:1"], check=True)
    expected = judged(f"oci:{at}:1", f"oci:{at}:1")
    assert expected["packages"]
    assert judged(f"docker-archive:{archive}", "docker.io/library/app:1") == expected
    with served(tmp_path / "registry") as registry:
        there = f"{registry.host}/app:1"
        subprocess.run([*copy, "--dest-tls-verify=false", f"docker://{there}"], check=True)
        assert judged(there, there) == expected


@pytest.mark.skipif(not SYFT.is_file(), reason="syft is not here (tools/peers syft)")
@pytest.mark.parametrize("name", NAMES)
def test_the_packages_are_those_of_syft(name: str) -> None:
    at = layout(name)
    told = subprocess.run(
        [SYFT, "scan", "-q", f"oci-dir:{at}", "-o", "json"], capture_output=True, check=True
    )
    theirs = {spelled(one["purl"]) for one in json.loads(told.stdout)["artifacts"]}
    document = keten("sbom", f"oci:{at}:1")
    ours = {spelled(one["purl"]) for one in document["components"] if "purl" in one}
    assert {one for one in theirs - ours if not NO_PACKAGES.fullmatch(one)} == set()
    assert {one for one in ours - theirs if not one.startswith("pkg:generic/")} == set()


def spelled(url: str) -> str:
    """Return a package URL one way; of a language's package only its coordinates."""
    url = str(purl.parse(url, lenient=True))  # pkg:golang/stdlib lacks a namespace
    if url.startswith(SYSTEMS):
        return re.sub(r"&rpmmod=[^&]*", "", url)  # syft keeps it beside
    name, at, version = url.partition("?")[0].rpartition("@")
    return OTHERWISE.get(name, name) + at + version


def test_a_deleted_secret_is_found_and_told() -> None:
    findings = judged(f"oci:{layout('python')}:1")["findings"]
    (secret,) = (f for f in findings if "AWS secret access key" in f["message"])
    assert secret["location"]["path"] == "root/.aws/credentials"
    assert "a later layer hides it" in secret["message"]
    assert secret["why"] == "layer made by COPY . /app # and credentials"


def test_packages_are_of_the_layer_that_brought_them() -> None:
    base = f"oci:{layout('slim')}:1"
    image = keten("inspect", "--json", "--base", base, f"oci:{layout('python')}:1")
    layers = [layer["diff_id"] for layer in image["image"][0]["content"]["layers"]]
    counts = [sum(p.get("layer") == layer for p in image["packages"]) for layer in layers]
    based = {p.get("layer") for p in image["packages"] if p.get("based")}
    assert counts[0] > 80
    assert counts[1] > 20
    assert counts[2] > 40
    assert counts[3:] == [0, 0]
    assert based == {layers[0]}
