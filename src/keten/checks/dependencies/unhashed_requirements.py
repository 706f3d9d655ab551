"""Pinned requirements carry no hashes.

A version names a release, not its bytes. An index, a mirror or a proxy that is taken over can
serve other bytes under the same version, and files can be added to a release after it came out:
PyPI takes them for 14 days, and took them for ever until July 2026. pip prefers an added wheel
to the source archive it took until then. With hashes pip refuses both.

A file in which only some requirements have hashes is worse: pip then demands hashes of all and
fails, so whoever wants to install leaves them out altogether.
"""

from collections.abc import Iterator

from keten.checks import _locks
from keten.model import Change, Check, Example, Severity, Threat, View, Violation
from keten.model.delivery import Manifest


def run(manifest: Manifest, _: View) -> Iterator[Violation]:
    """Compare how many requirements are pinned and how many have hashes."""
    total = manifest.settings["requirements"]
    hashed = manifest.settings.get("with_hashes", 0)
    change = Change(
        "", "", "pip-compile --generate-hashes, or uv pip compile --generate-hashes", "Add hashes"
    )
    if 0 < hashed < total:
        number = _locks.count(total, "requirement")
        yield Violation(
            f"{total - hashed} of {number} without a hash, though others have one",
            severity=Severity.MEDIUM,
            change=change,
        )
    elif hashed == 0:
        yield Violation(
            f"{_locks.count(total, 'pinned requirement')} without hashes", change=change
        )


def applies(manifest: Manifest) -> bool:
    """Take files that are locks (every entry pinned) or that have hashes in part."""
    settings = manifest.settings
    total = settings.get("requirements", 0)
    if manifest.format != "requirements" or not total or settings.get("constraints"):
        return False
    if settings.get("development") or _locks.is_sample(manifest.id):
        return False
    return bool(settings.get("pinned") == total or settings.get("with_hashes"))


CHECK = Check(
    title="Pinned requirements carry no hashes",
    subject=Manifest,
    severity=Severity.LOW,
    needs=("lockfile",),
    fix="Compile the file with hashes (pip-compile --generate-hashes, uv pip compile "
    "--generate-hashes) and install with --require-hashes.",
    threats=(Threat.SUPPLY_CHAIN,),
    controls=("slsa/dependencies", "owasp-cicd/9", "nis2/d", "pci-dss/6.2"),
    bad=Example("requirements.txt", "flask==3.1.0\nclick==8.1.7\n"),
    good=Example(
        "requirements.txt",
        "click==8.1.7 \\\n    --hash=sha256:"
        "ae74fb96c20a0277a1d615f1e4d73c8414f5a98db8b799a7931d1582f3390c28\n",
    ),
    run=run,
    applies=applies,
    refs=("https://pip.pypa.io/en/stable/topics/secure-installs/",),
)
