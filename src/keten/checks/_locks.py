"""What checks of manifests and lockfiles share: their packages, addresses and neighbours."""

from collections.abc import Iterable, Sequence
from typing import Any

from keten.model.delivery import Manifest, Package
from keten.model.facts import Trust, View

SHOWN = 3

LOCKS: dict[str, tuple[str, ...]] = {
    "package.json": (
        "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock",
        "bun.lockb", "deno.lock",
    ),
    "composer.json": ("composer.lock",),
    "Gemfile": ("Gemfile.lock", "gems.locked"),
    "Cargo.toml": ("Cargo.lock",),
    "Pipfile": ("Pipfile.lock",),
    "environment.yml": ("conda-lock.yml", "conda-lock.yaml", "conda-linux-64.lock"),
    "pyproject.toml": (
        "uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "Pipfile.lock", "requirements.txt",
        "requirements/base.txt", "requirements/prod.txt", "requirements/production.txt",
        "requirements-lock.txt",
    ),
}  # fmt: skip
"""Which files beside a manifest, or in a folder above, pin what it asks for."""

_SAMPLES = frozenset({
    "test", "tests", "testdata", "testing", "fixture", "fixtures", "__fixtures__", "__tests__",
    "example", "examples", "sample", "samples", "template", "templates", "docs", "doc", "demo",
    "vendor", "third_party", "node_modules", "e2e", "bench", "benchmarks",
})  # fmt: skip


def is_sample(path: str) -> bool:
    """Return whether a file stands where tests, examples and copies stand: never deployed."""
    return not _SAMPLES.isdisjoint(path.lower().split("/")[:-1])


def packages(manifest: Manifest, view: View) -> list[Package]:
    """Return what a manifest or lockfile names, in the order of the file."""
    found = [view.node(edge.dst) for edge in view.out(manifest, "declares", Trust.OBSERVED)]
    return sorted((p for p in found if isinstance(p, Package)), key=lambda p: (p.line, p.id))


def locked(manifest: Manifest, view: View) -> str:
    """Return the path of the lockfile that pins what *manifest* asks for, "" where none does."""
    folder = manifest.id.rpartition("/")[0]
    while True:
        for name in LOCKS.get(manifest.format, ()):
            path = f"{folder}/{name}".lstrip("/")
            if view.node(f"manifest {path}") is not None:
                return path
        if not folder:
            return ""
        folder = folder.rpartition("/")[0]


def listed(names: Iterable[str]) -> str:
    """Return up to three names, and how many more there are."""
    all_names = list(dict.fromkeys(names))
    more = len(all_names) - SHOWN
    shown = ", ".join(cut(name) for name in all_names[:SHOWN])
    return f"{shown} and {more} more" if more > 0 else shown


def cut(text: str) -> str:
    """Return *text* short enough for a message."""
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004 half a line


def label(package: Package) -> str:
    """Return a package's name with its version, where it has one."""
    return f"{package.name} {package.version}".rstrip()


def at(package: Package) -> str:
    """Return the field path under which a manifest's places hold a package's line."""
    return f"packages.{package.name}"


def count(number: int, noun: str) -> str:
    """Return ``1 package`` or ``2 packages``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def items(manifest: Manifest, key: str) -> Sequence[Any]:
    """Return a list of the settings."""
    found = manifest.settings.get(key)
    return found if isinstance(found, list | tuple) else ()


def host(url: str) -> str:
    """Return the host of an address in lower case, "" where it has none."""
    _, scheme, rest = url.partition("://")
    if not scheme:
        return ""
    place = rest.partition("/")[0].partition("?")[0].partition("#")[0].rpartition("@")[2]
    return (
        place.partition("]")[0] + "]" if place.startswith("[") else place.partition(":")[0]
    ).lower()


def is_local(name: str) -> bool:
    """Return whether a host is this machine."""
    return name in ("localhost", "[::1]") or name.startswith("127.") or name.endswith(".localhost")


def is_internal(name: str) -> bool:
    """Return whether a host can only be reached inside an organisation's network."""
    if "." not in name or name.endswith((".local", ".internal", ".lan", ".corp", ".intranet")):
        return True
    parts = name.split(".")
    if not all(part.isdecimal() for part in parts):
        return False
    second = parts[1] if len(parts[1]) < 4 else "0"  # noqa: PLR2004 an octet has three digits
    return (
        parts[0] == "10"
        or parts[:2] == ["192", "168"]
        or (
            parts[0] == "172" and 16 <= int(second) <= 31  # noqa: PLR2004 RFC 1918
        )
    )
