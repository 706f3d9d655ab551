"""Go module is replaced by another.

A replace directive has the code of one module come from another path, under the old import
names. Advisories, reviews and licences of the name that is imported do not hold for it; whether
the fork takes over security fixes is for its owner to say. Replacements by a folder or by
another version of the same module are not reported.
"""

from collections.abc import Iterator

from keten.checks import _locks
from keten.model import Change, Check, Example, Severity, Threat, View, Violation
from keten.model.delivery import Manifest


def run(manifest: Manifest, _: View) -> Iterator[Violation]:
    """Report the replacements by another module, all in one."""
    found: list[tuple[int, str]] = []
    for i, item in enumerate(_locks.items(manifest, "replaces")):
        old, new = str(item.get("old", "")), str(item.get("new", ""))
        if new != old and not new.startswith((".", "/")):
            found.append((i, f"{old} by {new}"))
    if found:
        at = f"replaces[{found[0][0]}]"
        verb = "is" if len(found) == 1 else "are"
        names = "; ".join(_locks.cut(text) for _, text in found[:_SHOWN])
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        yield Violation(
            f"{_locks.count(len(found), 'module')} {verb} replaced: {names}{more}",
            at,
            change=Change(at, found[0][1], "", "Do without replaced modules"),
        )


_SHOWN = 2


def applies(manifest: Manifest) -> bool:
    """Take go.mod and go.work."""
    return manifest.format in ("go.mod", "go.work") and not _locks.is_sample(manifest.id)


CHECK = Check(
    title="Go module is replaced by another",
    subject=Manifest,
    severity=Severity.INFO,
    needs=("lockfile",),
    fix="Return to the module itself where the reason is gone; otherwise note the reason and "
    "watch the fork for security fixes.",
    threats=(Threat.SUPPLY_CHAIN, Threat.INSIDER),
    controls=("slsa/dependencies", "owasp-cicd/3", "nis2/d", "pci-dss/6.3.2"),
    bad=Example(
        "go.mod",
        "module example.com/shop\n\ngo 1.26\n\nrequire github.com/gorilla/mux v1.8.1\n\n"
        "replace github.com/gorilla/mux => github.com/webshop/mux v1.8.2\n",
    ),
    good=Example(
        "go.mod", "module example.com/shop\n\ngo 1.26\n\nrequire github.com/gorilla/mux v1.8.1\n"
    ),
    run=run,
    applies=applies,
    refs=("https://go.dev/ref/mod#go-mod-file-replace",),
)
