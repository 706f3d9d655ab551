"""Lockfile entry points at another package's archive.

Reviewers read package.json and skip thousands of lines of lockfile. An attacker's pull request
changes one "resolved" address there: the entry still says "lodash", the archive is another
package or version, and its hash fits, for the attacker wrote that as well. The package manager
installs what the address says. This was shown as lockfile injection for npm and Yarn in 2019.

Judged where the address has a registry's form, NAME/-/NAME-VERSION.tgz; aliases are known.
"""

from collections.abc import Iterator

from keten.checks import _locks
from keten.model import Change, Check, Example, Severity, Threat, View, Violation
from keten.model.delivery import Manifest, Package

_ENCODED = (("%40", "@"), ("%2f", "/"), ("%2F", "/"), ("%2b", "+"), ("%2B", "+"))


def run(manifest: Manifest, view: View) -> Iterator[Violation]:
    """Compare name and version of each entry with its address."""
    for package in _locks.packages(manifest, view):
        if not package.source.startswith("http") or "/-/" not in package.source:
            continue
        found = _archive(package.source, package)
        if found is not None and found != (package.name, package.version):
            at = _locks.at(package)
            was = f"{found[0]} {found[1]}".strip()
            yield Violation(
                f"the entry of {_locks.cut(_locks.label(package))} points at {_locks.cut(was)}",
                at,
                key=package.purl,
                change=Change(at, was, _locks.label(package), "Lock again from the registry"),
            )


def _archive(url: str, package: Package) -> tuple[str, str] | None:
    """Return name and version of the archive at *url*, None where its form is unknown."""
    path = url.partition("?")[0].partition("#")[0]
    for code, text in _ENCODED:
        path = path.replace(code, text)
    head, _, file = path.rpartition("/-/")
    steps = head.split("/")[3:]
    file = file.rpartition("/")[2]
    if not steps or not file.endswith(".tgz"):
        return None
    scoped = len(steps) > 1 and steps[-2].startswith("@")
    name = "/".join(steps[-2:]) if scoped else steps[-1]
    base = steps[-1]
    if not file.startswith(f"{base}-"):
        return (name, file) if name != package.name else None
    version = file[len(base) + 1 : -len(".tgz")]
    if version.partition("+")[0] == package.version.partition("+")[0]:
        version = package.version
    return name, version


def applies(manifest: Manifest) -> bool:
    """Take the lockfiles that hold addresses of npm's registry."""
    return manifest.ecosystem == "npm" and manifest.lock and not _locks.is_sample(manifest.id)


CHECK = Check(
    title="Lockfile entry points at another package's archive",
    subject=Manifest,
    severity=Severity.HIGH,
    needs=("packages",),
    fix="Find out who changed the entry, take the lockfile of the commit before, and let the "
    "package manager write it; allow only registry hosts (lockfile-lint).",
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR, Threat.INSIDER),
    controls=("slsa/dependencies", "owasp-cicd/3", "owasp-cicd/9", "nis2/d", "pci-dss/6.2"),
    bad=Example(
        "yarn.lock",
        "# yarn lockfile v1\n\n\nlodash@^4.17.0:\n"
        '  version "4.17.21"\n  resolved "https://registry.yarnpkg.com/1odash/-/1odash-4.17.21.tgz"\n'
        "  integrity sha512-v2kDEe57lecTulaDIuNTPy3Ry4gLGJ6Z1O3vE1krgXZNrsQ+LFTGHVxVjcXPs17LhbZVGed"
        "AJv8XZ1tvj5FvSg==\n",
    ),
    good=Example(
        "yarn.lock",
        "# yarn lockfile v1\n\n\nlodash@^4.17.0:\n"
        '  version "4.17.21"\n  resolved "https://registry.yarnpkg.com/lodash/-/lodash-4.17.21.tgz"\n'
        "  integrity sha512-v2kDEe57lecTulaDIuNTPy3Ry4gLGJ6Z1O3vE1krgXZNrsQ+LFTGHVxVjcXPs17LhbZVGed"
        "AJv8XZ1tvj5FvSg==\n",
    ),
    run=run,
    applies=applies,
    refs=(
        "https://snyk.io/blog/why-npm-lockfiles-can-be-a-security-blindspot-for-injecting-malicious-modules/",
    ),
)
