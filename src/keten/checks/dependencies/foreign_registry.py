"""Locked package comes from another server than all the others.

One address of thousands in a lockfile is easily overlooked. Whoever changes it to a server of
their own decides what is installed, now and at each later build, with a hash that fits.

Reported when at most three packages without a scope come from a host that is neither a public
registry nor a code host, while the rest comes from a public one. Scoped packages often live in
a company's own registry, and a company that mirrors everything mirrors everything. Not reported
is a host that keten.toml names (``[[registries.index]]``): where names come from is then asked
by dependencies/unexpected-index.
"""

from collections.abc import Iterator

from keten.checks import _locks
from keten.model import Change, Check, Example, Severity, Threat, View, Violation
from keten.model.delivery import Manifest, Package
from keten.model.rules import Rules

_FEW = 3
_REST = 10
_PUBLIC = ("registry.npmjs.org", "registry.yarnpkg.com", "registry.npmmirror.com", "npm.jsr.io",
           "registry.npm.taobao.org", "npm.pkg.github.com")  # fmt: skip
_CODE = ("github.com", "codeload.github.com", "gitlab.com", "bitbucket.org", "pkg.pr.new",
         "cdn.sheetjs.com", "raw.githubusercontent.com")  # fmt: skip


def run(manifest: Manifest, view: View) -> Iterator[Violation]:
    """Count the hosts of archives, and report those that stand alone."""
    hosts: dict[str, list[Package]] = {}
    for package in _locks.packages(manifest, view):
        if package.source.startswith("http"):
            hosts.setdefault(_locks.host(package.source), []).append(package)
    rest = sum(len(found) for host, found in hosts.items() if host in _PUBLIC)
    if rest < _REST:
        return
    rules = view.node("rules registries.index")
    named = rules.hosts if isinstance(rules, Rules) else ()
    for host, found in sorted(hosts.items()):
        if host in _PUBLIC or host in _CODE or host in named or len(found) > _FEW:
            continue
        plain = [p for p in found if not p.name.startswith("@")]
        if plain and not _locks.is_local(host):
            at = _locks.at(plain[0])
            names = _locks.listed(map(_locks.label, plain))
            verb = "comes" if len(plain) == 1 else "come"
            yield Violation(
                f"{names} {verb} from {_locks.cut(host)}, {rest} others from a public registry",
                at,
                key=host,
                change=Change(at, host, "", "Lock again from the registry"),
            )


def applies(manifest: Manifest) -> bool:
    """Take the lockfiles that hold addresses of archives."""
    return manifest.ecosystem == "npm" and manifest.lock and not _locks.is_sample(manifest.id)


_HEAD = "# yarn lockfile v1\n\n\n"


def _entry(name: str, host: str) -> str:
    address = f"https://{host}/{name}/-/{name}-1.0.0.tgz"
    digest = f"sha512-{name[-1] * 86}=="
    return f'{name}@^1.0.0:\n  version "1.0.0"\n  resolved "{address}"\n  integrity {digest}\n\n'


_REGISTRY = "registry.yarnpkg.com"
_MANY = "".join(_entry(f"part-{letter}", _REGISTRY) for letter in "abcdefghij")

CHECK = Check(
    title="Locked package comes from another server than all the others",
    subject=Manifest,
    severity=Severity.MEDIUM,
    needs=("packages",),
    fix="Find out who wrote the address and why; lock the package again from the registry.",
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR, Threat.INSIDER),
    controls=("slsa/dependencies", "owasp-cicd/3", "owasp-cicd/9", "nis2/d", "pci-dss/6.2"),
    bad=Example("yarn.lock", _HEAD + _MANY + _entry("zod", "npm.files.example")),
    good=Example("yarn.lock", _HEAD + _MANY + _entry("zod", _REGISTRY)),
    run=run,
    applies=applies,
    refs=("https://github.com/lirantal/lockfile-lint",),
)
