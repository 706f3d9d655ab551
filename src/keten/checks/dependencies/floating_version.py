"""Dependency is asked for at whatever version is newest.

LATEST, RELEASE, 1.+ and * take what was published last, without asking: a build of tomorrow
differs from today's, and a release by an attacker who has the maintainer's account is in it
minutes later. A SNAPSHOT of Maven is overwritten in place, under the same version.

A package.json beside a lockfile is not reported, nor what serves development only.
"""

from collections.abc import Iterator

from keten.checks import _locks
from keten.model import Change, Check, Example, Severity, Threat, View, Violation
from keten.model.delivery import Manifest, Package

_FORMATS = ("pom.xml", "libs.versions.toml", "msbuild", "package.json")


def run(manifest: Manifest, view: View) -> Iterator[Violation]:
    """Report the packages whose version floats without bound, all in one."""
    found = [
        p for p in _locks.packages(manifest, view) if not p.development and _floats(manifest, p)
    ]
    if not found or (manifest.format == "package.json" and _locks.locked(manifest, view)):
        return
    at = _locks.at(found[0])
    names = _locks.listed(f"{p.name} {p.version or p.constraint or '*'}" for p in found)
    number = _locks.count(len(found), "dependency").replace("dependencys", "dependencies")
    verb = "floats" if len(found) == 1 else "float"
    yield Violation(
        f"{number} {verb} with the newest release: {names}",
        at,
        change=Change(at, found[0].version or found[0].constraint, "a version", "Name versions"),
    )


def _floats(manifest: Manifest, package: Package) -> bool:
    text = package.constraint.strip()
    match manifest.format:
        case "pom.xml":
            snapshot = package.version.endswith("-SNAPSHOT")
            return (
                text in ("LATEST", "RELEASE")
                or text.endswith((",)", ",]"))
                or (snapshot and not manifest.settings.get("parent"))
            )
        case "libs.versions.toml":
            return text.endswith(("+", ",)", ",]")) or text.startswith("latest.")
        case "msbuild":
            return text in ("*", "*-*") or text.endswith((",)", ", )"))
        case _:
            return not package.source and text in ("*", "latest", "x", "")


def applies(manifest: Manifest) -> bool:
    """Take the formats without a lockfile of their own, and not tests or examples."""
    if manifest.format == "package.json" and not manifest.settings.get("private"):
        return False
    return manifest.format in _FORMATS and not _locks.is_sample(manifest.id)


CHECK = Check(
    title="Dependency is asked for at whatever version is newest",
    subject=Manifest,
    severity=Severity.LOW,
    needs=("packages", "tree"),
    fix="Name the version that was tested, and let a bot propose the next one.",
    threats=(Threat.SUPPLY_CHAIN,),
    controls=("slsa/dependencies", "owasp-cicd/3", "nis2/d", "pci-dss/6.3.2"),
    bad=Example(
        "gradle/libs.versions.toml",
        '[libraries]\nkafka = "org.apache.kafka:kafka-clients:latest.release"\n',
    ),
    good=Example(
        "gradle/libs.versions.toml", '[libraries]\nkafka = "org.apache.kafka:kafka-clients:3.9.0"\n'
    ),
    run=run,
    applies=applies,
    refs=("https://docs.gradle.org/current/userguide/dynamic_versions.html",),
)
