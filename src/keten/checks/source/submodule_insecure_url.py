"""Submodule is fetched without encryption.

git:// and http:// neither hide nor prove anything: whoever sits between sends other objects.
The commit's hash protects what is pinned, not the update that somebody runs tomorrow, and over
http credentials that git sends along are read by anyone on the way.
"""

from collections.abc import Iterable

from keten.model import Change, Check, Example, Severity, Threat, View, Violation
from keten.model.checkout import Submodule

_LOCAL = ("localhost", "127.0.0.1", "[::1]")


def run(module: Submodule, _view: View) -> Iterable[Violation]:
    """Judge the address's scheme."""
    scheme, found, rest = module.url.partition("://")
    host = rest.partition("/")[0].rpartition("@")[2]
    if not found or scheme.lower() not in ("git", "http"):
        return
    if host.startswith(_LOCAL) or host.endswith(".svc"):
        return
    yield Violation(
        f"submodule {module.name[:60]} is fetched by {scheme}:// from {host[:60]}",
        at="url",
        change=Change("url", module.url, f"https://{rest}", "Fetch submodules by https"),
    )


CHECK = Check(
    title="Submodule is fetched without encryption",
    subject=Submodule,
    severity=Severity.MEDIUM,
    needs=("content",),
    fix="Write an https:// or ssh address in .gitmodules and run git submodule sync.",
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR),
    controls=("slsa/dependencies", "owasp-cicd/3", "nis2/d", "nis2/h", "pci-dss/6.2"),
    bad=Example(
        ".gitmodules",
        '[submodule "lib"]\n\tpath = lib\n\turl = git://example.org/lib.git\n',
    ),
    good=Example(
        ".gitmodules",
        '[submodule "lib"]\n\tpath = lib\n\turl = https://example.org/lib.git\n',
    ),
    refs=("https://git-scm.com/docs/gitmodules",),
    run=run,
)
