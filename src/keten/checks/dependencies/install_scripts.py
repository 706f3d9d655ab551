"""Packages run scripts when they are installed.

An install script runs with the rights of whoever installs: on a developer's machine with all
the keys on it, in CI with its tokens. It is what most malicious packages use; the Shai-Hulud
worm of September 2025 stole tokens in one and published itself into further packages with them.

Some packages need theirs, to build or fetch a native part: know which, and allow only those.
"""

from collections.abc import Iterator

from keten.checks import _locks
from keten.model import Change, Check, Example, Severity, Threat, View, Violation
from keten.model.delivery import Manifest


def run(manifest: Manifest, _: View) -> Iterator[Violation]:
    """Name the packages that the lockfile marks, all in one."""
    found = sorted({str(item) for item in _locks.items(manifest, "install_scripts")})
    if found:
        verb = "runs" if len(found) == 1 else "run"
        number = _locks.count(len(found), "package")
        yield Violation(
            f"{number} {verb} an install script: {_locks.listed(found)}",
            "install_scripts[0]",
            change=Change("", "", "ignore-scripts=true in .npmrc", "Switch install scripts off"),
        )


def applies(manifest: Manifest) -> bool:
    """Take the formats that say which packages have one."""
    return manifest.format in ("package-lock.json", "pnpm-lock.yaml") and not _locks.is_sample(
        manifest.id
    )


CHECK = Check(
    title="Packages run scripts when they are installed",
    subject=Manifest,
    severity=Severity.INFO,
    needs=("lockfile",),
    fix="Install with --ignore-scripts (or ignore-scripts=true in .npmrc) and rebuild by name "
    "the few packages that need their script.",
    threats=(Threat.SUPPLY_CHAIN,),
    controls=("slsa/dependencies", "owasp-cicd/3", "nis2/d", "pci-dss/6.2"),
    bad=Example(
        "package-lock.json",
        '{\n  "name": "shop",\n  "lockfileVersion": 3,\n  "packages": {\n'
        '    "": {"name": "shop"},\n'
        '    "node_modules/esbuild": {"version": "0.21.5", "hasInstallScript": true,\n'
        '      "integrity": "sha512-mg3OPMV4hXywwpoDxu3Qda5xCKQi+vCTZq8S9J/EpkhB2HzKXq4SNFZE3+NK93J'
        'Yxc8VMSep+lOUSC/RVKaBqw=="}\n  }\n}\n',
    ),
    good=Example(
        "package-lock.json",
        '{\n  "name": "shop",\n  "lockfileVersion": 3,\n  "packages": {\n'
        '    "": {"name": "shop"},\n'
        '    "node_modules/once": {"version": "1.4.0",\n'
        '      "integrity": "sha512-lNaJgI+2Q5URQBkccEKHTQOPaXdUxnZZElQTZY0MFUAuaEqe1E+Nyvgdz/aIyNi'
        '6Z9MzO5dv1H8n58/GELp3+w=="}\n  }\n}\n',
    ),
    run=run,
    applies=applies,
    refs=("https://docs.npmjs.com/cli/using-npm/scripts",),
)
