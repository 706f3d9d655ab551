"""Dependencies are not locked.

Without a lockfile every build takes what the registry offers at that minute. Two builds of one
commit differ, and a version that an attacker published an hour ago goes straight into the next
one: so ua-parser-js (October 2021) and the "chalk" and "debug" releases of September 2025
reached those who resolved afresh in the hours before they were taken down.

A library leaves the choice to those who use it, so only what is built and run is judged: a
private package.json, a composer.json of type project, a Gemfile without a gemspec, a crate
with a program, a Python project that is not packaged, a Go module without go.sum.
"""

from collections.abc import Iterator
from typing import Any

from keten.checks import _locks
from keten.model import Change, Check, Example, Severity, Threat, View, Violation
from keten.model.delivery import Manifest

_WRITES = {
    "package.json": "npm install --package-lock-only",
    "composer.json": "composer update --lock",
    "Gemfile": "bundle lock",
    "Cargo.toml": "cargo generate-lockfile",
    "Pipfile": "pipenv lock",
    "pyproject.toml": "uv lock",
    "go.mod": "go mod tidy",
}


def _wanted(manifest: Manifest) -> int:
    """Return how many dependencies a program asks for; 0 for a library."""
    settings: dict[str, Any] = manifest.settings
    match manifest.format:
        case "package.json":
            wanted = settings.get("wanted") or {}
            return len(wanted.get("dependencies") or ()) if settings.get("private") else 0
        case "composer.json":
            return (
                len(settings.get("dependencies") or ()) if settings.get("type") == "project" else 0
            )
        case "Cargo.toml" | "pyproject.toml":
            return len(settings.get("dependencies") or ()) if settings.get("application") else 0
        case _:
            return -1


def run(manifest: Manifest, view: View) -> Iterator[Violation]:
    """Look for a lockfile beside the manifest and in the folders above."""
    wanted = _wanted(manifest)
    if wanted == 0 or manifest.settings.get("gemspec"):
        return
    if wanted < 0:
        packages = _locks.packages(manifest, view)
        wanted = sum(
            not p.source.startswith(("path:", "replaces")) and p.name != "stdlib" for p in packages
        )
        if wanted == 0 or manifest.settings.get("sums"):
            return
    if manifest.format == "go.mod" or not _locks.locked(manifest, view):
        number = _locks.count(wanted, "dependency").replace("dependencys", "dependencies")
        lock = "go.sum" if manifest.format == "go.mod" else "lockfile"
        command = _WRITES[manifest.format]
        yield Violation(
            f"{number} and no {lock} beside {manifest.format} or above it",
            change=Change("", "", f"{command}, and commit the lockfile", "Lock the dependencies"),
        )


def applies(manifest: Manifest) -> bool:
    """Leave out formats without a lockfile, and tests and examples."""
    return manifest.format in _WRITES and not _locks.is_sample(manifest.id)


CHECK = Check(
    title="Dependencies are not locked",
    subject=Manifest,
    severity=Severity.LOW,
    needs=("packages", "tree"),
    fix="Let the package manager write a lockfile, commit it, and install from it alone "
    "(npm ci, uv sync --locked, bundle install with BUNDLE_FROZEN=true).",
    threats=(Threat.SUPPLY_CHAIN,),
    controls=("slsa/dependencies", "owasp-cicd/3", "nis2/d", "pci-dss/6.3.2"),
    bad=Example(
        "package.json",
        '{\n  "name": "shop",\n  "private": true,\n  "dependencies": {"express": "^4.19.2"}\n}\n',
    ),
    good=Example(
        "package.json",
        '{\n  "name": "shop",\n  "private": true,\n  "scripts": {"build": "node build.js"}\n}\n',
    ),
    run=run,
    applies=applies,
    refs=("https://docs.npmjs.com/cli/commands/npm-ci",),
)
