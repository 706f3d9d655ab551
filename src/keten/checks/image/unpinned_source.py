"""Build takes source that can change.

`git clone` of a branch, `pip install git+https://...` and `go install ...@latest` take whatever is
there at the moment of the build: another build of the same Dockerfile holds other code, and who
gets the right to push there gets into the image.
"""

from collections.abc import Iterable

from keten.checks.image import _recipe as recipe
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Dockerfile
from keten.model.facts import View
from keten.model.finding import Severity, Violation

_PIP = frozenset({"pip", "pip3", "uv", "pipx"})


def run(dockerfile: Dockerfile, _view: View) -> Iterable[Violation]:
    """Look at the tools that fetch source; a tag or a commit counts as named."""
    if recipe.aside(dockerfile):
        return
    for at, command in recipe.ran(dockerfile):
        words = command.words
        if command.program == "go" and command.args[:1] == ("install",):
            for word in command.args[1:]:
                if word.endswith(("@latest", "@master", "@main")):
                    yield Violation(f"go install {word[:80]}", at=at, key=word)
        elif command.program in _PIP or "pip" in words[:3]:
            for word in command.args:
                source = word.partition("git+")[2]
                if source and "install" in command.args and not _pinned(source):
                    yield Violation(f"pip installs {source[:80]} of no named version", at=at,
                                    key=source)  # fmt: skip


def _pinned(source: str) -> bool:
    path = source.partition("://")[2].partition("#")[0].partition("/")[2]
    ref = path.rpartition("@")[2] if "@" in path else ""
    return ref not in ("", "main", "master", "develop", "HEAD")


CHECK = Check(
    title="Build takes source that can change",
    subject=Dockerfile,
    severity=Severity.LOW,
    needs=("dockerfile",),
    fix=("Name a release and check out its commit (git+https://...@<commit>, @v1.2.3)."),
    threats=(Threat.SUPPLY_CHAIN,),
    controls=("slsa/dependencies", "owasp-cicd/3", "nis2/d", "pci-dss/6.3.2"),
    bad=Example(
        "Dockerfile",
        """\
FROM golang:1.26
RUN go install example.org/tool@latest
USER 10001
""",
    ),
    good=Example(
        "Dockerfile",
        """\
FROM golang:1.26
RUN go install example.org/tool@v1.4.2
USER 10001
""",
    ),
    run=run,
    refs=("https://docs.docker.com/build/building/best-practices/",),
)
