"""Lockfile does not hold what the manifest asks for.

The installer then either refuses (npm ci, uv sync --locked, cargo --locked), or quietly takes
the newest version that fits: what is built was never locked, reviewed or scanned. What keten
says of the packages in the lockfile does not hold for it either.
"""

from collections.abc import Iterator
from typing import Any

from keten.checks import _locks
from keten.model import Change, Check, Example, Severity, Threat, View, Violation
from keten.model.delivery import Manifest

_BESIDE = {
    "package.json": ("package-lock.json", "npm-shrinkwrap.json", "yarn.lock"),
    "Cargo.toml": ("Cargo.lock",),
    "pyproject.toml": ("uv.lock", "poetry.lock"),
}
_GROUPS = ("dependencies", "devDependencies", "optionalDependencies")
_LOCAL = ("file:", "link:", "workspace:", "portal:", "catalog:", ".", "/")


def run(manifest: Manifest, view: View) -> Iterator[Violation]:
    """Compare names with the lockfile in the same folder: a version may well satisfy."""
    folder = manifest.id.rpartition("/")[0]
    for name in _BESIDE[manifest.format]:
        lock = view.node(f"manifest {f'{folder}/{name}'.lstrip('/')}")
        if not isinstance(lock, Manifest) or not view.covers(lock, "packages"):
            continue
        missing = sorted(_wanted(manifest) - _held(lock, view))
        if missing:
            verb = "is" if len(missing) == 1 else "are"
            at = f"packages.{missing[0]}"
            yield Violation(
                f"{_locks.listed(missing)} {verb} asked for and not in {name}",
                at,
                change=Change(at, "", f"write {name} anew and commit it", "Lock the dependencies"),
            )
        return


def _wanted(manifest: Manifest) -> set[str]:
    settings: dict[str, Any] = manifest.settings
    if manifest.format != "package.json":
        return set(settings.get("dependencies") or ())
    wanted: dict[str, dict[str, str]] = settings.get("wanted") or {}
    return {
        name
        for group in _GROUPS
        for name, spec in (wanted.get(group) or {}).items()
        if not spec.startswith(_LOCAL)
    }


def _held(lock: Manifest, view: View) -> set[str]:
    """Return every name that a lockfile knows, under which it may be asked for."""
    names = {package.name for package in _locks.packages(lock, view)}
    for member in _locks.items(lock, "members"):
        if isinstance(member, dict):
            names.add(str(member.get("name", "")))
            for group in (*_GROUPS, "peerDependencies"):
                names.update(member.get(group) or ())
    for pattern in _locks.items(lock, "patterns"):
        text = str(pattern)
        names.add(text[:1] + text[1:].partition("@")[0])
    return names


def applies(manifest: Manifest) -> bool:
    """Leave out workspaces, whose members are known by name, and examples."""
    if manifest.settings.get("workspaces") or _locks.is_sample(manifest.id):
        return False
    return manifest.format in _BESIDE


CHECK = Check(
    title="Lockfile does not hold what the manifest asks for",
    subject=Manifest,
    severity=Severity.LOW,
    needs=("packages", "tree"),
    fix="Let the package manager write the lockfile anew, commit both together, and install with "
    "the option that refuses a difference (npm ci, --locked, --frozen-lockfile).",
    threats=(Threat.SUPPLY_CHAIN,),
    controls=("slsa/dependencies", "owasp-cicd/3", "nis2/d", "pci-dss/6.3.2"),
    bad=Example("$", "$ npm ci\nnpm error Missing: zod@3.23.8 from lock file\n"),
    good=Example(
        "package.json",
        '{\n  "name": "shop",\n  "private": true,\n  "scripts": {"build": "node build.js"}\n}\n',
    ),
    run=run,
    applies=applies,
    refs=("https://docs.npmjs.com/cli/commands/npm-ci",),
)
