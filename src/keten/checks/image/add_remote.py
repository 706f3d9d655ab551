"""Build downloads a file without checking it.

`ADD https://...` puts into the image whatever the server sends at that moment. Nothing notices
when the file is another one tomorrow.
"""

from collections.abc import Iterable

from keten.checks.image import _recipe as recipe
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Dockerfile
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation

_HEX = frozenset("0123456789abcdef")
_COMMIT = 40


def run(dockerfile: Dockerfile, _view: View) -> Iterable[Violation]:
    """Look at the sources of ADD; a repository is pinned by a commit behind the number sign."""
    low = Severity.LOW if recipe.aside(dockerfile) else None
    for at, _, one in recipe.instructions(dockerfile, "ADD"):
        if "checksum" in one.flags:
            continue
        for source in (one.json or tuple(one.text.split()))[:-1]:
            if not source.startswith(("http://", "https://", "git@")):
                continue
            if any(len(part) == _COMMIT and set(part) <= _HEX for part in _parts(source)):
                continue
            yield Violation(
                f"ADD takes {source[:90]} unchecked",
                at=at,
                key=source,
                severity=low or (Severity.HIGH if source.startswith("http://") else None),
                change=Change(at, "ADD", "ADD --checksum=sha256:<hash>"),
            )


def _parts(source: str) -> list[str]:
    return source.replace("#", "/").replace(":", "/").split("/")


CHECK = Check(
    title="Build downloads a file without checking it",
    subject=Dockerfile,
    severity=Severity.MEDIUM,
    needs=("dockerfile",),
    fix=(
        "Give the file's hash: ADD --checksum=sha256:... URL, or for a repository the commit "
        "(URL#<commit>)."
    ),
    threats=(Threat.SUPPLY_CHAIN,),
    controls=("cis-docker/4.9", "slsa/dependencies", "owasp-cicd/9", "nis2/d", "pci-dss/6.2"),
    bad=Example(
        "Dockerfile",
        """\
FROM alpine:3.22
ADD https://downloads.example/tool.tar.gz /opt/
USER 10001
""",
    ),
    good=Example(
        "Dockerfile",
        """\
FROM alpine:3.22
ADD --checksum=sha256:0f2d0b8a0d6e3d5e4c7e1f5a7b9c1d3e5f70819a2b3c4d5e6f708192a3b4c5d6 \\
    https://downloads.example/tool.tar.gz /opt/
USER 10001
""",
    ),
    run=run,
    refs=("https://docs.docker.com/reference/dockerfile/#add",),
)
