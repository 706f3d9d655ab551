"""Image holds sudo.

A container that runs as a user and holds sudo gives whoever takes it over the way back to root
that USER had closed.
"""

from collections.abc import Iterable

from keten.checks.image import _recipe as recipe
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Dockerfile
from keten.model.facts import View
from keten.model.finding import Severity, Violation

_INSTALLS = {"apt-get": "install", "apt": "install", "apk": "add", "yum": "install",
             "dnf": "install", "microdnf": "install", "zypper": "install"}  # fmt: skip


def run(dockerfile: Dockerfile, _view: View) -> Iterable[Violation]:
    """Only what ends in the image counts: builders and their tools do not."""
    final = tuple(f"stages[{index}]." for index, _ in recipe.chain(dockerfile))
    if recipe.aside(dockerfile):
        return
    for at, command in recipe.ran(dockerfile):
        verb = _INSTALLS.get(command.program)
        if verb and at.startswith(final) and verb in command.args and "sudo" in command.args:
            yield Violation("sudo is installed", at=at, key="sudo")
            return


CHECK = Check(
    title="Image holds sudo",
    subject=Dockerfile,
    severity=Severity.LOW,
    needs=("dockerfile",),
    fix=("Do what needs root before USER, and leave sudo out."),
    threats=(Threat.ACTOR,),
    controls=("cis-docker/4.3", "nsa-cisa/non-root", "nis2/e", "pci-dss/2.2"),
    bad=Example(
        "Dockerfile",
        """\
FROM debian:trixie
RUN apt-get update && apt-get install -y curl sudo
USER 1000
""",
    ),
    good=Example(
        "Dockerfile",
        """\
FROM debian:trixie
RUN apt-get update && apt-get install -y curl
USER 1000
""",
    ),
    run=run,
    refs=("https://docs.docker.com/build/building/best-practices/#user",),
)
