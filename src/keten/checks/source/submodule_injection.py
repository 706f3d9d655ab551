"""Submodule is named so that git runs or overwrites something.

Names, paths and addresses of submodules were ways to run code on whoever clones with
--recurse-submodules: a name with ``..`` (CVE-2018-11235), an address or path that begins with a
dash and so is taken for an option (CVE-2018-17456), a path that ends in a carriage return
(CVE-2025-48384). Today's git refuses them; older versions and other clients may not, and no
honest file has them.
"""

from collections.abc import Iterable, Iterator

from keten.model import Check, Example, Severity, Threat, View, Violation
from keten.model.checkout import Submodule


def run(module: Submodule, _view: View) -> Iterable[Violation]:
    """Look for the known ways in."""
    for at, what in _ways(module):
        yield Violation(f"submodule {module.name[:60]!r} {what}", at=at, key=what)


def _ways(module: Submodule) -> Iterator[tuple[str, str]]:
    if ".." in module.name.replace("\\", "/").split("/"):
        yield "", "has .. in its name, which git uses as a path"
    for at, value in (("path", module.path), ("url", module.url)):
        if value.startswith("-"):
            yield at, f"has a {at} that begins with a dash: an option to git"
        if any(char < " " for char in value):
            yield at, f"has a control character in its {at}"
    parts = module.path.replace("\\", "/").split("/")
    if module.path.startswith("/") or ".." in parts or ".git" in [p.lower() for p in parts]:
        yield "path", "has a path that leaves the tree or enters .git"
    if module.url.partition("::")[1] and module.url.split("::")[0].isalnum():
        yield "url", f"is fetched by the program git-remote-{module.url.split('::')[0][:20]}"
    if module.update.startswith("!"):
        yield "update", "says which command updates it"


CHECK = Check(
    title="Submodule is named so that git runs or overwrites something",
    subject=Submodule,
    severity=Severity.HIGH,
    needs=("content",),
    fix="Take the submodule out and find out who put it in; clone anew with a current git.",
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR),
    controls=(
        "slsa/source",
        "owasp-cicd/3",
        "nis2/d",
        "pci-dss/5.2",
        "pci-dss/6.2",
        "hipaa/164.308(a)(5)",
    ),
    bad=Example(
        ".gitmodules",
        '[submodule "lib"]\n\tpath = lib\n\turl = -u./run.sh\n',
    ),
    good=Example(
        ".gitmodules",
        '[submodule "lib"]\n\tpath = lib\n\turl = https://example.org/lib.git\n',
    ),
    refs=(
        "https://www.cve.org/CVERecord?id=CVE-2018-11235",
        "https://www.cve.org/CVERecord?id=CVE-2018-17456",
        "https://www.cve.org/CVERecord?id=CVE-2025-48384",
    ),
    run=run,
)
