"""Locked package is held by a broken hash alone.

Collisions of MD5 and SHA-1 can be made (SHAttered, 2017; with a chosen prefix for some tens of
thousands of dollars, 2020): whoever publishes a package can prepare two archives of one hash,
show the harmless one and serve the other. Lockfiles of old versions of npm and Yarn hold such
hashes; npm has written SHA-512 since version 5, of 2017.
"""

from collections.abc import Iterator

from keten.checks import _locks
from keten.model import Change, Check, Example, Severity, Threat, View, Violation
from keten.model.delivery import Manifest, Package


def run(manifest: Manifest, view: View) -> Iterator[Violation]:
    """Report the packages that have nothing better, all in one."""
    found = [p for p in _locks.packages(manifest, view) if _weak(p)]
    if not found:
        return
    verb = "is" if len(found) == 1 else "are"
    kind = "MD5" if all(h.startswith("md5:") for p in found for h in p.hashes) else "SHA-1"
    at = _locks.at(found[0])
    names = _locks.listed(map(_locks.label, found))
    yield Violation(
        f"{_locks.count(len(found), 'package')} {verb} held by {kind} alone: {names}",
        at,
        change=Change(at, kind, "SHA-512", "Lock with strong hashes"),
    )


def _weak(package: Package) -> bool:
    return bool(package.hashes) and all(h.startswith(("sha1:", "md5:")) for h in package.hashes)


def applies(manifest: Manifest) -> bool:
    """Leave out Composer, whose format has SHA-1 only, and what carries no hashes."""
    return manifest.hashed is not None and not _locks.is_sample(manifest.id)


CHECK = Check(
    title="Locked package is held by a broken hash alone",
    subject=Manifest,
    severity=Severity.LOW,
    needs=("packages",),
    fix="Write the lockfile anew with a current package manager, so that it takes SHA-512.",
    threats=(Threat.SUPPLY_CHAIN,),
    controls=("slsa/dependencies", "owasp-cicd/9", "nis2/d", "nis2/h", "pci-dss/6.2"),
    bad=Example(
        "yarn.lock",
        "# yarn lockfile v1\n\n\nonce@^1.3.0:\n"
        '  version "1.4.0"\n  resolved "https://registry.yarnpkg.com/once/-/once-1.4.0.tgz'
        '#583b1aa775961d4b113ac17d9c50baef9dd76bd1"\n',
    ),
    good=Example(
        "yarn.lock",
        "# yarn lockfile v1\n\n\nonce@^1.3.0:\n"
        '  version "1.4.0"\n  resolved "https://registry.yarnpkg.com/once/-/once-1.4.0.tgz'
        '#583b1aa775961d4b113ac17d9c50baef9dd76bd1"\n'
        "  integrity sha512-lNaJgI+2Q5URQBkccEKHTQOPaXdUxnZZElQTZY0MFUAuaEqe1E+"
        "Nyvgdz/aIyNi6Z9MzO5dv1H8n58/GELp3+w==\n",
    ),
    run=run,
    applies=applies,
    refs=("https://shattered.io/", "https://sha-mbles.github.io/"),
)
