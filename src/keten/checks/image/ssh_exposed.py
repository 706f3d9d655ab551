"""Image offers SSH.

A container is reached through the cluster (`kubectl exec`), which knows who came and can write
it down. An SSH server beside it has keys and passwords of its own, which nobody rotates, and is
one more service to break into.
"""

from collections.abc import Iterable

from keten.checks.image import _recipe as recipe
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Dockerfile
from keten.model.facts import View
from keten.model.finding import Change, Severity, Violation


def run(dockerfile: Dockerfile, _view: View) -> Iterable[Violation]:
    """Look at the ports that are exposed."""
    if recipe.aside(dockerfile):
        return
    for at, _, one in recipe.instructions(dockerfile, "EXPOSE"):
        if any(word.partition("/")[0] == "22" for word in one.text.split()):
            yield Violation("port 22 is exposed", at=at, key="22",
                            change=Change(at, "EXPOSE 22", ""))  # fmt: skip


CHECK = Check(
    title="Image offers SSH",
    subject=Dockerfile,
    severity=Severity.LOW,
    needs=("dockerfile",),
    fix="Leave the SSH server and its port out; look inside with kubectl exec or kubectl debug.",
    threats=(Threat.ACTOR,),
    controls=("cis-docker/4.3", "nis2/e", "pci-dss/2.2"),
    bad=Example(
        "Dockerfile",
        """\
FROM debian:trixie
EXPOSE 22
USER 10001
""",
    ),
    good=Example(
        "Dockerfile",
        """\
FROM debian:trixie
EXPOSE 8080
USER 10001
""",
    ),
    run=run,
    refs=("https://docs.docker.com/build/building/best-practices/",),
)
