"""Packages come over an unencrypted connection.

Whoever stands between the build and the server (a shared network, a proxy, a taken-over router)
reads what is asked for and answers in the server's place. Install scripts run what was
answered. http://, git:// and svn:// have no protection against it.

Where every package has a strong hash, or names its commit, the bytes are still checked: then it
is low. It is medium for a server that only an organisation's own network reaches, as an
attacker has to be inside first.
"""

from collections.abc import Iterator

from keten.checks import _locks
from keten.model import Change, Check, Example, Severity, Threat, View, Violation
from keten.model.delivery import Manifest, Package

_PLAIN = ("http://", "git://", "svn://", "git+http://", "git+git://", "svn+http://", "svn+svn://",
          "registry+http://", "hg+http://", "bzr+http://", "sparse+http://")  # fmt: skip


_COMMIT = 40
_HEX = frozenset("0123456789abcdef")


def run(manifest: Manifest, view: View) -> Iterator[Violation]:
    """Report each plain index, and the packages of each plain host together."""
    for key in ("indexes", "find_links"):
        for i, item in enumerate(_locks.items(manifest, key)):
            url = str(item.get("url", "")) if isinstance(item, dict) else str(item)
            if url.startswith(_PLAIN) and not _locks.is_local(_locks.host(url)):
                message = f"index {_locks.cut(_clean(url))} is read unencrypted"
                yield _violation(message, f"{key}[{i}]", url, hashed=manifest.hashed is True)
    hosts: dict[str, list[Package]] = {}
    for package in _locks.packages(manifest, view):
        if package.source.startswith(_PLAIN):
            hosts.setdefault(_locks.host(package.source), []).append(package)
    for host, found in sorted(hosts.items()):
        if host and not _locks.is_local(host):
            hashed = all(_held(p) for p in found)
            names = _locks.listed(map(_locks.label, found))
            verb = "comes" if len(found) == 1 else "come"
            message = f"{names} {verb} unencrypted from {_locks.cut(host)}"
            yield _violation(message, _locks.at(found[0]), found[0].source, hashed=hashed)
    if manifest.settings.get("secure_http") is False:
        yield Violation(
            "secure-http is false: packages may come unencrypted",
            "secure_http",
            severity=Severity.MEDIUM,
        )


def _violation(message: str, at: str, url: str, *, hashed: bool) -> Violation:
    severity = Severity.MEDIUM if _locks.is_internal(_locks.host(url)) else Severity.HIGH
    scheme, _, rest = _clean(url).partition("://")
    kind = scheme.rpartition("+")[0]
    safe = f"{kind}+https://{rest}" if kind else f"https://{rest}"
    return Violation(
        message,
        at,
        severity=Severity.LOW if hashed else severity,
        change=Change(at, _locks.cut(_clean(url)), _locks.cut(safe), "Take packages over https"),
    )


def _clean(url: str) -> str:
    """Leave a password in an address out."""
    head, scheme, rest = url.partition("://")
    place, slash, path = rest.partition("/")
    return f"{head}{scheme}{place.rpartition('@')[2]}{slash}{path}"


def _held(package: Package) -> bool:
    """Return whether a hash, or the commit that git itself checks, holds the bytes."""
    ref = package.source.partition("#")[2]
    if package.source.startswith("git") and len(ref) >= _COMMIT and _HEX.issuperset(ref):
        return True
    return any(not item.startswith(("sha1:", "md5:")) for item in package.hashes)


def applies(manifest: Manifest) -> bool:
    """Leave out tests and examples."""
    return not _locks.is_sample(manifest.id)


CHECK = Check(
    title="Packages come over an unencrypted connection",
    subject=Manifest,
    severity=Severity.HIGH,
    needs=("packages",),
    fix="Write https:// (for git: https:// or ssh://), and write the lockfile anew.",
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR),
    controls=(
        "slsa/dependencies",
        "owasp-cicd/3",
        "owasp-cicd/9",
        "nis2/d",
        "nis2/h",
        "pci-dss/6.2",
    ),
    bad=Example("requirements.txt", "--index-url http://pypi.example.com/simple\nflask==3.1.0\n"),
    good=Example("requirements.txt", "--index-url https://pypi.example.com/simple\nflask==3.1.0\n"),
    run=run,
    applies=applies,
    refs=("https://cwe.mitre.org/data/definitions/319.html",),
)
