"""Locked package has no hash.

A lockfile's hash is what makes the package manager refuse other bytes. For an entry without
one it takes what the server sends: a registry, mirror or cache that is taken over, or anyone
between, can replace just these packages, and the lockfile stays as it was.

Entries lose their hash when a lockfile is merged by hand, written against a registry that
gives none, or by npm from a node_modules folder; an attacker's pull request can take one out.
"""

from collections.abc import Iterator

from keten.checks import _locks
from keten.model import Change, Check, Example, Severity, Threat, View, Violation
from keten.model.delivery import Manifest, Package

_WRITES = {
    "package-lock.json": "npm", "yarn.lock": "Yarn", "pnpm-lock.yaml": "pnpm",
    "bun.lock": "Bun", "Cargo.lock": "Cargo", "uv.lock": "uv", "poetry.lock": "Poetry",
    "pdm.lock": "PDM", "Pipfile.lock": "Pipenv", "pylock.toml": "the locker", "go.mod": "Go",
    "pubspec.lock": "pub", "deno.lock": "Deno", "mix.lock": "Mix",
    ".terraform.lock.hcl": "terraform init -upgrade",
}  # fmt: skip
_UNHASHED = ("git+", "hg+", "svn+", "bzr+", "path:", "bundled", "replaces", "file:", "link:")


def run(manifest: Manifest, view: View) -> Iterator[Violation]:
    """Report the packages from a registry that have no hash, all in one."""
    found = [p for p in _locks.packages(manifest, view) if _bare(p)]
    if not found:
        return
    verb = "has" if len(found) == 1 else "have"
    names = _locks.listed(map(_locks.label, found))
    at = _locks.at(found[0])
    yield Violation(
        f"{_locks.count(len(found), 'locked package')} {verb} no hash: {names}",
        at,
        change=Change(
            at, "", f"let {_WRITES[manifest.format]} write the entries anew", "Lock with hashes"
        ),
    )


def _bare(package: Package) -> bool:
    return bool(package.version) and not package.hashes and not package.source.startswith(_UNHASHED)


def applies(manifest: Manifest) -> bool:
    """Take formats in which every package of a registry has a hash.

    Yarn 2 and later leaves out the checksum of what the platform does not need, and a go.mod
    without go.sum is reported as not locked. Before Dart 2.19 pub wrote no hashes at all: then
    it is the tool that has to be newer, not the entry.
    """
    settings = manifest.settings
    if settings.get("berry") or _locks.is_sample(manifest.id):
        return False
    if manifest.format == "pubspec.lock":
        return manifest.hashed is False
    return manifest.format in _WRITES and (
        manifest.format != "go.mod" or bool(settings.get("sums"))
    )


CHECK = Check(
    title="Locked package has no hash",
    subject=Manifest,
    severity=Severity.MEDIUM,
    needs=("packages",),
    fix="Delete the entries (or the lockfile and node_modules) and let the package manager lock "
    "them again against the registry.",
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR),
    controls=("slsa/dependencies", "owasp-cicd/9", "nis2/d", "pci-dss/6.2"),
    bad=Example(
        "Cargo.lock",
        'version = 4\n\n[[package]]\nname = "itoa"\nversion = "1.0.11"\n'
        'source = "registry+https://github.com/rust-lang/crates.io-index"\n',
    ),
    good=Example(
        "Cargo.lock",
        'version = 4\n\n[[package]]\nname = "itoa"\nversion = "1.0.11"\n'
        'source = "registry+https://github.com/rust-lang/crates.io-index"\n'
        'checksum = "49f1f14873335454500d59611f1cf4a4b0f786f9ac11f4312a78e4cf2566695b"\n',
    ),
    run=run,
    applies=applies,
    refs=("https://docs.npmjs.com/cli/configuring-npm/package-lock-json",),
)
