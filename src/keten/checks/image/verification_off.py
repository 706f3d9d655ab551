"""Build does not check what it installs.

With signatures or certificates unchecked, whoever is between the build and the server, or runs
a mirror, chooses what goes into the image.
"""

from collections.abc import Iterable

from keten.checks._shell import Command
from keten.checks._unverified import switched_off, unverified
from keten.checks.image import _recipe as recipe
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Dockerfile
from keten.model.facts import View
from keten.model.finding import Severity, Violation


def run(dockerfile: Dockerfile, _view: View) -> Iterable[Violation]:
    """Look at commands, and at variables that turn checks off."""
    seen: set[tuple[str, str]] = set()
    for at, command in recipe.ran(dockerfile):
        said = unverified(command)
        if said and (at, said) not in seen and not _local_apk(said, command):
            seen.add((at, said))
            yield Violation(
                f"RUN turns a check off: {said}",
                at=at,
                key=said,
                severity=Severity.LOW if recipe.aside(dockerfile) else None,
            )
    for at, _, one in recipe.instructions(dockerfile, "ENV"):
        for word in one.text.split():
            name, _, value = word.partition("=")
            if switched_off(name, value):
                yield Violation(f"ENV turns a check off: {name}={value}", at=at, key=name)


def _local_apk(said: str, command: Command) -> bool:
    """Return whether apk installs files that were built or checked here."""
    return said.startswith("apk") and any(word.endswith(".apk") for word in command.args)


CHECK = Check(
    title="Build does not check what it installs",
    subject=Dockerfile,
    severity=Severity.MEDIUM,
    needs=("dockerfile",),
    fix=("Remove the option; install the authority's certificate or the repository's key instead."),
    threats=(Threat.SUPPLY_CHAIN, Threat.ACTOR),
    controls=(
        "cis-docker/4.11",
        "slsa/dependencies",
        "owasp-cicd/3",
        "owasp-cicd/9",
        "nis2/d",
        "nis2/h",
        "pci-dss/6.2",
    ),
    bad=Example(
        "Dockerfile",
        """\
FROM debian:trixie
RUN apt-get install -y --allow-unauthenticated tool
USER 10001
""",
    ),
    good=Example(
        "Dockerfile",
        """\
FROM debian:trixie
RUN apt-get install -y tool
USER 10001
""",
    ),
    run=run,
    refs=("https://cwe.mitre.org/data/definitions/295.html",),
)
