"""Files in the image can be written by everyone.

`chmod 777` lets every process in the container change the file: also the one that was taken over
and has no other rights. A script or library changed this way is run by the next who uses it.
"""

from collections.abc import Iterable

from keten.checks.image import _recipe as recipe
from keten.model.check import Check, Example, Threat
from keten.model.delivery import Dockerfile
from keten.model.facts import View
from keten.model.finding import Severity, Violation

_OPEN = frozenset({"777", "0777", "a+rwx", "ugo+rwx", "a=rwx", "o+w", "a+w", "666", "0666"})


def run(dockerfile: Dockerfile, _view: View) -> Iterable[Violation]:
    """Leave what is meant for everyone (/tmp), and stages that do not ship, alone."""
    if recipe.aside(dockerfile):
        return
    final = tuple(f"stages[{index}]." for index, _ in recipe.chain(dockerfile))
    for at, command in recipe.ran(dockerfile):
        if command.program != "chmod" or not at.startswith(final):
            continue
        words = [word for word in command.args if not word.startswith("-")]
        paths = [word for word in words[1:] if not word.startswith(("/tmp", "/var/tmp", "/dev"))]  # noqa: S108 compared
        if words and words[0] in _OPEN and paths:
            yield Violation(f"chmod {words[0]} {paths[0][:60]}", at=at, key=" ".join(paths)[:80])


CHECK = Check(
    title="Files in the image can be written by everyone",
    subject=Dockerfile,
    severity=Severity.LOW,
    needs=("dockerfile",),
    fix=("Give the files to the user who needs them (COPY --chown, chmod g=u), and no more."),
    threats=(Threat.ACTOR,),
    controls=("nsa-cisa/immutable-filesystem", "nis2/e", "pci-dss/2.2"),
    bad=Example(
        "Dockerfile",
        """\
FROM debian:trixie
COPY app /app
RUN chmod -R 777 /app
USER 10001
""",
    ),
    good=Example(
        "Dockerfile",
        """\
FROM debian:trixie
COPY --chown=10001 app /app
USER 10001
""",
    ),
    run=run,
    refs=("https://cwe.mitre.org/data/definitions/732.html",),
)
