"""Requirement names no exact version.

``pip install -r`` takes the newest version that fits, at every build anew. A release that
whoever took over the maintainer's account published minutes ago is in the next image:
ultralytics 8.3.41 (December 2024) carried a coin miner to those who asked for "ultralytics".

Files for development, tests and documentation are left out, and a requirements.txt whose
project keeps a lockfile.
"""

from collections.abc import Iterator

from keten.checks import _locks
from keten.model import Change, Check, Example, Severity, Threat, View, Violation
from keten.model.delivery import Manifest

_OTHER = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "Pipfile.lock", "requirements.lock")


def run(manifest: Manifest, view: View) -> Iterator[Violation]:
    """Report the requirements from an index that are not pinned, all in one."""
    folder = manifest.id.rpartition("/")[0]
    for name in _OTHER:
        if view.node(f"manifest {folder}/{name}".replace(" /", " ")) is not None:
            return
    found = [p for p in _locks.packages(manifest, view) if not p.version and not p.source]
    if found:
        names = _locks.listed(f"{p.name}{p.constraint}" for p in found)
        verb = "names" if len(found) == 1 else "name"
        yield Violation(
            f"{_locks.count(len(found), 'requirement')} {verb} no exact version: {names}",
            _locks.at(found[0]),
            change=Change(_locks.at(found[0]), names, "name==version", "Pin the requirements"),
        )


def applies(manifest: Manifest) -> bool:
    """Take what is installed to run the program."""
    settings = manifest.settings
    if manifest.format != "requirements" or not settings.get("requirements"):
        return False
    quiet = settings.get("constraints") or settings.get("development")
    return not quiet and not _locks.is_sample(manifest.id)


CHECK = Check(
    title="Requirement names no exact version",
    subject=Manifest,
    severity=Severity.LOW,
    needs=("packages", "tree"),
    fix="Keep what is asked for in requirements.in and compile requirements.txt from it, with "
    "every version pinned and hashed.",
    threats=(Threat.SUPPLY_CHAIN,),
    controls=("slsa/dependencies", "owasp-cicd/3", "nis2/d", "pci-dss/6.3.2"),
    bad=Example("requirements.txt", "flask>=3\nclick==8.1.7\n"),
    good=Example("requirements.txt", "flask==3.1.0\nclick==8.1.7\n"),
    run=run,
    applies=applies,
    refs=("https://pip.pypa.io/en/stable/topics/repeatable-installs/",),
)
