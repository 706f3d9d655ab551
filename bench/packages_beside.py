"""The packages of real images beside syft's and scalibr's: ``python bench/packages_beside.py``.

The images are those of ``tools/images``; syft and scalibr those of ``tools/peers``. What is held
together is the package URL, its parts put in one order. Beside syft the qualifiers of the
systems' packages count, as it writes the same ones; else type, namespace, name and version do.
Prints for each image how many are the same, and each that only one has. Why: docs/packages.md.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from keten.errors import InputError
from keten.formats import purl

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
IMAGES = Path(os.environ.get("KETEN_IMAGES") or CACHE / "keten-images")
PEERS = Path(os.environ.get("KETEN_PEERS") or CACHE / "keten-peers")
SYFT = Path(os.environ.get("KETEN_SYFT") or PEERS / "syft/bin/syft")
SYSTEMS = ("pkg:deb/", "pkg:rpm/", "pkg:apk/", "pkg:alpm/", "pkg:ebuild/", "pkg:opkg/")
NAMES = ("slim", "debian", "ubuntu", "rpm", "rpm-ndb", "rpm-bdb", "python", "node", "java", "go")
SCALIBR = PEERS / "bin/scalibr"


def run(*command: str | Path) -> bytes:
    """Return what a program printed."""
    done = subprocess.run([str(part) for part in command], capture_output=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"{command[0]}: {done.stderr.decode()[-2000:]}")
    return done.stdout


def ours(layout: str) -> set[str]:
    """Return the package URLs of our own bill of materials."""
    told = json.loads(run(sys.executable, "-m", "keten", "sbom", "--quiet", f"oci:{layout}"))
    return set(urls(told["components"], nested=True))


def urls(components: Iterable[dict], *, nested: bool = False) -> Iterable[str]:  # type: ignore[type-arg]  # foreign JSON
    """Yield the package URLs of CycloneDX components."""
    for one in components:
        if one.get("purl"):
            yield one["purl"]
        if nested:
            yield from urls(one.get("components", ()), nested=True)


def syft(layout: str) -> set[str]:
    """Return syft's package URLs; of what has none, its type and name."""
    told = json.loads(run(SYFT, "scan", "-q", f"oci-dir:{layout}", "-o", "json"))
    return {
        one["purl"] or f"(no package URL) {one['type']} {one['name']} {one['version']}"
        for one in told["artifacts"]
    }


def scalibr(layout: str) -> set[str]:
    """Return scalibr's package URLs, read from an uncompressed docker-archive."""
    with tempfile.TemporaryDirectory() as folder:
        archive, out = Path(folder) / "image.tar", Path(folder) / "out.json"
        run("skopeo", "copy", "-q", f"oci:{layout}:1", f"docker-archive:{archive}:image:1")
        run(SCALIBR, f"--image-tarball={archive}", "-o", f"cdx-json={out}", "--offline")
        return set(urls(json.loads(out.read_bytes()).get("components", ())))


def plain(url: str) -> str:
    """Return *url* spelled one way, as it is where it is none."""
    try:
        return str(purl.parse(url))
    except InputError:
        return url


def written(url: str) -> str:
    """Return what must be equal to syft's: of a language's package only its coordinates."""
    return plain(url) if url.startswith(SYSTEMS) else plain(url).partition("?")[0]


def short(url: str) -> str:
    """Return *url* without qualifiers and subpath, nor the ``v`` of Go's versions."""
    url = url.partition("?")[0].partition("#")[0]
    return url.replace("@v", "@") if url.startswith("pkg:golang/") else url


def beside(name: str, we: set[str], they: set[str]) -> None:
    """Print what both have, and each that one has alone."""
    print(f"  {name}: {len(we & they)} the same, {len(we - they)} here, {len(they - we)} there")
    for sign, some in (("+", we - they), ("-", they - we)):
        for url in sorted(some):
            print(f"    {sign} {url}")


def main() -> None:
    """Compare the images."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("image", nargs="*", help="names of tools/images; all that are there")
    given = parser.parse_args()
    names = given.image or [name for name in NAMES if (IMAGES / name / "index.json").exists()]
    for name in names:
        layout = str(IMAGES / name)
        found = ours(layout)
        print(f"{name}: {len(found)} package URLs")
        if SYFT.is_file():
            beside("syft", set(map(written, found)), set(map(written, syft(layout))))
        if SCALIBR.is_file():
            theirs = {short(plain(url)) for url in scalibr(layout)}
            beside("scalibr", {short(plain(url)) for url in found}, theirs)


if __name__ == "__main__":
    main()
